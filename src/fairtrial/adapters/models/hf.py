"""`hf/PATH`: the weights in a local folder of Hugging Face's format, asked as a model. Nothing is sent anywhere.

Settings stand behind the path: `hf/PATH,dtype=bfloat16,device=cpu,batch_size=32,add_bos_token=true`, and for a
name of the hub `revision=COMMIT`. Needs the extra `hf` (torch, transformers), imported when a model is opened.
Code that lies beside weights is never run, and pickled weights are never opened.

Questions that wait together are answered in batches of about equal length, in one thread. Log-likelihoods are
split into tokens as lm-eval's `hf` does (`words`); its silent cut of what is too long is refused here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from fairtrial.adapters.models.hf_files import Choice, folder_of, name_of_weights
from fairtrial.adapters.models.setting import Setting, no_likelihood, option_text, refuse_options
from fairtrial.adapters.models.shape import written
from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import ByToken, Loglik, Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Echoed
from fairtrial.core.question import Generate, Loglikelihood

if TYPE_CHECKING:
    from fairtrial.adapters.models.weights import Asked, Read, Row, Weights, Written
    from fairtrial.adapters.models.words import Words

GATHER_S: Final = 0.002
"""How long the first question of a batch waits for company."""

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class LocalWeights:
    """One folder's model. Opening it reads the weights.

    Raises UsageError for a missing extra, folder or file, for weights that need code of their own, and for
    settings that don't exist; IntegrityError for a damaged file.
    """

    def __init__(self, spec: ModelSpec, setting: Setting) -> None:
        refuse_options(spec, "api")
        self._spec = spec
        self._api = option_text(spec, "api")
        choice = Choice.of(spec)
        engine, tokenizer = _extra(spec)
        folder = folder_of(choice, spec)
        self._words: Words = tokenizer.Words(folder, spec, add_bos=choice.add_bos_token)
        self._weights: Weights = engine.Weights(folder, spec, choice, self._words)
        self._fingerprint = name_of_weights(folder)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fairtrial-hf")
        self._reading: _Desk[Row, Read] = _Desk(self._thread, self._weights.read)
        self._measuring: _Desk[Row, Read] = _Desk(
            self._thread, lambda rows: self._weights.read(rows, moments=True)
        )
        self._writing: _Desk[Asked, Written] = _Desk(self._thread, self._weights.write)

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Raises UsageError for a chat without a template, and for likelihoods of a chat."""
        if asks == "loglikelihood" and self._api == "chat":
            raise no_likelihood(self._spec)
        if asks == "generate" and self._api == "chat" and not self._words.chats:
            raise UsageError(
                f"{self._spec}: its tokenizer has no chat template",
                "leave --api out: the prompt goes to the model as it stands",
            )

    async def generate(self, question: Generate) -> Output:
        """Raises UsageError for what the chat template refuses, ProviderError where no room is left to answer."""
        await self.check("generate")
        started = perf_counter()
        if question.decoding.effort is not None:
            raise UsageError(f"{self._spec} knows no effort", "leave --effort out")
        templated = self._words.chats and self._api != "completions"
        text = self._words.chat(question.messages) if templated else question.prompt
        request: dict[str, JSON] = {"prompt": text, "decoding": question.decoding.to_json()}
        tokens = self._words.prompt(text)
        self._refuse_long(len(tokens) + 1, request)
        told = await self._writing.ask((tokens, question.decoding))
        return Output(
            told.text,
            told.stop,
            usage=Usage(input_tokens=len(tokens), output_tokens=told.tokens),
            request=written(request),
            response=written({"text": told.text, "stop": told.stop, "tokens": told.tokens}),
            duration_s=perf_counter() - started,
            model=str(self._spec),
            fingerprint=self._fingerprint,
        )

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        """Raises ProviderError where context and continuation are longer than the model can read."""
        await self.check("loglikelihood")
        started = perf_counter()
        request: dict[str, JSON] = {
            "context": question.context,
            "continuations": list(question.continuations),
        }
        rows = [self._words.pair(question.context, each) for each in question.continuations]
        for tokens, _ in rows:
            # The last token is never read, only foretold.
            self._refuse_long(len(tokens) - 1, request)
        desk = self._measuring if question.by_token else self._reading
        reads = await asyncio.gather(*(desk.ask(row) for row in rows))
        logliks = tuple(
            Loglik(
                min(0.0, sum(read.logprobs)),
                read.likeliest == tokens[start:],
                len(tokens) - start,
                ByToken(read.logprobs, *read.moments) if read.moments else None,
            )
            for (tokens, start), read in zip(rows, reads, strict=True)
        )
        told: JSON = [[each.logprob, each.greedy, each.tokens] for each in logliks]
        return Output(
            None,
            "stop",
            logliks=logliks,
            usage=Usage(input_tokens=sum(len(tokens) for tokens, _ in rows), output_tokens=0),
            request=written(request),
            response=written(told),
            duration_s=perf_counter() - started,
            model=str(self._spec),
            fingerprint=self._fingerprint,
        )

    @property
    def tokens(self) -> Shown:
        """Its tokens, for a server that echoes prompts."""
        return Shown(self, self._words)

    async def read(self, tokens: Sequence[int]) -> list[Echoed]:
        """One entry a token. Raises UsageError for a text that is too long."""
        if not tokens:
            return []
        told = []
        for start, row in self._words.echoed(tuple(tokens)):
            if self._weights.window is not None and len(row) - 1 > self._weights.window:
                raise UsageError(*self._too_long(len(row) - 1))
            read = await self._reading.ask((row, start))
            told += [Echoed(*each) for each in zip(read.logprobs, read.likeliest, read.best, strict=True)]
        return told

    async def close(self) -> None:
        """Ends a batch under way at its next token."""
        self._weights.closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _too_long(self, tokens: int) -> tuple[str, str]:
        return (
            f"{self._spec} reads {self._weights.window} tokens at most, and this needs {tokens}",
            "ask something shorter (fewer worked examples); nothing is cut off in silence",
        )

    def _refuse_long(self, tokens: int, request: JSON) -> None:
        if self._weights.window is not None and tokens > self._weights.window:
            raise ProviderError(*self._too_long(tokens), cause="context-length", request=written(request))


