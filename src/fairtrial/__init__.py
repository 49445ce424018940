"""Fairtrial gives a model's score a fair trial: run, compare, and say how sure.

    from fairtrial import Lab
    lab = Lab("runs")
    ours = lab.run("cases.jsonl", model="openai/gpt-4o-mini")
    theirs = lab.run("cases.jsonl", model="anthropic/claude-haiku")
    print(lab.compare(ours, theirs))

Public names are loaded on first use (PEP 562), so that importing one room does not load the house.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairtrial.core.comparison import Comparison
    from fairtrial.core.errors import FairtrialError
    from fairtrial.core.estimate import Estimate
    from fairtrial.core.plan import ModelSpec, Plan
    from fairtrial.core.question import Decoding
    from fairtrial.core.record import Record
    from fairtrial.core.sample import Message, Sample
    from fairtrial.core.summary import Summary
    from fairtrial.core.task import Task
    from fairtrial.core.version import VERSION as __version__
    from fairtrial.lab import Lab, Pace, Run
    from fairtrial.trust.verify import verify

_NAMES = {
    "Comparison": "fairtrial.core.comparison:Comparison",
    "Decoding": "fairtrial.core.question:Decoding",
    "Estimate": "fairtrial.core.estimate:Estimate",
    "FairtrialError": "fairtrial.core.errors:FairtrialError",
    "Lab": "fairtrial.lab:Lab",
    "Message": "fairtrial.core.sample:Message",
    "ModelSpec": "fairtrial.core.plan:ModelSpec",
    "Pace": "fairtrial.lab:Pace",
    "Plan": "fairtrial.core.plan:Plan",
    "Record": "fairtrial.core.record:Record",
    "Run": "fairtrial.lab:Run",
    "Sample": "fairtrial.core.sample:Sample",
    "Summary": "fairtrial.core.summary:Summary",
    "Task": "fairtrial.core.task:Task",
    "__version__": "fairtrial.core.version:VERSION",
    "verify": "fairtrial.trust.verify:verify",
}

__all__ = [
    "Comparison",
    "Decoding",
    "Estimate",
    "FairtrialError",
    "Lab",
    "Message",
    "ModelSpec",
    "Pace",
    "Plan",
    "Record",
    "Run",
    "Sample",
    "Summary",
    "Task",
    "__version__",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'fairtrial' has no attribute {name!r}")
    module, _, attribute = _NAMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
