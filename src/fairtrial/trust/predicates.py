"""What Fairtrial's statements say: one table of fields a predicate, read strictly.

Every change of meaning is a new version. A field that is not in the table is refused, except below `ext`; a name
listed in `crit` must be understood by the reader, or the whole statement is refused. Counts are integers, every
other figure is a decimal as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UnknownName, UsageError
from fairtrial.core.record import STATES
from fairtrial.trust.documents import GET_AGAIN
from fairtrial.trust.fields import (
    ANY_TEXT,
    ANYTHING,
    COUNT,
    DECIMAL,
    NONCE,
    ONE,
    POSITIVE,
    SHA256,
    TEXT,
    TIME,
    Kind,
    list_of,
    mapping_to,
    nullable,
    one_of,
    record,
)
from fairtrial.trust.statement import Statement, Subject

BASE: Final = "https://fairtrial.dev/attestation/"
VERSION: Final = "v0.1"

LAB, OWNER, EVALUATOR, AUDITOR, MONITOR = ROLES = ("lab", "owner", "evaluator", "auditor", "monitor")

TESTS: Final = ("T-A", "T-B", "T-C", "T-D", "T-E", "T-F")
"""An auditor's tests: re-score, re-run, fresh form, duplicates, same model, tokens."""

UNDERSTOOD: Final[frozenset[str]] = frozenset()
"""Names below `ext` that this version understands, when they are listed in `crit`."""

_DIGESTS: Final = list_of(SHA256)

_PLAN: Final = {
    "campaign": nullable(SHA256),
    "name": TEXT,
    "claim": TEXT,
    "construct": TEXT,
    "model": record({"id": TEXT, "revision": TEXT, "weights": nullable(SHA256)}),
    "dataset": record({"name": TEXT, "root": SHA256, "form": one_of("file", "tree"), "count": POSITIVE}),
    "scorer": SHA256,
    "analysis": record(
        {
            "metric": TEXT,
            "interval": TEXT,
            "level": DECIMAL,
            "margin": nullable(DECIMAL),
            "multiplicity": TEXT,
        }
    ),
    "quota": record({"primary": ONE, "variants": COUNT}),
    "deadline": TIME,
    "draw": nullable(
        record(
            {
                "by": one_of("drand", "coin"),
                "chain": nullable(SHA256),
                "delay_s": COUNT,
                "parties": list_of(TEXT),
            }
        )
    ),
    "thresholds": record({"result": POSITIVE, "audit": POSITIVE}),
}
_RUN_START: Final = {
    "campaign": SHA256,
    "plan": record({"index": COUNT, "entry": SHA256}),
    "run": TEXT,
    "nonce": NONCE,
    "variant": TEXT,
    "model": TEXT,
    "harness": record({"name": TEXT, "version": TEXT, "digest": nullable(SHA256)}),
    "container": nullable(SHA256),
    "sandbox": nullable(TEXT),
    "deadline": TIME,
}
COUNTS: Final = record(dict.fromkeys(STATES, COUNT))
_RUN_END: Final = {
    "campaign": SHA256,
    "run": TEXT,
    "status": one_of("completed", "failed", "aborted"),
    "reason": ANY_TEXT,
    "records": record({"root": SHA256, "n": COUNT}),
    "counts": COUNTS,
    "usage": record(
        {"input_tokens": nullable(COUNT), "output_tokens": nullable(COUNT), "cost_usd": nullable(DECIMAL)}
    ),
    "requests": nullable(record({"first": TIME, "last": TIME})),
}
SCORE: Final = record(
    {
        "metric": TEXT,
        "value": DECIMAL,
        "low": DECIMAL,
        "high": DECIMAL,
        "level": DECIMAL,
        "n": POSITIVE,
        "credit": DECIMAL,
        "method": TEXT,
        "recomputable": one_of("re-scored", "recounted", "stated"),
    }
)
ATTEMPT: Final = record(
    {
        "run": TEXT,
        "variant": TEXT,
        "index": COUNT,
        "status": one_of("open", "completed", "failed", "aborted", "abandoned"),
    }
)
_RESULT: Final = {
    "campaign": SHA256,
    "run": TEXT,
    "plan": SHA256,
    "counts": COUNTS,
    "scores": list_of(SCORE, least=1),
    "method": SHA256,
    "deviations": list_of(TEXT),
    "attempts": list_of(ATTEMPT, least=1),
}
_AUDIT: Final = {
    "campaign": SHA256,
    "auditor": TEXT,
    "tests": list_of(
        record(
            {
                "test": one_of(*TESTS),
                "outcome": one_of("passed", "failed", "undetermined", "not run", "refused"),
                "detail": TEXT,
                "evidence": _DIGESTS,
            }
        ),
        least=1,
    ),
    "items": nullable(
        record({"by": one_of("drand", "coin", "all"), "seed": nullable(SHA256), "indices": list_of(COUNT)})
    ),
    "conflicts": TEXT,
    "funding": TEXT,
    "verdict": one_of("supported", "refuted", "inconclusive"),
}
_DATASET_COMMIT: Final = {
    "dataset": TEXT,
    "epoch": TEXT,
    "root": SHA256,
    "count": POSITIVE,
    "leaf_version": ONE,
    "generator": nullable(SHA256),
    "recipients": _DIGESTS,
    "published": TEXT,
}
_REVEAL: Final = {
    "dataset": TEXT,
    "epoch": TEXT,
    "items": list_of(
        record(
            {"index": COUNT, "salt": SHA256, "item": ANYTHING, "digest": nullable(SHA256), "path": _DIGESTS},
            optional=("item", "digest"),
        ),
        least=1,
    ),
    "reason": TEXT,
}
_DISPUTE: Final = {"reason": TEXT, "evidence": _DIGESTS}
_KEY_REVOCATION: Final = {"key": SHA256, "log_origin": TEXT, "from_index": COUNT, **_DISPUTE}
_COIN: Final = {"party": TEXT, "campaign": SHA256}
_CAMPAIGN_VIEW: Final = {
    "campaign": SHA256,
    "log_origin": TEXT,
    "size": POSITIVE,
    "root": SHA256,
    "indices": list_of(COUNT, least=1),
}


