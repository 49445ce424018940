"""`fairtrial run`: ask, keep, score."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from fairtrial.cli import options
from fairtrial.cli.progress import watcher
from fairtrial.cli.registering import attempt, log_and_key, order_and_life, registered, tell_life, terms
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.core.canon import JSON
from fairtrial.core.errors import FairtrialError, IntegrityError, StoreError, UsageError
from fairtrial.core.task import Task
from fairtrial.lab import Lab, Run
from fairtrial.report.terminal import summary_text
from fairtrial.report.troubles import troubles


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
    "--fail-under",
    type=options.FiniteRange(0, 1),
    metavar="X",
    help="Exit 1 where the lower limit of a score is below X, a fraction.",
)
@click.option(
    "--register",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help="Run the plan registered in DIR, or register it now. START is in the log before the first question.",
)
@log_and_key
@terms
@attempt
@options.price_table
@options.volume
@click.option("--report/--no-report", default=True, help="Write report.html into each run folder.")
@options.json_output
def run(task: tuple[str, ...], as_json: bool, report: bool, register: str | None, **given: Any) -> int:
    """Ask models every question of a task; keep and score what they answer.

    TASK is a benchmark (gsm8k, mmlu, mmlu/virology, mmlu_generative, hellaswag, humaneval), a file of your
    own rows (.jsonl, .csv, .yaml with input and target, or programming tasks that bring their tests) or a
    task file. Without TASK, fairtrial.yaml is read from this folder. Every answer is kept in a run folder;
    nothing answered is asked again with --resume.
    """
    order, life = order_and_life(register, task, given)
    lab = Lab(order.out, price_table=order.settings.get("price_table"), watch=watcher(quiet=as_json))
    runs: list[Run] = []
    failed: FairtrialError | None = None
    # All of them before the first question: a bad row in the second file must not cost the first one's money.
    tasks = [lab.task(name, **order.task_options()) for name in order.tasks]
    tasks, refused = _judgeable(lab, tasks)
    for each in tasks:
        lab.try_exams(each, limit=order.settings.get("limit"), tell=tell)
    todo = [(opened, spec) for opened in tasks for spec in order.models]
    planned = len(todo)
    while todo:
        opened, spec = todo.pop(0)
        try:
            done = lab.run(opened, spec, pace=order.pace, life=life, **order.run_options())
        except (StoreError, IntegrityError):
            raise
        except FairtrialError as error:
            # The other models' runs still count: go on, and say at the end what went wrong here.
            if planned == 1:
                raise
            tell(f"fairtrial: {spec} on {opened.name}: {error.message}\nwhat now: {error.remedy}")
            failed = failed or error
            continue
        runs.append(done)
        if not as_json:
            show(summary_text(done.summary, colour=colour(), width=width()))
        if report:
            lab.write_report(done, volume=order.settings.get("volume"))
        if done.interrupted:
            # Ctrl-C was meant for the command, not for the model that happened to be asked.
            break
    if as_json:
        data: dict[str, JSON] = {
            "runs": [{**each.summary.to_json(), **registered(each, life)} for each in runs]
        }
        if (why := failed or refused) is not None:
            data["error"] = {"kind": type(why).__name__, "message": why.message, "remedy": why.remedy}
        emit(data)
    elif len(runs) > 1:
        tell(f"next: {order.next_step([each.path for each in runs])}")
    _tell_troubles(runs, as_json)
    if life is not None:
        for done in runs:
            tell_life(done)
    status = _status(runs, order.settings.get("fail_under"), failed, refused)
    if todo:
        tell(f"fairtrial: stopped; {len(todo)} of {planned} runs were not started")
        return 3
    return status


def _judgeable(lab: Lab, tasks: Sequence[Task]) -> tuple[list[Task], UsageError | None]:
    """The tasks whose answers can be marked on this machine, and why others can't; told before the first question.
    Raises that reason where it leaves nothing to do."""
    lacks = [lab.lacks(each) for each in tasks]
    refused = next(filter(None, lacks), None)
    kept = [task for task, error in zip(tasks, lacks, strict=True) if error is None]
    if refused is not None:
        if not kept:
            raise refused
        names = ", ".join(dict.fromkeys(task.name for task, error in zip(tasks, lacks, strict=True) if error))
        tell(f"fairtrial: {names} is left out: {refused.message}\nwhat now: {refused.remedy}")
    return kept, refused


def _tell_troubles(runs: Sequence[Run], as_json: bool) -> None:
    """For the person who reads the log of a job. A terminal that shows both streams has it in the summary."""
    if as_json or not (sys.stdout.isatty() and sys.stderr.isatty()):
        for each in runs:
            for line in troubles(each.summary):
                tell(f"fairtrial: {line}")


def _status(
    runs: Sequence[Run],
    fail_under: float | None,
    failed: FairtrialError | None,
    refused: UsageError | None,
) -> int:
    if failed is not None:
        return failed.exit_status
    if refused is not None or any(each.summary.status == "incomplete" for each in runs):
        return 3
    if fail_under is None:
        return 0
    missed = 0
    for summary in (each.summary for each in runs):
        low = summary.primary.low if summary.primary else 0.0
        if low < fail_under:
            missed = 1
            tell(
                f"threshold missed: {summary.model} on {summary.task}: "
                f"the lower limit {low:.3f} is below {fail_under:g}"
            )
    return missed
