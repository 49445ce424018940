"""What came back from a model for one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stop = Literal["stop", "length", "refused", "tool", "unknown"]
STOPS: tuple[Stop, ...] = ("stop", "length", "refused", "tool", "unknown")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None is unknown, never zero.

    `input_tokens` includes `cached_tokens` (read from the provider's cache) and `cache_write_tokens`;
    `output_tokens` includes `reasoning_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ByToken:
    """A continuation's tokens, one by one. logprobs: in nats. means, deviations: of log p(v) at each place, v
    drawn from the model's own distribution over its whole vocabulary; None where the model doesn't give it."""

    logprobs: tuple[float, ...]
    means: tuple[float, ...] | None = None
    deviations: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Loglik:
    """One continuation: summed log-probability in nats, whether each of its tokens was the likeliest one
    (None: not stated), the number of its tokens (None: unknown), and the tokens one by one where the question asks
    for it and the model gives it."""

    logprob: float
    greedy: bool | None = None
    tokens: int | None = None
    by_token: ByToken | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A model's reply. `text` is the answer alone; `reasoning` is the thinking text, kept apart.

    request, response: the exact texts on the wire (of a stream: the event stream). Times in seconds;
    `first_token_s` only where the reply was streamed. `logliks` answers a `Loglikelihood` question, one
    entry a continuation, in order. `stop`: "stop" finished by itself or at a stop string, "length" cut by
    a limit, "refused" refusal or content filter, "tool" a tool call in place of text.
    """

    text: str | None
    stop: Stop = "unknown"
    reasoning: str | None = None
    refusal: str | None = None
    logliks: tuple[Loglik, ...] = ()
    usage: Usage | None = None
    request: str = ""
    response: str = ""
    status: int | None = None
    duration_s: float | None = None
    first_token_s: float | None = None
    model: str | None = None
    fingerprint: str | None = None
