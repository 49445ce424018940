"""Answers and log-likelihoods of many prompts at once, each as if it had been asked alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from fairtrial.core.question import Decoding
from fairtrial.specimens.choosing import CLOSE, chances, drawn, likeliest
from fairtrial.specimens.network import CONTEXT, Network
from fairtrial.specimens.tokens import BEGIN, END, decode
from fairtrial.stats.weak import token_moments

ROWS: Final = 32
"""Rows a batch: beyond it the keys and values of a step no longer fit the processor's cache."""

Array = NDArray[Any]
Asked = TypeVar("Asked")
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Written:
    """One answer. tokens: how many the model gave, the one that ended it included."""

    text: str
    stop: Literal["stop", "length"]
    tokens: int


@dataclass(frozen=True, slots=True)
class Read:
    """One text, token by token (BEGIN left out): log-probability in nats, the likeliest token there and its
    log-probability; where asked for, mean and deviation of log p(v), v drawn as the model would."""

    logprobs: tuple[float, ...]
    likeliest: tuple[int, ...]
    best: tuple[float, ...]
    moments: tuple[tuple[float, ...], tuple[float, ...]] | None = None


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
    """A network and the rules of asking it. Texts are token ids without BEGIN, which is added here.

    threads: batches worked on at a time, each on one core; numpy lets others go on while it multiplies.
    """

    def __init__(self, weights: Mapping[str, Array], *, threads: int = 1) -> None:
        self._threads = threads
        self._network = Network(weights)
        self._exact = Network(weights, np.float64)
        # Found once: looking for the libraries costs as much as a small batch.
        self._libraries = ThreadpoolController()

    def write(self, prompts: Sequence[Sequence[int]], decodings: Sequence[Decoding]) -> list[Written]:
        """An answer to each prompt (fewer than CONTEXT tokens each). No seed is seed 0, no temperature 0."""
        rows = [
            _row(place, prompt, how)
            for place, (prompt, how) in enumerate(zip(prompts, decodings, strict=True))
        ]
        return self._in_groups(rows, lambda row: len(row.prompt), self._write)

    def read(self, texts: Sequence[Sequence[int]], *, moments: bool = False) -> list[Read]:
        """What the model thinks of each text (fewer than CONTEXT tokens each)."""

        def work(group: list[tuple[int, Sequence[int]]]) -> Iterator[tuple[int, Read]]:
            return self._read(group, moments)

        return self._in_groups(list(enumerate(texts)), lambda each: len(each[1]), work)

    def _in_groups(
        self,
        items: Sequence[Asked],
        length: Callable[[Asked], int],
        work: Callable[[list[Asked]], Iterator[tuple[int, Told]]],
    ) -> list[Told]:
        """Batches of about equal lengths, so that little is computed for padding; results by their place."""
        ordered = sorted(items, key=length)
        size = max(1, min(ROWS, -(-len(ordered) // self._threads)))
        groups = [ordered[start : start + size] for start in range(0, len(ordered), size)]
        # Products this small are no work for several threads of the matrix library: where another process wants
        # the cores too, they wait for each other, ten times as long as one alone would take.
        alone = self._libraries.limit(limits=1, user_api="blas")
        with alone, ThreadPoolExecutor(self._threads) as pool:
            found = dict(chain.from_iterable(pool.map(lambda group: list(work(group)), groups)))
        return [found[place] for place in range(len(items))]

    def _read(self, texts: list[tuple[int, Sequence[int]]], moments: bool) -> Iterator[tuple[int, Read]]:
        rows = [[BEGIN, *text] for _, text in texts]
        logits, _ = self._network.logits(rows)
        for (place, _), row, told in zip(texts, rows, logits, strict=True):
            yield place, self._told(row, told, moments)

    def _told(self, row: list[int], logits: Array, moments: bool) -> Read:
        known = logits[: len(row) - 1]
        if not len(known):
            return Read((), (), (), ((), ()) if moments else None)
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
            _moments(known) if moments else None,
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


def _moments(logits: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    means, deviations = token_moments(logits)
    return tuple(means.tolist()), tuple(deviations.tolist())
