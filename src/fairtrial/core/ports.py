"""The seams to the outside world. Adapters implement them; the lab wires them; tests fake them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from fairtrial.core.output import Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Generate, Loglikelihood
from fairtrial.core.record import Record


class Model(Protocol):
    """Something that can be asked. One call is one attempt at the wire: retries belong to the runner.

    Both questions raise ProviderError (with cause, retryable, retry_after, request, response) when no usable
    answer came, and UsageError when the model can't be asked that question at all. A reply without text,
    cut, or refused is an answer, not an error: the Output says so.
    """

    @property
    def spec(self) -> ModelSpec: ...

    async def check(self, asks: str) -> None:
        """Before the first question of a run: raise UsageError where `asks` ("generate", "loglikelihood")
        can't be answered, ProviderError where the endpoint's log-probabilities are missing or wrong."""
        ...

    async def generate(self, question: Generate) -> Output: ...

    async def loglikelihood(self, question: Loglikelihood) -> Output: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Echoed:
    """One token of a prompt, given those before it: its log-probability in nats, and the likeliest token there
    with its own."""

    logprob: float
    best: int
    best_logprob: float


class Tokens(Protocol):
    """A model on this machine whose tokens can be seen: what it takes to echo log-probabilities."""

    @property
    def end(self) -> int:
        """The token by which the model says that it has finished."""
        ...

    def encode(self, text: str) -> list[int]:
        """Token ids, without any token of the model's own that stands before a text."""
        ...

    def decode(self, tokens: Sequence[int]) -> list[str]:
        """One text a token; joined they are the tokens' text. Raises UsageError for an id that is none."""
        ...

    async def echo(self, tokens: Sequence[int]) -> list[Echoed]:
        """One entry a token. Raises UsageError for a prompt longer than the model can read."""
        ...


@runtime_checkable
class Seen(Protocol):
    """A model that shows its tokens."""

    @property
    def tokens(self) -> Tokens: ...


class Journal(Protocol):
    """The append-only record of one run. What `append` has returned from survives SIGKILL."""

    @property
    def folder(self) -> str: ...

    def append(self, record: Record) -> None:
        """Raises StoreError where the line could not be kept whole."""
        ...

    def sync(self) -> None:
        """Force to disk what was appended: survives a power loss. Slow; call it off the event loop."""
        ...

    def records(self) -> Iterator[Record]:
        """The latest record of every (sample id, epoch), in the order first asked."""
        ...


class Clock(Protocol):
    """Time enters here. `now` is RFC 3339 UTC with milliseconds; `monotonic` is seconds."""

    def now(self) -> str: ...

    def monotonic(self) -> float: ...


class Prices(Protocol):
    """US dollars for tokens. None is unknown, never zero."""

    @property
    def source(self) -> str:
        """What the figures are from, with its date: goes into the run's provenance."""
        ...

    def cost(self, model: ModelSpec, usage: Usage) -> Decimal | None: ...


class Progress(Protocol):
    """Somebody who watches a run go on. Called often: must be cheap."""

    def started(self, model: str, task: str, total: int, already: int) -> None: ...

    def advanced(self, record: Record, in_flight: int) -> None: ...

    def notice(self, text: str) -> None: ...

    def finished(self) -> None: ...


class Datasets(Protocol):
    """Files a benchmark needs that are not in the package. Raises UsageError with the remedy where absent."""

    def fetch(self, repo: str, path: str, revision: str, sha256: str) -> bytes: ...
