"""A task from a file of own rows: no class to derive from, no Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.question import GREEDY, Decoding
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import parse_scorer
from fairtrial.core.task import Scorer, Task
from fairtrial.evals.code_rows import has_code_rows, read_code_rows
from fairtrial.evals.prompts import MULTIPLE_CHOICE, PLAIN, TemplatePrompt
from fairtrial.evals.python_scorer import PREFIX, python_scorer
from fairtrial.evals.row_files import Faults
from fairtrial.evals.rows import read_rows, stem

VERSION: Final = "1"
_FOR_CHOICES: Final = ("choice", "exact", "regex")


def own_task(
    path: Path,
    *,
    scorer: str | Scorer | None = None,
    template: str | None = None,
    system: str | None = None,
    decoding: Decoding | None = None,
    tolerance: float | None = None,
    cluster: str = "",
    slices: Sequence[str] = (),
    name: str | None = None,
    trust_code: bool = False,
) -> Task:
    """The task that a file of rows makes. Rows with an entry_point and no target are programming tasks
    (`code_rows`): they bring their own tests, and take neither scorer nor tolerance.

    scorer: a name (`core.scorers.SCORERS`), `python:module:function` with trust_code, or a Scorer. Without
    one: `choice` where every row has choices, `exact` where none has; the task's notes say which was taken.
    template: a Jinja2 prompt (`TemplatePrompt`); without one the input as it stands, and below it the
    choices where a row has them. tolerance: for the scorer `number`. cluster, slices: metadata keys.
    Raises UsageError and UnknownName: for bad rows (all at once), targets that no answer could meet (all at
    once), keys that the rows don't have.
    """
    if has_code_rows(path):
        if scorer is not None or tolerance is not None:
            raise UsageError(
                f"{path.name}: its rows bring their own tests, and a scorer would have nothing to do",
                "leave --scorer and --tolerance out; the columns compare and tolerance are for that",
            )
        return _code_task(path, template, system, decoding, cluster, slices, name)
    rows = read_rows(path)
    samples, notes = rows.samples, list(rows.notices)
    with_choices = sum(bool(sample.choices) for sample in samples)
    if 0 < with_choices < len(samples) and template is None:
        raise UsageError(
            f"{path.name}: {with_choices} of {len(samples)} rows have choices, the others none",
            "put the two kinds into two files, or give --template for both",
        )
    if scorer is None:
        scorer = "choice" if with_choices == len(samples) else "exact"
        why = "all rows have choices" if scorer == "choice" else "the rows have no choices"
        notes.append(f"No scorer was named: {scorer} was taken, since {why}.")
    marker = _scorer(scorer, tolerance, trust_code, bool(with_choices))
    _check_targets(path, samples, marker)
    _check_keys(path, samples, cluster, slices)
    chosen = template if template is not None else MULTIPLE_CHOICE if with_choices else PLAIN
    return Task(
        name=name or stem(path),
        version=VERSION,
        asks="generate",
        samples=samples,
        origin=rows.origin,
        prompt=TemplatePrompt(chosen),
        scorer=marker,
        decoding=decoding or GREEDY,
        system=system,
        cluster=cluster,
        slices=tuple(slices),
        chance=_chance(samples) if with_choices == len(samples) else None,
        notes=tuple(notes),
    )


def _code_task(
    path: Path,
    template: str | None,
    system: str | None,
    decoding: Decoding | None,
    cluster: str,
    slices: Sequence[str],
    name: str | None,
) -> Task:
    rows = read_code_rows(path)
    _check_keys(path, rows.samples, cluster, slices)
    return Task(
        name=name or stem(path),
        version=VERSION,
        asks="generate",
        samples=rows.samples,
        origin=rows.origin,
        prompt=TemplatePrompt(rows.template if template is None else template),
        scorer=rows.scorer,
        decoding=decoding or GREEDY,
        system=system,
        cluster=cluster,
        slices=tuple(slices),
        notes=rows.notices,
    )


def _scorer(scorer: str | Scorer, tolerance: float | None, trust_code: bool, with_choices: bool) -> Scorer:
    if not isinstance(scorer, str):
        if tolerance is not None:
            raise UsageError("a tolerance has no meaning for a scorer object", "give it to the scorer itself")
        return scorer
    if scorer.startswith(PREFIX):
        if tolerance is not None:
            raise UsageError(f"a tolerance has no meaning for {scorer}", "leave --tolerance out")
        return python_scorer(scorer, trust_code=trust_code)
    found = parse_scorer(scorer, tolerance=tolerance)
    if with_choices and scorer.partition(":")[0] not in _FOR_CHOICES:
        raise UsageError(
            f"the rows have choices, so their targets are letters, and --scorer {scorer} can't mark those",
            "take --scorer choice, or leave the column choices out",
        )
    return found


def _check_targets(path: Path, samples: Sequence[Sample], scorer: Scorer) -> None:
    check = getattr(scorer, "check_target", None)
    if check is None:
        return
    faults = Faults(path.name)
    for sample in samples:
        try:
            check(sample)
        except UsageError as error:
            faults.add(
                f"sample {sample.id!r}", error.message.partition(": ")[2] or error.message, error.remedy
            )
    faults.raise_if_any()


def _check_keys(path: Path, samples: Sequence[Sample], cluster: str, slices: Sequence[str]) -> None:
    known = {key for sample in samples for key in sample.metadata} if cluster or slices else set()
    for key in filter(None, (cluster, *slices)):
        if key not in known:
            raise UnknownName("column", key, known)
    lacking = [sample.id for sample in samples if cluster and sample.metadata.get(cluster) in (None, "")]
    if lacking:
        raise UsageError(
            f"{path.name}: {len(lacking)} rows have no {cluster!r} to cluster by, first {lacking[0]!r}",
            "fill the column in for every row; a row that shares nothing gets a value of its own",
        )


def _chance(samples: Sequence[Sample]) -> float:
    """The score of blind guessing: the mean share of right choices."""
    return sum(len(sample.target) / len(sample.choices) for sample in samples) / len(samples)
