"""The other side: lm-eval runs its own packaged tasks on local files. Runs in `.venv-parity`, never in ours.

    python peer.py FOLDER      reads FOLDER/jobs.json, writes FOLDER/JOB.jsonl, one line an item and filter

A job is {"name", "task", "data_files", "num_fewshot", "answers"}: the name of a packaged task, the files that
stand for its dataset, and, where a recording is scored, a file of answers by question. Or it is {"name", "file",
"num_fewshot", "answers"}: a task file, and answers by row.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TQDM_DISABLE": "1"}
sys.path.insert(0, str(Path(__file__).parent))

import datasets
import lm_eval
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml
from small_model import SmallModel


class Peer(LM):
    """lm-eval's model interface around the small model, or around recorded answers."""

    def __init__(self, model: SmallModel, answers: dict[str, str] | list[str] | None) -> None:
        super().__init__()
        self.model = model
        self.answers = answers

    def loglikelihood(self, requests, disable_tqdm=False):
        return [
            (self.model.loglikelihood(*each.args), self.model.would_write(*each.args)) for each in requests
        ]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        raise NotImplementedError("no task here asks for it")

    def generate_until(self, requests, disable_tqdm=False):
        if isinstance(self.answers, list):
            return [self.answers[each.doc_id] for each in requests]
        if self.answers is not None:
            return [self.answers[each.doc["question"].strip()] for each in requests]
        return [
            self.model.generate(each.args[0], each.args[1]["until"], each.args[1].get("max_gen_toks", 256))[0]
            for each in requests
        ]


def main(folder: Path) -> None:
    """Every job of the folder, one after the other."""
    logging.disable(logging.WARNING)
    datasets.disable_progress_bars()
    if lm_eval.__version__ != "0.4.13":
        sys.exit(f"lm-eval is {lm_eval.__version__}; the comparison is with 0.4.13")
    jobs = json.loads((folder / "jobs.json").read_text())
    model = SmallModel(json.loads((folder / "texts.json").read_text()))
    manager = TaskManager()
    for job in jobs:
        started = time.monotonic()
        config, answers = read_file(job) if "file" in job else replace_data(job, manager)
        results = lm_eval.simple_evaluate(
            model=Peer(model, answers),
            tasks=[config],
            num_fewshot=job["num_fewshot"],
            task_manager=manager,
            bootstrap_iters=0,
        )
        with open(folder / f"{job['name']}.jsonl", "w") as out:
            for row in results["samples"][config["task"]]:
                out.write(json.dumps(_kept(row)) + "\n")
        print(f"lm-eval {job['name']}: {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)


def read_file(job: dict) -> tuple[dict, list[str] | None]:
    """A task file as it stands. lm-eval takes the names of its rows from the folder it runs in."""
    os.chdir(Path(job["file"]).parent)
    return load_yaml(job["file"], resolve_func=True), job["answers"]


def replace_data(job: dict, manager: TaskManager) -> tuple[dict, dict[str, str] | None]:
    """A packaged task as it stands, its dataset alone replaced: given by name it would call the hub."""
    packaged = load_yaml(manager._entry(job["task"]).yaml_path, resolve_func=True)
    told = {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": job["data_files"]}}
    return {**packaged, **told}, json.loads(Path(job["answers"]).read_text()) if job["answers"] else None


def _kept(row: dict) -> dict:
    arguments = row["arguments"]
    if isinstance(arguments, dict):
        arguments = [[each["arg_0"], each["arg_1"]] for each in arguments.values()]
    return {
        "doc_id": row["doc_id"],
        "filter": row["filter"],
        "arguments": [list(each) for each in arguments],
        "metrics": {name: float(row[name]) for name in row["metrics"]},
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
