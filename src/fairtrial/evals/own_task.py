"""A file of cases as a task."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.output import Output
from fairtrial.core.question import Decoding
from fairtrial.core.record import Score
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import parse_scorer
from fairtrial.core.task import Scorer, Task
from fairtrial.evals.prompts import CHOICES, PLAIN, TemplatePrompt
from fairtrial.evals.rows import SHOWN, metadata_keys, read_rows

VERSION = "1"


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
    """The rows of `path`, asked by `template` and marked by `scorer`.

    Without a scorer, rows with choices are marked by `choice`, all others by `exact`. Raises UsageError for
    bad rows, targets that the scorer can't match, unknown metadata keys, and `python:` scorers without
    trust_code.
    """
    rows = read_rows(path)
    chosen = _scorer(scorer or _usual(rows.samples), tolerance, trust_code)
    check_targets(chosen, rows.samples)
    _check_keys((cluster, *slices), rows.samples, path.name)
    with_choices = all(sample.choices for sample in rows.samples)
    prompt = TemplatePrompt(template if template is not None else CHOICES if with_choices else PLAIN)
    prompt.messages(rows.samples[0])
    counts = {len(sample.choices) for sample in rows.samples}
    return Task(
        name=name or rows.origin.name,
        version=VERSION,
        asks="generate",
        samples=rows.samples,
        origin=rows.origin,
        prompt=prompt,
        scorer=chosen,
        decoding=decoding or Decoding(),
        system=system,
        cluster=cluster,
        slices=tuple(slices),
        chance=1 / counts.pop() if with_choices and len(counts) == 1 else None,
        notes=rows.notices,
    )


def check_targets(scorer: Scorer, samples: Sequence[Sample]) -> None:
    """Every target must be one that some answer could match; all bad ones are told at once."""
    check = getattr(scorer, "check_target", None)
    if check is None:
        return
    problems = []
    for sample in samples:
        try:
            check(sample)
        except UsageError as error:
            problems.append(error)
    if problems:
        told = "\n  ".join(error.message for error in problems[:SHOWN])
        more = f"\n  … and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise UsageError(told + more, problems[0].remedy)


@dataclass(frozen=True, slots=True)
class CodeScorer:
    """The user's own function: (text of the answer, target texts, sample's metadata) -> score from 0 to 1.

    It runs with the user's rights, which is why it needs --trust-code. What it raises is no score.
    """

    target: str
    function: Any

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"name": f"python:{self.target}", "metric": "accuracy"}

    def __call__(self, output: Output, sample: Sample) -> Score:
        if output.stop == "refused" or output.refusal:
            return Score("refused", 0.0)
        if not output.text:
            return Score("truncated" if output.stop == "length" else "unparsed", 0.0)
        if output.stop == "length":
            return Score("truncated", 0.0)
        try:
            value = float(self.function(output.text, list(sample.target), dict(sample.metadata)))
        except Exception as error:  # somebody else's code: whatever it raises is told
            raise UsageError(
                f"python:{self.target} failed on {sample.id!r}: {error!r}", "correct it"
            ) from error
        if not 0 <= value <= 1:
            raise UsageError(
                f"python:{self.target} gave {value} for {sample.id!r}", "return a number from 0 to 1"
            )
        return Score("right" if value == 1 else "wrong" if value == 0 else "partial", value, output.text)


def _scorer(given: str | Scorer, tolerance: float | None, trust_code: bool) -> Scorer:
    if not isinstance(given, str):
        return given
    if not given.startswith("python:"):
        return parse_scorer(given, tolerance=tolerance)
    if not trust_code:
        raise UsageError(
            f"the scorer {given} runs Python code with your rights", "read that code, then add --trust-code"
        )
    target = given.removeprefix("python:")
    module, _, name = target.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{given}: {error}", "write python:module:function, with the module in this folder"
        ) from error
    except AttributeError as error:
        raise UnknownName(f"function in {module}", name, dir(sys.modules[module])) from error
    return CodeScorer(target, function)


def _usual(samples: Sequence[Sample]) -> str:
    return "choice" if all(sample.choices for sample in samples) else "exact"


def _check_keys(keys: Sequence[str], samples: Sequence[Sample], file: str) -> None:
    known = list(metadata_keys(samples))
    for key in keys:
        if key and key not in known:
            raise UnknownName(f"metadata key in {file}", key, known or ["none: the rows have no metadata"])