@dataclass(frozen=True, slots=True)
class Shown:
    """The `Tokens` port of local weights."""

    model: LocalWeights
    words: Words

    @property
    def end(self) -> int:
        return self.words.end

    def encode(self, text: str) -> list[int]:
        return self.words.encode(text)

    def decode(self, tokens: Sequence[int]) -> list[str]:
        return self.words.pieces(tokens)

    async def echo(self, tokens: Sequence[int]) -> list[Echoed]:
        self.words.check(tokens)
        return await self.model.read(tokens)


class _Desk(Generic[Question, Answer]):
    """Has answered together what is asked within `GATHER_S`, or while the batch before is under way."""

    def __init__(
        self, thread: ThreadPoolExecutor, answer: Callable[[list[Question]], Sequence[Answer]]
    ) -> None:
        self._thread, self._answer = thread, answer
        self._busy = asyncio.Lock()
        self._asked: list[Question] = []
        self._batch: asyncio.Task[Sequence[Answer]] | None = None

    async def ask(self, question: Question) -> Answer:
        if self._batch is None:
            self._asked = []
            self._batch = asyncio.create_task(self._serve(self._asked))
        batch, place = self._batch, len(self._asked)
        self._asked.append(question)
        # Shielded: one who leaves (a time-out) must not take the others' answers along.
        return (await asyncio.shield(batch))[place]

    async def _serve(self, asked: list[Question]) -> Sequence[Answer]:
        async with self._busy:
            await asyncio.sleep(GATHER_S)
            self._batch = None
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, asked)


def _extra(spec: ModelSpec) -> tuple[Any, Any]:
    """(engine, tokenizer): the only place where torch and transformers come in."""
    try:
        return (
            import_module("fairtrial.adapters.models.weights"),
            import_module("fairtrial.adapters.models.words"),
        )
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers"):
            raise
        raise UsageError(
            f"{spec} needs {error.name}, which is not installed",
            "pip install 'fairtrial[hf]'; for torch without CUDA see docs/how-to/use-local-weights.md",
        ) from error
