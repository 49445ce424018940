"""A number and its interval belong together, or there is no estimate."""

from __future__ import annotations

import math

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.estimate import Estimate


def test_an_estimate_says_all_of_itself() -> None:
    found = Estimate("accuracy", 0.71, 0.614, 0.79, 0.95, 1100, "wilson")
    assert str(found) == "accuracy 0.710 [0.614, 0.790], 95% wilson, n = 1,100"
    assert found.to_json() == {
        "metric": "accuracy",
        "value": 0.71,
        "low": 0.614,
        "high": 0.79,
        "level": 0.95,
        "n": 1100,
        "method": "wilson",
    }


@pytest.mark.parametrize(
    ("value", "low", "high", "level", "n"),
    [
        (math.nan, 0.0, 1.0, 0.95, 9),
        (0.5, -math.inf, 1.0, 0.95, 9),
        (0.5, 0.0, math.inf, 0.95, 9),
        (0.5, 0.6, 0.4, 0.95, 9),
        (0.3, 0.4, 0.6, 0.95, 9),
        (0.7, 0.4, 0.6, 0.95, 9),
        (0.5, 0.4, 0.6, 95, 9),
        (0.5, 0.4, 0.6, 0.0, 9),
        (0.5, 0.4, 0.6, 0.95, -1),
    ],
)
def test_what_contradicts_itself_is_no_estimate(
    value: float, low: float, high: float, level: float, n: int
) -> None:
    with pytest.raises(UsageError, match="accuracy"):
        Estimate("accuracy", value, low, high, level, n, "wilson")


def test_a_rounding_error_is_no_contradiction() -> None:
    assert Estimate("accuracy", 1.0, 0.9, math.nextafter(1.0, 0.0), 0.95, 9, "t").value == 1.0
