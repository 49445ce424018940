"""Answers and log-likelihoods of many prompts at once, each as if it had been asked alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from fairtrial.core.question import Decoding
from fairtrial.specimens.choosing import CLOSE, chances, drawn, likeliest
from fairtrial.specimens.network import CONTEXT, Network
from fairtrial.specimens.tokens import BEGIN, END, decode

ROWS: Final = 32
"""Rows a batch: beyond it the keys and values of a step no longer fit the processor's cache."""

Array = NDArray[Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written:
    """One answer. tokens: how many the model gave, the one that ended it included."""

    text: str
    stop: Literal["stop", "length"]
    tokens: int


@dataclass(frozen=True, slots=True)
class Read:
    """One text, token by token (BEGIN left out): log-probability in nats, the likeliest token there and its
    log-probability."""

    logprobs: tuple[float, ...]
    likeliest: tuple[int, ...]
    best: tuple[float, ...]


@dataclass(slots=True)
class _Row:
    """An answer under way. place: where it stands in what was asked."""

    place: int
    prompt: list[int]
    decoding: Decoding
    draw: Callable[[], float]
    stops: tuple[bytes, ...]
    written: list[int] = field(default_factory=list)

    def ended(self) -> Written | None:
        last = self.written[-1]
        if last == END:
            return Written(decode(self.written), "stop", len(self.written))
        tail = bytes(token for token in self.written if token < BEGIN)
        for stop in self.stops:
            # Whole answers are searched, not tails: a special token may stand inside a stop string's bytes.
            if (at := tail.find(stop)) >= 0:
                return Written(decode(tail[:at]), "stop", len(self.written))
        full = len(self.prompt) + len(self.written) >= CONTEXT
        if full or len(self.written) >= self.decoding.max_tokens:
            return Written(decode(self.written), "length", len(self.written))
        return None


class Engine:
    """A network and the rules of asking it. Texts are token ids without BEGIN, which is added here."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._network = Network(weights)
        self._exact = Network(weights, np.float64)
        # Found once: looking for the libraries costs as much as a small batch.
        self._threads = ThreadpoolController()

    def write(self, prompts: Sequence[Sequence[int]], decodings: Sequence[Decoding]) -> list[Written]:
        """An answer to each prompt (fewer than CONTEXT tokens each). No seed is seed 0, no temperature 0."""
        rows = [
            _row(place, prompt, how)
            for place, (prompt, how) in enumerate(zip(prompts, decodings, strict=True))
        ]
        answers: dict[int, Written] = {}
        with self._one_thread():
            for group in _groups(rows, lambda row: len(row.prompt)):
                answers |= self._write(group)
        return [answers[place] for place in range(len(rows))]

    def read(self, texts: Sequence[Sequence[int]]) -> list[Read]:
        """What the model thinks of each text (fewer than CONTEXT tokens each)."""
        found: dict[int, Read] = {}
        places = list(range(len(texts)))
        with self._one_thread():
            for group in _groups(places, lambda place: len(texts[place])):
                rows = [[BEGIN, *texts[place]] for place in group]
                logits, _ = self._network.logits(rows)
                for number, place in enumerate(group):
                    found[place] = self._read(rows[number], logits[number])
        return [found[place] for place in places]

    def _one_thread(self) -> AbstractContextManager[object]:
        """Products this small are no work for several threads: where another process wants the cores too, they
        wait for each other, ten times as long as one alone would take."""
        limited: AbstractContextManager[object] = self._threads.limit(limits=1, user_api="blas")
        return limited

    def _read(self, row: list[int], logits: Array) -> Read:
        known = logits[: len(row) - 1]
        if not len(known):
            return Read((), (), ())
        top, lead = likeliest(known)
        if lead.min() < CLOSE:
            # A near tie: which token is the likeliest is settled in float64.
            known = self._exact.logits([row])[0][0, : len(row) - 1]
            top, _ = likeliest(known)
        peak = known.max(axis=-1, keepdims=True)
        logprobs = known - peak - np.log(np.exp(known - peak, dtype=np.float64).sum(axis=-1, keepdims=True))
        places = np.arange(len(known))
        return Read(
            tuple(logprobs[places, row[1:]].tolist()),
            tuple(top.tolist()),
            tuple(logprobs[places, top].tolist()),
        )

    def _write(self, rows: list[_Row]) -> Iterator[tuple[int, Written]]:
        room = max(row.decoding.max_tokens for row in rows)
        logits, cache = self._network.begin([row.prompt for row in rows], room)
        while True:
            for row, token in zip(rows, self._choose(rows, logits), strict=True):
                row.written.append(int(token))
            for number in reversed(range(len(rows))):
                if (answer := rows[number].ended()) is not None:
                    yield rows[number].place, answer
                    cache.drop(number)
                    rows[number] = rows[-1]
                    rows.pop()
            if not rows:
                return
            logits = self._network.step(np.array([row.written[-1] for row in rows]), cache)

    def _choose(self, rows: list[_Row], logits: Array) -> NDArray[np.intp]:
        tokens, leads = likeliest(logits)
        for number, row in enumerate(rows):
            if row.decoding.temperature:
                chance = row.draw()
                token, margin = drawn(logits[number], row.decoding, chance)
                if margin < CLOSE:
                    token, _ = drawn(self._alone(row), row.decoding, chance)
                tokens[number] = token
            elif leads[number] < CLOSE:
                tokens[number] = self._alone(row).argmax()
        return tokens

    def _alone(self, row: _Row) -> Array:
        """The next token's logits in float64, from the tokens themselves."""
        seen = [*row.prompt, *row.written]
        logits: Array = self._exact.logits([seen])[0][0, len(seen) - 1]
        return logits


def _row(place: int, prompt: Sequence[int], decoding: Decoding) -> _Row:
    draw = chances(prompt, decoding.seed or 0).random
    stops = tuple(stop.encode("utf-8", "surrogatepass") for stop in decoding.stop if stop)
    return _Row(place, [BEGIN, *prompt], decoding, draw, stops)


def _groups(items: Sequence[T], length: Callable[[T], int]) -> Iterator[list[T]]:
    """Batches of about equal lengths: little is computed for padding."""
    ordered = sorted(items, key=length)
    for start in range(0, len(ordered), ROWS):
        yield ordered[start : start + ROWS]
