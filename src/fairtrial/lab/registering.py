"""A plan into the log, before anything runs: who will ask which model what, how often, until when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import Plan
from fairtrial.core.version import VERSION
from fairtrial.lab.entering import Entered, writing
from fairtrial.lab.log import Log
from fairtrial.lab.registration import PLAN, RegistrationFolder
from fairtrial.lab.signing import sign
from fairtrial.metrics.samples import section, text
from fairtrial.metrics.summary import metric_name
from fairtrial.specimens.digests import DIGESTS
from fairtrial.trust.beacon import moment
from fairtrial.trust.campaign import Filed
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject

PLAN_FILE = "plan.json"
NO_CLAIM: Final = "no score is claimed beforehand"
NO_CONSTRUCT: Final = "not stated beforehand"
LEVEL: Final = "0.95"
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"([1-9][0-9]{0,5})([mhd])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a registration binds beside the plan.

    campaign: its name, for people. quota: attempts in all, the first one included. deadline: UTC, until when a run
    is to start. revision: of the model, as its provider calls it. items, draw, ext: where items are drawn from
    sealed ones (`trust.drawn`), the data set, the rule and what belongs below `ext`, as the predicate has them.
    """

    campaign: str
    deadline: str
    quota: int = 1
    claim: str = NO_CLAIM
    construct: str = NO_CONSTRUCT
    revision: str = ""
    margin: str | None = None
    multiplicity: str = "none: one score is registered"
    items: Mapping[str, JSON] | None = None
    draw: Mapping[str, JSON] | None = None
    ext: Mapping[str, JSON] | None = None

    def __post_init__(self) -> None:
        if self.quota < 1:
            raise UsageError(f"a quota of {self.quota} attempts", "give at least 1, the primary one")
        if not self.campaign.strip():
            raise UsageError("the campaign has no name", "give one: --campaign 'sums, spring 2026'")


def until(text: str, now: str) -> str:
    """A deadline as signed documents write it: from "7d", "12h", "30m", a day ("2026-12-31", its end in UTC) or a
    time with a zone. now: RFC 3339. Raises UsageError for anything else, and for the past."""
    if span := _SPAN.fullmatch(text):
        due = moment(now) + timedelta(**{_UNITS[span[2]]: int(span[1])})
    else:
        due = moment(f"{text}T23:59:59Z" if _DAY.fullmatch(text) else text)
    if due <= moment(now):
        raise UsageError(f"{text} is over", "give a time to come, such as 7d or 2026-12-31")
    return due.strftime("%Y-%m-%dT%H:%M:%SZ")


def register(
    plan: Plan, terms: Terms, folder: RegistrationFolder, *, log: str | Path, key: SecretKey
) -> Entered:
    """Sign a plan, enter it into the log in the folder `log`, keep its proof in `folder`.

    A registration that was cut short is finished: what was signed then stands, whatever `terms` say now. The first
    plan of a name opens a campaign; another of the same name and signer joins it, under the quota of the first.
    Raises UsageError where the folder is another plan's, or the campaign has another quota.
    """
    with writing(log) as opened:
        return enter_plan(plan, terms, folder, opened, key)


def enter_plan(plan: Plan, terms: Terms, folder: RegistrationFolder, log: Log, key: SecretKey) -> Entered:
    """As `register`, in a log that is open."""
    planned = folder.document(PLAN)
    if planned is not None and planned.subjects != (_hex(plan.digest),):
        raise UsageError(f"{folder.path} is the registration of another plan", "name another folder with -o")

    def made() -> bytes:
        return sign(state("plan", [_subject(plan)], _fields(plan, terms, _joined(terms, log, key))), key)

    return folder.enter(PLAN, log, made)


def check_plan(plan: Plan, folder: RegistrationFolder) -> None:
    """That what would run is what was registered. Raises UsageError."""
    if folder.need(PLAN).subjects != (_hex(plan.digest),):
        raise UsageError(
            f"this is another plan than the one registered in {folder.path}: its digest is {plan.digest}",
            "run it as it was registered: same task file, same model and options; or register this one",
        )


def campaigns_of(log: Log, name: str) -> Iterable[Filed]:
    """First plans of campaigns of that name."""
    for each in log.history.campaigns:
        found = log.history.campaign(each)
        if found and found[0].document.type == "plan" and found[0].document.fields["name"] == name:
            yield found[0]


def _joined(terms: Terms, log: Log, key: SecretKey) -> str | None:
    """The campaign that this plan joins; None where it opens one. Names are no property: somebody else's campaign
    of the same name is another one."""
    own = _signer(key)
    found = [each for each in campaigns_of(log, terms.campaign) if own in each.entry.signers]
    if not found:
        return None
    quota = found[0].document.fields["quota"]
    if quota["primary"] + quota["variants"] != terms.quota:
        raise UsageError(
            f"the campaign {terms.campaign!r} has a quota of {quota['primary'] + quota['variants']} already",
            "a quota is fixed by the first plan: give the same, or open a campaign of another name",
        )
    return found[0].entry.campaign


def _fields(plan: Plan, terms: Terms, campaign: str | None) -> dict[str, JSON]:
    task = plan.task
    return {
        "campaign": campaign,
        "name": terms.campaign,
        "claim": terms.claim,
        "construct": terms.construct,
        "model": _model(plan, terms),
        "dataset": dict(terms.items) if terms.items else _dataset(plan.to_json()),
        "scorer": _hex(digest(dict(section(task, "scorer")))),
        "analysis": {
            "metric": metric_name(task),
            "interval": f"as Fairtrial {VERSION} makes it of these records",
            "level": LEVEL,
            "margin": terms.margin,
            "multiplicity": terms.multiplicity,
        },
        "quota": {"primary": 1, "variants": terms.quota - 1},
        "deadline": terms.deadline,
        "draw": terms.draw,
        "thresholds": {"result": 1, "audit": 1},
        **({"ext": terms.ext} if terms.ext else {}),
    }


def _dataset(plan: Mapping[str, JSON]) -> dict[str, Any]:
    """The items as a signed document names them: the digest of the file they came from, how many are asked."""
    origin = section(section(plan, "task"), "origin")
    root = text(origin.get("digest")).removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", root):
        raise UsageError(
            f"the items of {text(origin.get('name')) or 'this task'} have no digest",
            "register a task whose items come from a file",
        )
    return {"name": text(origin.get("name")) or "items", "root": root, "form": "file", "count": plan["n"]}


def _model(plan: Plan, terms: Terms) -> dict[str, JSON]:
    spec = plan.model
    weights = DIGESTS.get(f"{spec.name}/model.safetensors") if spec.provider == "specimen" else None
    told = terms.revision or (f"bundled with fairtrial {VERSION}" if weights else "not stated beforehand")
    return {"id": str(spec), "revision": told, "weights": _hex(weights) if weights else None}


def _subject(plan: Plan) -> Subject:
    return Subject(PLAN_FILE, _hex(plan.digest))


def _signer(key: SecretKey) -> str:
    return PublicKey(key.public).keyid


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
