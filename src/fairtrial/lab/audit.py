"""A claim goes in, a verdict comes out: `fairtrial audit`. Opened by name on first use, like `lab.pages`.

An audit is a folder: its runs, `audit.json` with the verdict, `report.html`. Within it no question is asked twice:
what one test has asked, another reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairtrial.adapters.registry import located
from fairtrial.adapters.stores.folder import fresh_folder, stamp_of, write_file
from fairtrial.audit.claim_verdict import conclude
from fairtrial.audit.register_file import parse_register
from fairtrial.audit.tuned import Ledger
from fairtrial.core.audited import Audited
from fairtrial.core.canon import JSON, digest
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Finding
from fairtrial.core.plan import ModelSpec
from fairtrial.core.version import VERSION
from fairtrial.lab.cases import BUNDLED, Case, open_case
from fairtrial.lab.claim_task import read_file
from fairtrial.lab.claims import open_claim
from fairtrial.lab.lab import amount
from fairtrial.lab.measured import calibration_rows
from fairtrial.lab.purse import Purse
from fairtrial.lab.questions import Questions
from fairtrial.lab.run import NORMAL, Pace
from fairtrial.lab.scope import Scope
from fairtrial.report.audit_page import audit_page

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

PLAN: Final = "audit-plan.json"
RESULT: Final = "audit.json"
REPORT: Final = "report.html"
SPECIMEN_PACE: Final = Pace(connections=64)
"""A specimen answers in batches: the wider, the faster."""


def audit(
    lab: Lab,
    claim: Claim,
    model: str | ModelSpec,
    scope: Scope | None = None,
    *,
    pace: Pace = NORMAL,
    resume: bool = False,
    max_cost: Decimal | str | None = None,
) -> tuple[Audited, Path]:
    """All six questions, and the folder that keeps what was asked, answered and concluded.

    resume: go on in the newest folder of the same audit. Raises UsageError for a claim that can't be asked here,
    ProviderError where the model can't be reached: what was answered is kept.
    """
    scope = scope or Scope()
    if scope.tested is not None and max_cost is not None:
        raise UsageError(
            "--max-cost can't be kept over two models at once", "leave --tested out, or --max-cost"
        )
    limit = None if max_cost is None else amount(max_cost)
    served = located(ModelSpec.parse(model) if isinstance(model, str) else model, lab.environ)
    plan: dict[str, JSON] = {"claim": claim.to_json(), "model": served.to_json(), **scope.to_json()}
    folder = _folder(lab, plan, resume)
    if pace == NORMAL and served.provider == "specimen":
        pace = SPECIMEN_PACE
    asked = Questions(
        Purse.of(lab, folder, limit),
        claim,
        served,
        scope,
        # Always resumed: the folder is this audit's own, and a question that stands in it is not asked again.
        {"resume": True, "pace": pace},
    )
    findings = asked.findings()
    found = _audited(asked, findings)
    _write(folder / RESULT, found.to_json())
    lab.write_page(folder / REPORT, audit_page(found, made=f"Fairtrial {VERSION}, {lab.clock.now()}"))
    return found, folder


def audit_by_name(
    lab: Lab,
    claim: Claim | str | Path,
    model: str | ModelSpec | None = None,
    *,
    base_url: str | None = None,
    pace: Pace = NORMAL,
    resume: bool = False,
    max_cost: Decimal | str | None = None,
    **scope: Any,
) -> Audited:
    """`Lab.audit`. scope: fields of `Scope`."""
    case = Case("", claim, served="", tested="") if isinstance(claim, Claim) else opened(str(claim))
    served = served_of(case, model)
    if base_url is not None:
        served = replace(served, options={**served.options, "base_url": base_url})
    chosen = scope_of(case, **scope)
    return audit(lab, case.claim, served, chosen, pace=pace, resume=resume, max_cost=max_cost)[0]


def opened(name: str) -> Case:
    """A bundled case, or a claim in a file, which names no model to ask. Raises UnknownName, UsageError."""
    if name.startswith(BUNDLED):
        return open_case(name)
    return Case(name, open_claim(name), served="", tested="")


def served_of(case: Case, model: str | ModelSpec | None) -> ModelSpec:
    """The model that is asked: the one named, or a bundled case's. Raises UsageError where there is none."""
    if not (model or case.served):
        raise UsageError("no model was named", "add --model provider/name: the one that is served")
    return model if isinstance(model, ModelSpec) else ModelSpec.parse(model or case.served)


def scope_of(case: Case, **fields: Any) -> Scope:
    """The fields that were given, and what a bundled case brings: the tested model, unless a fingerprint stands
    for it, and the register."""
    if isinstance(tested := fields.get("tested"), str):
        fields["tested"] = ModelSpec.parse(tested)
    if case.tested and not (fields.get("tested") or fields.get("fingerprint")):
        fields["tested"] = ModelSpec.parse(case.tested)
    if fields.get("register") is None:
        fields["register"] = case.register
    return Scope(**fields)


def read_register(path: Path) -> Ledger:
    """Attempts on the published form. Raises UsageError, a line a problem."""
    return parse_register(read_file(path), path.name)


def _audited(asked: Questions, findings: Sequence[Finding]) -> Audited:
    runs = tuple(dict.fromkeys(str(each.path) for each in asked.runs))
    verdict = conclude(
        asked.claim,
        str(asked.served),
        findings,
        fresh_form=asked.twin is not None,
        scores=asked.scores,
        notes=asked.notes,
        runs=runs,
    )
    return Audited(
        verdict,
        str(asked.served),
        "" if asked.scope.tested is None else str(asked.scope.tested),
        tuple(asked.tables),
        tuple(dict.fromkeys(asked.impossible)),
        tuple(asked.facts),
        calibration_rows(findings),
        not asked.stopped and all(each.summary.status == "complete" for each in asked.runs),
    )


def _folder(lab: Lab, plan: Mapping[str, JSON], resume: bool) -> Path:
    """A new folder, or the newest of the same audit."""
    name = digest(plan)
    short = name[7:15]
    if resume and lab.out.is_dir():
        there = [each for each in lab.out.glob(f"audit-*-{short}*") if (each / PLAN).is_file()]
        if there:
            return max(there)
    folder = fresh_folder(lab.out, f"audit-{stamp_of(lab.clock.now())}-{short}")
    _write(folder / PLAN, {"audit": name, **plan})
    return folder


def _write(path: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    write_file(path, text.encode("utf-8", "backslashreplace"))
