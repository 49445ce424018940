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

import math
from collections.abc import Iterable
from typing import Any, Final

from fairtrial.adapters.models.chat import usage_of
from fairtrial.adapters.models.echo import Echo, Unusable, read_echo
from fairtrial.adapters.models.failures import Asked, bad_shape
from fairtrial.adapters.models.http import Reply
from fairtrial.adapters.models.shape import words, written
from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError
from fairtrial.core.output import ByToken, Loglik, Output
from fairtrial.core.question import Loglikelihood

SAME: Final = 1e-9
"""Two log-probabilities from one reply closer than this are the same number, printed twice."""


def split(question: Loglikelihood) -> tuple[str, tuple[str, ...]]:
    """(context, continuations) with the context's trailing blanks moved to the continuations."""
    context = question.context.rstrip()
    blanks = question.context[len(context) :]
    return context, tuple(blanks + text for text in question.continuations)


def request(name: str, question: Loglikelihood) -> str:
    """The request's text."""
    context, continuations = split(question)
    body: dict[str, JSON] = {
        "model": name,
        "prompt": [context + text for text in continuations],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 1,
        "echo": True,
    }
    return written(body)


def read(value: dict[str, Any], reply: Reply, asked: Asked, question: Loglikelihood) -> Output:
    """The Output with one Loglik a continuation. Raises ProviderError: `bad-reply` for missing choices,
    `logprobs` (never retried) where the log-probabilities are missing or can't be what they claim."""
    context, continuations = split(question)
    choices = _in_order(value, reply, asked, len(continuations))
    try:
        logliks = tuple(
            loglik(read_echo(choice, context + text), len(context), by_token=question.by_token)
            for choice, text in zip(choices, continuations, strict=True)
        )
    except Unusable as error:
        raise ProviderError(
            f"{asked.model}: {asked.host} {error}",
            "log-likelihood needs a completions endpoint that echoes log-probabilities (vLLM does)",
            cause="logprobs",
            status=reply.status,
            request=reply.request,
            response=reply.text,
        ) from error
    return Output(
        text=None,
        stop="stop",
        logliks=logliks,
        usage=usage_of(value),
        request=reply.request,
        response=reply.text,
        status=reply.status,
        duration_s=reply.duration_s,
        model=words(value.get("model")),
        fingerprint=words(value.get("system_fingerprint")),
    )


def loglik(echo: Echo, boundary: int, *, by_token: bool = False) -> Loglik:
    """The likelihood of what stands from character `boundary` on; raises Unusable. An echo states the tokens' own
    log-probabilities, and no distribution over the vocabulary."""
    first = next((place for place, start in enumerate(echo.starts) if start >= boundary), -1)
    logprobs, best = echo.logprobs[first:], echo.best[first:]
    counted = [value for value in logprobs if value is not None]
    if len(counted) != len(logprobs):
        raise Unusable("states no log-probability for the prompt's first token: put a context before it")
    greedy = _greedy(zip(counted, best, strict=True))
    each = ByToken(tuple(counted)) if by_token else None
    return Loglik(math.fsum(counted), greedy, len(counted), each)


def _greedy(pairs: Iterable[tuple[float, float | None]]) -> bool | None:
    """Whether each token was the likeliest one; None where the server doesn't say."""
    greedy = True
    for value, best in pairs:
        if best is None:
            return None
        greedy = greedy and value >= best - SAME
    return greedy


def _in_order(value: dict[str, Any], reply: Reply, asked: Asked, n: int) -> list[dict[str, Any]]:
    """The n choices in order of their prompts, whatever order they came in."""
    choices = value.get("choices")
    if not isinstance(choices, list) or len(choices) != n:
        found = len(choices) if isinstance(choices, list) else "no"
        raise bad_shape(reply, asked, f"{found} choices for {n} prompts")
    placed: dict[object, dict[str, Any]] = {
        choice.get("index", place): choice for place, choice in enumerate(choices) if isinstance(choice, dict)
    }
    if set(placed) != set(range(n)):
        raise bad_shape(reply, asked, "choices whose indexes are not those of the prompts")
    return [placed[place] for place in range(n)]
