"""The trust panel: whether the verdict can carry a decision."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.comparison import Comparison
from fairtrial.core.summary import Summary
from fairtrial.report.charts import run_name, states
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.sections import MOST, section
from fairtrial.report.tables import bullets, table
from fairtrial.report.wording import plural, points, share


def trust(summaries: Sequence[Summary], comparisons: Sequence[Comparison]) -> Markup:
    """Sample size and what it can detect, answers lost, what to know before quoting, what was not checked."""
    panel = _figures(summaries[0], comparisons) if len(summaries) == 1 else _by_run(summaries)
    return section(
        "Can this carry a decision?",
        panel,
        _pairs(comparisons),
        _before_quoting(summaries),
        states(summaries) if any(each.counts.total for each in summaries) else None,
        _unchecked(summaries, comparisons),
    )


def _figures(summary: Summary, comparisons: Sequence[Comparison]) -> Markup:
    counts, n = summary.counts, summary.primary.n if summary.primary else 0
    lost = counts.unparsed + counts.truncated + counts.refused
    entries: list[tuple[str, str, str]] = [
        ("Scored samples", f"{n:,}", f"of {summary.planned:,} questions planned"),
        (
            "Smallest detectable difference",
            "unknown"
            if summary.smallest_detectable is None
            else f"{points(summary.smallest_detectable)} points",
            "to a similar model on these items, found in 8 of 10 such comparisons",
        ),
        (
            "Without a usable answer",
            share(lost, counts.scored),
            f"{counts.unparsed:,} unparsed, {counts.truncated:,} truncated, {counts.refused:,} refused",
        ),
        ("Failed", share(counts.failed, counts.total), f"{counts.failed:,} without a score, left out of it"),
    ]
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value, tag("small", note))) for name, value, note in entries],
        class_="ft-figures",
    )


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


def _pairs(comparisons: Sequence[Comparison]) -> Markup | None:
    """For each pair: what this comparison could have seen, what differs, who was left out."""
    if not comparisons:
        return None
    items: list[Child] = []
    for each in comparisons[:MOST]:
        words = (
            f"{shortened(each.a, 60)} against {shortened(each.b, 60)}: "
            f"{plural(each.difference.n, 'shared sample')}; a true difference below "
            f"{points(each.detectable)} points would probably have been missed."
        )
        if each.left_out:
            words += f" {plural(each.left_out, 'sample')} without a score on both sides left out."
        for setting in each.differences[:MOST]:
            words += (
                f" They differ in {shortened(setting.name, 60)}: {shortened(setting.a, 80)} against "
                f"{shortened(setting.b, 80)}{', as allowed' if setting.allowed else ''}."
            )
        items.append(words)
    return join((tag("h3", "What the comparison could see"), bullets(items)))


def _before_quoting(summaries: Sequence[Summary]) -> Markup | None:
    items = [
        join((f"{run_name(each, summaries)}: " if len(summaries) > 1 else "", shortened(words, 400)))
        for each in summaries
        for words in each.warnings[:MOST]
    ]
    return join((tag("h3", "Before you quote the score"), bullets(items[: 2 * MOST]))) if items else None


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
    )
