"""The calibration of an audit's tests: what was measured, and as a page of Markdown with the misses first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.stats.calibration import CalibrationRow
from fairtrial.stats.calibration_page import table as strong_table
from fairtrial.stats.canary_set import CanarySetPower
from fairtrial.stats.grid_nulls import NullRate
from fairtrial.stats.grid_power import Curve, Found
from fairtrial.stats.shifted_controls import Reading, Separation, ShiftedRate
from fairtrial.stats.strong_recovery import Recovered

CRITERION: Final = ("sibling rank, likelihood", "last phase", 4, 100, 0.05, 0.8)
"""Test, stage, exposures, items, level, and the power that we promised there."""
_STRICT: Final = 0.001
_BLIND: Final = 0.2
"""A power below it is listed among the misses."""


@dataclass(frozen=True, slots=True)
class AuditCalibration:
    """command: what makes it again; draws: null audits a test; cells: size and stage -> trunks that the grid
    had."""

    command: str
    draws: int
    seed: int
    cells: Mapping[str, int]
    nulls: tuple[NullRate, ...]
    curves: tuple[Curve, ...]
    shifted: tuple[ShiftedRate, ...]
    separations: tuple[Separation, ...]
    readings: tuple[Reading, ...]
    strong: tuple[CalibrationRow, ...]
    recovered: tuple[Recovered, ...]
    canary_set: tuple[CanarySetPower, ...]

    @property
    def criterion(self) -> Found | None:
        """The power that was promised, as measured; None where the grid has no such models."""
        test, stage, exposures, n, level, _ = CRITERION
        for each in self.curves:
            if (each.test, each.stage, each.exposures) == (test, stage, exposures):
                return each.at(n, level)
        return None

    @property
    def holds(self) -> bool:
        """Whether every false-alarm rate is within its level, the promised power is reached, and no strong row
        that our results rest on is broken."""
        reached = self.criterion
        return (
            all(rate.holds for rate in self.nulls)
            and not any(row.broken for row in self.strong)
            and reached is not None
            and reached.power >= CRITERION[-1]
        )


def audit_calibration_page(found: AuditCalibration) -> str:
    sections = (_head, _missed, _false_alarms, _power, _needed, _canary_set, _weak, _strong, _limits)
    return "\n\n".join(write(found) for write in sections) + "\n"


def _head(found: AuditCalibration) -> str:
    text = """How often the tests of an audit accuse a model that read nothing, and what they find in models
        whose plants are known. The models are the [calibration grid](calibration-data.md)'s. Written by"""
    cells = ", ".join(f"{name} {count}" for name, count in found.cells.items())
    after = f"""Trunks that were there, by size and stage: {cells}. A trunk is one model's whole background;
        models of one trunk share weights and draw, so every interval over models is over trunks, and rows
        from a single trunk have none."""
    return f"# Calibration\n\n{_prose(text)}\n\n```text\n{found.command}\n```\n\n{_prose(after)}"


def _missed(found: AuditCalibration) -> str:
    lines = [f"- broken: {each.test}, {each.world}, {each.what}, level {each.level:g}: {each.rate:.4f}"
             for each in found.nulls if not each.holds]  # fmt: skip
    head = f"""Of {len(found.nulls)} false-alarm rates {len(lines) or "none"}
        {"is" if len(lines) == 1 else "are"} above its level by more than chance explains (lower 99.9 %
        Clopper-Pearson limit above the level)."""
    lines += [
        f"- {row.verdict}: {row.method}, {row.setting}: {row.rate:.3f} in place of {row.promised:g}"
        + (f" ({row.note})" if row.note else "")
        for row in found.strong
        if row.used and row.verdict != "holds"
    ]
    test, stage, exposures, n, level, promised = CRITERION
    at = found.criterion
    told = "was not measured"
    if at is not None:
        told = f"is {at.power:.2f} ({at.low:.2f} to {at.high:.2f}): it " + (
            "holds" if at.power >= promised else "does not hold"
        )
    after = f"""Promised beforehand: {test}, {stage}, {exposures} exposures, {n} items, level {level:g}:
        power of at least {promised:g}. It {told}."""
    blind = f"""Where a test finds little: exposures at which its power stays below {_BLIND:g} at level
        {_STRICT:g}, with the n in the table."""
    table = _table(["test", "planted", "n", "trunks", "too few exposures"], list(_blind(found.curves)))
    parts = ["## What is missed, and what can't be found", _prose(head), _prose(after), "\n".join(lines)]
    return "\n\n".join(part for part in (*parts, _prose(blind), table) if part)


