"""The trust panel: whether the verdict can carry a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from fairtrial.core.comparison import Comparison
from fairtrial.core.summary import Summary
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.naming import run_name
from fairtrial.report.outcomes import states
from fairtrial.report.sections import MOST, section
from fairtrial.report.tables import bullets, table
from fairtrial.report.wording import plural, points, share, tied

Figure: TypeAlias = tuple[str, str, str]
"""What it is, its value, and a line about it."""


def trust(summaries: Sequence[Summary], comparisons: Sequence[Comparison]) -> Markup:
    """Sample size and what it can detect, answers lost, what to know before quoting, what was not checked."""
    if len(summaries) == 1:
        panel = _panel(_of_one(summaries[0]))
    elif len(summaries) == 2 and len(comparisons) == 1:
        panel = _panel(_of_pair(summaries, comparisons[0]))
    else:
        panel = _by_run(summaries)
    return section(
        "Can this carry a decision?",
        panel,
        _pairs(comparisons, alone=len(comparisons) == 1 and len(summaries) == 2),
        _before_quoting(summaries),
        states(summaries) if any(each.counts.total for each in summaries) else None,
        _unchecked(summaries, comparisons),
    )


def _panel(figures: Sequence[Figure]) -> Markup:
    return tag(
        "dl",
        [
            tag("div", tag("dt", name), tag("dd", tied(value), tag("small", tied(note))))
            for name, value, note in figures
        ],
        class_="ft-figures",
    )


def _of_one(summary: Summary) -> list[Figure]:
    counts, n, found = (
        summary.counts,
        summary.primary.n if summary.primary else 0,
        summary.smallest_detectable,
    )
    return [
        ("Scored samples", f"{n:,}", f"of {plural(summary.planned, 'question')} planned"),
        (
            "Smallest detectable difference",
            "unknown" if found is None else f"{points(found)} points",
            "to a similar model on these items, found in 8 of 10 such comparisons",
        ),
        (
            "Without a usable answer",
            share(_lost(summary), counts.scored),
            f"{counts.unparsed:,} unparsed, {counts.truncated:,} truncated, {counts.refused:,} refused",
        ),
        ("Failed", share(counts.failed, counts.total), f"{counts.failed:,} without a score, left out of it"),
    ]


def _of_pair(summaries: Sequence[Summary], pair: Comparison) -> list[Figure]:
    """The same four for two runs that were compared; of the shares the worse one, by name."""
    without = "left out, without a score on both sides"
    return [
        (
            "Shared samples",
            f"{pair.difference.n:,}",
            f"{pair.left_out:,} {without}" if pair.left_out else "put to both, each with two scores",
        ),
        (
            "Smallest detectable difference",
            f"{points(pair.detectable)} points",
            "a true difference below this would probably have been missed",
        ),
        (
            "Without a usable answer",
            *_worse(summaries, [(_lost(each), each.counts.scored) for each in summaries]),
        ),
        ("Failed", *_worse(summaries, [(each.counts.failed, each.counts.total) for each in summaries])),
    ]


def _lost(summary: Summary) -> int:
    return summary.counts.unparsed + summary.counts.truncated + summary.counts.refused


def _worse(summaries: Sequence[Summary], parts: Sequence[tuple[int, int]]) -> tuple[str, str]:
    shares = [part / whole if whole else 0.0 for part, whole in parts]
    shown = [share(*each) for each in parts]
    if shown[0] == shown[1]:
        return shown[0], "in each run"
    worse = 0 if shares[0] > shares[1] else 1
    names = [run_name(each, summaries) for each in summaries]
    return shown[worse], f"{names[worse]}; {shown[1 - worse]} of {names[1 - worse]}"


def _by_run(summaries: Sequence[Summary]) -> Markup:
    def row(each: Summary) -> list[Child]:
        counts = each.counts
        found = each.smallest_detectable
        return [
            run_name(each, summaries),
            f"{each.primary.n if each.primary else 0:,}",
            "unknown" if found is None else f"{points(found)}",
            share(counts.unparsed, counts.scored),
            share(counts.truncated, counts.scored),
            share(counts.refused, counts.scored),
            share(counts.failed, counts.total),
        ]

    head = ["run", "scored", "detectable, points", "unparsed", "truncated", "refused", "failed"]
    note = tag(
        "p",
        "Detectable: the smallest difference to another model on the same items that 8 of 10 such "
        "comparisons would find.",
        class_="ft-meta",
    )
    return join((table(head, [row(each) for each in summaries], numbers=range(1, 7), caption=""), note))


def _pairs(comparisons: Sequence[Comparison], *, alone: bool) -> Markup | None:
    """What the comparisons could have seen, what differs, who was left out. alone: the panel has said the
    first and the last."""
    if not comparisons:
        return None
    items: list[Child] = [] if alone else [tied(_sight(comparisons))]
    for each in comparisons:
        words = [
            f"They differ in {shortened(setting.name, 60)}: {shortened(setting.a, 80)} against "
            f"{shortened(setting.b, 80)}{', as allowed' if setting.allowed else ''}."
            for setting in each.differences[:MOST]
        ]
        if each.left_out and not alone:
            words.insert(0, f"{plural(each.left_out, 'sample')} without a score on both sides left out.")
        if words and not alone:
            words.insert(0, f"{shortened(each.a, 60)} against {shortened(each.b, 60)}:")
        if words:
            items.append(tied(" ".join(words)))
    title = "What differs besides the model" if alone else "What the comparisons could see"
    return join((tag("h3", title), bullets(items[: MOST + 1]))) if items else None


def _sight(comparisons: Sequence[Comparison]) -> str:
    """From the sharpest pair to the bluntest; each pair's own stands in the table of differences."""
    least, most = (end(each.detectable for each in comparisons) for end in (min, max))
    few, many = (end(each.difference.n for each in comparisons) for end in (min, max))
    shared = plural(few, "shared sample") if few == many else f"{few:,} to {many:,} shared samples"
    reach = points(least) if points(least) == points(most) else f"{points(least)} to {points(most)}"
    return (
        f"{plural(len(comparisons), 'pair')}, each on {shared}: a true difference below {reach} points would "
        "probably have been missed."
    )


def _before_quoting(summaries: Sequence[Summary]) -> Markup | None:
    """Warnings, each said once, with the runs it is about."""
    about: dict[str, list[str]] = {}
    for each in summaries:
        for words in each.warnings[:MOST]:
            about.setdefault(shortened(words, 400), []).append(run_name(each, summaries))
    items = [tied(f"{_whose(names, len(summaries))}{words}") for words, names in about.items()]
    return join((tag("h3", "Before you quote the score"), bullets(items[: 2 * MOST]))) if items else None


def _whose(names: Sequence[str], of: int) -> str:
    if of == 1:
        return ""
    if len(names) == of:
        return "Both runs: " if of == 2 else f"All {of} runs: "
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more: " if len(names) > 4 else ": ")


def _unchecked(summaries: Sequence[Summary], comparisons: Sequence[Comparison]) -> Markup | None:
    said = [
        *[words for each in summaries for words in each.not_covered],
        *[w for c in comparisons for w in c.not_covered],
    ]
    names = list(dict.fromkeys(shortened(words.partition(":")[0], 60) for words in said))
    if not names:
        return None
    return tag(
        "p",
        tag("b", "Not checked: "),
        ", ".join(names[:MOST]),
        ". ",
        tag("a", "What that means", href="#not-covered"),
        ".",
        class_="ft-unchecked",
    )