@dataclass(frozen=True, slots=True)
class Predicate:
    """signers: roles whose signature counts. subject: what its subject is, in words. fields: besides `ext` and
    `crit`, which every predicate may have."""

    name: str
    signers: tuple[str, ...]
    subject: str
    fields: Mapping[str, Kind]

    @property
    def type(self) -> str:
        return f"{BASE}{self.name}/{VERSION}"

    @property
    def kind(self) -> Kind:
        more = {"ext": mapping_to(ANYTHING), "crit": list_of(TEXT)}
        return record({**self.fields, **more}, optional=("ext", "crit"))


PREDICATES: Final[Mapping[str, Predicate]] = {
    each.name: each
    for each in (
        Predicate("plan", (LAB, EVALUATOR), "the plan's file", _PLAN),
        Predicate("run-start", (LAB, EVALUATOR), "the plan's file", _RUN_START),
        Predicate("run-end", (LAB, EVALUATOR), "the envelope of the run's start", _RUN_END),
        Predicate("result", (LAB, EVALUATOR), "the bundle's list of contents", _RESULT),
        Predicate("audit", (AUDITOR,), "the envelope of the result", _AUDIT),
        Predicate("dataset-commit", (OWNER,), "the data set's file of root and count", _DATASET_COMMIT),
        Predicate("reveal", (OWNER,), "the envelope of the commitment", _REVEAL),
        Predicate("dispute", ROLES, "the envelope in question", _DISPUTE),
        Predicate("retraction", ROLES, "the envelope in question", _DISPUTE),
        Predicate("key-revocation", ROLES, "an envelope that the key signed", _KEY_REVOCATION),
        Predicate("coin-commit", ROLES, "the plan's envelope", _COIN | {"commitment": SHA256}),
        Predicate("coin-reveal", ROLES, "the envelope of the commitment", _COIN | {"value": SHA256}),
        Predicate("campaign-view", (MONITOR,), "the checkpoint that was seen", _CAMPAIGN_VIEW),
    )
}
_BY_TYPE: Final = {each.type: each for each in PREDICATES.values()}


def state(name: str, subject: Sequence[Subject], fields: Mapping[str, JSON]) -> Statement:
    """A statement of ours, ready to be signed. Raises UnknownName for a predicate that is none of ours, UsageError
    for fields that its readers would refuse."""
    if name not in PREDICATES:
        raise UnknownName("predicate", name, PREDICATES)
    statement = Statement(tuple(subject), PREDICATES[name].type, fields)
    if problem := _problem(PREDICATES[name], fields):
        raise UsageError(f"a {name} statement can't say this: its predicate{problem}")
    if not subject:
        raise UsageError(
            f"a {name} statement without a subject", f"its subject is {PREDICATES[name].subject}"
        )
    return statement


def check(statement: Statement, name: str) -> Predicate:
    """Which of our predicates this is. name: of the file. Raises IntegrityError for a type that is none of ours,
    and for fields that are missing, unknown, of another kind, or critical and not understood."""
    predicate = _BY_TYPE.get(statement.predicate_type)
    if predicate is None:
        raise IntegrityError(
            f"{name} states {statement.predicate_type[:120]!r}, which is no predicate known here",
            "a statement of a newer Fairtrial needs that Fairtrial",
        )
    if problem := _problem(predicate, statement.predicate):
        raise IntegrityError(f"{name}: its {predicate.name} predicate{problem}", GET_AGAIN)
    return predicate


def _problem(predicate: Predicate, fields: Mapping[str, Any]) -> str | None:
    # First of all: what is critical and unknown here may change the meaning of every other field.
    critical = fields.get("crit", [])
    if isinstance(critical, list) and (unknown := [each for each in critical if each not in UNDERSTOOD]):
        return f" has a critical field that isn't understood here: {str(unknown[0])[:60]!r}"
    return predicate.kind.problem(fields) or _together(predicate.name, fields)


def _together(name: str, fields: Mapping[str, Any]) -> str | None:
    """What no field tells by itself."""
    if name == "run-end":
        counted, n = sum(fields["counts"].values()), fields["records"]["n"]
        if counted != n:
            return f".counts: they add up to {counted}, not to {n} records"
        if fields["requests"] and fields["requests"]["first"] > fields["requests"]["last"]:
            return ".requests: the first comes after the last"
    if name == "reveal" and any(("item" in each) == ("digest" in each) for each in fields["items"]):
        return ".items: each gives the item or its digest, one of the two"
    if (
        name == "plan"
        and fields["draw"]
        and (fields["draw"]["by"] == "drand") != (fields["draw"]["chain"] is not None)
    ):
        return ".draw: a chain is named for drand, and for nothing else"
    return None
