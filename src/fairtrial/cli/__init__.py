"""The command line: a table of verbs, each imported only when it is called.

`fairtrial --help` must stay quick, so nothing but click and this file is loaded for it; a test compares the
one-line helps here with the verbs' own and watches the set of modules.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from fairtrial.core.errors import FairtrialError
from fairtrial.core.version import VERSION
from fairtrial.report.plain import visible

VERBS: dict[str, tuple[str, str]] = {
    "demo": (
        "fairtrial.cli.demo:demo",
        "Compare recorded answers, put two bundled models on trial; offline, no key.",
    ),
    "init": ("fairtrial.cli.init:init", "Write fairtrial.yaml: my cases, my candidates, my scorer."),
    "run": ("fairtrial.cli.run:run", "Ask models every question of a task; keep and score what they answer."),
    "compare": ("fairtrial.cli.compare:compare", "Say which run is better, by how much, and how sure."),
    "twin": ("fairtrial.cli.twin:twin", "Does a score on the published form carry over to fresh siblings?"),
    "audit": ("fairtrial.cli.audit:audit", "Put a published score to the test."),
    "claim": ("fairtrial.cli.claim:claim", "Write, list and import claims: who says what score, and how."),
    "report": ("fairtrial.cli.report:report", "Write one self-contained HTML page about runs."),
    "power": ("fairtrial.cli.power:power", "Say how many samples a comparison needs, before money is spent."),
    "check": ("fairtrial.cli.check:check", "Check a task or a file of cases without asking a model."),
    "method": (
        "fairtrial.cli.method:method",
        "Write and check the method record: everything that publishing a score takes.",
    ),
    "key": ("fairtrial.cli.key:key", "Make a key to sign with, and show its public half."),
    "register": ("fairtrial.cli.register:register", "Put a plan into a log before anything is run."),
    "bundle": ("fairtrial.cli.bundle:bundle", "Publish a registered run as one file that anybody can check."),
    "log": ("fairtrial.cli.log:log", "Keep a log of signed documents that nobody can change unseen."),
    "witness": (
        "fairtrial.cli.witness:witness",
        "Watch that a log only grows, and say so with a signature.",
    ),
    "export": (
        "fairtrial.cli.export:export",
        "Write a run's primary figure as a signed document for other tools.",
    ),
    "verify": (
        "fairtrial.cli.verify:verify",
        "Check a bundle offline: who signed what, when it was witnessed, what the records make of the score.",
    ),
    "attest": (
        "fairtrial.cli.attest:attest",
        "Audit a published bundle, and sign what came of it into the same log.",
    ),
    "serve": ("fairtrial.cli.serve:serve", "Offer a model as an OpenAI-compatible endpoint."),
    "calibrate": (
        "fairtrial.cli.calibrate:calibrate",
        "Re-measure every interval's coverage and test's alarms.",
    ),
    "doctor": (
        "fairtrial.cli.doctor:doctor",
        "Say what works on this machine, and what each missing part would need.",
    ),
}

EXIT_STATUS = """\b
Exit status: 0 done and in order; 1 done, and the answer is no; 2 wrong use; 3 provider failed, results
incomplete; 4 integrity broken; 5 store failed; 10 done, and the answer is inconclusive."""


class Verbs(click.Group):
    """Looks verbs up in the table; loads one verb's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = [verb for verb in VERBS if verb[:2] == args[0][:2]]
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"there is no verb {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, text) in VERBS.items()])


def _hyphens(name: str) -> str:
    """`--num_fewshot` is `--num-fewshot`, as people's fingers know it from other tools."""
    return name.replace("_", "-")


@click.group(
    cls=Verbs,
    epilog=EXIT_STATUS,
    context_settings={"help_option_names": ["-h", "--help"], "token_normalize_func": _hyphens},
)
@click.version_option(VERSION, prog_name="fairtrial")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Fairtrial gives a model's score a fair trial.

    It runs evaluations on your own data and on public benchmarks, compares models, and says how sure it is.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status. Only this function turns errors into statuses."""
    words = list(sys.argv[1:] if args is None else args)
    try:
        return _run(words)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): no fault, but nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: list[str]) -> int:
    if "_FAIRTRIAL_COMPLETE" in os.environ:  # a shell asks what could come next
        cli.main(words, prog_name="fairtrial")
    try:
        # Not `cli.main`: it makes an exit status of its own from a broken pipe.
        with cli.make_context("fairtrial", words or ["--help"]) as context:
            status = cli.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        return _told("wrong use", error.format_message(), _usage(error), words, 2)
    except (click.Abort, EOFError, KeyboardInterrupt):
        return _told("stopped", "stopped", "", words, 3)
    except FairtrialError as error:
        if "--debug" in words:
            traceback.print_exc()
        return _told(type(error).__name__, error.message, error.remedy, words, error.exit_status)
    return status if isinstance(status, int) else 0


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context is not None else ""


def _told(kind: str, message: str, remedy: str, words: Sequence[str], status: int) -> int:
    # What a file says may stand in the message, and must not steer the terminal.
    print(f"fairtrial: {visible(message)}", file=sys.stderr)
    if remedy:
        print(f"what now: {visible(remedy)}", file=sys.stderr)
    if "--json" in words:
        print(
            json.dumps({"error": {"kind": kind, "message": message, "remedy": remedy, "exit": status}}),
            flush=True,
        )
    return status
