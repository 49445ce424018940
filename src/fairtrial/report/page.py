"""The report: one HTML file that asks nothing of anybody. No script, no outside request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairtrial.core.comparison import Comparison
from fairtrial.core.summary import Summary
from fairtrial.report.exhibits import Exhibit
from fairtrial.report.markup import Markup, join, shortened, tag
from fairtrial.report.sections import closing, results
from fairtrial.report.sections.samples import samples
from fairtrial.report.sections.trust import trust
from fairtrial.report.sections.verdict import alarm, kicker, verdict
from fairtrial.report.theme import STYLE, style_hash

MOST_BYTES = 295_000
"""What a page may weigh. The samples get what the rest leaves."""

POLICY = (
    f"default-src 'none'; style-src {style_hash(STYLE)}; img-src data:; base-uri 'none'; form-action 'none'"
)


def page(
    summaries: Sequence[Summary],
    comparisons: Sequence[Comparison] = (),
    exhibits: Sequence[Exhibit] = (),
    *,
    left_out: Mapping[str, int] | None = None,
    volume: int | None = None,
    title: str | None = None,
    made: str = "",
) -> str:
    """Everything about these runs on one page.

    exhibits: samples to show, best first; runs counted as in `summaries`. left_out: samples of each kind
    that are not among them. volume: answers a month, for the money. made: who made the page and when.
    """
    before = [
        kicker(summaries),
        alarm(summaries),
        verdict(summaries, comparisons),
        trust(summaries, comparisons),
        results.scores(summaries, comparisons),
        results.cost(summaries),
        results.money(summaries, volume),
        results.extractors(summaries),
        results.slices(summaries),
        results.time(summaries),
    ]
    after = [
        closing.flaws(summaries),
        closing.failures(summaries),
        closing.provenance(summaries),
        closing.not_covered(summaries, comparisons),
        tag("p", "Page made by ", shortened(made, 200), class_="ft-foot") if made else None,
    ]
    name = title or _title(summaries)
    used = len(document(name, join((before, after))).encode("utf-8", "replace"))
    read = samples(summaries, exhibits, left_out or {}, room=MOST_BYTES - used)
    return document(name, join((before, read, after)))


def document(title: str, content: Markup) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", shortened(title, 150)),
        tag("style", Markup(STYLE)),
    )
    return (
        "<!doctype html>\n"
        + tag("html", head, tag("body", tag("main", content), class_="ft"), lang="en")
        + "\n"
    )


def _title(summaries: Sequence[Summary]) -> str:
    models = ", ".join(dict.fromkeys(each.model for each in summaries))
    tasks = ", ".join(dict.fromkeys(each.task for each in summaries))
    return f"{shortened(models, 90)} on {shortened(tasks, 50)}"
