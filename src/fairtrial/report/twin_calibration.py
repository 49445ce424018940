"""The calibration of the twin as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from fairtrial.stats.sibling_calibration import Rate


@dataclass(frozen=True, slots=True)
class TwinCalibration:
    """What was measured. command: what makes this page again. caught: (planted families that the check caught,
    planted families)."""

    command: str
    model: str
    items: int
    accuracy: float
    rates: Sequence[Rate]
    harder: Sequence[tuple[float, Rate]]
    caught: tuple[int, int]
    accuracy_powers: Sequence[tuple[float, int, int, float]]
    rank_powers: Sequence[tuple[int, float, int, float]]
    clearances: Sequence[tuple[float, int, float, float]]

    @property
    def holds(self) -> bool:
        """Whether every false-alarm rate is within its level."""
        return all(rate.holds for rate in self.rates)


def twin_calibration_page(found: TwinCalibration) -> str:
    sections = (_head, _false_alarms, _without_a_draw, _accuracy, _rank, _sizes)
    return "\n\n".join(write(found) for write in sections) + "\n"


def _head(found: TwinCalibration) -> str:
    text = """How often the tests of [the randomised twin](../explanation/the-randomised-twin.md) accuse an honest
        model, what they find, and how many items they need. Written by"""
    return f"# Calibration of the twin\n\n{_prose(text)}\n\n```text\n{found.command}\n```"


def _false_alarms(found: TwinCalibration) -> str:
    rows = [
        [
            rate.test,
            rate.what,
            f"{rate.level:g}",
            f"{rate.hits:,} of {rate.draws:,}",
            f"{rate.hits / rate.draws:.4f}",
            f"{rate.bounds[0]:.4f} to {rate.bounds[1]:.4f}",
            "holds" if rate.holds else "broken",
        ]
        for rate in found.rates
    ]
    text = f"""`{found.model}` answered all siblings of {found.items:,} items once
        ({100 * found.accuracy:.1f} % right). Then the draw was made again and again: each time another sibling of
        every item is the published one, and each is an exact null audit of this model. *At any time*: the
        e-process, looked at after every item, ever reached 1 / level. Bounds are Clopper-Pearson; each end alone
        has level 0.999. A test *holds* where the lower bound is at most its level."""
    after = """This certifies the implementation: ties, discreteness, and that nothing knows the label. The
        guarantee itself holds for every model, since the draw is ours."""
    return _section(
        "False alarms", text, ["test", "looked at", "level", "alarms", "rate", "bounds", ""], rows, after
    )


def _without_a_draw(found: TwinCalibration) -> str:
    rows = [
        [f"{gap:g}", f"{rate.hits / rate.draws:.3f}", f"{rate.bounds[0]:.3f} to {rate.bounds[1]:.3f}"]
        for gap, rate in found.harder
    ]
    caught, planted = found.caught
    text = """The same test on a fresh form that is merely harder: nothing is memorised, 1,319 items, accuracy 0.6,
        level 0.01."""
    after = f"""So a twin is refused where published siblings can be told from the others. Of {planted} draws
        in which the sibling with the least work was published on purpose, the check refused {caught}."""
    return _section(
        "Without a random draw", text, ["harder by, points", "false alarms", "bounds"], rows, after
    )


def _accuracy(found: TwinCalibration) -> str:
    rows = [
        [f"{inflation:g}", f"{n:,}", str(fresh), f"{power:.2f}", "exact" if fresh == 1 else "simulated"]
        for inflation, n, fresh, power in found.accuracy_powers
    ]
    text = """Level 0.01, accuracy 0.6, correlation 0.7 between answers to siblings, a share of the published items
        memorised."""
    head = ["inflation, points", "items", "fresh siblings", "power", ""]
    return _section("What sibling accuracy finds", text, head, rows)


def _rank(found: TwinCalibration) -> str:
    rows = [
        [f"{n:,}", f"{shift:g}", str(fresh), f"{power:.2f}"] for n, shift, fresh, power in found.rank_powers
    ]
    text = """Level 0.001; the published sibling's score is shifted by so many standard deviations of a
        sibling's."""
    return _section("What sibling rank finds", text, ["items", "shift", "fresh siblings", "power"], rows)


def _sizes(found: TwinCalibration) -> str:
    rows = [
        [f"{tolerance:g}", f"{n:,}", f"{alike:g}", f"{share:.3f}"]
        for tolerance, n, alike, share in found.clearances
    ]
    text = """Three fresh siblings, level 0.01, accuracy 0.6: the share of draws in which the upper limit of the
        inflation falls below the tolerance. Correlation 0 between a model's answers to siblings is the worst case.
        The demonstration's 600 items and 10 points are the first row."""
    head = ["tolerance, points", "items", "correlation", "cleared"]
    return _section("How many items clear an honest model", text, head, rows)


def _section(
    title: str, text: str, head: Sequence[str], rows: Sequence[Sequence[str]], after: str = ""
) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    table = "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
    return "\n\n".join(part for part in (f"## {title}", _prose(text), table, _prose(after)) if part)


def _prose(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)
