"""`make parity`: our scores against lm-eval 0.4.13's, item by item, prompts byte for byte.

    python -m tests.parity [PYTHON [PREFIX]]

PYTHON is an interpreter with tests/parity/requirements.txt installed; PREFIX picks the comparisons whose
names begin with it.

lm-eval runs its own packaged tasks in another process; both sides ask the same small model or score the same
recorded answers. Compared: the prompt, the continuations, the stop strings, and each metric of each item.
Ends with status 1 on any difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairtrial.core.output import Loglik, Output
from fairtrial.core.question import Generate
from fairtrial.core.readings import FirstLine
from fairtrial.core.record import AS_IT_STANDS, Score
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import TextScorer
from tests.parity.jobs import Job, make_jobs, texts
from tests.parity.served import compare_served
from tests.parity.small_model import SmallModel
from tests.parity.task_files import FileJob, make_file_jobs

HERE = Path(__file__).parent
PEER_PYTHON = HERE.parent.parent / ".venv-parity" / "bin" / "python"


@dataclass
class Tally:
    """Items by (task, what was compared): equal, different, and the sums on both sides."""

    equal: Counter[tuple[str, str]] = field(default_factory=Counter)
    different: Counter[tuple[str, str]] = field(default_factory=Counter)
    ours: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def hold(self, task: str, what: str, sample: str, ours: Any, theirs: Any) -> None:
        side = self.equal if ours == theirs else self.different
        side[task, what] += 1
        if isinstance(ours, float):
            self.ours[task, what] += ours
        if ours != theirs and self.different[task, what] <= 2:
            self.examples.append(
                f"{task}, {what}, {sample}:\n  ours   {ours!r:.300}\n  theirs {theirs!r:.300}"
            )


def main(python: Path, prefix: str) -> int:
    """Prints the table; 0 where all is equal."""
    if not python.exists():
        print(f"{python} is not there: run `make parity`, which prepares it", file=sys.stderr)
        return 2
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="parity") as name:
        folder = Path(name)
        made = [*make_file_jobs(folder, _harness(python)), *make_jobs(folder)]
        jobs = [job for job in made if job.name.startswith(prefix)]
        (folder / "jobs.json").write_text(json.dumps([job.to_json(folder) for job in jobs]))
        (folder / "texts.json").write_text(json.dumps(texts()))
        environ = {
            "HF_HOME": str(folder / "hf"),
            "HOME": str(folder),
            "PATH": str(folder),  # lm-eval would ask git where it is, and git would complain
            "OMP_NUM_THREADS": "1",
        }
        subprocess.run([python, HERE / "peer.py", folder], check=True, env=environ)
        model = SmallModel(texts())
        for job in jobs:
            _compare(job, model, folder / f"{job.name}.jsonl", tally)
        if "served".startswith(prefix):
            compare_served(python, folder, tally.hold)
    print(table(tally))
    for example in tally.examples[:20]:
        print(example)
    return 1 if tally.different or not tally.equal else 0


def _harness(python: Path) -> Path:
    """The folder of the tasks that lm-eval ships."""
    found = next(python.absolute().parent.parent.glob("lib/python3*/site-packages/lm_eval/tasks"), None)
    if found is None:
        sys.exit(f"{python} has no lm-eval: run `make parity`, which prepares it")
    return found


def _compare(job: Job | FileJob, model: SmallModel, path: Path, tally: Tally) -> None:
    theirs: dict[int, dict[str, Any]] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        theirs.setdefault(row["doc_id"], {})[row["filter"]] = row
    name = job.name.partition("-")[0] if job.name.startswith("mmlu") else job.name
    tally.hold(name, "number of items", "all", len(job.task.samples), len(theirs))
    for at, sample in enumerate(job.task.samples):
        by_filter = theirs.get(at)
        if by_filter is None:
            tally.hold(name, "item is there", sample.id, True, False)
            continue
        held = _held_file if isinstance(job, FileJob) else _held
        for what, ours, other in held(job, model, sample, by_filter):
            tally.hold(name, what, sample.id, ours, other)


def _held(
    job: Job, model: SmallModel, sample: Sample, theirs: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    question = job.task.question(sample)
    arguments = next(iter(theirs.values()))["arguments"]
    if isinstance(question, Generate) and job.name.startswith("mmlu_generative"):
        yield "prompt", question.prompt, arguments[0][0]
        # lm-eval stops at the end of the first line; we read on, and its reading stands beside ours.
        answers = job.answers or {}
        ours = job.task.scorer(Output(answers[sample.text], "stop"), sample).others[FirstLine().name]
        yield "exact_match", ours, theirs["get_response"]["metrics"]["exact_match"]
        return
    if isinstance(question, Generate):
        yield "prompt", question.prompt, arguments[0][0]
        yield "stop strings", list(question.decoding.stop), arguments[0][1]["until"]
        if job.answers is None:
            text, cut = model.generate(question.prompt, question.decoding.stop, question.decoding.max_tokens)
        else:
            text, cut = job.answers[sample.text], False
        score = job.task.scorer(Output(text, "stop"), sample)
        yield "flexible-extract", score.value, theirs["flexible-extract"]["metrics"]["exact_match"]
        yield "strict-match", score.others["strict-match"], theirs["strict-match"]["metrics"]["exact_match"]
        if cut:
            honest = job.task.scorer(Output(text, "length"), sample)
            yield (
                "cut answers as they stand",
                _as_it_stands(honest),
                theirs["flexible-extract"]["metrics"]["exact_match"],
            )
        return
    yield "prompt", [question.context] * len(question.continuations), [each[0] for each in arguments]
    yield "continuations", list(question.continuations), [each[1] for each in arguments]
    logliks = tuple(Loglik(model.loglikelihood(question.context, each)) for each in question.continuations)
    score = job.task.scorer(Output(None, "stop", logliks=logliks), sample)
    metrics = theirs["none"]["metrics"]
    values = {str(job.task.scorer.form["metric"]): score.value, **score.others}
    for metric in sorted(metrics):
        yield metric, values.get(metric), metrics[metric]


def _held_file(
    job: FileJob, model: SmallModel, sample: Sample, theirs: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    question = job.task.question(sample)
    arguments = next(iter(theirs.values()))["arguments"]
    if isinstance(question, Generate):
        yield "prompt", question.prompt, arguments[0][0]
        yield "decoding", _decoding(question), _their_decoding(arguments[0][1])
        assert job.answers is not None and isinstance(job.task.scorer, TextScorer)
        score = job.task.scorer(Output(job.answers[sample.metadata["row"]], "stop"), sample)
        values = {job.task.scorer.reading.name: score.value, **score.others}
        for name, row in theirs.items():
            for metric, value in row["metrics"].items():
                told = next((each for each in (name, metric, f"{metric},{name}") if each in values), "")
                yield f"{name}: {metric}", values.get(told), value
        return
    yield "prompt", [question.context] * len(question.continuations), [each[0] for each in arguments]
    yield "continuations", list(question.continuations), [each[1] for each in arguments]
    logliks = tuple(
        Loglik(model.loglikelihood(question.context, each), model.would_write(question.context, each))
        for each in question.continuations
    )
    score = job.task.scorer(Output(None, "stop", logliks=logliks), sample)
    values = {str(job.task.scorer.form["metric"]): score.value, **score.others}
    for row in theirs.values():
        for metric, value in row["metrics"].items():
            yield metric, values.get(metric), value


def _decoding(question: Generate) -> dict[str, Any]:
    asked = question.decoding
    return {"until": list(asked.stop), "temperature": asked.temperature, "max_gen_toks": asked.max_tokens}


def _their_decoding(given: Mapping[str, Any]) -> dict[str, Any]:
    """lm-eval's settings; what is not stated is what its models take."""
    until = [given["until"]] if isinstance(given["until"], str) else given["until"]
    temperature = float(given.get("temperature", 0.0)) if given.get("do_sample") is not False else 0.0
    return {"until": until, "temperature": temperature, "max_gen_toks": given.get("max_gen_toks", 256)}


def _as_it_stands(score: Score) -> float | None:
    return score.others[AS_IT_STANDS] if score.state == "truncated" else None


def table(tally: Tally) -> str:
    """Task, what was compared, items, equal, different, and the mean where it is a score."""
    lines = [f"{'task':40} {'compared':26} {'items':>7} {'equal':>7} {'different':>9} {'mean':>7}"]
    for key in dict.fromkeys([*tally.equal, *tally.different]):
        equal, different = tally.equal[key], tally.different[key]
        mean = f"{tally.ours[key] / (equal + different):7.4f}" if key in tally.ours else ""
        lines.append(f"{key[0]:40} {key[1]:26} {equal + different:7,} {equal:7,} {different:9,} {mean:>7}")
    total = sum(tally.different.values())
    lines.append("all equal" if not total else f"{total} differences")
    return "\n".join(lines)


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(Path(given[0]) if given else PEER_PYTHON, given[1] if len(given) > 1 else ""))
