"""Two GPT-3 models' recorded solutions to all 1,319 GSM8K test questions (Cobbe et al. 2021, MIT).

Published by the authors in `openai/grade-school-math` (`example_model_solutions.jsonl`): the 6B model
fine-tuned, and the 175B model with a verifier that picks among its solutions. `replay/NAME` gives them as
answers; the authors' own verdicts (286 and 742 right) are kept apart from what we score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from fairtrial.benchmarks.gsm8k import gsm8k_samples
from fairtrial.benchmarks.packaged import packaged_rows
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UnknownName

FILE = "gsm8k_gpt3_solutions.jsonl.gz"
KEYS: Mapping[str, str] = MappingProxyType(
    {"gpt3-6b-finetuned": "6b_finetuning", "gpt3-175b-verified": "175b_verification"}
)
ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "gpt3-6b-finetuned": "GPT-3 6B, fine-tuned on GSM8K's training split",
        "gpt3-175b-verified": "GPT-3 175B, fine-tuned, the best of many solutions picked by a verifier",
    }
)


def answers(name: str) -> Iterator[Mapping[str, JSON]]:
    """Rows of `id` (GSM8K's sample id) and `output` (the solution as recorded), in the order of the split."""
    for sample_id, recorded in _recorded(name):
        yield {"id": sample_id, "output": recorded["solution"]}


def authors_verdicts(name: str) -> dict[str, bool]:
    """Sample id -> whether the authors marked the solution as right."""
    return {sample_id: bool(recorded["is_correct"]) for sample_id, recorded in _recorded(name)}


RECORDINGS: Mapping[str, Callable[[], Iterator[Mapping[str, JSON]]]] = MappingProxyType(
    {name: partial(answers, name) for name in KEYS}
)
"""What `replay/NAME` may name besides a folder or file."""


def _recorded(name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if name not in KEYS:
        raise UnknownName("recording", name, KEYS)
    ids = {_plain(sample.text): sample.id for sample in gsm8k_samples()}
    for row in packaged_rows(FILE):
        sample_id = ids.pop(_plain(row["question"]), None)
        if sample_id is None:
            raise IntegrityError(
                f"{FILE}: no GSM8K item reads {row['question'][:60]!r}", "install the package again"
            )
        yield sample_id, row[KEYS[name]]
    if ids:
        raise IntegrityError(f"{FILE}: {len(ids)} GSM8K items have no solution", "install the package again")


def _plain(question: str) -> str:
    """By words alone: the two files may differ in blanks."""
    return " ".join(question.split())
