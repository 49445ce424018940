"""HumanEval (Chen et al. 2021, arXiv 2107.03374): 164 functions to complete, marked by running their tests.

The entry is here so that the name is known and the answer is clear: it refuses to run. Marking a completion
means executing code that a model wrote, which belongs in a sandbox; the official scorer runs it on the host.

    >>> from fairtrial.benchmarks import load
    >>> load("humaneval")
    Traceback (most recent call last):
    fairtrial.core.errors.UsageError: HumanEval marks answers by running code that a model wrote, and ...
"""

from __future__ import annotations

from fairtrial.benchmarks.packaged import Request
from fairtrial.core.errors import UsageError
from fairtrial.core.task import Task

SOURCE = "https://github.com/openai/human-eval"
LICENCE = "MIT"
ITEMS = 164

NOTES = (
    "164 items: one standard error is 3.1 points at a score of 80 %.",
    "8 to 18 % of the items overlap with two public code corpora (Yang et al. 2023, arXiv 2311.04850).",
    "A test of item order can't show contamination here: the items' order is no random draw.",
)


def humaneval(request: Request) -> Task:
    """Always raises UsageError: there is no sandbox to run a model's code in."""
    raise UsageError(
        "HumanEval marks answers by running code that a model wrote, and there is no sandbox to run it in",
        "take gsm8k, mmlu or hellaswag; or mark HumanEval with its own tool in a container without network",
    )
