"""The verdict: large, in plain words, first. Incomplete runs are named before it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fairtrial.core.comparison import Comparison
from fairtrial.core.summary import Summary
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.naming import NAME, run_name
from fairtrial.report.tables import folded
from fairtrial.report.wording import bracket, level, limits, percent, plural, tied

IN_FULL = 6
MOST = 60


def kicker(summaries: Sequence[Summary]) -> Markup:
    """What this page is about, in one small line."""
    tasks = list(dict.fromkeys(each.task for each in summaries))
    shown = ", ".join(shortened(task, 60) for task in tasks[:4]) + (", …" if len(tasks) > 4 else "")
    asked = sum(each.counts.total for each in summaries)
    words = f" · {shown} · {plural(len(summaries), 'run')} · {plural(asked, 'answer')}"
    return tag("p", tag("b", "Fairtrial"), words, class_="ft-kicker")


def alarm(summaries: Sequence[Summary]) -> Markup | None:
    """Incomplete runs, loudly, with both bounds."""
    cut = [each for each in summaries if each.status == "incomplete"]
    if not cut:
        return None
    return tag(
        "div", [tag("p", _incomplete(each, summaries)) for each in cut[:MOST]], class_="ft-loud", role="note"
    )


def _incomplete(each: Summary, among: Sequence[Summary]) -> Markup:
    counts = each.counts
    missing = []
    if counts.failed:
        missing.append(f"{counts.failed:,} failed")
    if counts.total < each.planned:
        missing.append(f"{each.planned - counts.total:,} were never asked")
    words = (
        f" {run_name(each, among)} on {shortened(each.task, 60)}: {counts.scored:,} of {each.planned:,} "
        f"questions have a score ({' and '.join(missing) or 'the run did not end'})."
    )
    bounds = limits(each)
    both = (
        ""
        if bounds is None
        else f" If every missing answer were wrong the score would be {percent(bounds[0])}, "
        f"if every one were right {percent(bounds[1])}."
    )
    return join((tag("strong", "Incomplete run."), words, both))


def verdict(summaries: Sequence[Summary], comparisons: Sequence[Comparison]) -> Markup:
    """One comparison: its sentence. Several: how many are settled, then each. None: the score with its
    interval."""
    if len(comparisons) == 1:
        return join((_headline(comparisons[0].sentence), _key(comparisons)))
    if comparisons:
        return join((_several(comparisons), _key(comparisons)))
    if len(summaries) == 1:
        return _headline(score_sentence(summaries[0]))
    head = tag("h1", tag("strong", f"{len(summaries)} runs, shown side by side and not compared"))
    why = tag(
        "p",
        "No two of them were held against each other: they share no task, or differ in what was asked. "
        "`fairtrial compare` says which.",
        class_="ft-lede",
    )
    rows = [_item(score_sentence(each)) for each in summaries[:MOST]]
    return join((head, why, tag("ul", rows, class_="ft-verdicts")))


def score_sentence(summary: Summary) -> str:
    """A single run in one sentence: the score is never without its interval."""
    model, task, primary = shortened(summary.model, NAME), shortened(summary.task, 60), summary.primary
    if primary is None:
        return f"{model} has no score on {task}: none of {summary.counts.total:,} questions was answered."
    return (
        f"{model} scores {percent(primary.value)} on {task}: values from {bracket(primary)} fit these "
        f"answers ({level(primary)} interval, {shortened(primary.metric, 60)}, n = {primary.n:,})."
    )


def _several(comparisons: Sequence[Comparison]) -> Markup:
    open_ = [each for each in comparisons if each.verdict == "undetermined"]
    closed = [each for each in comparisons if each.verdict != "undetermined"]
    head = f"{len(closed)} of {len(comparisons)} comparisons are settled"
    if not open_:
        head = f"All {len(comparisons)} comparisons are settled"
    if not closed:
        head = f"None of {len(comparisons)} comparisons is settled by these answers"
    items = [_item(each.sentence) for each in (*closed, *open_)[:MOST]]
    rest = items[IN_FULL:]
    left = len(comparisons) - len(items)
    return join(
        (
            tag("h1", tag("strong", head)),
            tag("ul", items[:IN_FULL], class_="ft-verdicts"),
            folded(f"{len(rest)} more", tag("ul", rest, class_="ft-verdicts")) if rest else None,
            tag("p", f"{left:,} further sentences stand in compare --json.", class_="ft-meta")
            if left
            else None,
        )
    )


def _key(comparisons: Sequence[Comparison]) -> Markup:
    """What brackets and p stand for, since a sentence for everybody has both."""
    levels = " or ".join(dict.fromkeys(level(each.difference) for each in comparisons))
    words = (
        f"In brackets: the true differences that fit these answers ({levels} interval). p: how often chance alone "
        "would give a difference this large, if the two were equally good."
    )
    return tag("p", tied(words), class_="ft-meta ft-legend")


def _headline(sentence: str) -> Markup:
    lead, rest = _parted(sentence)
    # The colon is read aloud and copied, but a headline needs none.
    colon = tag("span", ": ", class_="ft-colon") if rest else None
    return tag("h1", tag("strong", _unbroken(lead), colon), tied(rest[:1].upper() + rest[1:]))


def _unbroken(words: str) -> list[Child]:
    """A headline breaks between names, not inside one, unless a name is longer than the line."""
    return [
        (" " if at else "", tag("span", word, class_="ft-word") if re.search(r"[-/:.]\w", word) else word)
        for at, word in enumerate(words.split(" "))
    ]


def _item(sentence: str) -> Markup:
    lead, rest = _parted(sentence)
    return tag("li", tag("b", tied(lead), ":" if rest else ""), f" {tied(rest)}" if rest else None)


def _parted(sentence: str) -> tuple[str, str]:
    """Who is better comes before the colon, and is set larger; by how much comes after it."""
    text = shortened(sentence, 1_200)
    lead, colon, rest = text.partition(": ")
    return (lead, rest) if colon and rest else (text, "")
