"""A run's figures for a notebook: the page's own charts, as a fragment that brings its style along."""

from __future__ import annotations

from fairtrial.core.summary import Summary
from fairtrial.report.charts import forest
from fairtrial.report.markup import Markup, shortened, tag
from fairtrial.report.outcomes import states
from fairtrial.report.sections.verdict import alarm, score_sentence
from fairtrial.report.tables import bullets
from fairtrial.report.theme import FRAGMENT_STYLE
from fairtrial.report.wording import amount, dollars, seconds, tied, unit_cost


def summary_html(summary: Summary) -> str:
    """What a notebook shows for a run: score with interval, what became of the questions, cost, caveats.

    Every style is under the class `ft`, so nothing else in the notebook changes; no script, no request. The
    page (`fairtrial report`) has the rest.
    """
    return tag(
        "div",
        tag("style", Markup(FRAGMENT_STYLE)),
        alarm([summary]),
        tag("p", tied(score_sentence(summary)), class_="ft-title"),
        tag("p", tied(_effort(summary)), class_="ft-meta"),
        bullets(shortened(words, 400) for words in summary.warnings) if summary.warnings else None,
        forest([summary]) if summary.primary else None,
        states([summary]) if summary.counts.total else None,
        _not_checked(summary),
        tag("p", "Kept in ", tag("code", shortened(summary.run, 200)), class_="ft-meta"),
        class_="ft ft-fragment",
    )


def _effort(summary: Summary) -> str:
    """Money and time on one line."""
    total, each = amount(summary.cost_usd), unit_cost(summary)
    cost = "Price unknown" if total is None else f"Cost {dollars(total)}"
    if each is not None:
        cost += f", {dollars(each * 1000)} per 1,000 answers"
    middle = summary.latency_s.get("p50")
    return cost + ("." if middle is None else f"; half of the answers within {seconds(middle)}.")


def _not_checked(summary: Summary) -> Markup | None:
    names = ", ".join(shortened(words.partition(":")[0], 60) for words in summary.not_covered)
    return tag("p", tag("b", "Not checked: "), f"{names}.", class_="ft-meta") if names else None
