"""`make perf`: Fairtrial beside other runners, in one run, interleaved, against one deterministic server.

    .venv/bin/python perf/run.py [--quick] [--tools fairtrial,lm-eval] [--rounds 3] [--date 2026-01-31]

A full run writes docs/reference/performance.md; one with changed sizes, rounds or tools only prints its page.
Exit status: 0 every goal met, 1 one missed or not measured, 2 nothing could be measured.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from answering import NoCompiler, Server, build
from contestants import ROOT, Absent, Contestant, Job, environment, fairtrial, inspect_ai, lm_eval, raw_loop
from findings import Cell, Findings, Start, Trial, goals
from machine import machine_line
from page import render
from process import measure
from tickets import write_tickets

CACHE = ROOT / ".cache" / "perf"
PAGE = ROOT / "docs" / "reference" / "performance.md"
NAMES = ("aiohttp", "fairtrial", "lm-eval", "inspect")
YARDSTICK, OURS = "aiohttp loop", "Fairtrial"
WARM_UP = 50
STARTS = 5


@dataclass(frozen=True, slots=True)
class Setting:
    """Sizes are the two N of the marginal method; short is the smaller N of tools that skip the large one."""

    sizes: tuple[int, int] = (1319, 10_000)
    short: int = 330
    connections: int = 100
    wide: int = 1000
    latency_s: float = 0.100
    jitter_s: float = 0.020
    rounds: int = 3

    def places(self, full: bool) -> list[tuple[int, int]]:
        """(N, connections) that a tool is measured at."""
        small, large = self.sizes
        if full:
            return [(small, self.connections), (large, self.connections), (large, self.wide)]
        return [(self.short, self.connections), (small, self.connections)]


QUICK = Setting(sizes=(200, 1000), short=100, wide=500, rounds=1)


def main(words: Sequence[str]) -> int:
    options = _parser().parse_args(words)
    if options.again:
        findings = Findings.from_json(json.loads(Path(options.again).read_text(encoding="utf-8")))
        return _tell(findings, Setting(), write=True)
    setting = _setting(options)
    try:
        binary = build(CACHE)
    except (NoCompiler, subprocess.CalledProcessError) as error:
        print(f"perf: {error}", file=sys.stderr)
        return 2
    found = [_contestant(name) for name in options.tools]
    tools = [each for each in found if isinstance(each, Contestant)]
    findings = Findings(
        date=options.date,
        command="make perf" if not words else " ".join(["python perf/run.py", *words]),
        machine=machine_line(),
        rounds=setting.rounds,
        latency_s=setting.latency_s,
        jitter_s=setting.jitter_s,
        tools={tool.title: tool.version for tool in tools},
        absent={each.title: each.why for each in found if isinstance(each, Absent)},
        cells=[
            Cell(tool.title, *at)
            for tool in tools
            for at in setting.places(tool.full or options.inspect_full)
        ],
        starts=[],
    )
    _say("warming up: the first run of every tool is thrown away")
    for tool in tools:
        problem = _trial(tool, WARM_UP, min(WARM_UP, setting.connections), setting, binary).problem
        if problem:
            _say(f"  {tool.title}: {problem}")
    _measure_all(findings, tools, setting, binary)
    findings.starts.extend(_starts(tools))
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / "findings.json").write_text(json.dumps(findings.to_json(), indent=1), encoding="utf-8")
    whole = setting == Setting() and set(options.tools) == set(NAMES)
    return _tell(findings, setting, write=whole or options.write)


def _measure_all(findings: Findings, tools: Sequence[Contestant], setting: Setting, binary: Path) -> None:
    """Round by round, size by size, tool after tool: a slow minute of the machine meets all of them."""
    places = list(dict.fromkeys((cell.n, cell.connections) for cell in findings.cells))
    by_title = {tool.title: tool for tool in tools}
    for number in range(1, setting.rounds + 1):
        for place in places:
            for cell in findings.cells:
                if (cell.n, cell.connections) != place:
                    continue
                trial = _trial(by_title[cell.tool], cell.n, cell.connections, setting, binary)
                cell.trials.append(trial)
                _say(
                    f"round {number}, N = {cell.n:,}, {cell.connections:,} connections, {cell.tool}: "
                    f"{trial.cpu_s:.2f} CPU s, {trial.wall_s:.2f} s, {trial.peak_mb:.0f} MB"
                    + (f", INVALID: {trial.problem}" if trial.problem else "")
                )


def _trial(tool: Contestant, n: int, connections: int, setting: Setting, binary: Path) -> Trial:
    cases = write_tickets(CACHE / f"tickets-{n}.jsonl", n)
    folder = CACHE / "runs" / f"{tool.name}-{n}-{connections}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Server(binary, latency_s=setting.latency_s, jitter_s=setting.jitter_s) as server:
        job = Job(cases, n, connections, server.base_url, folder)
        argv = tool.command(job)
        cost = measure(argv, env=environment(tool.env(job)), folder=folder, stdout=job.output)
        stats = server.stats()
    return Trial(
        cpu_s=cost.cpu_s,
        wall_s=cost.wall_s,
        span_s=stats["span_s"],
        peak_mb=cost.peak_mb,
        requests=int(stats["requests"]),
        most_in_flight=int(stats["most_in_flight"]),
        connections=int(stats["connections"]),
        server_cpu_s=stats["cpu_s"],
        problem=_problem(tool, job, cost.exit, int(stats["requests"]), int(stats["distinct"])),
    )


def _problem(tool: Contestant, job: Job, status: int, requests: int, distinct: int) -> str:
    """Why this trial does not count; "" where it does. A wrong run has no speed."""
    if status != 0:
        return f"exit status {status}"
    if (requests, distinct) != (job.n, job.n):
        return f"{requests:,} requests for {distinct:,} of {job.n:,} tickets"
    try:
        score = tool.score(job)
    except (OSError, ValueError, LookupError, TypeError, subprocess.CalledProcessError) as error:
        return f"no score found ({type(error).__name__}: {error})"
    return "" if score == 1.0 else f"score {score:.4f}"


def _starts(tools: Sequence[Contestant]) -> list[Start]:
    """`--help` of every tool and a bare Python, in turn; the first of each is thrown away."""
    calls = {"bare Python": ("python -c pass", (sys.executable, "-c", "pass"))}
    for tool in tools:
        if tool.help is not None:
            calls[tool.title] = (f"{Path(tool.help[0]).name} {' '.join(tool.help[1:])}", tool.help)
    starts = {title: Start(title, what) for title, (what, _) in calls.items()}
    folder = CACHE / "runs" / "help"
    for number in range(STARTS + 1):
        for title, (_, argv) in calls.items():
            cost = measure(argv, env=environment({}), folder=folder, stdout=CACHE / "runs" / "help.txt")
            if number > 0 and cost.exit == 0:
                starts[title].cpu_s.append(cost.cpu_s)
                starts[title].peak_mb.append(cost.peak_mb)
    return [start for start in starts.values() if start.cpu_s]


def _tell(findings: Findings, setting: Setting, *, write: bool) -> int:
    reached = goals(findings, OURS, setting.sizes, setting.connections, setting.wide)
    text = render(findings, reached, OURS, YARDSTICK)
    print(text)
    if findings.restless(YARDSTICK):
        _say(
            "the machine was not quiet: the yardstick moved by more than 10 % between rounds; run this again"
        )
    if write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        _say(f"written: {PAGE.relative_to(ROOT)}")
    missed = [goal.what for goal in reached if not goal.met]
    if missed:
        _say(f"goals missed or not measured: {'; '.join(missed)}")
    return 1 if missed else 0


def _contestant(name: str) -> Contestant | Absent:
    match name:
        case "aiohttp":
            return raw_loop()
        case "fairtrial":
            return fairtrial()
        case "lm-eval":
            return lm_eval(CACHE)
        case _:
            return inspect_ai(CACHE)


def _setting(options: argparse.Namespace) -> Setting:
    base = QUICK if options.quick else Setting()
    sizes = tuple(options.sizes) if options.sizes else base.sizes
    return Setting(
        sizes=(min(sizes), max(sizes)),
        short=base.short,
        connections=options.connections or base.connections,
        wide=options.wide or base.wide,
        latency_s=base.latency_s if options.latency_ms is None else options.latency_ms / 1000,
        jitter_s=base.jitter_s if options.jitter_ms is None else options.jitter_ms / 1000,
        rounds=options.rounds or base.rounds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="perf/run.py", description="Fairtrial beside other runners.")
    parser.add_argument("--tools", type=_names, default=list(NAMES), help=f"comma list of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round, no page written")
    parser.add_argument("--rounds", type=int, help="rounds of every size (3)")
    parser.add_argument(
        "--sizes", type=int, nargs=2, metavar="N", help="the two sizes of the marginal method"
    )
    parser.add_argument("--connections", type=int, help="requests at once (100)")
    parser.add_argument("--wide", type=int, help="requests at once in the wide run (1000)")
    parser.add_argument("--latency-ms", type=float, help="the server's mean answering time (100)")
    parser.add_argument("--jitter-ms", type=float, help="answers come this much earlier or later (20)")
    parser.add_argument(
        "--inspect-full", action="store_true", help="Inspect at the large sizes too (minutes)"
    )
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="date on the page (today)")
    parser.add_argument("--write", action="store_true", help="write the page although this is no full run")
    parser.add_argument("--again", metavar="FILE", help="write the page from kept findings, measure nothing")
    return parser


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(NAMES):
        raise argparse.ArgumentTypeError(f"no tool is called {', '.join(sorted(unknown))}")
    return names


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
