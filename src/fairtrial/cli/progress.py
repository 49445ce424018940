"""A run as it goes on, on standard error: live where somebody looks, quiet where nobody does."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fairtrial.core.ports import Progress
from fairtrial.core.record import Record
from fairtrial.report.plain import visible

REPAINT_S = 0.2
"""At most five repaints a second: `advanced` is called for every answer and must cost nothing in between."""

Bounds = Callable[[], tuple[float, float, float] | None]


def watcher(*, quiet: bool = False) -> Callable[[Bounds], Progress]:
    """What the lab calls with a run's live bounds to get its `Progress`."""
    live = sys.stderr.isatty() and not quiet and os.environ.get("TERM") != "dumb"
    return lambda bounds: Live(bounds) if live else Quiet()


class Quiet:
    """Not a terminal: notices only, a line each."""

    def started(self, model: str, task: str, total: int, already: int) -> None:
        if already:
            told = f"{model} on {task}: {already:,} of {total:,} were answered before"
            print(visible(told), file=sys.stderr, flush=True)

    def advanced(self, record: Record, in_flight: int) -> None: ...

    def notice(self, text: str) -> None:
        print(visible(text), file=sys.stderr, flush=True)

    def finished(self) -> None: ...


class Live:
    """Two lines that are painted over: done, time left, running bounds, cost, failures, tokens a second."""

    def __init__(self, bounds: Bounds, now: Callable[[], float] = time.monotonic) -> None:
        self._bounds, self._now = bounds, now
        self._next = 0.0
        self._begun = now()
        self._title = ""
        self._total = self._already = self._done = self._failed = self._tokens = self._flying = 0
        self._spent: Decimal | None = Decimal(0)
        self._display: Any = None

    def started(self, model: str, task: str, total: int, already: int) -> None:
        self._title, self._total, self._already = visible(f"{model} on {task}"), total, already
        self._begun = self._now()
        # rich is heavy and only needed where there is a terminal.
        live = importlib.import_module("rich.live")
        console = importlib.import_module("rich.console")
        self._display = live.Live(
            console=console.Console(stderr=True), auto_refresh=False, transient=True, redirect_stdout=False
        )
        self._display.start()
        self._paint()

    def advanced(self, record: Record, in_flight: int) -> None:
        self._done += 1
        self._flying = in_flight
        if record.state == "failed":
            self._failed += 1
        elif record.cost_usd is None:
            self._spent = None
        elif self._spent is not None:
            self._spent += Decimal(record.cost_usd)
        usage = record.output.usage if record.output else None
        if usage is not None:
            self._tokens += (usage.input_tokens or 0) + (usage.output_tokens or 0)
        if self._now() >= self._next:
            self._paint()

    def notice(self, text: str) -> None:
        if self._display is None:
            print(visible(text), file=sys.stderr, flush=True)
        else:
            self._display.console.print(visible(text), markup=False, highlight=False)

    def finished(self) -> None:
        if self._display is not None:
            self._display.stop()
            self._display = None

    def _paint(self) -> None:
        self._next = self._now() + REPAINT_S
        if self._display is not None:
            text = importlib.import_module("rich.text").Text(self.line(), no_wrap=True, overflow="ellipsis")
            self._display.update(text, refresh=True)

    def line(self) -> str:
        """What is painted, as plain text: the title, and under it figures, those that may be cut off last."""
        elapsed = max(1e-9, self._now() - self._begun)
        found = self._bounds()
        parts = [f"{self._already + self._done:,}/{self._total:,}"]
        left = self._total - self._already - self._done
        if self._done and left > 0:
            parts.append(f"{_clock(left * elapsed / self._done)} left")
        if found is not None:
            mean, low, high = found
            parts.append(f"{100 * mean:.1f} % [{100 * low:.1f} to {100 * high:.1f}]")
        parts.append("price unknown" if self._spent is None else f"${self._spent:.4f}")
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        if self._tokens:
            parts.append(f"{self._tokens / elapsed:,.0f} tokens/s")
        parts.append(f"{self._flying} in flight")
        return f"{self._title}\n{'  '.join(parts)}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
