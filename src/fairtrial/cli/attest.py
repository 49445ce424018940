"""`fairtrial attest`: an auditor's tests of a published bundle, signed, in the same log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.clock import SystemClock
from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.attest_coin import coin, dispute, retract
from fairtrial.cli.attest_items import items
from fairtrial.cli.attest_reading import file_bytes, read_beacon
from fairtrial.cli.order import TASK_OPTIONS
from fairtrial.cli.progress import watcher
from fairtrial.cli.registering import key_of, log_and_key, log_of, room, taken
from fairtrial.cli.same_model import specs_of
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.core.evidence import EXIT_STATUS
from fairtrial.lab import Lab, Pace
from fairtrial.report.plain import visible

TESTS = ("T-A", "T-B", "T-C", "T-D", "T-E", "T-F")


class BundleFirst(click.Group):
    """`fairtrial attest BUNDLE …` is `fairtrial attest bundle BUNDLE …`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["bundle", *args]
        return super().parse_args(ctx, args)


@click.group(cls=BundleFirst)
def attest() -> None:
    """Audit a published bundle, and sign what came of it into the same log.

    `fairtrial attest BUNDLE …` is short for `fairtrial attest bundle BUNDLE …`.
    """


for _each in (coin, items, dispute, retract):
    attest.add_command(_each)


