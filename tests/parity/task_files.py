"""Task files that both sides read: those of `tasks/`, and lm-eval's own with the dataset replaced.

Every job has rows made here, of real questions and of what trips a reader, and answers by row, or none where the
small model is asked.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairtrial.benchmarks.packaged import packaged_rows
from fairtrial.core.task import Task
from fairtrial.evals.lmeval.loading import load_task

HERE = Path(__file__).parent / "tasks"
SEED = 20_261
ROWS = 120


@dataclass(frozen=True)
class FileJob:
    """One task file. answers: by row, None where the small model is asked."""

    name: str
    path: Path
    task: Task
    num_fewshot: int | None
    answers: Sequence[str] | None = None

    def to_json(self, _: Path) -> dict[str, Any]:
        return {
            "name": self.name,
            "file": str(self.path),
            "num_fewshot": self.num_fewshot,
            "answers": self.answers,
        }


def make_file_jobs(folder: Path, harness: Path) -> Iterator[FileJob]:
    """Writes rows and task files into `folder`. harness: the tasks that lm-eval ships."""
    for path in HERE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    _write_rows(folder)
    for name, shots in OWN.items():
        yield _job(folder / f"{name}.yaml", shots, ())
    for name, (file, shots, files) in HARNESS.items():
        path = folder / f"harness_{name}.yaml"
        told = {"include": str(harness / file), "dataset_path": "json", "dataset_name": None}
        path.write_text(json.dumps({**told, "dataset_kwargs": {"data_files": files}}))  # JSON is YAML
        yield _job(path, shots, (harness,))


def _job(path: Path, shots: int | None, include: tuple[Path, ...]) -> FileJob:
    task = load_task(path, include_path=include, trust_code=True, num_fewshot=shots)
    answers = own_answers(task) if task.asks == "generate" else None
    return FileJob(f"file-{path.stem}", path, task, shots, answers)


OWN: Mapping[str, int | None] = {
    "filters": None, "ignored": None, "plain": 2, "numbers": None, "choices": None, "own_examples": None,
    "own_first": None, "several_right": None, "letters": None, "last_word": None, "code": None,
    "code_pool": 3, "code_choice": None,
}  # fmt: skip
"""Files of `tasks/` and --num-fewshot."""

_ARC = {"train": "arc.jsonl", "validation": "arc.jsonl", "test": "arc.jsonl"}
_MATH = {"train": "math-train.jsonl", "test": "math-test.jsonl"}
_MMLU = {"dev": "choices-dev.jsonl", "test": "choices-test.jsonl"}
_FIVE, _PAIR, _TRIVIA = ({"train": f, "validation": f} for f in ("five.jsonl", "pair.jsonl", "trivia.jsonl"))
HARNESS: Mapping[str, tuple[str, int | None, Mapping[str, str]]] = {
    "arc_easy": ("arc/arc_easy.yaml", None, _ARC),
    "openbookqa": ("openbookqa/openbookqa.yaml", 3, _ARC),
    "sciq": ("sciq/sciq.yaml", 1, _ARC),
    "commonsense_qa": ("commonsense_qa/default.yaml", 7, _FIVE),
    "boolq": ("super_glue/boolq/default.yaml", 2, _PAIR),
    "triviaqa": ("triviaqa/default.yaml", 5, _TRIVIA),
    "gsm8k": ("gsm8k/gsm8k.yaml", None, _MATH),
    "gsm8k_cot": ("gsm8k/gsm8k-cot.yaml", None, _MATH),
    "mmlu": ("mmlu/default/mmlu_virology.yaml", 5, _MMLU),
}
"""lm-eval's own files, as they are but for the dataset: the path, --num-fewshot, the rows."""


def own_answers(task: Task) -> list[str]:
    """For each row an answer made of its target, dressed in some way, or of that and what trips a filter."""
    rng = random.Random(SEED)
    parts = (
        "#### ", "The answer is ", "####", "$", ",", ".", "-", " ", "\n", "A: ", "1,234.50", "18.", "5", "٣",
        "the ", "The", "is ", "Is\t", "(A)", "(b)", " C ", "answer: D", ": B", "=A", "İ", "ß", "7", "e", "é",
        "[invalid]",
    )  # fmt: skip
    answers: list[str] = []
    for sample in task.samples:
        goal = rng.choice(sample.target)
        dressed = (
            goal,
            goal.upper(),
            goal.lower(),
            f"{goal}.",
            f" {goal}\n",
            f"the {goal}",
            f"#### {goal}",
            f"is {goal}",
        )
        known = (*parts, *dressed[:5])
        mixed = "".join(rng.choice(known) for _ in range(rng.randint(1, 7)))
        text = rng.choice((*dressed, *[mixed] * 8))
        # An empty reply is unparsed here, even where a file's fallback would give it an answer.
        answers.append(text if text.strip() else goal)
    return answers


