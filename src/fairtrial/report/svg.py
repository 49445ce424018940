"""A small SVG of our own: elements without a view box, placed in percent across and pixels down.

So a chart is as wide as its column on a phone and on paper, and its letters keep their size. Colours come
from the style sheet by class, which makes dark and print schemes work and needs no inline style.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from fairtrial.report.markup import Markup, tag


def svg(*children: Markup, height: int | None = None, title: str = "", class_: str | None = None) -> Markup:
    """A picture. With a title it speaks for itself; without one it is hidden from screen readers."""
    if title:
        return tag(
            "svg", tag("title", title), children, role="img", aria_label=title, height=height, class_=class_
        )
    return tag("svg", children, aria_hidden="true", height=height, class_=class_)


def across(fraction: float) -> str:
    """A place on the horizontal: 0 is the left edge, 1 the right."""
    return f"{100 * fraction:.2f}%"


def line(x1: str, y1: float | str, x2: str, y2: float | str, class_: str) -> Markup:
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def dot(x: str, y: float | str, radius: float, class_: str = "dot") -> Markup:
    return tag("circle", cx=x, cy=y, r=radius, class_=class_)


def text(
    x: str, y: float | str, words: str, *, anchor: str = "start", dx: int = 0, class_: str = ""
) -> Markup:
    return tag("text", words, x=x, y=y, dx=dx or None, text_anchor=anchor, class_=class_ or None)


def rect(x: str, y: float | str, width: str, height: float | str, class_: str) -> Markup:
    return tag("rect", x=x, y=y, width=width, height=height, class_=class_)


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of numbers. `at` gives the place of a value as a fraction of the length, cut to [0, 1]."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, self.low))
        return min(1.0, max(0.0, (value - low) / (high - low)))


def nice_axis(
    low: float, high: float, *, about: int = 5, floor: float = -math.inf, ceil: float = math.inf
) -> Axis:
    """An axis around [low, high] with ticks at 1, 2 or 5 times a power of ten; ends on ticks, inside
    [floor, ceil]."""
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"an axis needs finite ends, not {low} and {high}")
    span = max(high - low, 1e-9, abs(high) * 1e-6)
    step = nice_step(span / about)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = [at * step for at in range(first, last + 1) if floor - 1e-9 <= at * step <= ceil + 1e-9]
    if len(ticks) < 2:
        ticks = [floor, ceil] if math.isfinite(floor) and math.isfinite(ceil) else [low, low + span]
    return Axis(ticks[0], ticks[-1], tuple(ticks))


def nice_step(rough: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least `rough`."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 5):
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    return 10 * power


def log_axis(low: float, high: float) -> Axis:
    """Powers of ten, with 2 and 5 between where there is room, and fewer where there are many: five labels at
    most have to stand side by side on a phone. 0 < low <= high."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    every = math.ceil((last - first) / 4)
    last = first + every * math.ceil((last - first) / every)
    steps = (1, 2, 5) if last - first == 1 else (1,)
    ticks = [step * 10.0**power for power in range(first, last, every) for step in steps] + [10.0**last]
    while len(ticks) > 2 and ticks[1] <= low:
        ticks.pop(0)
    while len(ticks) > 2 and ticks[-2] >= high:
        ticks.pop()
    return Axis(ticks[0], ticks[-1], tuple(ticks), logarithmic=True)
