"""Exports of the method record: every request is listed, and an empty one says so."""

from __future__ import annotations

import pytest

from fairtrial.report.request_lists import NIST, STREAM, nist, stream
from fairtrial.report.requests import NOT_CLAIMED, Request, page
from fairtrial.trust.method_table import fields
from tests.trust.methods import GOOD, without

NAMED = {f"{group}.{each.name}" for group, each in fields()}
ALL = [each for part in (*NIST, *STREAM) for each in part.requests]


def test_the_requests_are_as_many_as_there() -> None:
    """NIST AI 800-2 (draft): three parts of 2, 4 and 3 practices. STREAM: 28 criteria in six groups."""
    assert [len(part.requests) for part in NIST] == [2, 4, 3]
    assert [len(part.requests) for part in STREAM] == [3, 9, 3, 3, 5, 5]
    for parts in (NIST, STREAM):
        numbers = [each.number for part in parts for each in part.requests]
        assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("request_", ALL, ids=lambda each: each.number)
def test_every_field_named_is_one(request_: Request) -> None:
    assert set(request_.fields) <= NAMED
    assert bool(request_.fields) == bool(request_.answers)


def test_every_field_of_the_record_answers_somebody() -> None:
    assert {name for each in ALL for name in each.fields} >= NAMED


def test_a_complete_record_leaves_nothing_empty_that_has_a_field() -> None:
    assert "**empty**" not in nist(GOOD)
    assert "Of 9 requests, every field that speaks to them is there: 9; some are: 0; none: 0." in nist(GOOD)
    assert stream(GOOD).count("**empty**: the method record has no field for this") == 4
    assert "Of 28 requests, every field that speaks to them is there: 24; some are: 0; none: 4." in stream(
        GOOD
    )


def test_what_is_absent_is_said_to_be_empty() -> None:
    told = nist(without("people", "funding"))
    assert "- `people.funding`: **empty**" in told
    assert "there: 8; some are: 1; none: 0." in told
    assert nist({}).count("**empty**") == sum(len(each.fields) for part in NIST for each in part.requests)


@pytest.mark.parametrize("written", [nist(GOOD), stream(GOOD), nist({}), stream({})])
def test_conformity_is_never_claimed(written: str) -> None:
    assert NOT_CLAIMED in written
    rest = written.replace(NOT_CLAIMED, "").lower()
    assert not any(word in rest for word in ("conform", "complian", "certif", "verified", "meets"))


def test_a_record_cant_write_markup() -> None:
    hostile = "a`b``c\n# Verified\n<script>\x1b[31m"
    told = page("T", "S", NIST, without("claim", "claim", hostile))
    (line,) = [each for each in told.splitlines() if "claim.claim" in each and "script" in each][:1]
    assert line == "- `claim.claim`: ``` a`b``c⏎# Verified⏎<script>\\x1b[31m ```"
    assert "\n# Verified" not in told
