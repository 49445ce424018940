"""`specimen/NAME`: a bundled model behind the `Model` port. Nothing is sent anywhere.

The last user message is the raw prompt. Questions that arrive together are answered in one batch; an answer
depends on its question alone (see `choosing`). Without temperature the likeliest token is taken; drawn
answers follow from seed and prompt, and without a seed from seed 0.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Generic, TypeVar

from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import ByToken, Loglik, Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Echoed
from fairtrial.core.question import Decoding, Generate, Loglikelihood
from fairtrial.specimens.engine import Engine, Read, Written
from fairtrial.specimens.files import load
from fairtrial.specimens.network import CONTEXT
from fairtrial.specimens.tokens import END, VOCABULARY, encode, pieces

_SHORTER: Final = "ask something shorter; a specimen is made for one item at a time"
MOST_THREADS: Final = 4
GATHER_S: Final = 0.002
"""How long the first question of a batch waits for company: little beside the time of a batch."""

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class SpecimenModel:
    """One bundled model. Raises UnknownName, IntegrityError for a damaged file."""

    def __init__(self, spec: ModelSpec) -> None:
        if spec.options:
            raise UsageError(
                f"{spec} does not take the option {', '.join(sorted(spec.options))}", "it takes none"
            )
        self._spec = spec
        engine = Engine(load(spec.name), threads=min(MOST_THREADS, os.cpu_count() or 1))
        # One: what arrives while it works is a batch of its own; the engine has more threads.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fairtrial-specimen")
        self._writing = _Desk[tuple[Sequence[int], Decoding], Written](
            self._thread, lambda asked: engine.write([each[0] for each in asked], [each[1] for each in asked])
        )
        self._reading = _Desk[Sequence[int], Read](self._thread, engine.read)
        self._measuring = _Desk[Sequence[int], Read](
            self._thread, lambda asked: engine.read(asked, moments=True)
        )

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Both questions can be asked."""

    async def generate(self, question: Generate) -> Output:
        """Raises UsageError where no user speaks, ProviderError where the prompt leaves no room to answer."""
        started = perf_counter()
        prompts = [turn.content for turn in question.messages if turn.role == "user"]
        if not prompts:
            raise UsageError(f"{self._spec}: sample {question.sample_id!r} has no user message", "give one")
        how = question.decoding
        if how.effort is not None:
            raise UsageError(f"{self._spec} knows no effort", "leave --effort out")
        tokens = encode(prompts[-1])
        request: JSON = {"prompt": prompts[-1], "decoding": how.to_json()}
        self._refuse_long(tokens, request)
        written = await self._writing.ask((tokens, how))
        usage = Usage(input_tokens=1 + len(tokens), output_tokens=written.tokens)
        return Output(
            written.text,
            written.stop,
            usage=usage,
            request=canonical(request).decode(),
            response=canonical(
                {"text": written.text, "stop": written.stop, "tokens": written.tokens}
            ).decode(),
            duration_s=perf_counter() - started,
            model=str(self._spec),
        )

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        """Raises ProviderError where context and continuation are longer than the model can read."""
        started = perf_counter()
        # As every adapter does: blanks at the end of the context belong to the continuation's first token.
        context = question.context.rstrip()
        blanks = question.context[len(context) :]
        request: JSON = {"context": question.context, "continuations": list(question.continuations)}
        before = encode(context)
        texts = [[*before, *encode(blanks + each)] for each in question.continuations]
        for text in texts:
            self._refuse_long(text, request)
        desk = self._measuring if question.by_token else self._reading
        reads = await asyncio.gather(*(desk.ask(text) for text in texts))
        logliks = tuple(_loglik(each, text, len(before)) for each, text in zip(reads, texts, strict=True))
        told: JSON = [[each.logprob, each.greedy, each.tokens] for each in logliks]
        return Output(
            None,
            "stop",
            logliks=logliks,
            usage=Usage(input_tokens=sum(1 + len(text) for text in texts), output_tokens=0),
            request=canonical(request).decode(),
            response=canonical(told).decode(),
            duration_s=perf_counter() - started,
            model=str(self._spec),
        )

    @property
    def tokens(self) -> Bytes:
        """Its tokens, for a server that echoes prompts."""
        return Bytes(self)

    async def read(self, tokens: Sequence[int]) -> Read:
        """Every token's log-probability after BEGIN and those before it; fewer than CONTEXT tokens."""
        return await self._reading.ask(tokens)

    async def close(self) -> None:
        """Let the thread go; a batch under way is not waited for."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _refuse_long(self, tokens: Sequence[int], request: JSON) -> None:
        if len(tokens) >= CONTEXT:
            raise ProviderError(
                f"{self._spec} reads {CONTEXT - 1} bytes at most, and the text has {len(tokens)}",
                _SHORTER,
                cause="context-length",
                request=canonical(request).decode(),
            )


@dataclass(frozen=True, slots=True)
class Bytes:
    """The `Tokens` port: a specimen's tokens are bytes, and BEGIN stands before every text."""

    model: SpecimenModel
    end: int = END

    def encode(self, text: str) -> list[int]:
        return encode(text)

    def decode(self, tokens: Sequence[int]) -> list[str]:
        """A letter of several bytes stands at the last of them; broken UTF-8 becomes U+FFFD."""
        self._check(tokens)
        return pieces(tokens)

    async def echo(self, tokens: Sequence[int]) -> list[Echoed]:
        self._check(tokens)
        if len(tokens) >= CONTEXT:
            raise UsageError(
                f"{self.model.spec} reads {CONTEXT - 1} tokens at most, not {len(tokens)}", _SHORTER
            )
        read = await self.model.read(tokens)
        return [Echoed(*each) for each in zip(read.logprobs, read.likeliest, read.best, strict=True)]

    def _check(self, tokens: Sequence[int]) -> None:
        if strange := [each for each in tokens if not 0 <= each < VOCABULARY]:
            raise UsageError(
                f"{self.model.spec} has no token {strange[0]}", f"ids go from 0 to {VOCABULARY - 1}"
            )


class _Desk(Generic[Asked, Told]):
    """Has answered in one batch what is asked within `GATHER_S`, or while the batch before is under way."""

    def __init__(self, thread: ThreadPoolExecutor, answer: Callable[[list[Asked]], Sequence[Told]]) -> None:
        self._thread, self._answer = thread, answer
        self._busy = asyncio.Lock()
        self._asked: list[Asked] = []
        self._batch: asyncio.Task[Sequence[Told]] | None = None

    async def ask(self, asked: Asked) -> Told:
        if self._batch is None:
            self._asked = []
            self._batch = asyncio.create_task(self._serve(self._asked))
        batch, place = self._batch, len(self._asked)
        self._asked.append(asked)
        # Shielded: one who leaves (a time-out) must not take the others' answers along.
        return (await asyncio.shield(batch))[place]

    async def _serve(self, asked: list[Asked]) -> Sequence[Told]:
        async with self._busy:
            await asyncio.sleep(GATHER_S)
            self._batch = None
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, asked)


def _loglik(read: Read, text: Sequence[int], start: int) -> Loglik:
    """With its tokens one by one, where the moments were asked for."""
    by_token = None
    if read.moments is not None:
        means, deviations = read.moments
        by_token = ByToken(read.logprobs[start:], means[start:], deviations[start:])
    return Loglik(
        min(0.0, sum(read.logprobs[start:])),
        list(read.likeliest[start:]) == list(text[start:]),
        len(text) - start,
        by_token,
    )
