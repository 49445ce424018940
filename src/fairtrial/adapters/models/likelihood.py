"""Log-likelihoods from the echo of a completions endpoint.

One request holds every context + continuation as a prompt, with `echo`, `logprobs` 1, temperature 0 and
`max_tokens` 1 (some servers refuse 0). The reply states a log-probability for each prompt token and one
generated token, which is cut off. As lm-eval 0.4.13 does (`api/model.py` `_encode_pair`,
`models/openai_completions.py` `parse_logprobs`):

- blanks at the end of the context move to the front of every continuation;
- a token belongs to the continuation if it begins in it. One that begins in the context and ends in the
  continuation belongs to the context, because lm-eval counts off the context's own tokens;
- a continuation is greedy if each of its tokens was as likely as the likeliest one.

Apart from it: where that leaves a continuation without any token (it is the tail of one token), lm-eval
returns 0, the best score there is. Here the straddling token is counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.adapters.models.chat import usage_of, words
from fairtrial.adapters.models.failures import Asked, bad_shape
from fairtrial.adapters.models.http import Reply
from fairtrial.core.errors import ProviderError
from fairtrial.core.output import Loglik, Output
from fairtrial.core.question import Loglikelihood

SAME: Final = 1e-9
"""Two log-probabilities from one reply closer than this are the same number, printed twice."""


@dataclass(frozen=True, slots=True)
class Echo:
    """One echoed prompt, without the generated token.

    starts: where each token begins, in characters of the prompt; a special token in front of the text
    begins at -1. logprobs: in nats; None for a first token, which nothing precedes. best: the log-probability
    of the likeliest token at each place, None where the server doesn't say.
    """

    prompt: str
    starts: tuple[int, ...]
    logprobs: tuple[float | None, ...]
    best: tuple[float | None, ...]


def split(question: Loglikelihood) -> tuple[str, tuple[str, ...]]:
    """(context, continuations) with the context's trailing blanks moved to the continuations."""
    context = question.context.rstrip()
    blanks = question.context[len(context) :]
    return context, tuple(blanks + text for text in question.continuations)


