"""Predicates: each field is there, is of its kind, and no other field is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from fairtrial.core.errors import IntegrityError, UnknownName, UsageError
from fairtrial.core.record import STATES
from fairtrial.trust.fields import Kind
from fairtrial.trust.predicates import BASE, PREDICATES, ROLES, check, state
from fairtrial.trust.statement import Subject, parse_statement
from tests.trust.signers import HASH, envelope

TIME = "2026-06-01T12:00:00Z"
COUNTS = dict.fromkeys(STATES, 0) | {"right": 3, "wrong": 1}
GOOD: dict[str, dict[str, Any]] = {
    "plan": {
        "campaign": None,
        "name": "spring",
        "claim": "it adds",
        "construct": "addition",
        "model": {"id": "specimen/honest", "revision": "1", "weights": HASH},
        "dataset": {"name": "sums", "root": HASH, "form": "file", "count": 4},
        "scorer": HASH,
        "analysis": {
            "metric": "accuracy",
            "interval": "Wilson",
            "level": "0.95",
            "margin": None,
            "multiplicity": "none",
        },
        "quota": {"primary": 1, "variants": 2},
        "deadline": TIME,
        "draw": {"by": "drand", "chain": HASH, "delay_s": 60, "parties": []},
        "thresholds": {"result": 1, "audit": 1},
    },
    "run-start": {
        "campaign": HASH,
        "plan": {"index": 0, "entry": HASH},
        "run": "r1",
        "nonce": "0" * 32,
        "variant": "primary",
        "model": "specimen/honest",
        "harness": {"name": "fairtrial", "version": "0.1.0", "digest": None},
        "container": None,
        "sandbox": None,
        "deadline": TIME,
    },
    "run-end": {
        "campaign": HASH,
        "run": "r1",
        "status": "completed",
        "reason": "",
        "records": {"root": HASH, "n": 4},
        "counts": COUNTS,
        "usage": {"input_tokens": 4, "output_tokens": None, "cost_usd": "0.01"},
        "requests": {"first": TIME, "last": TIME},
    },
    "result": {
        "campaign": HASH,
        "run": "r1",
        "plan": HASH,
        "counts": COUNTS,
        "scores": [
            {
                "metric": "accuracy",
                "value": "0.75",
                "low": "0.3",
                "high": "0.95",
                "level": "0.95",
                "n": 4,
                "credit": "3",
                "method": "Wilson",
                "recomputable": "re-scored",
            }
        ],
        "method": HASH,
        "deviations": [],
        "attempts": [{"run": "r1", "variant": "primary", "index": 1, "status": "completed"}],
    },
    "audit": {
        "campaign": HASH,
        "auditor": "Example Audits",
        "tests": [{"test": "T-A", "outcome": "passed", "detail": "4 of 4 equal", "evidence": [HASH]}],
        "items": {"by": "coin", "seed": HASH, "indices": [0, 3]},
        "conflicts": "none",
        "funding": "own",
        "verdict": "supported",
    },
    "dataset-commit": {
        "dataset": "sums",
        "epoch": "2026-1",
        "root": HASH,
        "count": 4,
        "leaf_version": 1,
        "generator": None,
        "recipients": [HASH],
        "published": "sealed",
    },
    "reveal": {
        "dataset": "sums",
        "epoch": "2026-1",
        "items": [{"index": 0, "salt": HASH, "item": {"q": "2+2?"}, "path": [HASH]}],
        "reason": "spent",
    },
    "dispute": {"reason": "the counts differ", "evidence": [HASH]},
    "retraction": {"reason": "the counts differ", "evidence": []},
    "key-revocation": {
        "key": HASH,
        "log_origin": "log.example",
        "from_index": 7,
        "reason": "stolen",
        "evidence": [],
    },
    "coin-commit": {"party": "owner", "campaign": HASH, "commitment": HASH},
    "coin-reveal": {"party": "owner", "campaign": HASH, "value": HASH},
    "campaign-view": {
        "campaign": HASH,
        "log_origin": "log.example",
        "size": 9,
        "root": HASH,
        "indices": [3, 4, 8],
    },
}
SUBJECT = [Subject("a file", HASH)]


def test_every_predicate_has_a_good_example() -> None:
    assert set(GOOD) == set(PREDICATES)
    for name, predicate in PREDICATES.items():
        assert predicate.type == f"https://fairtrial.dev/attestation/{name}/v0.1" == f"{BASE}{name}/v0.1"
        assert set(predicate.signers) <= set(ROLES)


@pytest.mark.parametrize("name", GOOD)
def test_a_good_statement_is_read(name: str) -> None:
    statement = state(name, SUBJECT, GOOD[name])
    read = parse_statement(envelope(statement.bytes, "lab"), "a.json")
    assert check(read, "a.json") is PREDICATES[name]
    jsonschema.validate(GOOD[name], PREDICATES[name].kind.schema)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every field, at any depth."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        if isinstance(value, dict):
            yield (*path, key)
        yield from places(each, (*path, key))


def changed(value: Any, path: tuple[str | int, ...], change: Any) -> Any:
    """A copy with the value at `path` replaced; left out for `...`."""
    key, rest = path[0], path[1:]
    if isinstance(value, list):
        return [changed(each, rest, change) if at == key else each for at, each in enumerate(value)]
    if not rest and change is ...:
        return {name: each for name, each in value.items() if name != key}
    return value | {key: changed(value[key], rest, change) if rest else change}


FIELDS = [(name, path) for name in GOOD for path in places(GOOD[name])]


@pytest.mark.parametrize(("name", "path"), FIELDS)
def test_every_field_is_mandatory(name: str, path: tuple[str | int, ...]) -> None:
    if path[:1] == ("items",) and path[-1] in ("item", "q"):
        return  # free form, or either of two: tested below
    fields = changed(GOOD[name], path, ...)
    with pytest.raises(UsageError, match=f"the field '{path[-1]}' is missing"):
        state(name, SUBJECT, fields)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(fields, PREDICATES[name].kind.schema)


@pytest.mark.parametrize(("name", "path"), FIELDS)
def test_no_field_takes_anything(name: str, path: tuple[str | int, ...]) -> None:
    if path[:1] == ("items",) and path[-1] in ("item", "q"):
        return
    wrong: list[Any] = [-1, True, 7.5, [[]], {"x": 1}]
    if (name, path) != ("run-end", ("reason",)):
        wrong.append("\n")
    if _at(GOOD[name], path) == HASH:
        wrong += [HASH.upper(), HASH[1:], HASH + "0", None if path[-1] == "root" else 7]
    for each in wrong:
        with pytest.raises(UsageError):
            state(name, SUBJECT, changed(GOOD[name], path, each))


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize("name", GOOD)
def test_unknown_fields_are_refused_but_below_ext(name: str) -> None:
    with pytest.raises(UsageError, match=": the field 'extra' is not known"):
        state(name, SUBJECT, GOOD[name] | {"extra": 1})
    assert state(name, SUBJECT, GOOD[name] | {"ext": {"extra": {"a": [1]}}, "crit": []})
    with pytest.raises(UsageError, match="a critical field that isn't understood here: 'extra'"):
        state(name, SUBJECT, GOOD[name] | {"ext": {"extra": 1}, "crit": ["extra"]})
    with pytest.raises(UsageError, match=r"\.crit is no list"):
        state(name, SUBJECT, GOOD[name] | {"crit": {}})


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("run-end", ("counts", "right"), 4, ".counts: they add up to 5, not to 4 records"),
        (
            "run-end",
            ("requests", "first"),
            "2026-06-01T12:00:01Z",
            ".requests: the first comes after the last",
        ),
        ("run-end", ("requests", "first"), "2026-02-30T12:00:00Z", "is not a time in UTC"),
        ("run-end", ("requests", "first"), "2026-06-01T12:00:00+00:00", "is not a time in UTC"),
        ("run-end", ("status",), "done", "'done' is not one of completed, failed, aborted"),
        ("plan", ("draw", "chain"), None, ".draw: a chain is named for drand, and for nothing else"),
        ("plan", ("draw", "by"), "coin", ".draw: a chain is named for drand, and for nothing else"),
        ("plan", ("quota", "primary"), 2, ".quota.primary: 2 is not 1"),
        ("reveal", ("items", 0, "digest"), HASH, ".items: each gives the item or its digest"),
        ("reveal", ("items", 0, "item"), ..., ".items: each gives the item or its digest"),
        ("result", ("scores", 0, "value"), "1e-3", ".scores[0].value: '1e-3' is not a decimal"),
        ("result", ("scores",), [], ".scores is no list of 1 or more"),
    ],
)
def test_what_does_not_fit(name: str, path: tuple[str | int, ...], value: Any, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        state(name, SUBJECT, changed(GOOD[name], path, value))
    assert told in refused.value.message


def test_nothing_is_stated_of_nothing() -> None:
    with pytest.raises(UsageError, match="without a subject"):
        state("dispute", [], GOOD["dispute"])
    with pytest.raises(UnknownName, match="no predicate is called 'disputes'"):
        state("disputes", SUBJECT, GOOD["dispute"])


def test_every_kind_says_what_it_is() -> None:
    """The reference page is made from the table."""

    def said(kind: Kind) -> Iterator[str]:
        yield kind.says
        for part in kind.parts.values():
            yield from said(part)

    for predicate in PREDICATES.values():
        assert all(said(predicate.kind))
        assert isinstance(predicate.kind.schema, Mapping)


def test_fields_of_one_predicate_are_not_anothers() -> None:
    statement = state("dispute", SUBJECT, GOOD["dispute"])
    replayed = type(statement)(statement.subject, PREDICATES["audit"].type, statement.predicate)
    with pytest.raises(IntegrityError, match="its audit predicate: the field 'campaign' is missing"):
        check(replayed, "a.json")
