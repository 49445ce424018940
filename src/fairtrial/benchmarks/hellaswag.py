"""HellaSwag (Zellers et al. 2019, arXiv 1905.07830): which of four endings continues the text? 10,042 items.

The form is lm-eval 0.4.13's, `tasks/hellaswag`: no worked example, the likelihood of each ending behind the
text, divided by the ending's characters (`acc_norm`, primary), undivided beside it (`acc`). Items come from a
local file (the authors' `hellaswag_val.jsonl`, or any JSONL with `ctx`, `endings`, `label`) or from the hub,
pinned by revision and digest. Items cut from one video or article share a `source` and are clustered by it.

    >>> from fairtrial.benchmarks.hellaswag import cleaned, sample_of
    >>> cleaned("[header] How to bake [title] Warm up.  Mix.")
    ' How to bake. Warm up. Mix.'
    >>> row = {"ctx_a": "A man stands.", "ctx_b": "he", "activity_label": "Standing",
    ...        "endings": ["sits.", "[step] eats  soup."], "label": "1", "source_id": "v_1"}
    >>> item = sample_of(row, 0)
    >>> item.input, item.choices, item.target
    ('Standing: A man stands. He', ('sits.', ' eats soup.'), ('B',))
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairtrial.benchmarks.files import json_lines, local_bytes, parquet_rows
from fairtrial.benchmarks.packaged import Request
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.scorers import LikelihoodChoice
from fairtrial.core.task import Task

SOURCE = "https://github.com/rowanz/hellaswag"
REPO = "Rowan/hellaswag"
REVISION = "218ec52e09a7e7462a5400043bb9a69a41d06b76"
FILE = "data/validation-00000-of-00001.parquet"
FILE_SHA256 = "899813071e1e95efafec90f856e1987d2150fa4d020fc005df6962c259f660cd"
OFFICIAL_SHA256 = "0aa3b88843990f3f10a97b9575c94d7b71fb2205240ba04ae4884d9e9c992588"
"""SHA-256 of the authors' own `hellaswag_val.jsonl`."""

ITEMS = 10_042

NOTES = (
    (
        "Over 65 % of predictions stay the same when the question is replaced by filler text; a filter for "
        "sound items keeps 1,525 of 10,042 (GoldenSwag, arXiv 2504.07825)."
    ),
    (
        "Public since 2019, so a model may have seen the items; having seen is not the same as being "
        "inflated (Bordt et al. 2024, arXiv 2410.03249)."
    ),
    "Blind guessing scores 25 %.",
)


@dataclass(frozen=True, slots=True)
class Continuation:
    """The text, and behind a blank each of its endings."""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "template": "{activity_label}: {ctx_a} {ctx_b}",
            "continuation": " {ending}",
            "fewshot": {"n": 0},
        }

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", sample.text),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return tuple(f" {ending}" for ending in sample.choices)


def hellaswag(request: Request) -> Task:
    """The validation split. Raises UsageError where there is neither a file nor a hub, or a row is broken."""
    request.refuse_part("hellaswag")
    request.shots(0, 0)
    if request.form is not None:
        raise UnknownName("form of hellaswag", request.form, (), "leave --form out; hellaswag has one form")
    rows, origin = _local(Path(request.path)) if request.path else _from_hub(request)
    samples = tuple(sample_of(row, at) for at, row in enumerate(rows))
    if not samples:
        raise UsageError("this HellaSwag file holds no item", "give hellaswag_val.jsonl with --data FILE")
    return Task(
        name="hellaswag",
        version="1",
        asks="loglikelihood",
        samples=samples,
        origin=origin,
        prompt=Continuation(),
        scorer=LikelihoodChoice("characters", ("none",)),
        cluster="source" if any("source" in each.metadata for each in samples) else "",
        chance=0.25,
        notes=NOTES if len(samples) == ITEMS else (f"{len(samples):,} of {ITEMS:,} items.", *NOTES),
    )


def cleaned(text: str) -> str:
    """A text without WikiHow's bracketed marks; the same steps in the same order as lm-eval's."""
    text = text.strip().replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", text).replace("  ", " ")


def sample_of(row: Mapping[str, Any], at: int) -> Sample:
    """One item. A row has `ctx_a`, `ctx_b`, `activity_label` as published, or a finished `ctx`; besides
    `endings` and `label` (a number from 0, or its text). Raises UsageError naming the row."""
    where = f"row {at} of HellaSwag"
    try:
        endings = tuple(cleaned(_text(each)) for each in row["endings"])
        if "ctx_a" in row:
            context = f"{_text(row['ctx_a'])} {_text(row['ctx_b']).capitalize()}"
            text = cleaned(f"{_text(row['activity_label'])}: {context}")
        else:
            text = cleaned(_text(row["ctx"]))
    except (KeyError, TypeError) as error:
        raise UsageError(
            f"{where} is broken: {error}", "it needs ctx, endings and label, as published"
        ) from error
    label = str(row.get("label", "")).strip()
    if not label.isascii() or not label.isdigit() or int(label) >= len(endings):
        raise UsageError(
            f"{where} has the label {label[:20]!r}", "give the validation split; the test split has no labels"
        )
    source = row.get("source_id")
    metadata: dict[str, JSON] = {"row": at} | (
        {"source": source} if isinstance(source, str) and source else {}
    )
    sample = Sample(f"val-{at}", text, (LETTERS[int(label)],), endings, metadata)
    LikelihoodChoice("characters").check_target(sample)
    return sample


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _local(path: Path) -> tuple[Iterator[Mapping[str, Any]], Origin]:
    data = local_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    official = digest in (OFFICIAL_SHA256, FILE_SHA256)
    rows = parquet_rows(data, path.name) if path.suffix == ".parquet" else json_lines(data, path.name)
    source = SOURCE if official else path.name
    return rows, Origin(
        "HellaSwag", source, f"sha256:{digest}", split="validation", licence="MIT" if official else ""
    )


def _from_hub(request: Request) -> tuple[Iterator[Mapping[str, Any]], Origin]:
    if request.datasets is None:
        raise UsageError(
            "HellaSwag does not ship with the package, and nothing may be fetched here",
            f"get hellaswag_val.jsonl from {SOURCE} and give it with --data FILE",
        )
    data = request.datasets.fetch(REPO, FILE, REVISION, FILE_SHA256)
    origin = Origin("HellaSwag", f"{REPO}: {FILE}", f"sha256:{FILE_SHA256}", "validation", REVISION, "MIT")
    return parquet_rows(data, FILE), origin
