"""Do the reported token counts fit the texts (test T-F of an audit)?

Where the tokenizer is known, tokens are counted again. Without it there are bounds that every tokenizer keeps: a
text has at most one token a byte; an answer has no more tokens than it was allowed; one that goes on where another
ends has no fewer; the same request has the same tokens, however often it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fairtrial.core.output import Output

AROUND: Final = 2
"""Tokens of an answer that no text shows: where it begins, where it ends."""
RULES: Final = (
    "at most one token a byte",
    "within the limit",
    "no fewer for a text that goes on",
    "the same input tokens for the same request",
)
_LOST: Final = "\N{REPLACEMENT CHARACTER}"

Tokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer with what was asked. allowed: tokens that it might take."""

    name: str
    output: Output
    allowed: int
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """n: answers with a reported count. recounted: those counted again with the tokenizer. cut: by the limit, or
    by the end of the context. rules: what was looked at, in words. faults: the first few."""

    n: int
    recounted: int
    cut: int
    rules: tuple[str, ...]
    faults: tuple[str, ...]


def token_counts(asked: Sequence[Counted], tokens: Tokens | None, *, most: int = 5) -> TokenCounts:
    """tokens: the model's own tokenizer, None where it isn't known."""
    known = [each for each in asked if each.output.usage and each.output.usage.output_tokens is not None]
    faults = [fault for each in known if (fault := _bounds(each))]
    recounted = [] if tokens is None else [each for each in known if _countable(each.output)]
    for each in recounted:
        if tokens is not None and (fault := _recount(each, tokens)):
            faults.append(fault)
    faults += _shorter(known) + _inputs(asked)
    rules = list(RULES)
    if recounted:
        rules.insert(0, "counted again with the tokenizer")
    cut = sum(each.output.stop == "length" for each in known)
    return TokenCounts(len(known), len(recounted), cut, tuple(rules), tuple(faults[:most]))


def _countable(output: Output) -> bool:
    """Hidden thinking has tokens and no text, and half a letter has no byte of its own."""
    return output.text is not None and _LOST not in output.text and not _reasoned(output)


def _reasoned(output: Output) -> bool:
    return bool(output.reasoning) or bool(output.usage and output.usage.reasoning_tokens)


def _bounds(each: Counted) -> str | None:
    output, said = each.output, _said(each)
    size = len((output.text or "").encode("utf-8", "surrogatepass"))
    behind = max((len(stop.encode("utf-8", "surrogatepass")) for stop in each.stops), default=0)
    if said > each.allowed:
        return f"{each.name}: {said} tokens are reported, {each.allowed} were allowed"
    if not _reasoned(output) and said > size + behind + AROUND:
        return f"{each.name}: {said} tokens are reported for a text of {size} bytes"
    if size and said == 0:
        return f"{each.name}: no token is reported for a text of {size} bytes"
    return None


def _recount(each: Counted, tokens: Tokens) -> str | None:
    """A text was cut at a stop string after its tokens were counted: those of the string may be among them."""
    found, said = tokens(each.output.text or ""), _said(each)
    behind = max((tokens(stop) for stop in each.stops), default=0)
    if found <= said <= found + behind + 1:
        return None
    return f"{each.name}: {said} tokens are reported, its text has {found}"


def _shorter(known: Sequence[Counted]) -> list[str]:
    """Of two texts of which one begins with the other: a merge at the seam may save a token or two, no more."""
    told = sorted(
        (each for each in known if each.output.text and not _reasoned(each.output)),
        key=lambda each: each.output.text or "",
    )
    return [
        f"{long.name}: {_said(long)} tokens are reported, and {_said(short)} for a text that it begins with"
        for short, long in pairwise(told)
        if (long.output.text or "").startswith(short.output.text or "")
        and _said(long) + AROUND < _said(short)
    ]


def _inputs(asked: Sequence[Counted]) -> list[str]:
    first: dict[str, int] = {}
    faults = []
    for each in asked:
        usage = each.output.usage
        if usage is None or usage.input_tokens is None or not each.output.request:
            continue
        before = first.setdefault(each.output.request, usage.input_tokens)
        if before != usage.input_tokens:
            faults.append(
                f"{each.name}: the same request had {before} input tokens, then {usage.input_tokens}"
            )
    return faults


def _said(each: Counted) -> int:
    usage = each.output.usage
    return usage.output_tokens if usage is not None and usage.output_tokens is not None else 0
