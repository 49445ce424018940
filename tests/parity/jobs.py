"""What is compared: our tasks, the files that lm-eval gets in place of its datasets, recorded answers."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairtrial.benchmarks import load
from fairtrial.benchmarks.mmlu import subjects
from fairtrial.benchmarks.packaged import packaged_rows, train_answers
from fairtrial.benchmarks.recordings import KEYS, RECORDINGS
from fairtrial.core.task import Task

EXCERPT = Path(__file__).parent.parent / "benchmarks" / "hellaswag_excerpt.jsonl"
SYNTHETIC = 500
GENERATED = ("abstract_algebra", "us_foreign_policy", "virology")
SEED = 20_260


@dataclass(frozen=True)
class Job:
    """One comparison. answers: question -> recorded answer, None where the small model is asked."""

    name: str
    peer_task: str
    task: Task
    data_files: Mapping[str, str]
    num_fewshot: int | None
    answers: Mapping[str, str] | None = None

    def to_json(self, folder: Path) -> dict[str, Any]:
        file = ""
        if self.answers is not None:
            file = str(folder / f"{self.name}.answers.json")
            Path(file).write_text(json.dumps(self.answers))
        return {
            "name": self.name,
            "task": self.peer_task,
            "data_files": dict(self.data_files),
            "num_fewshot": self.num_fewshot,
            "answers": file,
        }


def texts() -> list[str]:
    """What the small model learns from."""
    return [f"Question: {question}\nAnswer: {answer}\n\n" for question, answer in train_answers()[:400]]


def make_jobs(folder: Path) -> list[Job]:
    """Writes the data files into `folder`."""
    return [*_gsm8k(folder), *_mmlu(folder), _hellaswag(folder)]


def hostile(task: Task) -> Iterator[tuple[str, str]]:
    """(question, answer) where the answer is made of what trips an extractor, the target among it."""
    rng = random.Random(SEED)
    parts = (
        "#### ",
        "####",
        "$",
        ",",
        ".",
        "-",
        " ",
        "\n",
        "A: ",
        "1,234.50",
        "18.",
        "5",
        "٣",
        "−7",
        "%",
        "\x00",
    )
    for sample in task.samples:
        goal = sample.target[0]
        known = (*parts, goal, f"#### {goal}", f"${goal}.", f"{goal}.00", f"{goal[:1]},{goal[1:]}")
        known = (*known, f"The answer is {goal}.", "The answer is ")
        yield sample.text, "".join(rng.choice(known) for _ in range(rng.randint(0, 9)))


def letters(task: Task) -> Iterator[tuple[str, str]]:
    """(question, answer) where the answer is a letter, dressed in the ways that chat models dress it."""
    rng = random.Random(SEED)
    forms = (
        "{}",
        " {}",
        "({})",
        "{}.",
        "**{}**",
        "{}\nbecause",
        "\n{}",
        "{} it is",
        "",
        "{})\t",
        "“{}”",
        "{}\r",
    )
    for sample in task.samples:
        letter = rng.choice("ABCDabcd")
        yield sample.text, rng.choice(forms).format(letter)


def _written(path: Path, rows: Iterator[Mapping[str, Any]]) -> str:
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return str(path)


def _gsm8k(folder: Path) -> Iterator[Job]:
    files = {
        "train": _written(folder / "gsm8k-train.jsonl", packaged_rows("gsm8k_train.jsonl.gz")),
        "test": _written(folder / "gsm8k-test.jsonl", packaged_rows("gsm8k_test.jsonl.gz")),
    }
    task = load("gsm8k")
    yield Job("gsm8k-small-model", "gsm8k", task, files, None)
    yield Job("gsm8k_cot-small-model", "gsm8k_cot", load("gsm8k_cot"), files, None)
    questions = {sample.id: sample.text for sample in task.samples}
    for name in KEYS:
        recorded = {questions[str(row["id"])]: str(row["output"]) for row in RECORDINGS[name]()}
        yield Job(f"gsm8k-{name}", "gsm8k", task, files, None, recorded)
        # Strict extraction looks for "#### ", which the recordings do not have.
        marked = {question: text.replace("\nA: ", "\n#### ") for question, text in recorded.items()}
        yield Job(f"gsm8k-{name}-marked", "gsm8k", task, files, None, marked)
    answers = dict(hostile(task))
    yield Job("gsm8k-hostile-answers", "gsm8k", task, files, None, answers)
    yield Job("gsm8k_cot-hostile-answers", "gsm8k_cot", load("gsm8k_cot"), files, None, answers)


def _mmlu(folder: Path) -> Iterator[Job]:
    rows: dict[str, dict[str, list[Mapping[str, Any]]]] = {name: {} for name in subjects()}
    for split in ("dev", "test"):
        for row in packaged_rows(f"mmlu_{split}.jsonl.gz"):
            rows[row["subject"]].setdefault(split, []).append(row)
    for subject, splits in rows.items():
        files = {
            split: _written(folder / f"mmlu-{subject}-{split}.jsonl", iter(found))
            for split, found in splits.items()
        }
        yield Job(f"mmlu-{subject}", f"mmlu_{subject}", load(f"mmlu/{subject}"), files, 5)
        if subject in GENERATED:
            task = load(f"mmlu_generative/{subject}")
            yield Job(
                f"mmlu_generative-{subject}",
                f"mmlu_{subject}_generative",
                task,
                files,
                5,
                dict(letters(task)),
            )


def _hellaswag(folder: Path) -> Job:
    path = _written(folder / "hellaswag.jsonl", iter([*real_items(), *_synthetic()]))
    return Job("hellaswag", "hellaswag", load("hellaswag", path=path), {"train": path, "validation": path}, 0)


def real_items() -> Iterator[dict[str, Any]]:
    """The four published items, their joined text taken apart into the fields that lm-eval joins."""
    for line in EXCERPT.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        label, _, context = row["ctx"].partition(": ")
        first, dot, second = context.rpartition(". ")
        yield {
            "activity_label": label,
            "ctx_a": first + dot.strip(),
            "ctx_b": second.lower(),
            "endings": row["endings"],
            "label": str(row["label"]),
        }


def _synthetic() -> Iterator[dict[str, Any]]:
    """Rows in HellaSwag's shape with all that its cleaning must meet: marks, double blanks, accents, ties."""
    rng = random.Random(SEED)
    plain = (
        "a",
        "man",
        "woman",
        "dog",
        "the",
        "kitchen",
        "paints",
        "café",
        "naïve",
        "over",
        "3",
        "times",
        "雪",
    )
    words = (*plain, "[step]", "[title]", "[header]", "", "jumps,", "slowly")
    ends = (".", "!", "", " .")

    def some(low: int, high: int) -> str:
        return " ".join(rng.choice(words) for _ in range(rng.randint(low, high))) + rng.choice(ends)

    for _ in range(SYNTHETIC):
        endings = [some(2, 14) for _ in range(4)]
        if rng.random() < 0.1:
            endings[2] = endings[0]
        endings = [ending if ending.strip(" .!") else "nothing" for ending in endings]
        yield {
            "activity_label": some(1, 3),
            "ctx_a": some(3, 20),
            "ctx_b": some(0, 4),
            "endings": [f"x {ending}" for ending in endings],
            "label": str(rng.randrange(4)),
        }
