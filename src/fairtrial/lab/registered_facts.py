"""What a run's registration tells for its method record: plan, time, attempts, quota, and what it is to show."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fairtrial.lab.campaigns import Campaign, campaign_of, own
from fairtrial.lab.entering import entered
from fairtrial.lab.method_facts import Record
from fairtrial.lab.registering import NO_CLAIM, NO_CONSTRUCT
from fairtrial.lab.registration import PLAN, RegistrationFolder
from fairtrial.trust.method_table import says_something

IN_THE_BUNDLE: Final = "in the bundle"


def registered_facts(run: Path, log: str | Path | None = None) -> Record:
    """Of the run in a folder; {} where it isn't registered, or its log isn't here. log: as `registration.json`
    names it where None."""
    kept = RegistrationFolder.of_run(run)
    planned, proof, envelope = kept.document(PLAN), kept.proof(PLAN), kept.envelope(PLAN)
    place = log or kept.order().get("log")
    if planned is None or proof is None or envelope is None or place is None or not Path(place).is_dir():
        return {}
    at = entered(place, envelope, proof, "plan.dsse.json")
    return facts(campaign_of(place, at.filed.entry.campaign), at.filed.index, at.at)


def facts(campaign: Campaign, plan: int, witnessed: str | None) -> Record:
    """plan: index of the run's plan. witnessed: UTC, when a quorum had seen it; None where nobody tells.

    `sequence` lists plans, STARTs and ENDs alone, so that a result that is made twice says the same.
    """
    fields = next(each.document.fields for each in campaign.filed if each.index == plan)
    claim = {"claim": fields["claim"], "construct": fields["construct"]}
    return {
        "claim": {name: text for name, text in claim.items() if text not in (NO_CLAIM, NO_CONSTRUCT)},
        "registration": {"log_index": plan} | ({"preregistered_at": witnessed} if witnessed else {}),
        "attempts": {
            "attempts": [
                {name: each.listed()[name] for name in ("run", "variant", "status")}
                for each in campaign.attempts
            ],
            "quota": dict(campaign.filed[0].document.fields["quota"]),
            "sequence": [each.index for each in own(campaign.filed)],
        },
        "result": {"multiplicity": fields["analysis"]["multiplicity"]},
    }


def with_access(written: Record, told: Record, access: str | None = None) -> Record:
    """What a person wrote, and where a bundle puts the records. access: who gets them where they stay out of it.
    A run that isn't registered goes into no bundle."""
    if access is None and ("log_index" not in told.get("registration", {}) or _access(written)):
        return written
    return joined(written, {"records": {"access": access or IN_THE_BUNDLE}})


def _access(record: Record) -> bool:
    return says_something(record.get("records", {}).get("access"))


def joined(one: Record, other: Record) -> Record:
    """Two parts of a record, group by group; where both tell a field, the second."""
    groups = {group: part for group, part in one.items() if isinstance(part, dict)}
    for group, part in other.items():
        groups[group] = {**groups.get(group, {}), **part}
    return {**one, **groups}
