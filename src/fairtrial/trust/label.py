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

from fairtrial.trust.checks_log import Place
from fairtrial.trust.checks_signed import Reader, Signers
from fairtrial.trust.parts import COMMIT, END, PLAN, RESULT, REVEAL, START, Parts
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
    placed: Mapping[str, Place]
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
    return Judgement(
        BLIND, f"{reason}; run by others, on items drawn after the freeze and used once", None, ""
    )


def witnessed(facts: Facts) -> list[Lack]:
    """Conditions (a) to (g), in this order, after the one that the policies are the reader's own."""
    checks = facts.checks
    named = ("policy", "proofs", "quorum", "keys", "order", "campaign", "method", "scores")
    unseen = next((name for name in (PLAN, START, END) if _unseen(facts.placed.get(name))), None)
    lacks: list[Lack] = [None if checks[name].outcome == "ok" else checks[name].detail for name in named]
    lacks.append(None if unseen is None else f"no independent quorum has seen {unseen}")
    return lacks


def blind(facts: Facts) -> list[Lack]:
    """Conditions (h) to (k)."""
    return [
        _independent(facts),
        _committed_before(facts),
        None if facts.checks["sample"].outcome == "ok" else facts.checks["sample"].detail,
        _used_once(facts),
    ]


def _first(lacks: Sequence[Lack]) -> Lack:
    return next((each for each in lacks if each is not None), None)


def _unseen(place: Place | None) -> bool:
    return place is None or place.seen is None or not place.seen.independent


def _independent(facts: Facts) -> Lack:
    people = facts.reader.people
    developers = {each.org for each in people.of([LAB])} if people else set()
    for name in (START, END, RESULT):
        persons = facts.signers.get(name, ())
        if not any(each.role == EVALUATOR and each.org not in developers for each in persons):
            return f"{name} is not signed by an evaluator of another organisation than the developer's"
    return None


def _committed_before(facts: Facts) -> Lack:
    commit, plan, end = (facts.placed.get(name) for name in (COMMIT, PLAN, END))
    if commit is None or plan is None or commit.origin != plan.origin or commit.index >= plan.index:
        return "no owner of the items had committed to them in the log before the plan"
    for name, signed in facts.parts.statements.items():
        place = facts.placed.get(name)
        if signed.type == REVEAL and (end is None or place is None or place.index < end.index):
            return f"{signed.file} revealed items before the run had ended"
    return None


def _used_once(facts: Facts) -> Lack:
    """No statement of today's predicates says it, so nothing here can grant it."""
    return "nobody states custody of the items, and that no earlier campaign used them"