def _blind(curves: Sequence[Curve]) -> Iterator[list[str]]:
    """At n = 100, or at the most below that all trunks have."""
    for (test, stage), group in _groups(curves).items():
        by_n: dict[int, list[Curve]] = {}
        for each in group.values():
            at = max((at for at in each.found if at.level == _STRICT and at.n <= 100), default=None)
            if each.exposures and at is not None and at.power < _BLIND:
                by_n.setdefault(at.n, []).append(each)
        for n, some in by_n.items():
            told = ", ".join(str(each.exposures) for each in sorted(some, key=lambda each: each.exposures))
            yield [test, stage, str(n), _counts({each.exposures: each for each in some}), told]


def _false_alarms(found: AuditCalibration) -> str:
    rows = [
        [
            rate.test,
            f"{rate.models} models, {_trunks(rate.trunks)}" if rate.models else "simulated",
            rate.what,
            f"{rate.level:g}",
            f"{rate.hits:,} of {rate.audits:,}",
            f"{rate.rate:.4f}",
            f"{rate.bounds[0]:.4f} to {rate.bounds[1]:.4f}",
            f"{rate.highest:.4f}" if rate.models else "",
            "holds" if rate.holds else "broken",
        ]
        for rate in sorted(found.nulls, key=lambda rate: rate.holds)
    ]
    text = """Every audit draws anew which sibling is published, which answer is the key, which string is
        the canary, in which order a shard was published, which of two sides got a request; 100 items an
        audit, or all where a model has fewer. *simulated*: made-up answers, of one model on both sides
        where two are compared. Otherwise models of the grid that read nothing of the trial:
        trunks in int8 and their clean models. *e ≥ 1 / level*: for siblings and keys the e-process, watched
        after every item, ever reached it; for canaries, orders and emission its value at the end, a bet
        that a single rank can't win. Bounds are Clopper-Pearson, each end alone of level 0.999, and a rate
        *holds* where the lower one is at most its level. *highest*: the largest rate of a single model."""
    after = """This certifies the implementation. The guarantee holds for every model, since the draw is
        ours; a grid can't add to it."""
    head = ["test", "world", "looked at", "level", "alarms", "rate", "bounds", "highest", ""]
    return _section("False alarms of the proof tier", text, head, rows, after)


def _power(found: AuditCalibration) -> str:
    text = """Share of audits in which the test rejects, with its 95 % interval over trunks, by how often a
        text was planted. Up to a trunk's own number of items of one kind: random parts of them, the exact
        test, mean over trunks (t; where all trunks agree on everything or nothing, Clopper-Pearson over
        trunks). `~`: more items than a trunk has, so the trunks' are pooled, by the normal approximation,
        with a bootstrap of whole trunks. n counts items, eligible keyed questions, canaries, or shards of
        four items. Column 0 is the real draw on texts that were not planted: false alarms, on few texts.
        Empty: not measured, or more than all trunks have together."""
    parts = [f"## Power of the proof tier\n\n{_prose(text)}"]
    for level in (0.05, 0.01, 0.001):
        rows = list(_power_rows(found.curves, level))
        if rows:
            parts.append(f"### Level {level:g}\n\n{_table(['test', 'planted', 'n', 'trunks', *_HEAD], rows)}")
    return "\n\n".join(parts)


