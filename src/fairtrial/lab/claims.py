"""Claims from wherever they stand: a file, a bundled name, a run of ours, other people's result files."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairtrial.adapters.formats import Draft, Unit, every_eval_ever, hugging_face, receipts
from fairtrial.audit.claim_file import REQUIRED, claim_of, draft_text, parse_claim
from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.evals.strict_yaml import decode, parse_yaml
from fairtrial.lab.cases import BUNDLED, open_case
from fairtrial.lab.claim_task import FORMS, SUBJECTS, known_in, read_file
from fairtrial.metrics.samples import number, section, text

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab


def open_claim(name: str) -> Claim:
    """A bundled claim by its name, or one in a file; a draw it names is looked for beside it. Raises UnknownName,
    UsageError with every problem of the file."""
    if name.startswith(BUNDLED):
        return open_case(name).claim
    path = Path(name)
    claim = parse_claim(read_file(path), path.name, known_in(path.parent))
    return replace(claim, draw=str(path.parent / claim.draw)) if claim.draw else claim


def claim_of_run(lab: Lab, folder: Path) -> Claim:
    """What one of our runs would claim. Raises UsageError where it is unfinished, or not of a benchmark."""
    run = lab.load(folder)
    name, primary = run.summary.task, run.summary.primary
    if name.partition("/")[0] not in SUBJECTS:
        name = _form_names().get(name, name)
    if name.partition("/")[0] not in SUBJECTS:
        raise UsageError(
            f"{folder} is a run of {name}, and a claim is about a benchmark or an item family",
            f"known: {', '.join(SUBJECTS)}",
        )
    if run.summary.status != "complete" or primary is None:
        raise UsageError(f"{folder} is unfinished", "finish it: fairtrial run … --resume")
    task = section(run.plan, "task")
    decoding, prompt = section(task, "decoding"), section(task, "prompt")
    shots = number(section(prompt, "fewshot").get("n"))
    asks = task.get("asks") == "generate"
    conditions: dict[str, Any] = {
        "shots": None if shots is None else int(shots),
        "prompt": _form_of_run(name, run.summary.task, text(prompt.get("template"))),
        "system": task.get("system") or "",
        "temperature": decoding.get("temperature") if asks else None,
        "max_tokens": decoding.get("max_tokens") if asks else None,
        "extraction": section(task, "scorer").get("name"),
        "samples": run.plan["epochs"],
    }
    given: dict[str, JSON] = {
        "model": run.summary.model,
        "benchmark": name,
        "metric": primary.metric,
        "value": primary.value,
        "n": primary.n,
        "source": f"our run {run.path.name}, plan {run.digest}",
        "date": text(run.summary.provenance.get("started"))[:10],
    }
    kept = {key: value for key, value in conditions.items() if value is not None}
    return claim_of(given, kept, decimals=_decimals(primary.value))


def foreign_drafts(path: Path, *, unit: Unit | None = None, model: str | None = None) -> tuple[Draft, ...]:
    """Drafts of claims from a Hugging Face .eval_results file, an Every Eval Ever record or a signed receipt.

    unit, model: what the user says where the file doesn't. Raises UsageError for anything else.
    """
    data = read_file(path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            value = parse_strict(decode(data, path.name))
        except ValueError as error:
            raise UsageError(f"{path.name} is no strict JSON: {error}", "check the file") from error
        if every_eval_ever.is_record(value):
            if model is not None:
                raise UsageError("--model: the record names its model", "leave it out")
            return every_eval_ever.drafts(value, unit=unit)
        if receipts.is_receipt(value):
            if unit is not None:
                raise UsageError("--unit: a receipt holds no score", "leave it out")
            return (receipts.draft(receipts.read_receipt(data, path.name), model=model),)
    else:
        value = parse_yaml(data, path.name).value
        if hugging_face.is_eval_results(value):
            return hugging_face.drafts(value, unit=unit, model=model)
    raise UsageError(
        f"{path.name} is no result file that is known here",
        "known: a run folder, .eval_results of Hugging Face (YAML), an Every Eval Ever record or a receipt (JSON)",
    )


def draft_file(draft: Draft) -> str:
    """The file of a draft. A draft that states everything is checked as a claim is; of another, what is missing
    stands there as a comment. Raises UsageError where what it states is no claim."""
    notes = dict(draft.notes)
    subject = SUBJECTS.get(str(draft.given.get("benchmark")))
    if subject is not None and "n" not in draft.given:
        notes["n"] = "; ".join(filter(None, (notes.get("n"), f"{subject.name} has {subject.n}")))
    if subject is not None and "metric" not in draft.given:
        notes["metric"] = f"{subject.name} gives {' or '.join(subject.metrics)}"
    written = draft_text(draft.given, draft.conditions, decimals=draft.decimals, notes=notes)
    if {"benchmark", *REQUIRED} <= draft.given.keys():
        parse_claim(written.encode(), "the claim", known_in(Path()))
    return written


def _form_names() -> dict[str, str]:
    """The name of a task in another form -> the benchmark."""
    return {"humaneval_completion": "humaneval"}


def _form_of_run(name: str, task: str, template: str) -> str:
    """The form by name, where the benchmark has several; the template otherwise."""
    base = name.partition("/")[0]
    if base not in FORMS:
        return template
    if task != name:
        return task.rpartition("_")[2]
    return FORMS[base][0]


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).as_tuple().exponent
    return max(0, -int(exponent))
