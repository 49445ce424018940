"""What a bundle does not establish, in sentences: printed wherever the score is."""

from __future__ import annotations

from collections.abc import Mapping

from fairtrial.trust.checks_campaign import NOT_EXCLUDED
from fairtrial.trust.checks_signed import Signers
from fairtrial.trust.parts import PLAN, Parts
from fairtrial.trust.verification import BLIND, Check, Label


def limits(
    parts: Parts, signers: Signers, checks: Mapping[str, Check], label: Label | None
) -> tuple[str, ...]:
    """Each begins with "that …". signers: an audit by nobody among them establishes nothing."""
    told = ["that no run happened outside the log"]
    if not _passed(parts, signers, "T-E"):
        told.append("that the answers came from the named model")
    if label != BLIND:
        told.append("that the items were unseen in training")
    plan = parts.statements.get(PLAN)
    construct = f" ({plan.fields['construct'][:120]})" if plan else ""
    told.append(f"that the benchmark measures what is claimed{construct}")
    if checks["dataset"].outcome != "ok":
        told.append("that the right answers in the records are the data set's own")
    if checks["campaign"].outcome != "ok":
        told.append(f"that all attempts are known: {NOT_EXCLUDED}")
    if checks["policy"].outcome != "ok":
        told.append("that the keys belong to whom they are said to: you brought no policy of your own")
    return tuple(told)


def _passed(parts: Parts, signers: Signers, test: str) -> bool:
    return any(
        each["test"] == test and each["outcome"] == "passed"
        for signed in parts.audits()
        if signed.name in signers
        for each in signed.fields["tests"]
    )