_EXPOSURES: Final = (0, 1, 2, 4, 8, 16, 32, 64)
_HEAD: Final = [str(k) for k in _EXPOSURES]


def _power_rows(curves: Sequence[Curve], level: float) -> Iterator[list[str]]:
    for (test, stage), group in _groups(curves).items():
        for n in sorted({at.n for curve in group.values() for at in curve.found}):
            cells = []
            for k in _EXPOSURES:
                at = group[k].at(n, level) if k in group else None
                cells.append(_cell(at, group[k].trunks) if at else "")
            yield [test, stage, f"{n:,}", _counts(group), *cells]


def _needed(found: AuditCalibration) -> str:
    rows = []
    for (test, stage), group in _groups(found.curves).items():
        if test.startswith("canary") or not any(group):
            continue
        cells = []
        for k in _EXPOSURES[1:]:
            cells.append(_needed_cell(group[k]) if k in group else "")
        rows.append([test, stage, _counts(group), *cells])
    text = """Items with which a power of 0.8 is reached at level 0.001, by the normal approximation on the
        pooled items of all trunks, with a 95 % interval over trunks. `> n`: not with the n items that all
        trunks have together."""
    head = ["test", "planted", "trunks", *_HEAD[1:]]
    return _section("Items that give 0.8 at level 0.001", text, head, rows)


def _canary_set(found: AuditCalibration) -> str:
    powers: dict[tuple[int, int, int], dict[float, float]] = {}
    for each in found.canary_set:
        powers.setdefault((each.n, each.lost, each.besides), {})[each.level] = each.power
    rows = [
        [str(n), str(lost), str(besides), *(f"{row[level]:.2f}" for level in sorted(row, reverse=True))]
        for (n, lost, besides), row in powers.items()
    ]
    text = """The same-model test by right and wrong (exact McNemar), by enumeration. *lost*: points of
        accuracy by which one side is worse. *besides*: points of items that come out otherwise without a
        change of accuracy, half of them each way, as rounded weights make them. What it finds of rounded
        weights, with the other same-model tests: [same-model tests](same-model.md)."""
    head = ["items", "lost", "besides", *(f"level {level:g}" for level in (0.05, 0.01, 0.001))]
    return _section("Power of the canary set", text, head, rows)


def _weak(found: AuditCalibration) -> str:
    shifted = [
        [
            each.signal,
            each.controls,
            f"{each.models}, {_trunks(each.trunks)}",
            f"{each.comparisons:,}",
            f"{each.alarms:.3f} ({each.lowest:.2f} to {each.highest:.2f})",
            f"{each.accused:.3f}, at worst {each.worst:.2f}",
        ]
        for each in found.shifted
    ]
    text = """Weak signals are shown and never counted. Here is why: 100 texts against 100 controls, in
        clean models that read neither. A verdict is a one-sided Mann-Whitney p of at most 0.05; an item is
        accused where it scores above 95 % of the controls. Both should be 0.05. They are where the controls
        come from the same templates, which only a laboratory has. They are not where the controls are other
        templates of the same family, and nobody outside has better ones. Sibling rank on the same models
        stands in the first table."""
    parts = [
        _section(
            "Weak signals with shifted controls",
            text,
            ["signal", "controls", "clean models", "comparisons", "verdicts, all false", "items accused"],
            shifted,
        )
    ]
    readings = [
        [each.signal, each.reads, str(each.exposures), f"{each.items}, {_trunks(each.trunks)}",
         f"{each.share:.2f} ({each.lowest:.2f} to {each.highest:.2f})"]
        for each in found.readings
    ]  # fmt: skip
    if readings:
        told = """Two signals that need no controls, as their authors read them. Exposure 0: nothing was
            planted, and every item so read is accused falsely. A model that simply solves an item writes
            the same answer each time, which CDD takes for memory. CoDeC gives a data set this share as its
            score; our models mostly read one item at a time, so any context disturbs them."""
        head = ["signal", "an item counts where", "exposures", "items", "share"]
        parts.append(f"{_prose(told)}\n\n{_table(head, readings)}")
    areas: dict[str, dict[int, Separation]] = {}
    for each in found.separations:
        areas.setdefault(each.signal, {})[each.exposures] = each
    if areas:
        told = """With controls of the same templates and the same trunk, they do see something: area under
            the curve, planted in the last phase against not planted, mean over trunks."""
        rows = [
            [signal, str(max(each.trunks for each in row.values())),
             *(f"{row[k].area:.3f}" if k in row else "" for k in _EXPOSURES[1:])]
            for signal, row in areas.items()
        ]  # fmt: skip
        parts.append(f"{_prose(told)}\n\n{_table(['signal', 'trunks', *_HEAD[1:]], rows)}")
    return "\n\n".join(parts)


