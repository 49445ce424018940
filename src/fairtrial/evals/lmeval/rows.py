"""Rows to samples: what is asked, and what counts as right (`process_results` in `api/task.py`, 0.4.13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.sample import Sample
from fairtrial.evals.lmeval.config import Config
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.turns import asked
from fairtrial.evals.lmeval.words import Description, Doc, Words
from fairtrial.evals.row_files import Faults


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its sample, what stands before the worked examples, and what behind them."""

    sample: Sample
    head: str
    tail: str


def read_rows(
    config: Config, words: Words, docs: Documents, name: str, check: Callable[[Sample], None]
) -> list[Row]:
    """The rows of a split, samples named by the split and the row. check: the scorer's. Raises one UsageError
    for all bad rows of the file `name`."""
    faults = Faults(name)
    description = Description.of_key(config.description)
    several = isinstance(_tried(words, docs), list)
    found: list[Row] = []
    for at, doc in enumerate(docs):
        try:
            target, choices = _target(config, words, doc, several)
            sample = Sample(f"{config.split}-{at}", words.text(doc), target, choices, {"row": at})
            check(sample)
            found.append(Row(sample, description.of(doc), asked(words, sample.text, words.prefix(doc))))
        except UsageError as error:
            told = error.message.removeprefix(f"sample '{config.split}-{at}'").lstrip(": ")
            faults.add(f"row {at}", told, error.remedy)
    faults.raise_if_any()
    return found


def _tried(words: Words, docs: Documents) -> Any:
    """The target of the first row: by it lm-eval decides whether every row has several."""
    try:
        return words.target(docs[0])
    except UsageError:
        return None  # told as the first bad row


def _target(config: Config, words: Words, doc: Doc, several: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The acceptable answers, letters for a multiple choice, and the choices."""
    target = words.target(doc)
    if target is None or isinstance(target, dict):
        raise UsageError(f"doc_to_target is {target!r:.60}", "give every row a target")
    if isinstance(target, list) is not several:
        raise UsageError(
            "some rows have a list of targets and some have one, which lm-eval marks wrongly",
            "give every row a list",
        )
    if config.output_type == "multiple_choice":
        choices = words.choices(doc)
        if not 2 <= len(choices) <= len(LETTERS):
            raise UsageError(f"{len(choices)} choices", "give each row from 2 to 26")
        given = target if several else [target]
        return tuple(LETTERS[_index(each, choices, several)] for each in given), tuple(choices)
    if config.output_type == "loglikelihood":
        if not isinstance(target, str) or not target:
            raise UsageError(f"doc_to_target is {target!r:.60}, no text", "write {{ column }}")
        return (target,), ()
    if words.has_choices:
        choices = words.choices(doc)
        if not isinstance(target, int) or not 0 <= target < len(choices):
            raise UsageError(
                f"doc_to_target is {target!r:.60}, no index of {len(choices)} choices",
                "give the index, or leave doc_to_choice out",
            )
        return (choices[target],), ()
    return _texts(config, target), ()


def _index(target: Any, choices: Sequence[str], several: bool) -> int:
    """lm-eval reads a text as the choice of that text, but not in a list of targets."""
    if isinstance(target, str) and target in choices and not several:
        return choices.index(target)
    if isinstance(target, int) and 0 <= target < len(choices):
        return int(target)
    raise UsageError(
        f"doc_to_target is {target!r:.60}, none of {len(choices)} choices",
        "give the index of the right one, 0 the first",
    )


def _texts(config: Config, target: Any) -> tuple[str, ...]:
    """As lm-eval compares them: one is cast to text, those in a list must be texts."""
    if isinstance(target, list):
        if not target or not all(isinstance(each, str) for each in target):
            raise UsageError(f"doc_to_target is {target!r:.60}", "give texts: no reply equals a number")
        return tuple(target)
    if not isinstance(target, str) and not all(pipeline.single for pipeline in config.pipelines):
        raise UsageError(
            f"doc_to_target is {target!r:.60}, which lm-eval casts to text only behind take_first",
            "end every filter with take_first, or write {{ column }}",
        )
    return (str(target),)
