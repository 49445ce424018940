"""A fingerprint as a file: one form, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.audit.fingerprint import (
    CanaryAnswers,
    Fingerprint,
    check_same_prompts,
    fingerprint_bytes,
    parse_fingerprint,
    prompt_digest,
)
from fairtrial.core.canon import canonical, digest
from fairtrial.core.errors import IntegrityError, UsageError

FIRST = Path(__file__).with_name("fingerprint_first_version.json")
"""Written before there were canary sets."""
CANARY = CanaryAnswers("sha256:x", (True, False, True), ("3+4=7", "", "Nothing."), "arithmetic", 5)
PROMPTS = ("Say something.", "Noch etwas: äöü 😀")


def made(**changes: object) -> Fingerprint:
    plain = Fingerprint(
        model="specimen/honest",
        date="2026-11-24T12:00:00.000Z",
        prompts=PROMPTS,
        digests=tuple(map(prompt_digest, PROMPTS)),
        completions=(("a", "b\n\u2028"), ("", "d")),
        lottery=(("1", "2"),),
        calls=({" a": -1.0, " the": -3.25e-7},),
        decoding={"temperature": 1.0, "max_tokens": 50, "system": None, "seed": 1},
        length=100,
        reported=("specimen/honest",),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def refiled(change: object, of: Fingerprint | None = None) -> bytes:
    """A file whose digest fits what it says, however wrong that is."""
    body = json.loads(fingerprint_bytes(of or made()))
    del body["digest"]
    body.update(change)  # type: ignore[call-overload]
    return canonical({**body, "digest": digest(body)}) + b"\n"


def test_a_fingerprint_comes_back_as_it_was() -> None:
    whole = made(canary=CANARY)
    for each in (made(), made().sealed(), made(calls=()), whole, whole.sealed()):
        assert parse_fingerprint(fingerprint_bytes(each), "x.json") == each
    assert b"Say something" not in fingerprint_bytes(made().sealed())


def test_a_file_of_the_first_version_is_read_and_written_as_it_was() -> None:
    assert parse_fingerprint(FIRST.read_bytes(), FIRST.name) == made()
    assert fingerprint_bytes(made()) == FIRST.read_bytes()


def test_a_sealed_canary_set_keeps_its_marks_and_nothing_that_tells_its_items() -> None:
    sealed = made(canary=CANARY).sealed().canary
    assert sealed == CanaryAnswers("sha256:x", (True, False, True), None)
    data = fingerprint_bytes(made(canary=CANARY).sealed())
    assert b"3+4" not in data and b"arithmetic" not in data


def wrong(**changes: object) -> dict[str, object]:
    return {"canary": {**CANARY.to_json(), **changes}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"canary": None}, "no object"),
        (wrong(right=[1, 0, 1]), "not true and false"),
        (wrong(right=[]), "one item at least"),
        (wrong(answers=["a"]), "one answer an item"),
        (wrong(seed="5"), "no whole number"),
        (wrong(family=None), "no text"),
        (wrong(more=1), "digest"),
        ({"format": "fairtrial-fingerprint-1"}, "digest"),
    ],
)
def test_what_is_no_canary_set(change: dict[str, object], told: str) -> None:
    with pytest.raises(IntegrityError, match=told):
        parse_fingerprint(refiled(change, made(canary=CANARY)), "x.json")


def test_an_edited_file_is_refused() -> None:
    data = fingerprint_bytes(made())
    for old, new in ((b'["a",', b'["z",'), (b"-3.25e-7", b"-3.25e-6"), (b'"length":100', b'"length":200')):
        assert old in data
        with pytest.raises(IntegrityError, match="digest"):
            parse_fingerprint(data.replace(old, new), "x.json")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "fairtrial-fingerprint-3"}, "format"),
        ({"format": "fairtrial-fingerprint-2"}, "lacks"),
        ({"completions": [["a", "b"], ["c"]]}, "as many for each"),
        ({"completions": [["a"], ["c"]]}, "two or more"),
        ({"prompts": ["Say something.", "Another."]}, "not those of its digests"),
        ({"calls": [{" a": True}]}, "no number"),
        ({"calls": [{" a": "-1"}]}, "no number"),
        ({"length": 1.5}, "no whole number"),
        ({"length": 0}, "compares nothing"),
        ({"decoding": {"temperature": 1}}, "decoding"),
        ({"model": None}, "no text"),
        ({"extra": 1}, "digest"),
    ],
)
def test_what_is_no_fingerprint(change: dict[str, object], told: str) -> None:
    with pytest.raises(IntegrityError, match=told):
        parse_fingerprint(refiled(change), "x.json")


def test_one_form_only() -> None:
    data = fingerprint_bytes(made())
    pretty = json.dumps(json.loads(data), indent=1).encode()
    for other in (pretty, data + b"\n", data.rstrip(), b" " + data):
        with pytest.raises(IntegrityError):
            parse_fingerprint(other, "x.json")


@given(st.data())
def test_damaged_bytes_raise_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(fingerprint_bytes(made()))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    if bytes(whole) == fingerprint_bytes(made()):
        return
    with pytest.raises(IntegrityError):
        parse_fingerprint(bytes(whole), "x.json")


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_else(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        parse_fingerprint(data, "x.json")


def test_other_prompts_are_refused() -> None:
    ours = made().digests
    check_same_prompts(ours, ours)
    for other in (ours[:1], ours[::-1], (ours[0], prompt_digest("Another."))):
        with pytest.raises(UsageError, match="different prompts"):
            check_same_prompts(ours, other)
