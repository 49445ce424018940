"""`fairtrial run`: ask, keep, score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.lm_eval_words import translate
from fairtrial.cli.progress import watcher
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.core.canon import JSON
from fairtrial.core.errors import FairtrialError, StoreError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.evals.config import CONFIG_FILE, find_config
from fairtrial.lab import Lab, Pace, Run
from fairtrial.report.terminal import summary_text

TASK_OPTIONS = (
    "scorer",
    "tolerance",
    "template",
    "cluster",
    "slices",
    "num_fewshot",
    "form",
    "data",
    "include_path",
    "trust_code",
    "system",
    "temperature",
    "max_tokens",
    "top_p",
    "effort",
)


@click.command()
@click.argument("task", nargs=-1, metavar="[TASK|FILE]...")
@options.models
@options.tasks
@options.decoding
@options.pace
@options.out_folder
@click.option(
    "--resume", is_flag=True, default=None, help="Continue the newest unfinished run of the same plan."
)
@click.option(
    "--fail-under", type=float, metavar="X", help="Exit 1 where the lower limit of a score is below X."
)
@options.price_table
@options.volume
@click.option("--report/--no-report", default=True, help="Write report.html into each run folder.")
@options.json_output
def run(task: tuple[str, ...], as_json: bool, report: bool, **given: Any) -> int:
    """Ask models every question of a task; keep and score what they answer.

    TASK is a benchmark (gsm8k, mmlu, mmlu/virology, mmlu_generative, hellaswag), a file of your own rows
    (.jsonl, .csv, .yaml with input and target) or a task file. Without TASK, fairtrial.yaml is read from
    this folder. Every answer is kept in a run folder; nothing answered is asked again with --resume.
    """
    order = Order.of(task, {key: value for key, value in given.items() if value not in (None, ())})
    lab = Lab(order.out, price_table=order.settings.get("price_table"), watch=watcher(quiet=as_json))
    runs: list[Run] = []
    failed: FairtrialError | None = None
    for name in order.tasks:
        for spec in order.models:
            try:
                done = lab.run(name, spec, pace=order.pace, **order.run_options())
            except StoreError:
                raise
            except FairtrialError as error:
                # The other models' runs still count: go on, and say at the end what went wrong here.
                if len(order.tasks) * len(order.models) == 1:
                    raise
                tell(f"fairtrial: {spec} on {name}: {error.message}\nwhat now: {error.remedy}")
                failed = failed or error
                continue
            runs.append(done)
            if not as_json:
                show(summary_text(done.summary, colour=colour(), width=width()))
            if report:
                lab.write_report(done)
    if as_json:
        data: dict[str, JSON] = {"runs": [each.summary.to_json() for each in runs]}
        if failed is not None:
            data["error"] = {
                "kind": type(failed).__name__,
                "message": failed.message,
                "remedy": failed.remedy,
            }
        emit(data)
    elif len(runs) > 1:
        tell("next: fairtrial compare " + " ".join(str(each.path) for each in runs) + " -o report.html")
    return _status(runs, order.settings.get("fail_under"), failed)


def _status(runs: Sequence[Run], fail_under: float | None, failed: FairtrialError | None) -> int:
    if failed is not None:
        return failed.exit_status
    if any(each.summary.status == "incomplete" for each in runs):
        return 3
    if fail_under is None:
        return 0
    low = [each.summary.primary.low if each.summary.primary else 0.0 for each in runs]
    if min(low) < fail_under:
        tell(f"threshold missed: the lower limit {min(low):.3f} is below {fail_under}")
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, after fairtrial.yaml and the command line are put together."""

    tasks: tuple[str, ...]
    models: tuple[ModelSpec, ...]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, task: tuple[str, ...], given: Mapping[str, Any]) -> Order:
        settings = dict(given)
        names = [name for text in (*task, settings.pop("more_tasks", "")) for name in text.split(",") if name]
        specs = _specs(settings)
        config = find_config(names)
        if config is not None:
            settings = {**config.settings, **settings}
            names = [name for name in names if Path(name) != config.path] or list(config.tasks)
            specs = specs or _trusted(config.models, settings)
        if not names:
            raise UsageError(
                "no task was named",
                f"name a benchmark or a file, or write {CONFIG_FILE} with `fairtrial init`",
            )
        if not specs:
            raise UsageError(
                "no model was named", "add --model provider/name, for example --model openai/gpt-4o-mini"
            )
        return cls(tuple(names), tuple(specs), settings)

    @property
    def out(self) -> str:
        return str(self.settings.get("out", "runs"))

    @property
    def pace(self) -> Pace:
        names = {
            "max_connections": "connections",
            "max_retries": "max_retries",
            "max_wait": "max_wait_s",
            "timeout": "timeout_s",
        }
        return Pace(**{name: self.settings[key] for key, name in names.items() if key in self.settings})

    def run_options(self) -> dict[str, Any]:
        chosen = {key: self.settings[key] for key in TASK_OPTIONS if key in self.settings}
        for key in ("epochs", "limit", "seed", "resume", "max_cost"):
            if key in self.settings:
                chosen[key] = self.settings[key]
        if "seed" in self.settings:
            chosen["sampling_seed"] = self.settings["seed"]
        return chosen


def _trusted(specs: Sequence[ModelSpec], settings: Mapping[str, Any]) -> list[ModelSpec]:
    """Models that a file names. A file may come from anybody: its Python runs only when that is allowed."""
    for spec in specs:
        if spec.provider == "python" and not settings.get("trust_code"):
            raise UsageError(
                f"the file names the model {spec}, which runs Python code with your rights",
                "read that code, then add --trust-code",
            )
    return list(specs)


def _specs(settings: dict[str, Any]) -> list[ModelSpec]:
    names = settings.pop("model", ())
    arguments = settings.pop("model_args", None)
    if arguments is not None:
        if len(names) != 1:
            raise UsageError(
                "--model-args goes with one --model, as in lm-eval", "name models as provider/name"
            )
        name, translated = translate(names[0], arguments)
        names = (name,)
        for key in ("max_connections", "max_retries"):
            if key in translated:
                settings.setdefault(key, int(translated.pop(key)))
        settings = {**translated, **settings}
    shared = {key: settings.pop(key, None) for key in ("base_url", "api", "stream")}
    return [ModelSpec.parse(text, **shared) for text in names]
