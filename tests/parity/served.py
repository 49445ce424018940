"""A specimen asked three ways: by lm-eval through `fairtrial serve`, by Fairtrial through it, and directly.

One multiple-choice and one generation task, written as task files that both tools read; every item's answer, the
likelihood of every choice, and every score are held against each other.
"""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fairtrial import Lab, ModelSpec, Run
from fairtrial.families import load

MODEL = "honest"
ITEMS = 60
TOLERANCE = 1e-3
"""Nats an item, as numpy and torch may differ."""
SHARED = {
    "dataset_path": "json",
    "test_split": "test",
    "doc_to_text": "Q: {{question}}\nA:",
    "num_fewshot": 0,
}
Hold = Callable[[str, str, str, Any, Any], None]


def compare_served(python: Path, folder: Path, hold: Hold) -> None:
    """hold(task, what, item, ours, theirs) for every item of both tasks."""
    paths = _task_files(folder)
    lab = Lab(folder / "runs")
    with _served() as address:
        theirs = _lm_eval(python, folder, address, [path.stem for path in paths])
        for path in paths:
            direct = lab.run(path, f"specimen/{MODEL}")
            http = lab.run(path, ModelSpec.parse(f"openai-api/{MODEL}", base_url=address, api="completions"))
            for at, (ours, served) in enumerate(zip(_items(direct), _items(http), strict=True)):
                item = str(at)
                other = theirs[path.stem][at]
                hold(path.stem, "direct and served agree", item, ours, _within(served, ours))
                hold(path.stem, "served and lm-eval agree", item, served, _within(other, served))


def _items(run: Run) -> list[Any]:
    """What was answered and what it earned, by row."""
    found = {}
    for record in run.records():
        output, value = record.output, record.result.value  # type: ignore[union-attr]
        assert output is not None
        told = [each.logprob for each in output.logliks] or output.text
        found[int(record.sample_id.rpartition("-")[2])] = (told, value)
    return [found[at] for at in sorted(found)]


def _within(found: Any, expected: Any) -> Any:
    """The same, with each likelihood that lies within TOLERANCE of the expected one put in its place: in single
    precision a sum depends on which questions were asked together."""
    told, value = found
    if isinstance(told, list) and isinstance(expected[0], list) and len(told) == len(expected[0]):
        pairs = zip(told, expected[0], strict=True)
        told = [other if abs(each - other) <= TOLERANCE else each for each, other in pairs]
    return told, value


def _task_files(folder: Path) -> list[Path]:
    """Questions of the family, as rows and two task files in lm-eval's own format (JSON is YAML)."""
    family, rng = load("arithmetic"), random.Random(7)
    rows = []
    for at in range(ITEMS):
        name = family.published[at % len(family.published)]
        sample = family.sample(name, hashlib.sha256(f"served {at}".encode()).digest())
        right = int(sample.target[0]) if sample.target[0].isdigit() else 0
        wrong = rng.sample([each for each in range(max(0, right - 9), right + 12) if each != right], 3)
        choices = [sample.target[0], *map(str, wrong)]
        rng.shuffle(choices)
        answer = choices.index(sample.target[0])
        rows.append({"question": sample.text, "answer": sample.target[0], "choices": choices, "gold": answer})
    data = folder / "served.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    shared = SHARED | {"dataset_kwargs": {"data_files": {"test": str(data)}}}
    generation = {
        "task": "served_generation",
        "output_type": "generate_until",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 60, "do_sample": False, "temperature": 0},
        "filter_list": [
            {
                "name": "last",
                "filter": [
                    {"function": "regex", "regex_pattern": "(-?[0-9]+)", "group_select": -1},
                    {"function": "take_first"},
                ],
            }
        ],
        "metric_list": [{"metric": "exact_match"}],
    }
    choice = {
        "task": "served_choice",
        "output_type": "multiple_choice",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{gold}}",
        "metric_list": [{"metric": "acc"}],
    }
    paths = []
    for each in (generation, choice):
        paths.append(folder / f"{each['task']}.yaml")
        paths[-1].write_text(json.dumps(shared | each), encoding="utf-8")
    return paths


@contextmanager
def _served() -> Iterator[str]:
    words = [sys.executable, "-m", "fairtrial", "serve", f"specimen/{MODEL}", "--port", "0", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["base_url"]
    finally:
        process.terminate()
        process.wait(20)


def _lm_eval(python: Path, folder: Path, address: str, names: list[str]) -> dict[str, dict[int, Any]]:
    """What lm-eval's `local-completions` got for every item, token ids and all."""
    tokenizer = files("fairtrial.specimens").joinpath("data", MODEL)
    arguments = {
        "model": MODEL,
        "base_url": f"{address}/completions",
        "tokenizer_backend": "huggingface",
        "tokenizer": str(tokenizer),
        "num_concurrent": "4",
        "max_retries": "1",
    }
    words = [str(python), "-m", "lm_eval", "--model", "local-completions", "--tasks", ",".join(names)]
    words += ["--model_args", ",".join(f"{key}={value}" for key, value in arguments.items())]
    words += ["--include_path", str(folder), "--output_path", str(folder / "out"), "--log_samples"]
    environ = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(folder / "hf"),
        "HOME": str(folder),
        "PATH": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENAI_API_KEY": "none",
    }
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"lm-eval against serve failed:\n{done.stderr[-3000:]}")
    found: dict[str, dict[int, Any]] = {}
    for name in names:
        (path,) = (folder / "out").rglob(f"samples_{name}_*.jsonl")
        found[name] = {}
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if "acc" in row:
                told: Any = [float(each[0][0]) for each in row["resps"]]
                value = float(row["acc"])
            else:
                told, value = row["resps"][0][0], float(row["exact_match"])
            found[name][row["doc_id"]] = (told, value)
    return found
