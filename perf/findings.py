"""What was measured, as plain data that can be kept as JSON, and the figures drawn from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Trial:
    """One process of one tool in one round. problem: why it does not count, "" where it does."""

    cpu_s: float
    wall_s: float
    span_s: float
    peak_mb: float
    requests: int
    most_in_flight: int
    connections: int
    server_cpu_s: float
    problem: str


@dataclass(frozen=True, slots=True)
class Cell:
    """All rounds of one tool at one size."""

    tool: str
    n: int
    connections: int
    trials: list[Trial] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return sorted({trial.problem for trial in self.trials if trial.problem})

    def median(self, figure: Callable[[Trial], float]) -> float:
        return median(map(figure, self.trials))

    def spread(self) -> float:
        """How far the CPU seconds of the rounds lie apart, as a fraction of their median."""
        costs = [trial.cpu_s for trial in self.trials]
        return (max(costs) - min(costs)) / median(costs)


@dataclass(frozen=True, slots=True)
class Start:
    """CPU seconds and peak of calls that do nothing but start, one entry a repetition."""

    tool: str
    what: str
    cpu_s: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Findings:
    """latency and jitter in seconds. tools: title -> version, in the order of the table. absent: title ->
    reason."""

    date: str
    command: str
    machine: str
    rounds: int
    latency_s: float
    jitter_s: float
    tools: dict[str, str]
    absent: dict[str, str]
    cells: list[Cell]
    starts: list[Start]

    def ideal_s(self, cell: Cell) -> float:
        return ceil(cell.n / cell.connections) * self.latency_s

    def of(self, tool: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.tool == tool]

    def cell(self, tool: str, n: int, connections: int) -> Cell | None:
        """The cell if it was measured and every trial of it counts."""
        for cell in self.of(tool):
            if (cell.n, cell.connections) == (n, connections) and not cell.problems:
                return cell
        return None

    def marginal(self, tool: str) -> tuple[Cell, Cell, float] | None:
        """(small, large, CPU seconds a sample) between the two sizes at equal connections."""
        by_connections: dict[int, list[Cell]] = {}
        for cell in self.of(tool):
            if not cell.problems:
                by_connections.setdefault(cell.connections, []).append(cell)
        for cells in by_connections.values():
            small, large = min(cells, key=lambda cell: cell.n), max(cells, key=lambda cell: cell.n)
            if small.n < large.n:
                difference = large.median(_cpu) - small.median(_cpu)
                return small, large, difference / (large.n - small.n)
        return None

    def restless(self, yardstick: str) -> list[Cell]:
        """Sizes at which the yardstick moved by more than a tenth between rounds: not a quiet machine."""
        return [cell for cell in self.of(yardstick) if cell.spread() > 0.10]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Findings:
        cells = [
            Cell(each["tool"], each["n"], each["connections"], [Trial(**trial) for trial in each["trials"]])
            for each in data["cells"]
        ]
        return cls(**{**data, "cells": cells, "starts": [Start(**each) for each in data["starts"]]})


def _cpu(trial: Trial) -> float:
    return trial.cpu_s


@dataclass(frozen=True, slots=True)
class Goal:
    """A target beside what was measured. measured: None where it could not be. peers: one figure a tool."""

    what: str
    limit: float
    unit: str
    digits: int
    measured: float | None
    peers: dict[str, float | None]

    @property
    def met(self) -> bool:
        return self.measured is not None and self.measured <= self.limit


def goals(findings: Findings, ours: str, sizes: tuple[int, int], connections: int, wide: int) -> list[Goal]:
    """The targets of the design, in its order. A figure of a run that does not count is None."""
    large = max(sizes)

    def goal(what: str, limit: float, unit: str, digits: int, figure: Callable[[str], float | None]) -> Goal:
        peers = {tool: figure(tool) for tool in findings.tools if tool != ours}
        return Goal(what, limit, unit, digits, figure(ours), peers)

    def figure(n: int, at: int, of: Callable[[Trial], float], per: str = "") -> Callable[[str], float | None]:
        def read(tool: str) -> float | None:
            cell = findings.cell(tool, n, at)
            if cell is None:
                return None
            return cell.median(of) / (findings.ideal_s(cell) if per == "ideal" else 1.0)

        return read

    def per_sample(tool: str) -> float | None:
        marginal = findings.marginal(tool)
        return None if marginal is None else 1000 * marginal[2]

    def largest(readers: Sequence[Callable[[str], float | None]]) -> Callable[[str], float | None]:
        def read(tool: str) -> float | None:
            found = [reader(tool) for reader in readers]
            known = [value for value in found if value is not None]
            return max(known) if len(known) == len(found) else None

        return read

    def start(tool: str) -> float | None:
        found = [each for each in findings.starts if each.tool == tool]
        return median(found[0].cpu_s) if found else None

    def span(trial: Trial) -> float:
        return trial.span_s

    def wall(trial: Trial) -> float:
        return trial.wall_s

    def peak(trial: Trial) -> float:
        return trial.peak_mb

    spans = [figure(n, connections, span, "ideal") for n in sizes]
    peaks = [figure(large, at, peak) for at in (connections, wide)]
    return [
        goal("CPU per sample, marginal", 0.5, "ms", 2, per_sample),
        goal(f"CPU, N = {large:,}, whole process", 5.0, "s", 2, figure(large, connections, _cpu)),
        goal(f"request span, {connections} connections, every N", 1.1, "× ideal", 2, largest(spans)),
        goal(
            f"wall, N = {large:,}, {connections} connections, whole process",
            1.1,
            "× ideal",
            2,
            figure(large, connections, wall, "ideal"),
        ),
        goal(f"wall, N = {large:,}, {wide:,} connections", 4.0, "s", 2, figure(large, wide, wall)),
        goal("CPU of `--help`", 0.3, "s", 2, start),
        goal(f"peak memory, N = {large:,}, the larger of both widths", 150.0, "MB", 0, largest(peaks)),
    ]
