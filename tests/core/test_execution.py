"""An exam that could never rule is refused when it is made; a ruling tells one story."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam, Ruling

GOOD: dict[str, Any] = {"entry_point": "f", "reference": "def f(x): return x", "inputs": ((1,),)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"entry_point": "f.g"}, "can't name a function"),
        ({"inputs": ()}, "nothing tests f"),
        ({"inputs": (), "generator": "def generate(random): ..."}, "nothing tests f"),
        ({"compare": "custom"}, "custom comparison needs code"),
        ({"comparison": "def same(a, b): ..."}, "custom comparison needs code"),
        ({"compare": "close", "tolerance": -1e-9}, "a tolerance of -1e-09"),
        ({"compare": "close", "tolerance": math.nan}, "a tolerance of nan"),
        ({"compare": "close", "tolerance": math.inf}, "a tolerance of inf"),
    ],
)
def test_an_exam_that_can_not_be_held(changes: dict[str, Any], said: str) -> None:
    Exam(**GOOD)
    with pytest.raises(UsageError, match=said):
        Exam(**{**GOOD, **changes})


@pytest.mark.parametrize(("passed", "cause", "calls"), [(True, "timeout", 1), (False, "", 1), (True, "", 0)])
def test_no_pass_with_a_cause_without_one_or_without_a_call(passed: bool, cause: str, calls: int) -> None:
    Ruling(True, "", "", 1)
    with pytest.raises(UsageError, match="a ruling of"):
        Ruling(passed, cause, "", calls)