@attest.command()
@click.argument("bundle", metavar="BUNDLE")
@log_and_key
@click.option(
    "-o", "output", metavar="FILE", required=True, help="Write the bundle with the audit in it there."
)
@click.option("--name", "auditor", metavar="TEXT", help="Who audits.  [default: as KEY.pub says]")
@click.option("--conflicts", metavar="TEXT", required=True, help='Of interest; "none" is an answer.')
@click.option("--funding", metavar="TEXT", required=True, help="Who pays for the audit.")
@click.option(
    "--model", "-m", metavar="PROVIDER/NAME", help="The model as it is offered: for T-B, T-C, T-D, T-E."
)
@click.option("--released", metavar="PROVIDER/NAME", help="The model as it was released: for T-E.")
@click.option(
    "--base-url", "base_urls", multiple=True, metavar="URL", help="Of --model; a second one of --released."
)
@click.option("--coin", "parties", nargs=2, metavar="PARTY PARTY", help="Draw by the coin of these two.")
@click.option("--beacon", metavar="FILE", help='Draw by a drand round: {"round": …, "signature": "…"}.')
@click.option(
    "--draw", type=click.IntRange(1, len(TESTS)), help="Make only so many tests, drawn like the items."
)
@click.option("--tests", metavar="T-A,…", help="Make only these.")
@click.option(
    "--items", type=click.IntRange(min=2), help="Items that are asked again, of those drawn.  [default: 50]"
)
@click.option("--repeats", type=click.IntRange(min=1), help="Items that T-D asks four times.  [default: 24]")
@click.option(
    "--completions", type=click.IntRange(min=2), help="Answers a side and prompt in T-E.  [default: 10]"
)
@options.margin
@click.option("--task", metavar="TASK|FILE", help="Where the bundle doesn't tell how its items are asked.")
@options.tasks
@click.option("--system", help="System text, with --task.")
@click.option("--temperature", type=options.FiniteRange(0, 10), help="With --task.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="With --task.")
@click.option("--records", metavar="FILE", help="The journal, where the bundle holds its digest alone.")
@click.option("--family", metavar="NAME|FILE", help="The item family, for T-C.  [default: the task's]")
@click.option("--family-draw", metavar="FILE", help="Its draw.  [default: the demonstration]")
@click.option("--siblings", type=click.IntRange(min=2), help="Items of the family, for T-C.  [default: all]")
@click.option("--tokenizer", metavar="specimen|DIR", help="The model's tokenizer, for T-F.")
@click.option("--refused", multiple=True, metavar="T-X=WHY", help="Access to what a test needs was refused.")
@click.option("--max-connections", type=click.IntRange(min=1), help="Requests at once.  [default: 20]")
@options.out_folder
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@options.json_output
def bundle(bundle: str, output: str, force: bool, as_json: bool, **given: Any) -> int:
    """Test what BUNDLE states, T-A to T-F, and sign each outcome.

    Scores again (T-A), asks drawn items again (T-B), fresh items of the family (T-C), repeated items (T-D), the
    released model (T-E), token counts (T-F). What can't be made is told as not made. Exit 0 supported, 1 refuted,
    10 inconclusive.
    """
    path = Path(output)
    if path.exists() and not force:
        raise StoreError(f"{path} is there already", "name another file, or overwrite it with --force")
    told = {name: value for name, value in given.items() if value not in (None, ())}
    who = taken(told, ("log", "key"))
    place, key, rules = log_of(who), key_of(who), room("attesting")
    name = told.get("auditor") or room("signing").told_about(Path(who["key"]), key).org
    lab = Lab(told.get("out", "runs"), watch=watcher(quiet=as_json))
    done = rules.attest(
        lab,
        file_bytes(bundle),
        Path(bundle).name,
        rules.Auditor(name, key, told["conflicts"], told["funding"]),
        _access(lab, told),
        log=place,
        records=file_bytes(told["records"]) if "records" in told else None,
        chance=rules.Chance(told.get("parties", ()), read_beacon(told.get("beacon")), told.get("draw")),
        time=f"{SystemClock().now()[:19]}Z",
    )
    write_file(path, done.data)
    _tell(done, path, as_json)
    return int(EXIT_STATUS[done.verdict])


def _access(lab: Lab, told: dict[str, Any]) -> Any:
    names = tuple(told[key] for key in ("model", "released") if key in told)
    specs = dict(zip((key for key in ("model", "released") if key in told), _specs(names, told), strict=True))
    same = ("siblings", "margin", "items", "repeats", "completions", "family", "tokenizer")
    chosen = {key: told[key] for key in same if key in told}
    if "tests" in told:
        chosen["only"] = tuple(_test(each) for each in told["tests"].split(","))
    if "family_draw" in told:
        chosen["draw"] = told["family_draw"]
    if "task" in told:
        chosen["task"] = lab.task(told["task"], **{key: told[key] for key in TASK_OPTIONS if key in told})
    return room("attest_case").Access(
        model=specs.get("model"),
        reference=specs.get("released"),
        refused=dict(_refused(each) for each in told.get("refused", ())),
        pace=Pace(connections=told.get("max_connections", 20)),
        **chosen,
    )


def _specs(names: tuple[str, ...], told: dict[str, Any]) -> Sequence[Any]:
    """One URL is the offered model's; the released one is usually at home."""
    urls = told.get("base_urls", ())
    if len(urls) == 1 and len(names) == 2:
        return [*specs_of(names[:1], urls), *specs_of(names[1:], ())]
    return specs_of(names, urls)


def _test(text: str) -> str:
    name = text.strip().upper()
    if name not in TESTS:
        raise UsageError(f"there is no test {text[:20]!r}", f"tests: {', '.join(TESTS)}")
    return name


def _refused(text: str) -> tuple[str, str]:
    test, equals, reason = text.partition("=")
    if not equals or not reason.strip():
        raise UsageError(f"--refused {text[:40]!r} tells no reason", "write it as T-E='no weights are given'")
    return _test(test), reason


def _tell(done: Any, path: Path, as_json: bool) -> None:
    entry = done.entry.filed
    if as_json:
        emit(
            {
                "bundle": str(path),
                "verdict": done.verdict,
                "tests": [
                    {
                        "test": each.test,
                        "outcome": each.outcome,
                        "detail": each.detail,
                        "evidence": each.digests,
                    }
                    for each in done.tests
                ],
                "index": entry.index,
                "witnessed": done.entry.at,
            }
        )
        return
    for each in done.tests:
        show(visible(f"{each.test}  {each.outcome:<12}  {each.detail}"))
    show(f"verdict: {done.verdict}; entry {entry.index} of the log; {path}")
    tell(f"next: fairtrial verify {path} --trust trust.json --log-policy log.policy")
