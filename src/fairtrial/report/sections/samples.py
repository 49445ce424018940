"""Samples in full, with prompt and answer: where a reader finds out whether the scorer is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from fairtrial.core.summary import Summary
from fairtrial.report.exhibits import KINDS, MOST, Exhibit, Reply
from fairtrial.report.markup import Excerpt, Markup, join, shortened, tag
from fairtrial.report.naming import run_name
from fairtrial.report.outcomes import swatch
from fairtrial.report.sections import section
from fairtrial.report.tables import folded
from fairtrial.report.wording import amount, dollars, percent, plural, seconds

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CUTS = (1_500, 1_000, 700, 450, 300, 180, 100)
"""Characters of a text, tried in turn until the section fits its share of the page."""

OPENING = 140
"""Characters of a question on its folded line; the style cuts it to the line."""

SIDE_BY_SIDE = 3
"""Replies whose states stand side by side on the folded line."""

WORDS = {
    "disagreement": "The runs disagree",
    "failed": "No usable answer came",
    "refused": "Refused",
    "truncated": "Cut by the length limit",
    "unparsed": "No answer found in the reply",
    "wrong": "Wrong",
    "right": "Right",
}


def samples(
    summaries: Sequence[Summary], exhibits: Sequence[Exhibit], left_out: Mapping[str, int], *, room: int
) -> Markup | None:
    """At most MOST samples in at most `room` bytes: texts are cut shorter, and if that is not enough the
    last samples go."""
    shown = list(exhibits[:MOST])
    if not shown:
        return None
    gone = dict(left_out)
    for each in exhibits[MOST:]:
        gone[each.kind] = gone.get(each.kind, 0) + 1
    while True:
        for cut in CUTS:
            drawn = _section(summaries, shown, gone, cut)
            if len(drawn.encode("utf-8", "replace")) <= room:
                return drawn
        if len(shown) <= 1:
            return _section(summaries, (), _dropped(gone, shown), CUTS[-1])
        keep = max(1, len(shown) * 3 // 4)
        gone = _dropped(gone, shown[keep:])
        shown = shown[:keep]


def _dropped(left_out: Mapping[str, int], more: Sequence[Exhibit]) -> dict[str, int]:
    gone = dict(left_out)
    for each in more:
        gone[each.kind] = gone.get(each.kind, 0) + 1
    return gone


def _section(
    summaries: Sequence[Summary], shown: Sequence[Exhibit], left_out: Mapping[str, int], cut: int
) -> Markup:
    parts: list[Markup] = []
    for kind in KINDS:
        of_kind = [each for each in shown if each.kind == kind]
        if of_kind:
            total = len(of_kind) + left_out.get(kind, 0)
            count = f"{len(of_kind):,} of {total:,}" if total > len(of_kind) else f"{total:,}"
            parts.append(tag("h3", WORDS[kind], " ", tag("span", count, class_="ft-muted")))
            parts += [_sample(summaries, each, cut, open_=at == 0) for at, each in enumerate(of_kind)]
    rest = sum(left_out.values())
    note = f"{plural(len(shown), 'sample')}, spread evenly over the run; texts are cut to {cut:,} characters."
    if rest:
        note += f" The other {rest:,} live in records.jsonl of each run's folder, with all that was said."
    return section("Read some answers", tag("p", note, _order(summaries, shown)), _folders(summaries), *parts)


def _order(summaries: Sequence[Summary], shown: Sequence[Exhibit]) -> str | None:
    """Which mark at the end of a line is whose."""
    runs = next((tuple(reply.run for reply in each.replies) for each in shown if len(each.replies) > 1), ())
    if not 1 < len(runs) <= SIDE_BY_SIDE or max(runs) >= len(summaries):
        return None
    if any(tuple(reply.run for reply in each.replies) != runs for each in shown):
        return None
    names = ", then ".join(run_name(summaries[run], summaries) for run in runs)
    return f" At the end of each line: {names}."


def _folders(summaries: Sequence[Summary]) -> Markup:
    names = [tag("code", f"{shortened(each.run, 160)}/records.jsonl") for each in summaries[:12]]
    gaps = [join((", " if at else "", name)) for at, name in enumerate(names)]
    return tag("p", gaps, ", …" if len(summaries) > 12 else "", class_="ft-meta")


def _sample(summaries: Sequence[Summary], each: Exhibit, cut: int, *, open_: bool) -> Markup:
    """One folded line; the first of its kind lies open, as an example, and so that a print holds it."""
    several = len({summary.task for summary in summaries}) > 1
    name = f"{each.task} · {each.sample_id}" if several else each.sample_id
    if each.epoch > 1:
        name += f" · epoch {each.epoch}"
    opening = tag(
        "span",
        tag("small", shortened(name, 48)),
        " ".join(each.input.head[:OPENING].split()),
        class_="ft-opening",
    )
    body = [
        tag("h4", "Input"),
        tag("pre", each.input.to(cut).markup),
        _choices(each),
        tag("p", "Expected: ", tag("b", each.target.to(min(cut, 400)).markup), class_="ft-meta"),
        [_reply(summaries, reply, cut) for reply in each.replies],
        _request(each, cut),
    ]
    return tag(
        "details",
        tag("summary", opening, tag("span", _marks(each), class_="ft-states")),
        tag("div", body, class_="ft-body"),
        class_="ft-sample",
        open_=open_,
    )


def _marks(each: Exhibit) -> list[Markup]:
    """A state a reply, or states counted where there are too many replies for one line."""
    found = [reply.state for reply in each.replies]
    if len(found) <= SIDE_BY_SIDE:
        return [tag("span", swatch(state), state, class_="ft-state") for state in found]
    counts = Counter(found)
    return [tag("span", swatch(state), f"{state} × {n}", class_="ft-state") for state, n in counts.items()]


def _choices(each: Exhibit) -> Markup | None:
    if not each.choices:
        return None
    lines = "\n".join(
        f"{LETTERS[at % 26]}. {shortened(choice, 160)}" for at, choice in enumerate(each.choices)
    )
    return tag("pre", lines)


def _reply(summaries: Sequence[Summary], reply: Reply, cut: int) -> Markup:
    name = run_name(summaries[reply.run], summaries) if reply.run < len(summaries) else "run"
    words = []
    if reply.state != "failed":
        read = tag("code", reply.answer.to(min(cut, 200)).markup) if reply.answer else "nothing"
        words += ["Read as ", read]
    if reply.ruling:
        words.append(f" · ruled against: {reply.ruling}")
    if reply.state == "partial" and reply.value is not None:
        words.append(f" · credit {percent(reply.value)}")
    if reply.cost_usd is not None:
        words.append(f" · {dollars(amount(reply.cost_usd))}")
    if reply.duration_s is not None:
        words.append(f" · {seconds(reply.duration_s)}")
    state = tag("span", swatch(reply.state), reply.state, class_="ft-state")
    said = reply.text.to(cut)
    text = tag("pre", said.markup) if said else tag("p", "The reply held no text.", class_="ft-meta")
    thought = (
        folded("Thinking, kept apart from the answer", tag("pre", reply.reasoning.to(cut).markup))
        if reply.reasoning
        else None
    )
    return join((tag("h4", name, state), text, tag("p", words, class_="ft-meta") if words else None, thought))


def _request(each: Exhibit, cut: int) -> Markup | None:
    """The exact request, of the first run that kept one: the prompt with everything around the sample."""
    kept: Excerpt | None = next((reply.request for reply in each.replies if reply.request), None)
    return folded("The exact request", tag("pre", kept.to(cut).markup)) if kept else None
