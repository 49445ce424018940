"""Findings as a Markdown page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from findings import Cell, Findings, Goal

HEAD = """\
# Performance

Every figure on this page comes from one run of one command, with all tools side by side:

    {command}

{machine}

Measured on {date}. {versions}{absent}
"""

METHOD = """\
## How it was measured

- A server in another process (`perf/server.c`: one thread, epoll, keep-alive) answers every question after
  {latency:.0f} ± {jitter:.0f} ms; each tool meets a fresh instance on a port of its own. The answer follows
  from the ticket number in the prompt: a score below 1.0 is the tool's fault, a request beyond N is a retry.
- A run counts only with score 1.0, exactly N requests for N different tickets, and exit status 0; otherwise
  its row says *invalid* and why, and shows no figure.
- Tools take turns ({order}); rounds: {rounds}; the median is shown. A first run of every tool is thrown away.
- CPU is user + system time of the whole process tree, from `wait4`, start and finish included. Wall is the
  whole process. Span is first request to last answer, as the server saw it. Ideal is
  ceil(N / connections) × latency.
- Marginal CPU is (CPU at the larger N − CPU at the smaller N) / (difference of N), at the same connections.
- Peak is the resident set of the largest single process of the tree, in 10⁶ bytes. It can't read less than
  the measuring process's own, which Linux hands down at the fork: that is what `python -c pass` shows.
- The yardstick, `perf/raw_loop.py`, is the least a Python runner must do: aiohttp, no retries, no states, one
  JSON line an answer. Fairtrial writes its whole durable journal (exact request and reply of every question).
- Peers run at their defaults but for connections, temperature 0 and an output limit of 256 tokens.
- Absolute times belong to this machine; ratios travel.
"""


def render(findings: Findings, goals: Sequence[Goal], ours: str, yardstick: str) -> str:
    """The whole page."""
    versions = "; ".join(f"{tool} {version}" for tool, version in findings.tools.items())
    absent = "".join(f" Not measured: {tool}, which {why}." for tool, why in findings.absent.items())
    order = ", ".join(findings.tools)
    parts = [
        HEAD.format(
            command=findings.command,
            machine=findings.machine,
            date=findings.date,
            versions=versions + ".",
            absent=absent,
        ),
        _notes(findings, yardstick),
        "## Goals\n",
        _goal_table(goals, ours),
        "## Every size\n",
        _cell_table(findings),
        _smaller(findings),
        "## Marginal CPU per sample\n",
        _marginal_table(findings, yardstick),
        "## Start-up\n",
        _start_table(findings),
        METHOD.format(
            latency=1000 * findings.latency_s,
            jitter=1000 * findings.jitter_s,
            order=order,
            rounds=findings.rounds,
        ),
    ]
    return "\n".join(part for part in parts if part)


def _notes(findings: Findings, yardstick: str) -> str:
    restless = findings.restless(yardstick)
    if not restless:
        return ""
    where = ", ".join(
        f"{100 * cell.spread():.0f} % at N = {cell.n:,} with {cell.connections:,} connections"
        for cell in restless
    )
    return (
        f"> **The machine was not quiet:** the yardstick's CPU moved between rounds by {where} (10 % is the "
        "limit). Take the absolute figures below with care, and run the command again on a quiet machine.\n"
    )


def _goal_table(goals: Sequence[Goal], ours: str) -> str:
    peers = list(goals[0].peers)
    rows = []
    for goal in goals:
        figures = [_figure(goal.peers[tool], goal.digits) for tool in peers]
        met = "not measured" if goal.measured is None else ("yes" if goal.met else "**no**")
        mine = f"**{_figure(goal.measured, goal.digits)}**"
        rows.append([f"{goal.what}, {goal.unit}", f"≤ {goal.limit:g}", mine, met, *figures])
    return _table(["quantity", "goal", ours, "met", *peers], rows)


def _cell_table(findings: Findings) -> str:
    rows = []
    for n, connections in sorted(
        {(cell.n, cell.connections) for cell in findings.cells}, key=lambda at: at[::-1]
    ):
        for cell in findings.cells:
            if (cell.n, cell.connections) == (n, connections):
                rows.append(_cell_row(findings, cell))
    head = [
        "N",
        "connections",
        "tool",
        "CPU s (least to most)",
        "wall s",
        "wall / ideal",
        "span s",
        "span / ideal",
        "peak MB",
        "most in flight",
        "requests",
        "server CPU s",
    ]
    return _table(head, rows)


def _cell_row(findings: Findings, cell: Cell) -> list[str]:
    place = [f"{cell.n:,}", f"{cell.connections:,}", cell.tool]
    if cell.problems:
        return [*place, f"*invalid: {'; '.join(cell.problems)}*", *["–"] * 8]
    ideal = findings.ideal_s(cell)
    costs = [trial.cpu_s for trial in cell.trials]
    wall, span = cell.median(lambda trial: trial.wall_s), cell.median(lambda trial: trial.span_s)
    return [
        *place,
        f"{median(costs):.2f} ({min(costs):.2f} to {max(costs):.2f})",
        f"{wall:.2f}",
        f"{wall / ideal:.2f}",
        f"{span:.2f}",
        f"{span / ideal:.2f}",
        f"{cell.median(lambda trial: trial.peak_mb):.0f}",
        f"{cell.median(lambda trial: trial.most_in_flight):,.0f}",
        f"{cell.median(lambda trial: trial.requests):,.0f}",
        f"{cell.median(lambda trial: trial.server_cpu_s):.2f}",
    ]


def _smaller(findings: Findings) -> str:
    """Which tools sat out the largest size: they need minutes for it."""
    largest = max(cell.n for cell in findings.cells)
    told = []
    for tool in findings.tools:
        sizes = sorted({cell.n for cell in findings.of(tool)})
        if largest not in sizes:
            told.append(
                f"{tool} ran at N = {' and '.join(f'{n:,}' for n in sizes)} only, since it needs minutes"
            )
    return "; ".join(told) + f" for N = {largest:,} (`--inspect-full` asks for them).\n" if told else ""


def _marginal_table(findings: Findings, yardstick: str) -> str:
    base = findings.marginal(yardstick)
    rows = []
    for tool in findings.tools:
        found = findings.marginal(tool)
        if found is None:
            continue
        small, large, per_sample = found
        ratio = "–" if base is None or base[2] <= 0 else f"{per_sample / base[2]:.1f} ×"
        terms = f"{_cpu(large):.2f} s at {large.n:,} − {_cpu(small):.2f} s at {small.n:,}"
        rows.append([tool, f"{1000 * per_sample:.3f}", ratio, f"({terms}) / {large.n - small.n:,}"])
    return _table(["tool", "ms per sample", "of the yardstick", "from"], rows)


def _start_table(findings: Findings) -> str:
    rows = [
        [
            f"`{start.what}`",
            f"{median(start.cpu_s):.3f}",
            f"{min(start.cpu_s):.3f}",
            f"{median(start.peak_mb):.0f}",
        ]
        for start in findings.starts
    ]
    return _table(["call", "CPU s, median", "least", "peak MB"], rows)


def _cpu(cell: Cell) -> float:
    return cell.median(lambda trial: trial.cpu_s)


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
