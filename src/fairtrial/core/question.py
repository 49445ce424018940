"""The two questions a model can be asked: generate an answer, or state the likelihood of given ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Message

EFFORTS = ("none", "minimal", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Decoding:
    """How an answer is sampled. `None` leaves a setting to the provider and the request without it.

    temperature: None or >= 0. max_tokens: tokens the answer may take, reasoning included where the
    provider counts it so. seed: sent to the provider; epoch k sends seed + k - 1.
    """

    temperature: float | None = 0.0
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()
    top_p: float | None = None
    seed: int | None = None
    effort: str | None = None

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature <= 10:
            raise UsageError(f"temperature is {self.temperature}", "give a number from 0 to 10")
        if self.max_tokens < 1:
            raise UsageError(f"max-tokens is {self.max_tokens}", "give at least 1")
        if self.effort is not None and self.effort not in EFFORTS:
            raise UsageError(f"effort is {self.effort!r}", f"give one of {', '.join(EFFORTS)}")

    def to_json(self) -> dict[str, JSON]:
        return {
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop),
            "top_p": self.top_p,
            "seed": self.seed,
            "effort": self.effort,
        }


GREEDY = Decoding()
"""One most likely answer, up to 1,024 tokens."""


@dataclass(frozen=True, slots=True)
class Generate:
    """Answer these messages."""

    sample_id: str
    epoch: int
    messages: tuple[Message, ...]
    decoding: Decoding

    @property
    def prompt(self) -> str:
        """The raw text a completions endpoint or a plain function gets: the turns' contents, joined by blank
        lines; of a single user message just its text, to the letter."""
        return "\n\n".join(turn.content for turn in self.messages)


@dataclass(frozen=True, slots=True)
class Loglikelihood:
    """How likely is each continuation after the context? In nats, summed over the continuation's tokens.

    by_token: also each token's own, where the model gives it. Off, it is not asked for, and records stay small.

    Blanks at the end of `context` belong to the first token of what follows: an adapter moves them to the
    front of every continuation before it splits tokens, as lm-eval does (`api/model.py`, `_encode_pair`).
    """

    sample_id: str
    epoch: int
    context: str
    continuations: tuple[str, ...]
    by_token: bool = False


Question: TypeAlias = Generate | Loglikelihood


def question_digest(question: Question) -> str:
    """Names the words that were asked, without decoding, sample id or epoch: 32 hexadecimal digits.

    A replay compares it, so that a recorded answer is never given to another question.
    """
    if isinstance(question, Generate):
        parts = [part for turn in question.messages for part in (turn.role, turn.content)]
    else:
        parts = ["loglikelihood", question.context, *question.continuations]
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return hashlib.sha256(b"".join(b"%d:%b" % (len(data), data) for data in encoded)).hexdigest()[:32]