def request(name: str, question: Loglikelihood) -> str:
    """The request's text."""
    context, continuations = split(question)
    body = {
        "model": name,
        "prompt": [context + text for text in continuations],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 1,
        "echo": True,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def read(value: dict[str, Any], reply: Reply, asked: Asked, question: Loglikelihood) -> Output:
    """The Output with one Loglik a continuation. Raises ProviderError: `bad-reply` for missing choices,
    `logprobs` (never retried) where the log-probabilities can't be read."""
    context, continuations = split(question)
    echoes = read_echoes(value, reply, asked, [context + text for text in continuations])
    return Output(
        text=None,
        stop="stop",
        logliks=tuple(
            loglik(echo, len(context), reply, asked) for echo in echoes
        ),
        usage=usage_of(value),
        request=reply.request,
        response=reply.text,
        status=reply.status,
        duration_s=reply.duration_s,
        model=words(value.get("model")),
        fingerprint=words(value.get("system_fingerprint")),
    )  # fmt: skip


def read_echoes(value: dict[str, Any], reply: Reply, asked: Asked, prompts: Sequence[str]) -> list[Echo]:
    """One Echo a prompt, in order of the prompts; raises as `read` does."""
    choices = value.get("choices")
    if not isinstance(choices, list) or len(choices) != len(prompts):
        found = len(choices) if isinstance(choices, list) else "no"
        raise bad_shape(reply, asked, f"{found} choices for {len(prompts)} prompts")
    by_index = {
        choice.get("index", place): choice for place, choice in enumerate(choices) if isinstance(choice, dict)
    }
    if sorted(by_index, key=str) != sorted(range(len(prompts)), key=str):
        raise bad_shape(reply, asked, "choices whose indexes are not those of the prompts")
    return [_echo(by_index[place], prompt, reply, asked) for place, prompt in enumerate(prompts)]


def loglik(echo: Echo, boundary: int, reply: Reply, asked: Asked) -> Loglik:
    """The likelihood of what stands from character `boundary` on. Raises ProviderError `logprobs`."""
    first = next((place for place, start in enumerate(echo.starts) if start >= boundary), len(echo.starts))
    if first == len(echo.starts):
        first -= 1
    counted = echo.logprobs[first:]
    if None in counted:
        raise unusable(
            reply,
            asked,
            "states no log-probability for the prompt's first token",
            "ask with a context before it",
        )
    total = math.fsum(value for value in counted if value is not None)
    greedy: bool | None = True
    for value, best in zip(counted, echo.best[first:], strict=True):
        if best is None or value is None:
            greedy = None
            break
        if value < best - SAME:
            greedy = False
    return Loglik(total, greedy, len(counted))


def unusable(reply: Reply, asked: Asked, what: str, remedy: str = "") -> ProviderError:
    """The endpoint's log-probabilities are missing or wrong: scores from them would be made up."""
    return ProviderError(
        f"{asked.model}: {asked.host} {what}",
        remedy or "log-likelihood needs a completions endpoint that echoes log-probabilities (vLLM does)",
        cause="logprobs",
        status=reply.status,
        request=reply.request,
        response=reply.text,
    )


def _echo(choice: dict[str, Any], prompt: str, reply: Reply, asked: Asked) -> Echo:
    told = choice.get("logprobs")
    if not isinstance(told, dict):
        raise unusable(reply, asked, "sent no log-probabilities")
    tokens, logprobs = told.get("tokens"), told.get("token_logprobs")
    if not (_texts(tokens) and isinstance(logprobs, list) and len(tokens) == len(logprobs) > 0):
        raise unusable(reply, asked, "sent log-probabilities in another shape than tokens and token_logprobs")
    starts = _starts(tokens, told.get("text_offset"), prompt)
    if starts is None:
        raise unusable(reply, asked, "does not echo the prompt: its tokens don't join to it")
    best = _best(told.get("top_logprobs"), len(tokens))
    end = len(starts)
    return Echo(
        prompt,
        starts,
        tuple(_logprob(value, reply, asked) for value in logprobs[:end]),
        best[:end],
    )


def _starts(tokens: list[str], offsets: object, prompt: str) -> tuple[int, ...] | None:
    """Where the prompt's tokens begin; None where these tokens are not the prompt.

    Found by joining the tokens, since `text_offset` counts a special first token (vLLM: `<s>`) as text. Tokens
    that are no whole characters have stand-ins ("bytes:\\xe2", "�"): then the offsets, made relative, are used.
    """
    joined = "".join(tokens)
    lead = joined.find(prompt) if prompt else -1
    if lead >= 0 and _is_special(tokens, lead):
        starts, place = [], -lead
        for token in tokens:
            # The tokens of the prompt end where the prompt does: what follows was generated.
            if place >= len(prompt):
                break
            starts.append(place if place >= 0 else -1)
            place += len(token)
        return tuple(starts)
    if not any("\ufffd" in token or token.startswith("bytes:") for token in tokens):
        return None
    if not (
        isinstance(offsets, list) and len(offsets) == len(tokens) and all(type(n) is int for n in offsets)
    ):
        return None
    base = offsets[0]
    relative = [number - base for number in offsets]
    if relative != sorted(relative) or relative[-1] > len(prompt) + 64:
        return None
    return tuple(number for number in relative if number < len(prompt)) or None


def _is_special(tokens: list[str], lead: int) -> bool:
    """Whether exactly one token (a mark such as `<s>`) makes up the `lead` characters before the prompt."""
    return lead == 0 or (len(tokens[0]) == lead and tokens[0].startswith("<"))


def _best(tops: object, n: int) -> tuple[float | None, ...]:
    if not (isinstance(tops, list) and len(tops) == n):
        return (None,) * n
    best: list[float | None] = []
    for top in tops:
        values = [value for value in top.values() if _is_number(value)] if isinstance(top, dict) else []
        best.append(max(values) if values else None)
    return tuple(best)


def _logprob(value: object, reply: Reply, asked: Asked) -> float | None:
    if value is None:
        return None
    if not (_is_number(value) and math.isfinite(float(value)) and float(value) <= SAME):  # type: ignore[arg-type]
        raise unusable(reply, asked, f"sent {value!r} for a log-probability; it is a finite number up to 0")
    return float(value)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
