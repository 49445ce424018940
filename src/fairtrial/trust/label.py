"""The label of a score: what was checked, in one of three words, with the reason and what the next one lacks.

    self-reported        every digest and signature holds, and nothing more
    witnessed-self-run   plan, START and END were public in this order, all attempts are listed, figures recomputed
    independent-blind    besides, run by somebody without interest, on items drawn after the freeze and used once

Whatever misses one condition, or was verified by the publisher's own policies, has the label below. Where anything
is not what it claims to be there is no label at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairtrial.trust.checks_signed import Reader, Signers
from fairtrial.trust.parts import COMMIT, END, RESULT, START, Parts
from fairtrial.trust.predicates import EVALUATOR, LAB
from fairtrial.trust.verification import BLIND, SELF, WITNESSED, Check, Label

Lack = str | None
"""Why a condition isn't met; None where it is."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the label is judged by."""

    parts: Parts
    reader: Reader
    signers: Signers
    checks: Mapping[str, Check]


@dataclass(frozen=True, slots=True)
class Judgement:
    label: Label | None
    reason: str
    next_label: Label | None
    lacks: str


def judge(facts: Facts) -> Judgement:
    """The label of every score of the bundle: they share records and statements."""
    if failed := [each for each in facts.checks.values() if each.outcome == "failed"]:
        return Judgement(None, f"the check {failed[0].check} failed: {failed[0].detail}", None, "")
    if (lacks := _first(witnessed(facts))) is not None:
        return Judgement(SELF, "every digest and signature holds, and nothing more", WITNESSED, lacks)
    reason = (
        "plan, START and END were public in this order and seen by witnesses without interest; all attempts are "
        "listed; the figures are those that the records make"
    )
    if (lacks := _first(blind(facts))) is not None:
        return Judgement(WITNESSED, reason, BLIND, lacks)
    spent = "" if _at_home(facts) else "; the provider saw the prompts during the run; these items are spent"
    reason = f"{reason}; run by others, on items drawn after the freeze and used once{spent}"
    return Judgement(BLIND, reason, None, "")


def witnessed(facts: Facts) -> list[Lack]:
    """Conditions (a) to (g), in this order, after the one that the policies are the reader's own."""
    checks = facts.checks
    named = ("policy", "proofs", "quorum", "keys", "order", "campaign", "method", "scores")
    return [None if checks[name].outcome == "ok" else checks[name].detail for name in named]


def blind(facts: Facts) -> list[Lack]:
    """Conditions (h) to (k); of them (i) and (j), commitment and draw, are the check `sample`."""
    drawn = facts.checks["sample"]
    return [_independent(facts), None if drawn.outcome == "ok" else drawn.detail, _used_once(facts)]


def _at_home(facts: Facts) -> bool:
    """Whether the evaluator ran the weights themselves; anything else is taken for an API."""
    record = facts.parts.method or {}
    return bool(record.get("model", {}).get("access") == "local weights")


def _first(lacks: Sequence[Lack]) -> Lack:
    return next((each for each in lacks if each is not None), None)


def _independent(facts: Facts) -> Lack:
    people = facts.reader.people
    developers = {each.org for each in people.of([LAB])} if people else set()
    for name in (START, END, RESULT):
        persons = facts.signers.get(name, ())
        if not any(each.role == EVALUATOR and each.org not in developers for each in persons):
            return f"{name} is not signed by an evaluator of another organisation than the developer's"
    return None


def _used_once(facts: Facts) -> Lack:
    """Said by those who would know, and proven by nobody: the owner, that the items are sealed; the evaluator, in
    `ext.custody` of the result, who had them and that no earlier campaign used them."""
    commit, result = (facts.parts.statements.get(name) for name in (COMMIT, RESULT))
    if commit is None or commit.name not in facts.signers or commit.fields["published"] != "sealed":
        return "no owner states that the items are sealed"
    custody = result.fields.get("ext", {}).get("custody") if result else None
    if not isinstance(custody, str) or not custody.strip():
        return "nobody states custody of the items, and that no earlier campaign used them (ext.custody)"
    return None
