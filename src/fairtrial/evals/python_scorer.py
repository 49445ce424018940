"""`python:module:function`: a scorer of the user's own, run with the user's rights, only on `--trust-code`.

    def mark(answer: str, sample: Sample) -> float | bool | None: ...

The function gets the reply's text and the sample (id, input, target, choices, metadata). It returns the
score, from 0 to 1 (True is 1), or None where it finds no answer in the reply: that is "unparsed".
"""

from __future__ import annotations

import importlib
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import FairtrialError, UnknownName, UsageError
from fairtrial.core.readings import need_target
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import TextScorer

PREFIX: Final = "python:"
_SHAPE: Final = "write python:MODULE:FUNCTION, for example python:my_scorer:mark"


@dataclass(frozen=True, slots=True)
class FunctionReading:
    """The user's function as a reading: how an answer is found and marked is its business alone."""

    name: str
    function: Callable[[str, Sample], Any]

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": self.name, "extract": "the user's function", "trust_code": True}

    def read(self, text: str, sample: Sample) -> tuple[str | None, float]:
        try:
            value = self.function(text, sample)
        except FairtrialError:
            raise
        except (Exception, SystemExit) as error:  # Foreign code may raise anything; this sample has no score
            raise UsageError(
                f"{self.name} raised {type(error).__name__} on sample {sample.id!r}: {error}",
                "mend the function, then run again with --resume",
            ) from error
        if value is None:
            return None, 0.0
        if not isinstance(value, (bool, int, float)) or not math.isfinite(value) or not 0 <= value <= 1:
            raise UsageError(
                f"{self.name} returned {value!r:.60} on sample {sample.id!r}",
                "return a number from 0 to 1, True, False, or None where there is no answer",
            )
        return text.strip(), float(value)

    def check(self, sample: Sample) -> None:
        need_target(sample)


def python_scorer(text: str, *, trust_code: bool) -> TextScorer:
    """The scorer that `python:module:function` names. Raises UsageError without `trust_code`, UnknownName
    for a function that is not there."""
    if not trust_code:
        raise UsageError(
            f"{text} is Python code of your own, and would run with your rights",
            "look at it, then add --trust-code",
        )
    module_name, path = named(text)
    target = _module(text, module_name)
    for name in path.split("."):
        if not hasattr(target, name):
            known = [each for each in vars(target) if not each.startswith("_")]
            raise UnknownName(f"function of {module_name}", name, known)
        target = getattr(target, name)
    if not callable(target):
        raise UsageError(f"{text} can't be called", _SHAPE)
    return TextScorer(FunctionReading(text, target))


def named(text: str) -> tuple[str, str]:
    """Module and function of `python:module:function`; imports nothing. Raises UsageError for another shape."""
    module_name, colon, path = text.removeprefix(PREFIX).partition(":")
    if not colon or not path or not all(map(str.isidentifier, module_name.split("."))):
        raise UsageError(f"{text} names no function", _SHAPE)
    return module_name, path


def _module(text: str, name: str) -> Any:
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise UsageError(f"{text}: no module is called {name!r}", f"run where {name}.py lies") from error
        raise UsageError(f"{text}: {name} needs the module {error.name}, which is missing") from error
    except (Exception, SystemExit) as error:  # A foreign module may raise anything while it is imported
        raise UsageError(f"{text}: importing {name} raised {type(error).__name__}: {error}") from error
