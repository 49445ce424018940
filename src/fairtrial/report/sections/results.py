"""The figures: scores, differences, quality against cost, money, other extractors, slices, time."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.core.comparison import Comparison
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Slice, Summary
from fairtrial.report.charts import differences, forest, worst_slices
from fairtrial.report.executed import derived_words, judged_words
from fairtrial.report.markup import Child, Markup, shortened, tag
from fairtrial.report.naming import run_name
from fairtrial.report.sections import MOST, section
from fairtrial.report.spending import cost_chart, latency_chart
from fairtrial.report.tables import bullets, table
from fairtrial.report.wording import amount, bracket, dollars, percent, plural, tokens, unit_cost

MANY_SLICES = 8
VOLUMES = (10_000, 1_000_000)
SLICED_RUNS = 12


def scores(summaries: Sequence[Summary], comparisons: Sequence[Comparison]) -> Markup | None:
    """The forest plots."""
    if not any(each.primary for each in summaries):
        return None
    note = None
    if comparisons:
        note = tag(
            "p",
            "Judge by the difference, not by whether two bars overlap: the same questions were put to "
            "both, and only the difference makes use of that.",
        )
    return section(
        "Scores and differences" if comparisons else "Score",
        note,
        forest(summaries),
        differences(comparisons) if comparisons else None,
        _how(summaries),
    )


def _how(summaries: Sequence[Summary]) -> Markup | None:
    """What belongs to the figures: how answers were drawn and judged, and what further tests would change."""
    told: dict[str, list[str]] = {}
    for each in summaries:
        words = [f"Drawn: {each.drawn}." if each.drawn else ""]
        words.append(f"Judged: {judged_words(each.judged)}." if each.judged else "")
        words.append(f"{derived_words(each.derived)}." if each.derived else "")
        for sentence in filter(None, words):
            told.setdefault(shortened(sentence, 600), []).append(run_name(each, summaries))
    several = len(summaries) > 1
    items = [f"{', '.join(names[:4])}: {words}" if several else words for words, names in told.items()]
    return bullets(items[:MOST]) if items else None


def cost(summaries: Sequence[Summary]) -> Markup:
    """Quality against cost, one chart a task; the same words are said once."""
    tasks = list(dict.fromkeys(each.task for each in summaries))
    charts = [cost_chart([each for each in summaries if each.task == task]) for task in tasks[:MOST]]
    return section("Quality against cost", *dict.fromkeys(charts))


def money(summaries: Sequence[Summary], volume: int | None) -> Markup:
    """What it would cost a month. An unknown price stays unknown."""
    volumes = VOLUMES if volume is None else (volume,)
    if all(unit_cost(each) is None for each in summaries):
        at = "A month's bill" if volume is None else f"The bill for {plural(volume, 'answer')} a month"
        why = "the price of these answers is not known, and unknown is not nothing."
        return section("Money per month", tag("p", f"{at} can't be stated: {why}"), _sources(summaries))
    head = ["run", "this run", "per 1,000 answers", *[f"{each:,} answers a month" for each in volumes]]
    rows: list[list[Child]] = []
    for each in summaries:
        unit = unit_cost(each)
        costs = [None if unit is None else unit * number for number in (1_000, *volumes)]
        total = dollars(amount(each.cost_usd))
        rows.append([run_name(each, summaries), total, *[dollars(each_cost) for each_cost in costs]])
    note = (
        "Cost per scored answer, failed attempts included, times the number of answers: what prompts and "
        "answers like these would cost at the prices of this run."
    )
    option = tag("code", "--volume N", class_="ft-option")
    own = None if volume is not None else (" State your own volume with ", option, ".")
    listed = table(head, rows, numbers=range(1, len(head)), caption="US dollars")
    return section("Money per month", tag("p", note, own), listed, _sources(summaries))


def _sources(summaries: Sequence[Summary]) -> Markup | None:
    found = dict.fromkeys(str(each.provenance.get("prices") or "") for each in summaries)
    named = [shortened(each, 200) for each in found if each]
    return tag("p", f"Price list: {'; '.join(named[:4])}.", class_="ft-meta") if named else None


def extractors(summaries: Sequence[Summary]) -> Markup | None:
    """What the same replies would score if they were read another way; a column a run."""
    read = [each for each in summaries if each.primary is not None and (each.others or each.parsed)]
    if not read:
        return None
    tasks = list(dict.fromkeys(each.task for each in read))
    listed = [_readings([each for each in read if each.task == task], read) for task in tasks[:MOST]]
    note = (
        "The same replies, read by another rule. Where the score moves much, it is partly about the "
        "reading. The rule that counts is part of the plan, fixed before the first question."
    )
    turned = _turned(summaries)
    return section("Under other extractors", tag("p", note), bullets(turned) if turned else None, listed)


def _readings(runs: Sequence[Summary], among: Sequence[Summary]) -> Markup:
    """runs: of one task. A row a rule, the rule that counts first."""
    found = [_by_rule(each) for each in runs]
    rules = list(dict.fromkeys(rule for each in found for rule in each))[: MOST + 2]
    scored = [each.primary.n if each.primary else 0 for each in runs]
    rows: list[list[Child]] = [
        [rule, *[_reading(each.get(rule), n) for each, n in zip(found, scored, strict=True)]]
        for rule in rules
    ]
    names = [tag("span", shortened(run_name(each, among), 48), class_="ft-name") for each in runs]
    head: list[Child] = ["read as", *names]
    named = len({each.task for each in among}) > 1
    caption = f"Scores on {shortened(runs[0].task, 60)}, by rule" if named else "Scores by rule"
    return table(head, rows, numbers=range(1, len(head)), caption=caption)


def _by_rule(each: Summary) -> dict[str, Estimate]:
    assert each.primary is not None
    counted = {f"as scored: {shortened(each.primary.metric, 60)}": each.primary}
    others = [*each.others[:MOST], *([each.parsed] if each.parsed else [])]
    return counted | {shortened(other.metric, 80): other for other in others}


def _reading(estimate: Estimate | None, scored: int) -> Child:
    """Score and interval; n where it is not that of the rule that counts."""
    if estimate is None:
        return "–"
    small = bracket(estimate) + ("" if estimate.n == scored else f", n = {estimate.n:,}")
    return percent(estimate.value), tag("small", small, class_="ft-under")


def _turned(summaries: Sequence[Summary]) -> list[str]:
    """Pairs on one task whose order another extractor turns round."""
    found = []
    for at, first in enumerate(summaries):
        for second in summaries[at + 1 :]:
            if first.task != second.task or first.primary is None or second.primary is None:
                continue
            gap = first.primary.value - second.primary.value
            theirs = {other.metric: other.value for other in second.others}
            for other in first.others:
                if other.metric in theirs and gap * (other.value - theirs[other.metric]) < 0:
                    names = f"{run_name(first, summaries)} and {run_name(second, summaries)}"
                    found.append(f"Under “{shortened(other.metric, 60)}”, {names} change places.")
    return found[:MOST]


def slices(summaries: Sequence[Summary]) -> Markup | None:
    """Where each run is weakest, with the warning that belongs to it."""
    charts: list[Markup] = []
    most = 0
    sliced = [each for each in summaries if each.slices]
    for each in sliced[:SLICED_RUNS]:
        by_key: dict[str, list[Slice]] = {}
        for part in each.slices:
            by_key.setdefault(part.by, []).append(part)
        for parts in list(by_key.values())[:3]:
            most = max(most, len(parts))
            charts.append(worst_slices(each, parts))
    if not charts:
        return None
    note = "Questions to ask with more samples, not findings: a slice is small and its interval wide."
    if most >= MANY_SLICES:
        note += (
            f" Of {most:,} slices some look bad by chance alone; the intervals below are not "
            "corrected for having looked at all of them."
        )
    left = len(sliced) - SLICED_RUNS
    rest = (
        tag("p", f"The slices of {left} more runs stand in their summary.json.", class_="ft-meta")
        if left > 0
        else None
    )
    return section("Worst slices", tag("p", note), charts, rest)


def time(summaries: Sequence[Summary]) -> Markup | None:
    """How long answers took and how many tokens they used."""
    chart = latency_chart(summaries)
    kinds = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens")
    told = any(each.tokens.get(kind) for each in summaries for kind in kinds)
    if chart is None and not told:
        return None
    head = ["run", *[kind.removesuffix("_tokens") for kind in kinds]]
    rows = [
        [run_name(each, summaries), *[tokens(each.tokens.get(kind)) for kind in kinds]] for each in summaries
    ]
    counts = table(head, rows, numbers=range(1, 5), caption="As the provider counted them")
    return section("Time and tokens", chart, (tag("h3", "Tokens"), counts) if told else None)