def _strong(found: AuditCalibration) -> str:
    text = """Simulated worlds whose truth is known. *Shown only*: an assumption is broken, or a method that
        we don't use. Those rows are what the negative controls are for. Bounds are Clopper-Pearson at level
        0.99. What papers found of models that they contaminated themselves, found again by the cross-check of
        difference in differences: [published results](published-results.md)."""
    rows = [
        [row.method, row.setting, f"{row.planted:.3f}", f"{row.estimate:.3f}", f"{row.bias:+.3f}",
         f"{row.error:.3f}", str(row.draws)]
        for row in found.recovered
    ]  # fmt: skip
    told = "Planted effects and what is found of them, with the Monte Carlo error of the mean."
    head = ["method", "setting", "planted", "found", "bias", "error", "worlds"]
    return "\n\n".join(
        [
            "## The strong tier",
            _prose(text),
            strong_table(_short_first(found.strong)),
            _prose(told),
            _table(head, rows),
        ]
    )


def _short_first(rows: Sequence[CalibrationRow]) -> list[CalibrationRow]:
    order = {"short": 0, "close": 1, "holds": 2}
    return sorted(rows, key=lambda row: (not row.used, order[row.verdict]))


def _limits(found: AuditCalibration) -> str:
    text = f"""Tiny models, one kind of text. Large models at the same number of exposures may remember more
        or less; false alarms don't depend on it. {found.draws:,} null audits a test, seed {found.seed}. As
        data: `fairtrial calibrate audit --json`; the package ships the same object."""
    return f"## What this can't tell\n\n{_prose(text)}"


def _groups(curves: Sequence[Curve]) -> dict[tuple[str, str], dict[int, Curve]]:
    found: dict[tuple[str, str], dict[int, Curve]] = {}
    for each in curves:
        found.setdefault((each.test, each.stage), {})[each.exposures] = each
    return found


def _cell(at: Found, trunks: int) -> str:
    told = f"{'~' if at.pooled else ''}{at.power:.2f}"
    return told if trunks == 1 else f"{told} ({at.low:.2f}–{at.high:.2f})"


def _needed_cell(curve: Curve) -> str:
    if curve.needed is None:
        return f"> {curve.items:,}"
    if curve.trunks == 1:
        return f"{curve.needed:,}"
    high = f"> {curve.items:,}" if curve.needed_high is None else f"{curve.needed_high:,}"
    return f"{curve.needed:,} ({curve.needed_low or 1:,}–{high})"


def _counts(group: Mapping[int, Curve]) -> str:
    counts = sorted({each.trunks for each in group.values()})
    return "–".join(map(str, dict.fromkeys((counts[0], counts[-1]))))


def _trunks(count: int) -> str:
    return "1 trunk" if count == 1 else f"{count} trunks"


def _section(
    title: str, text: str, head: Sequence[str], rows: Sequence[Sequence[str]], after: str = ""
) -> str:
    return "\n\n".join(
        part for part in (f"## {title}", _prose(text), _table(head, rows), _prose(after)) if part
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _prose(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)