def _write_rows(folder: Path) -> None:
    rng = random.Random(SEED)
    train, test = (list(packaged_rows(f"gsm8k_{split}.jsonl.gz"))[:ROWS] for split in ("train", "test"))
    _lines(folder / "math-train.jsonl", train)
    _lines(folder / "math-test.jsonl", test)
    for split in ("dev", "test"):
        rows = [row for row in packaged_rows(f"mmlu_{split}.jsonl.gz") if row["subject"] == "virology"]
        _lines(folder / f"choices-{split}.jsonl", rows)
    # A target of digits is an index to lm-eval, so rows with such a choice have none that it can find.
    told = [row for row in rows if not any(choice.isdigit() for choice in row["choices"])]
    _lines(folder / "choices-twice.jsonl", [*told[:20], *told[:6], *told[:3]])
    several = [{**row, "right": sorted(rng.sample(range(4), rng.randint(1, 3)))} for row in rows]
    _lines(folder / "choices-several.jsonl", several)
    _lines(folder / "words.jsonl", _words(rng, test))
    _lines(folder / "arc.jsonl", _science(rng, rows))
    _lines(folder / "five.jsonl", _five(rng, rows))
    pairs = [
        {"passage": row["question"], "question": row["choices"][0], "label": row["answer"] % 2}
        for row in rows
    ]
    _lines(folder / "pair.jsonl", pairs)
    aliases = [
        {"question": row["question"], "answer": {"aliases": row["choices"], "value": "x"}} for row in rows
    ]
    _lines(folder / "trivia.jsonl", aliases)
    _numbers(folder / "numbers.csv", rng)


def _words(rng: random.Random, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Texts with marks, accents, digits; numbers of mixed kinds; a list; a text that grows in lower case."""
    for at, row in enumerate(rows):
        figure = row["answer"].rpartition("#### ")[2]
        more = rng.choice((["İstanbul"], ["The Straße 7.", "a, b"], ['x\'y "z"'], ["naïve — 3"]))
        yield {
            "topic": rng.choice(("maths", "the œuvre")),
            "question": f" {row['question']} ",
            "answers": [figure + rng.choice(("", ".", " eggs")), *more],
            "loop_count": at,
            "share": rng.choice((1, 0.5, 2, 1e-7, 3.0)),
            "tags": rng.sample(["a", "b's", "ç"], rng.randint(1, 3)),
        }


def _science(rng: random.Random, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        labels = rng.choice((["A", "B", "C", "D"], ["1", "2", "3", "4"]))
        yield {
            "question": row["question"],
            "question_stem": row["question"],
            "choices": {"text": row["choices"], "label": labels},
            "answerKey": labels[row["answer"]],
            "support": "  " + row["choices"][0],
            **{f"distractor{n}": row["choices"][n] for n in (1, 2, 3)},
            "correct_answer": row["choices"][0],
        }


def _five(rng: random.Random, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        texts = [*row["choices"], "none of them"]
        yield {"question": row["question"], "choices": {"text": texts}, "answerKey": rng.choice("ABCDE")}


def _numbers(path: Path, rng: random.Random) -> None:
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["whole", "decimal", "gaps", "truth", "text", "mixed", "empty"])
        for n in range(60):
            decimal = rng.choice(("1", "2.5", "-0.125", "1e3", ".5"))
            gaps = rng.choice(("1", "20", "", "NA"))
            mixed = rng.choice(("1", "x", "", "null", "2.0", "TRUE"))
            text = rng.choice(('say "a, b"', "two\nlines", " blank ", "ÄÖ", "None"))
            writer.writerow([n * 7 - 30, decimal, gaps, rng.choice(("True", "false")), text, mixed, ""])


def _lines(path: Path, rows: Sequence[Mapping[str, Any]] | Iterator[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
