"""What a careful reader looks up: failures, known flaws, where it all came from, what is not covered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fairtrial.core.canon import JSON
from fairtrial.core.comparison import Comparison
from fairtrial.core.summary import Summary
from fairtrial.report.markup import Child, Markup, join, shortened, tag
from fairtrial.report.naming import run_name
from fairtrial.report.sections import MOST, section
from fairtrial.report.tables import bullets, facts, folded, table

WORDS = 400
"""Characters of one line of free text."""

OPEN_RUNS = 2

COUNTED = ("returned_models", "fingerprints")
"""Entries of the provenance that say how often each name came."""


def failures(summaries: Sequence[Summary]) -> Markup | None:
    """Why answers are missing, and the next step."""
    rows: list[list[Child]] = [
        [
            shortened(cause.cause, 60),
            f"{cause.count:,}",
            run_name(each, summaries),
            shortened(cause.example, 240),
            shortened(cause.remedy, 240) or "resume the run: fairtrial run … --resume",
        ]
        for each in summaries
        for cause in each.causes[:MOST]
    ]
    if not rows:
        return None
    note = "A failed question has no score: it is not a wrong answer. It is asked again with --resume."
    head = ["cause", "count", "run", "what one of them said", "what to do"]
    return section(
        "Failures by cause", tag("p", note), table(head, rows[: 3 * MOST], numbers=(1,), caption="")
    )


def flaws(summaries: Sequence[Summary]) -> Markup | None:
    """Known flaws of the benchmark, which no score can mend."""
    by_task: dict[str, list[str]] = {}
    for each in summaries:
        notes = by_task.setdefault(each.task, [])
        notes += [words for words in each.notes if words not in notes]
    parts = [
        join(
            (
                tag("h3", shortened(task, 90)) if len(by_task) > 1 else None,
                bullets(shortened(w, 600) for w in notes[:MOST]),
            )
        )
        for task, notes in list(by_task.items())[:MOST]
        if notes
    ]
    return section("Known flaws of the benchmark", parts) if parts else None


def not_covered(summaries: Sequence[Summary], comparisons: Sequence[Comparison]) -> Markup | None:
    """What nothing on the page speaks about."""
    lists = [*[each.not_covered for each in comparisons], *[each.not_covered for each in summaries]]
    said = dict.fromkeys(words for each in lists for words in each)
    return unspoken(list(said)) if said else None


def unspoken(words: Sequence[str]) -> Markup:
    """The list of what was not looked at, wherever a verdict is."""
    note = "Nothing on this page speaks about the following. Silence here is not clearance."
    return section(
        "Not covered", tag("p", note), bullets(topic(shortened(each, WORDS)) for each in words[:MOST])
    )


def topic(words: str) -> Child:
    """One thing not covered: what it is in bold, then what was not done about it."""
    name, colon, rest = words.partition(":")
    return join((tag("b", name + colon), rest)) if colon else words


def provenance(summaries: Sequence[Summary]) -> Markup:
    """Enough to do it again. Folded where there are many runs."""
    parts = []
    for each in summaries:
        listed = facts(_facts(each))
        if len(summaries) == 1:
            parts.append(listed)
        else:
            name = f"{run_name(each, summaries)} · {shortened(each.task, 60)}"
            parts.append(folded(name, listed, open_=len(summaries) <= OPEN_RUNS))
    return section("Provenance", *parts)


def _facts(each: Summary) -> list[tuple[str, Child]]:
    found: list[tuple[str, Child]] = [
        ("Model", tag("code", shortened(each.model, WORDS))),
        ("Task", shortened(each.task, WORDS)),
        ("Plan", tag("code", shortened(each.plan, 120))),
        ("Run folder", tag("code", shortened(each.run, WORDS))),
    ]
    for name, value in list(each.provenance.items())[: 2 * MOST]:
        if name in COUNTED and isinstance(value, Mapping):
            found.append((_title(name), _counted(value)))
        elif name != "stopped" or value:  # nothing stopped it: nothing to state
            found.append((_title(name), _value(value)))
    return found


def _title(name: str) -> str:
    titles = {
        "returned_models": "Model ids returned",
        "fingerprints": "Build fingerprints",
        "prices": "Prices",
        "max_retries": "Retries at most",
    }
    return titles.get(name) or shortened(name, 60).replace("_", " ").capitalize()


def _value(value: JSON) -> Child:
    if value is None or value == "" or value == {} or value == []:
        return tag("span", "not stated", class_="ft-muted")
    if isinstance(value, str):
        return (
            tag("code", shortened(value, WORDS)) if value.startswith("sha256:") else shortened(value, WORDS)
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return facts((_title(str(key)), _value(inner)) for key, inner in list(value.items())[:MOST])
    return shortened(json.dumps(value, ensure_ascii=False, default=str), WORDS)


def _counted(value: Mapping[str, JSON]) -> Child:
    """How often each came: "small-model-2026-09-01 × 1,000". value: read from a file, so of any type."""
    pairs = [
        f"{shortened(str(key), 120)} × {count:,}"
        if isinstance(count, int)
        else shortened(f"{key}: {count}", 160)
        for key, count in list(value.items())[:MOST]
    ]
    return ", ".join(pairs) + (", …" if len(value) > MOST else "") or _value(None)
