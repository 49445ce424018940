"""Reads an echoed prompt with its log-probabilities, and says which token stands where.

Source: OpenAI API reference, "The completion object" (`logprobs`: tokens, token_logprobs, top_logprobs,
text_offset). `text_offset` is not relied on: vLLM counts a special first token (`<s>`) as text in it, and
some servers leave it out. Where the tokens join to the prompt, the places follow from their lengths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

STAND_INS: Final = ("bytes:", "<0x")
REPLACED: Final = "\ufffd"


class Unusable(Exception):
    """Why these log-probabilities can't be used, as the end of a sentence that begins with the endpoint."""


@dataclass(frozen=True, slots=True)
class Echo:
    """One echoed prompt, without the generated token; a tuple's entry for each of its tokens.

    starts: where the token begins, in characters of the prompt; -1 for a special token before the text.
    logprobs: in nats; None for a first token, which nothing precedes. best: the log-probability of the
    likeliest token at that place, None where the server doesn't say.
    """

    starts: tuple[int, ...]
    logprobs: tuple[float | None, ...]
    best: tuple[float | None, ...]


def read_echo(choice: dict[str, Any], prompt: str) -> Echo:
    """The Echo of `prompt` in one choice of a reply; raises Unusable."""
    told = choice.get("logprobs")
    if not isinstance(told, dict):
        raise Unusable("fails the presence check: it sends no log-probabilities")
    tokens, logprobs = told.get("tokens"), told.get("token_logprobs")
    if not (isinstance(tokens, list) and isinstance(logprobs, list) and 0 < len(tokens) == len(logprobs)):
        raise Unusable("fails the presence check: its log-probabilities have no tokens and token_logprobs")
    if not all(isinstance(token, str) for token in tokens):
        raise Unusable("fails the presence check: its tokens are not texts")
    starts = places(tokens, prompt)
    if starts is None:
        raise Unusable("fails the echo check: the tokens it sends back don't join to the prompt")
    if None in logprobs[1:]:
        raise Unusable("fails the presence check: a token after the first has no log-probability")
    end = len(starts)
    best = _best(told.get("top_logprobs"), len(tokens))
    return Echo(starts, tuple(_logprob(value) for value in logprobs[:end]), best[:end])


def places(tokens: list[str], prompt: str) -> tuple[int, ...] | None:
    """Where the prompt's tokens begin; None where these tokens are not the prompt.

    Generated tokens behind the prompt are left out, one special token in front of it begins at -1.
    """
    joined = "".join(tokens)
    # A token ends where the prompt ends: else the prompt "<" would be taken for the beginning of a leading "<s>".
    ends = set(accumulate(map(len, tokens)))
    for lead in ("", tokens[0] if tokens[0].startswith("<") else ""):
        if prompt and joined.startswith(lead + prompt) and len(lead + prompt) in ends:
            return _by_length(tokens, len(prompt), -len(lead))
    if any(_is_stand_in(token) for token in tokens):
        # The last token was generated, unless the server cut it off itself.
        return _from_the_end(tokens[:-1], prompt) or _from_the_end(tokens, prompt)
    return None


def _by_length(tokens: list[str], end: int, place: int) -> tuple[int, ...]:
    starts = []
    for token in tokens:
        if place >= end:
            break
        starts.append(max(place, -1))
        place += len(token)
    return tuple(starts)


def _from_the_end(tokens: list[str], prompt: str) -> tuple[int, ...] | None:
    """Places when some tokens are no whole characters and came as stand-ins.

    Goes backwards, because the continuation is at the end. Each readable token is found before the one
    behind it; stand-ins between two readable tokens are taken to begin where the gap between them begins.
    """
    starts = [-1] * len(tokens)
    end, waiting = len(prompt), 0
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if _is_stand_in(token):
            waiting += 1
            continue
        start = prompt.rfind(token, 0, end) if waiting else end - len(token)
        if start < 0 or not prompt.startswith(token, start):
            # A special token in front of the text: everything before it has been found.
            return tuple(starts) if index == 0 and end == 0 and not waiting else None
        _fill(starts, index + 1, waiting, start + len(token))
        starts[index], end, waiting = start, start, 0
    _fill(starts, 0, waiting, 0)
    return tuple(starts) if end == 0 or waiting else None


def _fill(starts: list[int], first: int, n: int, place: int) -> None:
    starts[first : first + n] = [place] * n


def _is_stand_in(token: str) -> bool:
    return REPLACED in token or token.startswith(STAND_INS)


def _best(tops: object, n: int) -> tuple[float | None, ...]:
    if not (isinstance(tops, list) and len(tops) == n):
        return (None,) * n
    best: list[float | None] = []
    for top in tops:
        values = (
            [float(value) for value in top.values() if _is_number(value)] if isinstance(top, dict) else []
        )
        best.append(max(values, default=None))
    return tuple(best)


def _logprob(value: Any) -> float | None:
    if value is None:
        return None
    if not (_is_number(value) and math.isfinite(value) and value <= 0):
        raise Unusable(f"fails the presence check: {value!r:.40} is no log-probability (finite, at most 0)")
    return float(value)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
