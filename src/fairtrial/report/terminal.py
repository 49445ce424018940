"""Runs and comparisons as plain text for a terminal: the sentence first, then the figures, then what they
don't speak about.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from fairtrial.core.comparison import Comparison
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Summary
from fairtrial.report import executed, wording
from fairtrial.report.plain import visible

BOLD, RED, DIM, END = "\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
LABEL = 13
SLICES = 5
T = TypeVar("T")


def summary_text(summary: Summary, *, colour: bool = False, width: int = 100) -> str:
    """One run: score with its interval, what was not answered, cost, speed, caveats."""
    paint = painter(colour)
    lines = [paint(BOLD, filled(f"{summary.model} on {summary.task}", width))]
    if summary.status == "incomplete":
        lines.append(paint(RED, filled(_incomplete(summary), width)))
    lines += [row(each.metric, estimate_text(each), width) for each in summary.metrics]
    if summary.drawn:
        lines.append(row("drawn", summary.drawn, width))
    limits = wording.limits(summary)
    if limits is not None:
        low, high = limits
        told = f"{wording.percent(low)} if all the missing ones were wrong, {wording.percent(high)} if right"
        lines.append(row("bounds", told, width))
    lines.append(row("answers", _counts(summary), width))
    if summary.parsed is not None:
        told = f"{estimate_text(summary.parsed)}, of the answers that could be read"
        lines.append(row("parsed", told, width))
    lines += [row("or" if first else "", _other(each), width) for first, each in _firsts(summary.others)]
    if summary.derived is not None:
        lines.append(row("derived", executed.derived_words(summary.derived), width))
    if summary.judged is not None:
        lines.append(row("judged", executed.judged_words(summary.judged), width))
    if summary.chance:  # a guess that is never right needs no line
        lines.append(row("chance", f"{wording.percent(summary.chance)} by blind guessing", width))
    lines += [row("slice" if first else "", told, width) for first, told in _firsts(_slices(summary))]
    lines.append(row("cost", _cost(summary), width))
    lines.append(row("speed", _speed(summary), width))
    if summary.smallest_detectable is not None:
        least = wording.points(summary.smallest_detectable)
        told = f"a difference below {least} points to another run would probably be missed"
        lines.append(row("blind to", told, width))
    lines += [
        row("failed" if first else "", f"{each.count:,} × {each.cause}: {each.example}", width)
        for first, each in _firsts(summary.causes)
    ]
    lines += [row("what now", remedy, width) for remedy in _remedies(summary)]
    lines += [paint(RED, row("warning", told, width)) for told in summary.warnings]
    lines += [paint(DIM, row("note", told, width)) for told in summary.notes]
    lines.append(paint(DIM, row("not covered", "; ".join(first_words(summary.not_covered)), width)))
    lines.append(row("kept in", summary.run, width))
    return "\n".join(lines) + "\n"


def comparison_text(comparisons: Sequence[Comparison], *, colour: bool = False, width: int = 100) -> str:
    """Each sentence, then a table of pairs, what differs between the runs, and what was not covered."""
    paint = painter(colour)
    lines = [paint(BOLD, filled(each.sentence, width)) for each in comparisons]
    lines.append("")
    for each in comparisons:
        lines.append(row("a", f"{each.a}: {estimate_text(each.score_a)}", width))
        lines.append(row("b", f"{each.b}: {estimate_text(each.score_b)}", width))
        found = each.difference
        told = f"{wording.points(found.value, signed=True)} points [{wording.gap(found)}]"
        lines.append(row("a − b", f"{told}, {wording.level(found)}, {found.method}, n = {found.n:,}", width))
        lines.append(row("test", _test(each), width))
        if each.only_a is not None and each.only_b is not None:
            told = f"only a right {each.only_a:,}, only b right {each.only_b:,}"
            told += f", both {each.both_right or 0:,}, neither {each.neither or 0:,}"
            lines.append(row("pairs", told, width))
        if each.left_out:
            lines.append(row("left out", f"{each.left_out:,} samples that failed on one side", width))
        lines += [
            row("differs", f"{every.name}: {every.a} against {every.b}", width) for every in each.differences
        ]
        lines.append("")
    unchecked = dict.fromkeys(word for each in comparisons for word in first_words(each.not_covered))
    lines.append(paint(DIM, row("not covered", "; ".join(unchecked), width)))
    return "\n".join(lines) + "\n"


def painter(colour: bool) -> Callable[[str, str], str]:
    return (lambda code, text: f"{code}{text}{END}") if colour else (lambda code, text: text)


def row(label: str, text: str, width: int) -> str:
    """A label and its words beside it."""
    name = visible(" ".join(label.split()))
    start = f"{name:<{LABEL}}" if len(name) < LABEL else f"{name}: "
    return filled(text, width, start) or start.rstrip()


def filled(text: str, width: int, start: str = "") -> str:
    """Words as lines, all but the first set in under the labels. Every word of a page for the terminal comes
    through here, so that no name and no reply brings an escape sequence or a line of its own.

    A name longer than the line stays whole, to be copied.
    """
    return textwrap.fill(
        visible(" ".join(text.split())),
        max(40, width) if start else width,
        initial_indent=start,
        subsequent_indent=" " * LABEL if start else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def estimate_text(estimate: Estimate) -> str:
    interval = f"[{wording.bracket(estimate)}], {wording.level(estimate)} {estimate.method}"
    return f"{wording.percent(estimate.value)} {interval}, n = {estimate.n:,}"


def _other(estimate: Estimate) -> str:
    return f"{wording.percent(estimate.value)} by “{estimate.metric}”"


def _incomplete(summary: Summary) -> str:
    missing = summary.planned - summary.counts.total
    parts = [f"{summary.counts.failed:,} failed"] if summary.counts.failed else []
    parts += [f"{missing:,} never asked"] if missing > 0 else []
    stopped = summary.provenance.get("stopped")
    why = f" ({stopped})" if stopped else ""
    return f"INCOMPLETE: of {summary.planned:,} questions {' and '.join(parts)}{why}. Go on with --resume."


def _counts(summary: Summary) -> str:
    counts = summary.counts
    told = [f"{counts.right:,} right", f"{counts.wrong:,} wrong"]
    if counts.partial:
        told.append(f"{counts.partial:,} in part")
    told += [
        f"{getattr(counts, state):,} {state}" for state in ("unparsed", "truncated", "refused", "failed")
    ]
    return ", ".join(told)


def _cost(summary: Summary) -> str:
    total = wording.amount(summary.cost_usd)
    used = f"{wording.tokens(summary.tokens.get('input_tokens'))} tokens in, "
    used += f"{wording.tokens(summary.tokens.get('output_tokens'))} out"
    if total is None:
        return f"price unknown; {used}"
    each = wording.unit_cost(summary)
    thousand = "" if each is None else f", {wording.dollars(each * 1000)} per 1,000 answers"
    return f"{wording.dollars(total)}{thousand}; {used}"


def _speed(summary: Summary) -> str:
    middle, slow = summary.latency_s.get("p50"), summary.latency_s.get("p95")
    told = f"half within {wording.seconds(middle)}" if middle is not None else "unknown"
    if slow is not None:
        told += f", 95 % within {wording.seconds(slow)}"
    first = summary.latency_s.get("ttft_p50")
    return told + (f"; first token: half within {wording.seconds(first)}" if first is not None else "")


def _slices(summary: Summary) -> list[str]:
    worst = summary.slices[:SLICES]
    told = [f"{each.by} {each.name}: {estimate_text(each.estimate)}" for each in worst]
    more = len(summary.slices) - len(worst)
    return [*told, f"… and {more:,} more, the worst are shown"] if more > 0 else told


def _remedies(summary: Summary) -> Iterable[str]:
    return dict.fromkeys(each.remedy for each in summary.causes if each.remedy)


def _test(comparison: Comparison) -> str:
    told = f"{comparison.test}, {wording.p_value(comparison.p)}"
    if comparison.adjusted_p != comparison.p:
        told += f", after Holm {wording.p_value(comparison.adjusted_p)}"
    if comparison.needed_n is not None:
        told += f"; about {comparison.needed_n:,} samples would settle it if this difference is the true one"
    return told


def first_words(sentences: Sequence[str]) -> list[str]:
    """What was not covered, by name; the sentences stand in the report and the JSON."""
    return [each.partition(":")[0] for each in sentences]


def _firsts(items: Iterable[T]) -> list[tuple[bool, T]]:
    return [(number == 0, item) for number, item in enumerate(items)]
