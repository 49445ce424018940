"""The byte model of the wire tests behind our own server, in a process of its own.

    python -m tests.web.ngram_model [text]

prints the base address once it answers. With `text` the model shows no tokens.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import Loglik, Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Echoed
from fairtrial.core.question import Generate, Loglikelihood
from fairtrial.web.serve import serve
from tests.wire import ngram

END = 256
ENDS = b".?!"


def written(prompt: str, most: int) -> tuple[str, bool]:
    """(the likeliest printable continuation, whether it ended by itself: at a full stop or the like)."""
    text = prompt.encode()
    start = len(text)
    while len(text) - start < most:
        options = ngram.distribution(text)
        byte = max(range(32, 127), key=options.__getitem__)
        text += bytes([byte])
        if byte in ENDS:
            return text[start:].decode(), True
    return text[start:].decode(), False


class NgramModel:
    """Both ports; says "boom" to a prompt that asks for it."""

    def __init__(self) -> None:
        self.spec = ModelSpec.parse("specimen/ngram")

    async def check(self, asks: str) -> None: ...

    async def close(self) -> None: ...

    async def generate(self, question: Generate) -> Output:
        prompt = question.messages[-1].content
        if "[boom]" in prompt:
            raise ProviderError("the engine went out", cause="http-500")
        text, ended = written(prompt, question.decoding.max_tokens)
        for stop in question.decoding.stop:
            text, found, _ = text.partition(stop)
            ended = ended or bool(found)
        return Output(text, "stop" if ended else "length", usage=Usage(len(prompt), len(text)))

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        return Output(
            None,
            logliks=tuple(Loglik(ngram.sum_from(question.context, each)) for each in question.continuations),
        )

    end = END

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, tokens: Sequence[int]) -> list[str]:
        if any(not 0 <= each <= END for each in tokens):
            raise UsageError("there is no such token")
        return ["" if each == END else chr(each) for each in tokens]

    async def echo(self, tokens: Sequence[int]) -> list[Echoed]:
        found = []
        for place, token in enumerate(tokens):
            before = bytes(tokens[:place])
            best, best_logprob = ngram.best(before, place)
            own = -2.0 if token == END else ngram.distribution(before)[token]
            found.append(Echoed(own, best, best_logprob))
        return found


if __name__ == "__main__":
    model = NgramModel()
    shown = None if "text" in sys.argv else model
    asyncio.run(
        serve(model, shown, host="127.0.0.1", port=0, ready=lambda address: print(address, flush=True))
    )
