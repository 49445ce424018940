"""A claim holds only numbers that a score can have, and says what it leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from fairtrial.core.claim import OPEN, Claim, Conditions
from fairtrial.core.errors import UsageError


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", 85.5), ("value", 1.0001), ("value", -0.01), ("value", float("nan")), ("value", float("inf")),
        ("n", 0), ("n", -3), ("tolerance", 0.0), ("tolerance", 1.0), ("tolerance", float("nan")),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(field: str, value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        Claim("it holds", "a/model", "a task", **{field: value})
    assert caught.value.remedy


@pytest.mark.parametrize("value", [0.0, 0.855, 1.0, None])
def test_scores_from_0_to_1_and_unsaid_ones_are_taken(value: float | None) -> None:
    assert Claim("it holds", "a/model", "a task", value).to_json()["value"] == value


def test_what_is_unsaid_is_undisclosed_and_zero_is_said() -> None:
    assert OPEN.undisclosed == (
        "shots", "prompt", "system", "temperature", "max_tokens", "extraction", "samples",
    )  # fmt: skip
    told = Conditions(shots=0, system="", temperature=0.0)
    assert told.undisclosed == ("prompt", "max_tokens", "extraction", "samples")
