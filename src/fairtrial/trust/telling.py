"""A verification in words: what was checked, with which outcome, and what stays open. Never "verified" alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fairtrial.trust.verification import Saying, Verification

ABOUT: Final = ("claim", "construct", "exposure", "conflicts", "funding", "run", "deviations")
"""What is told of the bundle's own words, as far as it is there."""
_WIDTH: Final = 11
_SHORT: Final = 6
_MOST_ROWS: Final = 50


def told(found: Verification) -> str:
    """The whole text. It holds words of other people's: make what can't be printed visible before showing it."""
    return "\n".join(_lines(found)) + "\n"


def score_text(score: Mapping[str, Any]) -> str:
    """ "accuracy 0.75 [0.300642, 0.954413], 95 % wilson, n = 4": rounded; the bundle has every digit."""
    value, low, high = (_rounded(score[key]) for key in ("value", "low", "high"))
    level = f"{float(score['level']) * 100:g}"
    return f"{score['metric']} {value} [{low}, {high}], {level} % {score['method']}, n = {score['n']:,}"


def counts_text(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in counts.items() if count) or "no record"


def attempt_text(attempt: Mapping[str, Any]) -> str:
    beyond = ", beyond what the plan allows" if attempt.get("over_quota") else ""
    return f"{attempt['run']} ({attempt['variant']}), entry {attempt['index']}: {attempt['status']}{beyond}"


def _lines(found: Verification) -> Iterator[str]:
    about = found.about or {}
    yield _row(
        "bundle", f"{found.name}: {about.get('task', 'unknown task')}, {about.get('model', 'unknown model')}"
    )
    for key in ABOUT:
        if key in about:
            yield _row(key, about[key])
    yield from _label(found)
    yield from _scores(found)
    yield ""
    yield "who said what, in the order of the log"
    for saying in found.chain[:_MOST_ROWS]:
        yield from _saying(saying)
    yield ""
    yield "checks"
    for check in found.checks:
        yield f"  {check.outcome:<8} {check.check:<{_WIDTH}} {check.detail}"
    yield ""
    yield "this bundle does not establish"
    for limit in found.limits:
        yield f"  {limit}"


def _label(found: Verification) -> Iterator[str]:
    yield _row("label", found.label or "none")
    yield _row("because", found.reason)
    if found.next_label:
        yield _row("", f"not {found.next_label}: {found.lacks}")


def _scores(found: Verification) -> Iterator[str]:
    for each in found.scores:
        yield _row("score", f"{score_text(each)}; {each['note']}")
    for each in found.readings[:_MOST_ROWS]:
        yield _row("read also", f"{score_text(each)}; {each['note']}")
    if found.counts is not None:
        yield _row("counts", counts_text(found.counts))
    for each in found.attempts[:_MOST_ROWS]:
        yield _row("attempt", attempt_text(each))
    if len(found.attempts) > _MOST_ROWS:
        yield _row("", f"and {len(found.attempts) - _MOST_ROWS} more")


def _saying(each: Saying) -> Iterator[str]:
    place = "no entry" if each.index is None else f"entry {each.index}"
    who = "; ".join(each.who) or "nobody whose word counts here"
    seen = (
        f"; seen {each.seen} by {_listed(each.witnesses)}"
        if each.seen
        else "; no quorum had seen it by itself"
    )
    yield f"  {place:<9} {each.what}"
    yield f"  {'':<9} signed by {who}{seen}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _row(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}} {text}"


def _rounded(text: str) -> str:
    return f"{float(text):.{_SHORT}g}"
