"""Which round decides, worked out by counting rounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fairtrial.adapters.drand import valid_signature
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.beacon import QUICKNET, moment
from fairtrial.trust.beacon_rule import check_rule, first_round
from tests.trust.worlds import ROUND, SIGNATURE

KNOWN = replace(ROUND, signature=SIGNATURE)
DUE = QUICKNET.time_of(1000)
"""2023-08-23T15:59:24Z"""


def before(seconds: int) -> str:
    return f"{DUE - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def test_the_deciding_round_is_the_first_one_a_minute_later() -> None:
    for seconds in range(50, 130):
        found = first_round(QUICKNET, before(seconds), 0)
        late = [each for each in range(950, 1050) if QUICKNET.time_of(each) >= moment(before(seconds - 60))]
        assert found == late[0], seconds


def test_a_plan_may_ask_for_more_time_and_never_for_less() -> None:
    assert first_round(QUICKNET, before(600), 600) == 1000
    assert first_round(QUICKNET, before(60), 5) == 1000


def test_a_freeze_before_the_beacon_began_waits_for_its_first_round() -> None:
    assert first_round(QUICKNET, "2020-01-01T00:00:00Z", 0) == 1


def test_the_recorded_round_decides_a_freeze_of_a_minute_before() -> None:
    check_rule(KNOWN, before(60), 0, valid_signature)
    check_rule(KNOWN, before(62), 0, valid_signature)


@pytest.mark.parametrize(
    ("seconds", "delay", "what"),
    [
        (59, 0, "was due too early"),
        (59, 1, "was due too early"),
        (60, 90, "was due too early"),
        (63, 0, "was not the first"),
    ],
)
def test_another_round_is_refused_whatever_the_plan_says(seconds: int, delay: int, what: str) -> None:
    with pytest.raises(IntegrityError, match=what):
        check_rule(KNOWN, before(seconds), delay, lambda *_: True)


def test_the_right_round_with_a_wrong_signature_is_refused() -> None:
    forged = replace(KNOWN, signature=SIGNATURE[:-2] + "00")
    with pytest.raises(IntegrityError, match="not made by quicknet"):
        check_rule(forged, before(60), 0, valid_signature)
