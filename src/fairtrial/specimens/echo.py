"""A specimen's tokens, as a server that echoes prompts needs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fairtrial.core.errors import UsageError
from fairtrial.core.ports import Echoed
from fairtrial.specimens.engine import Read
from fairtrial.specimens.tokens import BEGIN, END, VOCABULARY, encode


class SpecimenTokens:
    """The `Tokens` port. read: every token's log-probability."""

    def __init__(self, read: Callable[[Sequence[int]], Awaitable[Read]]) -> None:
        self._read = read

    @property
    def end(self) -> int:
        return END

    def encode(self, text: str) -> list[int]:
        return encode(text)

    def decode(self, tokens: Sequence[int]) -> list[str]:
        """A character of several bytes stands with its last one; special tokens and stray bytes are empty."""
        pieces: list[str] = []
        held = b""
        for token in tokens:
            if not 0 <= token < VOCABULARY:
                raise UsageError(f"there is no token {token}", f"ids go from 0 to {VOCABULARY - 1}")
            held = b"" if token >= BEGIN else held + bytes([token])
            text = held.decode("utf-8", "ignore")
            pieces.append(text)
            held = b"" if text or len(held) > 3 else held
        return pieces

    async def echo(self, tokens: Sequence[int]) -> list[Echoed]:
        read = await self._read(tokens)
        return [
            Echoed(*each) for each in zip(read.logprobs, read.likeliest, read.best, strict=True)
        ]  # fmt: skip
