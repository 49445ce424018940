"""The randomised twin from end to end: draw, ask, judge. Opened by name on first use, like `lab.pages`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairtrial.adapters.drand import valid_signature
from fairtrial.adapters.stores.folder import write_file
from fairtrial.audit.outcomes import outcomes, ranks
from fairtrial.audit.siblings import accuracy_evidence, rank_evidence
from fairtrial.audit.twin import DEMONSTRATION, Forms, Rules, judge, twin_claim
from fairtrial.core.errors import IntegrityError, ProviderError, StoreError, UnknownName, UsageError
from fairtrial.core.evidence import Evidence, Verdict
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import question_digest
from fairtrial.core.record import Record
from fairtrial.core.task import Task
from fairtrial.core.twin import Twin
from fairtrial.families import FAMILIES, AskedFamily, load
from fairtrial.families.checks import check_family
from fairtrial.families.twin import published_rows
from fairtrial.families.twin import twin as layout
from fairtrial.families.yaml_family import read_family
from fairtrial.lab.run import Run
from fairtrial.metrics.comparable import check_comparable
from fairtrial.report.verdict_page import verdict_page
from fairtrial.trust.beacon import QUICKNET, BeaconRound, moment
from fairtrial.trust.draw import SECRET_BYTES, Draw, commit
from fairtrial.trust.draw_file import draw_bytes, parse_draw, statement_bytes

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

__all__ = [
    "Rules",
    "TwinResult",
    "ask_and_judge",
    "check_family",
    "judge_runs",
    "new_draw",
    "open_family",
    "open_twin",
    "page",
    "reveal_beacon",
    "shown",
]

SHOWN: Final = 3
"""Samples of a template that a check shows."""

MAX_FILE: Final = 4 * 1024 * 1024
"""Bytes of a family or draw file."""


@dataclass(frozen=True, slots=True)
class TwinResult:
    """The verdict, the runs it rests on, and whether every question was answered."""

    verdict: Verdict
    runs: tuple[Run, ...]

    @property
    def complete(self) -> bool:
        return all(each.summary.status == "complete" for each in self.runs)


def open_family(name: str) -> AskedFamily:
    """A bundled family by name, or one in a YAML file. Raises UnknownName, UsageError."""
    if name in FAMILIES:
        return load(name)
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        return read_family(_read(path, "family"), path.name)
    raise UnknownName("family", name, FAMILIES, "a family of your own is a YAML file")


def shown(family: AskedFamily) -> dict[str, list[str]]:
    """A few samples of every template, question and answer, the same at every call."""
    found: dict[str, list[str]] = {}
    for name in family.templates:
        seeds = [hashlib.sha256(f"{family.digest} {name} {at}".encode()).digest() for at in range(SHOWN)]
        found[name] = [family.manner.shown(family.sample(name, seed)) for seed in seeds]
    return found


def open_twin(family: str, draw: str | Path | None, *, fresh: int, items: int | None, **asked: Any) -> Twin:
    """draw: a draw file, None for the demonstration that ships with a bundled family. asked: `system`,
    `temperature`, `max_tokens` for the answers, of both forms alike."""
    opened = open_family(family)
    if draw is None:
        shipped = files("fairtrial.families").joinpath(f"{opened.name}.draw.json")
        if family not in FAMILIES or not shipped.is_file():
            raise UsageError(
                f"{opened.name} comes with no draw",
                "make one with --new-draw FILE, publish its form, keep FILE",
            )
        drawn = parse_draw(shipped.read_bytes(), shipped.name)
    else:
        drawn = parse_draw(_read(Path(draw), "draw"), Path(draw).name, valid=valid_signature)
    twin = layout(opened, drawn, fresh=fresh, items=items, demonstration=draw is None)
    return replace(twin, answers=_asked(twin.answers, **asked))


def new_draw(
    family: str, path: Path, *, items: int, committed_at: str, beacon_round: int | None = None
) -> Draw:
    """Make a draw: FILE keeps its secret, FILE.statement.json is to be made known at once, and FILE.form.jsonl is
    the published form. With a round of drand's quicknet there is no form until `reveal_beacon`: which siblings
    are published depends on a value that nobody knows yet. Raises StoreError where one of the files exists
    already, for a second draw of one form would be a chance to choose; IntegrityError for a round that is due.
    """
    beside = [path, path.with_suffix(".statement.json"), path.with_suffix(".form.jsonl")]
    if there := [each for each in beside if each.exists()]:
        raise StoreError(f"{there[0]} exists", "choose another file; a draw is never made twice")
    opened = open_family(family)
    drawn = commit(
        opened,
        n=items,
        secret=secrets.token_bytes(SECRET_BYTES),
        salt=secrets.token_bytes(SECRET_BYTES),
        committed_at=committed_at,
        templates=opened.published,
        beacon=None if beacon_round is None else _coming(beacon_round, committed_at),
    )
    rows = None if drawn.beacon else published_rows(opened, drawn)
    write_file(path, draw_bytes(drawn), mode=0o600)
    write_file(beside[1], statement_bytes(drawn))
    if rows is not None:
        write_file(beside[2], rows)
    return drawn


def reveal_beacon(family: str, path: Path, signature: str) -> Draw:
    """The named round is there: its signature goes into the draw file, and the form is written beside it.

    Raises IntegrityError where the beacon did not sign it, or signed it before the commitment.
    """
    opened = open_family(family)
    drawn = parse_draw(_read(path, "draw"), path.name, valid=valid_signature)
    drawn = drawn.with_beacon_value(signature, valid_signature)
    rows = published_rows(opened, drawn)
    write_file(path, draw_bytes(drawn), mode=0o600)
    write_file(path.with_suffix(".form.jsonl"), rows)
    return drawn


def _coming(number: int, committed_at: str) -> BeaconRound:
    """A round of quicknet that is still to come."""
    due = QUICKNET.time_of(number)
    if due <= moment(committed_at):
        raise IntegrityError(
            f"beacon round {number} was due at {due:%Y-%m-%dT%H:%M:%SZ}: its value is known already",
            "name a round that is still to come",
        )
    return BeaconRound(QUICKNET.digest, number)


def ask_and_judge(
    lab: Lab, twin: Twin, model: ModelSpec, rules: Rules, *, rank: bool | None, **settings: Any
) -> TwinResult:
    """Ask both questions and judge. rank: whether to ask for log-probabilities; None: where the model has them."""
    answers = lab.run(twin.answers, model, **settings)
    likelihoods, why_not = None, "log-probabilities were not asked for"
    if rank is not False:
        try:
            likelihoods = lab.run(twin.likelihoods, model, **settings)
        except (UsageError, ProviderError) as error:
            # Raised before the first question: the model can't be asked this. A finding, if nobody insisted.
            if rank or (isinstance(error, ProviderError) and error.cause != "logprobs"):
                raise
            why_not = f"no log-probabilities: {error.message}"
    return judge_runs(twin, [answers], likelihoods, rules, why_not=why_not)


def judge_runs(
    twin: Twin, answers: Sequence[Run], likelihoods: Run | None, rules: Rules, *, why_not: str = ""
) -> TwinResult:
    """The verdict on runs that are there already. answers: one run of both forms, or one of each.

    Raises UsageError where a run was not made under this draw, or the forms were not asked alike of one model.
    """
    _check_alike(answers)
    found = outcomes(_asked_as_drawn(answers, twin.answers), twin.places)
    seed = int(twin.draw.removeprefix("sha256:")[:8], 16)
    accuracy = accuracy_evidence(
        found, alpha=rules.inflated, draw=twin.draw, seed=seed, controls=twin.controls
    )
    rank: Evidence | None = None
    if likelihoods is not None:
        told = ranks(_asked_as_drawn([likelihoods], twin.likelihoods), twin.ties)
        rank = rank_evidence(told, alpha=rules.seen, draw=twin.draw, controls=twin.controls)
    forms = Forms.of(found)
    runs = tuple(answers) if likelihoods is None else (*answers, likelihoods)
    verdict = judge(
        twin_claim(answers[0].summary.model, twin.answers.name, forms.published.value, rules.tolerance),
        forms,
        accuracy,
        rank,
        rules=rules,
        no_rank=why_not,
        notes=(DEMONSTRATION,) if twin.demonstration else (),
        runs=[str(each.path) for each in runs],
    )
    return TwinResult(verdict, runs)


def page(result: TwinResult, made: str) -> str:
    """One HTML page about the verdict."""
    return verdict_page(result.verdict, made=made)


def _asked(
    task: Task,
    *,
    system: str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
) -> Task:
    decoding = task.decoding
    if temperature is not None:
        decoding = replace(decoding, temperature=temperature)
    if max_tokens is not None:
        decoding = replace(decoding, max_tokens=max_tokens)
    return replace(task, system=system, decoding=decoding)


def _check_alike(runs: Sequence[Run]) -> None:
    """One model, one prompt, one scorer, one decoding; only the items may differ."""
    first = runs[0]
    for other in runs[1:]:
        labels = (str(first.path), str(other.path))
        check_comparable(first.plan, other.plan, allow=("items", "questions", "task"), labels=labels)
        if first.plan["model"] != other.plan["model"]:
            raise UsageError(
                f"{labels[0]} and {labels[1]} asked two models", "ask both forms of one model, in one place"
            )


def _asked_as_drawn(runs: Sequence[Run], task: Task) -> Iterator[Record]:
    """The runs' records, each held against the words that this draw asks."""
    words = {sample.id: question_digest(task.question(sample)) for sample in task.samples}
    for run in runs:
        for record in run.records():
            if record.sample_id in words and record.question != words[record.sample_id]:
                raise UsageError(
                    f"{run.path}: {record.sample_id} was asked in other words than this draw's",
                    "ask published and fresh siblings with one prompt, and name the draw that was used",
                )
            yield record


def _read(path: Path, what: str) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise UsageError(f"{path} is larger than {MAX_FILE // 2**20} MB", f"that is no {what} file")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}", f"name a {what} file") from error
