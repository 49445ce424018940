"""A draw's file: what was written comes back, and nothing else is accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.draw_file import check_reveal, draw_bytes, parse_draw, statement_bytes
from tests.trust.worlds import ROUND, SECRET, SIGNATURE, draw

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(
    st.builds(
        draw,
        family=WORDS,
        templates=st.lists(WORDS, min_size=1, max_size=5, unique=True).map(tuple),
        n=st.integers(1, 1_000_000),
        siblings=st.integers(2, 64),
        secret=st.binary(min_size=32, max_size=32),
        salt=st.binary(min_size=32, max_size=32),
        beacon=st.sampled_from([None, ROUND]),
    )
)
def test_what_was_written_comes_back(drawn: Any) -> None:
    assert parse_draw(draw_bytes(drawn), "a.json") == drawn


@given(st.data())
def test_a_changed_byte_is_found(data: st.DataObject) -> None:
    written = bytearray(draw_bytes(draw()))
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        parse_draw(bytes(written), "a.json")


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_other_bytes_are_no_draw(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="is no draw file"):
        parse_draw(data, "a.json")


def edited(**changes: object) -> bytes:
    """A draw file with fields changed by somebody who kept the rest, commitment included."""
    fields = json.loads(draw_bytes(draw())) | changes
    fields = {key: value for key, value in fields.items() if value is not ...}
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "11" * 32},
        {"salt": "11" * 32},
        {"siblings": 4},
        {"n": 11},
        {"templates": ["one", "two"]},
        {"family_digest": "sha256:" + "f" * 64},
        {"committed_at": "2023-08-23T15:59:20Z"},
        {"beacon": {"chain": ROUND.chain, "round": 1000, "signature": ""}},
        {"commitment": "sha256:" + "0" * 64},
        {"commitment": "sha256:…"},
    ],
)
def test_an_edited_file_does_not_match_its_commitment(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=r"a\.json doesn't match its commitment"):
        parse_draw(edited(**change), "a.json")


@pytest.mark.parametrize(
    "change",
    [
        {"siblings": 1},
        {"siblings": True},
        {"siblings": 8.0},
        {"n": "12"},
        {"secret": "AB" * 32},
        {"secret": None},
        {"salt": ...},
        {"templates": "one"},
        {"templates": [1]},
        {"format": "fairtrial-draw-2"},
        {"note": "hello"},
        {"beacon": {"chain": ROUND.chain, "round": 1000}},
        {"beacon": {"chain": ROUND.chain, "round": 1000, "signature": "zz"}},
        {"beacon": []},
        {"committed_at": "soon"},
    ],
)
def test_a_file_of_another_shape_is_no_draw(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError):
        parse_draw(edited(**change), "a.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.rstrip(b"\n"),
        lambda data: data + b"\n",
        lambda data: data.replace(b",", b", ", 1),
        lambda data: (
            json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode() + b"\n"
        ),
        lambda data: data.replace(b'"n":12', b'"n":12,"n":12'),
        lambda data: data.replace(b"tiny", b"t\\u0069ny"),
    ],
)
def test_one_draw_has_one_form(spoil: Any) -> None:
    with pytest.raises(IntegrityError):
        parse_draw(spoil(draw_bytes(draw())), "a.json")


def test_a_beacons_value_is_not_taken_unchecked() -> None:
    known = replace(draw(), beacon=replace(ROUND, signature=SIGNATURE))
    with pytest.raises(UsageError, match="can't be checked here"):
        parse_draw(draw_bytes(known), "a.json")
    with pytest.raises(IntegrityError, match="was not made by"):
        parse_draw(draw_bytes(known), "a.json", valid=lambda *_: False)
    assert parse_draw(draw_bytes(known), "a.json", valid=lambda *_: True) == known
    late = draw(committed_at="2023-08-23T15:59:24Z", beacon=known.beacon)
    with pytest.raises(IntegrityError, match="not after the commitment"):
        parse_draw(draw_bytes(late), "a.json", valid=lambda *_: True)


def test_the_statement_hides_the_secret_and_binds_the_draw() -> None:
    drawn = draw(beacon=ROUND)
    stated = statement_bytes(drawn)
    assert SECRET.hex().encode() not in stated and drawn.salt.hex().encode() not in stated
    assert drawn.commitment.encode() in stated
    check_reveal(replace(drawn, beacon=replace(ROUND, signature=SIGNATURE)), stated, "s.json")
    with pytest.raises(IntegrityError, match=r"not the one stated in s\.json"):
        check_reveal(draw(secret=bytes(32), beacon=ROUND), stated, "s.json")
