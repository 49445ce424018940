"""A causal language model of transformers and the rules of asking it. Imports torch: see `hf`.

The likeliest token, or one drawn from a text's own source of chance, so that a drawn answer follows from seed and
prompt alone. Which texts share a batch changes a logit by about 1e-6 in float32: log-likelihoods move within 1e-5,
and an answer only where two tokens tie that closely. In bfloat16 both are coarser.
"""

from __future__ import annotations

import hashlib
import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import torch
import transformers

from fairtrial.adapters.models.hf_files import Choice
from fairtrial.adapters.models.hf_loading import device_of, is_memory, load, window_of
from fairtrial.core.errors import ProviderError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding

Row: TypeAlias = tuple[tuple[int, ...], int]
"""A text's tokens, and the place from 1 on from which their likelihoods are asked."""
Asked: TypeAlias = tuple[tuple[int, ...], Decoding]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Read:
    """From the row's place on, token by token: log-probability in nats, the likeliest token there and its own;
    where asked for, mean and deviation of log p(v), v drawn as the model would."""

    logprobs: tuple[float, ...]
    likeliest: tuple[int, ...]
    best: tuple[float, ...]
    moments: tuple[tuple[float, ...], tuple[float, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """One answer. tokens: how many the model gave, the one that ended it included."""

    text: str
    stop: Literal["stop", "length"]
    tokens: int


class Speller(Protocol):
    """What is needed of a tokenizer here."""

    @property
    def ends(self) -> int | None: ...

    @property
    def padding(self) -> int: ...

    @property
    def window(self) -> int | None: ...

    def answer(self, tokens: Sequence[int]) -> str: ...


@dataclass(slots=True)
class _Draft:
    """An answer under way. room: tokens it may still have, by the plan and by what the model can read."""

    prompt: tuple[int, ...]
    decoding: Decoding
    room: int
    chance: random.Random
    written: list[int] = field(default_factory=list)
    answer: Written | None = None


class Weights:
    """The model in `folder`, on one device. `closed` set: a batch under way ends at its next token.

    window: the most tokens it reads; None where nothing says. Raises UsageError where it can't be loaded as
    asked, IntegrityError where a file is damaged or lacks tensors.
    """

    def __init__(self, folder: Path, spec: ModelSpec, choice: Choice, speller: Speller) -> None:
        self._spec, self._speller, self._rows = spec, speller, choice.batch_size
        self._device = device_of(choice, spec)
        self._model = load(folder, spec, choice, self._device)
        self.window = window_of(self._model.config) or speller.window
        self.closed = False
        self._narrows = "logits_to_keep" in inspect.signature(self._model.forward).parameters
        own = getattr(self._model, "generation_config", None)
        self._ends = _ids(getattr(own, "eos_token_id", None)) | _ids(speller.ends)
        # Of the folder's generation_config.json only the end tokens count: penalties and sampling that the plan
        # doesn't state would be settings that nobody sees.
        self._model.generation_config = transformers.GenerationConfig()

    def read(self, rows: Sequence[Row], *, moments: bool = False) -> list[Read]:
        """What the model thinks of each row.

        A row whose tokens begin another's is read along with it: choices of one token after one context take
        one pass (lm-eval's logits cache, for prefixes of any length).
        """
        order = sorted(range(len(rows)), key=lambda place: rows[place][0][:-1])
        guests: dict[int, list[int]] = {}
        host = -1
        for place in reversed(order):
            inputs = rows[place][0][:-1]
            # In this order, what begins any other begins its neighbour.
            if host < 0 or rows[host][0][: len(inputs)] != inputs or len(inputs) >= len(rows[host][0]):
                host = place
            guests.setdefault(host, []).append(place)
        told: dict[int, Read] = {}
        for batch in self._batches(list(guests), lambda place: len(rows[place][0])):
            for one in self._with_room(batch, lambda hosts: self._passed(hosts, guests, rows, moments)):
                told.update(one)
        return [told[place] for place in range(len(rows))]

    def write(self, asked: Sequence[Asked]) -> list[Written]:
        """An answer to each prompt (one token at least, and room for one more). No seed is seed 0."""
        drafts = [
            _Draft(prompt, how, self._room(len(prompt), how), _chance(prompt, how)) for prompt, how in asked
        ]
        waiting = drafts
        while waiting:
            for batch in self._batches(waiting, lambda draft: len(draft.prompt) + len(draft.written)):
                for _ in self._with_room(batch, self._go_on):
                    pass
            # A batch ends where its longest text fills the window; the shorter ones go on in the next.
            waiting = [draft for draft in drafts if draft.answer is None]
        return [draft.answer for draft in drafts if draft.answer is not None]

    def _room(self, prompt: int, how: Decoding) -> int:
        return how.max_tokens if self.window is None else min(how.max_tokens, self.window - prompt)

    def _batches(self, items: Sequence[Item], length: Callable[[Item], int]) -> Iterator[list[Item]]:
        """Of about equal lengths, the longest first: what doesn't fit the memory is known at once."""
        ordered = sorted(items, key=length, reverse=True)
        for start in range(0, len(ordered), self._rows):
            yield ordered[start : start + self._rows]

    def _with_room(self, batch: list[Item], work: Callable[[list[Item]], Any]) -> Iterator[Any]:
        """`work` done on the batch, or on its halves where the memory doesn't hold it.

        Raises ProviderError where it doesn't hold one text, and where the model was closed meanwhile.
        """
        if self.closed:
            raise ProviderError(f"{self._spec} was closed", "open it again", cause="closed")
        done = None
        try:
            with torch.inference_mode():
                done = [work(batch)]
        except (RuntimeError, MemoryError) as error:
            if not is_memory(error):
                raise
        if done is not None:
            yield done[0]
            return
        if len(batch) == 1:
            raise ProviderError(
                f"{self._spec}: the memory of {self._device} doesn't hold one text of this length",
                "a shorter prompt, dtype=bfloat16, or a device with more memory",
                cause="out-of-memory",
            )
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
            yield from self._with_room(half, work)

    def _passed(
        self, hosts: list[int], guests: dict[int, list[int]], rows: Sequence[Row], moments: bool
    ) -> dict[int, Read]:
        """One forward pass over the hosts' tokens but their last."""
        inputs = [rows[place][0][:-1] for place in hosts]
        width = max(map(len, inputs))
        first = min(rows[guest][1] for place in hosts for guest in guests[place]) - 1
        # Padded on the right without a mask: what stands there comes later than all that is asked about.
        ids = torch.full((len(hosts), width), self._speller.padding, device=self._device)
        for number, tokens in enumerate(inputs):
            ids[number, : len(tokens)] = torch.tensor(tokens)
        narrow = {"logits_to_keep": width - first} if self._narrows else {}
        logits = self._model(input_ids=ids, use_cache=False, **narrow).logits
        before = width - logits.shape[1]
        told = {}
        for number, place in enumerate(hosts):
            for guest in guests[place]:
                tokens, start = rows[guest]
                told[guest] = _read(
                    logits[number, start - 1 - before : len(tokens) - 1 - before], tokens[start:], moments
                )
        return told

    def _go_on(self, drafts: list[_Draft]) -> None:
        """Write on until each has ended, or one fills the window."""
        drafts = [draft for draft in drafts if draft.answer is None]
        texts = [[*draft.prompt, *draft.written] for draft in drafts]
        width = max(map(len, texts))
        # Padded on the left, so that every answer begins in the same place; positions follow the mask.
        ids = torch.full((len(texts), width), self._speller.padding)
        mask = torch.zeros_like(ids)
        for number, text in enumerate(texts):
            ids[number, width - len(text) :] = torch.tensor(text)
            mask[number, width - len(text) :] = 1
        room = max(draft.room - len(draft.written) for draft in drafts)
        if self.window is not None:
            room = min(room, self.window - width)
        how = transformers.GenerationConfig(
            do_sample=False,
            max_new_tokens=room,
            eos_token_id=sorted(self._ends) or None,
            pad_token_id=self._speller.padding,
        )
        self._model.generate(
            input_ids=ids.to(self._device),
            attention_mask=mask.to(self._device),
            generation_config=how,
            logits_processor=transformers.LogitsProcessorList([_chooser(drafts)]),
            stopping_criteria=transformers.StoppingCriteriaList([self._listener(drafts)]),
        )

    def _listener(self, drafts: list[_Draft]) -> Callable[..., Any]:
        """Notes each new token, and says which answers have ended."""

        def listen(ids: Any, scores: Any, **_: Any) -> Any:
            for draft, token in zip(drafts, ids[:, -1].tolist(), strict=True):
                if draft.answer is None:
                    draft.written.append(token)
                    draft.answer = self._ended(draft)
            ended = [self.closed or draft.answer is not None for draft in drafts]
            return torch.tensor(ended, device=ids.device)

        return listen

    def _ended(self, draft: _Draft) -> Written | None:
        n = len(draft.written)
        if draft.written[-1] in self._ends:
            return self._cut(draft, draft.written[:-1], "stop")
        # Only so much of the end can hold a stop string that wasn't there before: a token is a byte at least,
        # but for special ones, which the text leaves out.
        for stop in draft.decoding.stop:
            tail = draft.written[-len(stop.encode()) - 8 :]
            if stop in self._speller.answer(tail) and stop in self._speller.answer(draft.written):
                return self._cut(draft, draft.written, "stop")
        return self._cut(draft, draft.written, "length") if n >= draft.room else None

    def _cut(self, draft: _Draft, tokens: Sequence[int], stop: Literal["stop", "length"]) -> Written:
        text = self._speller.answer(tokens)
        places = [at for each in draft.decoding.stop if (at := text.find(each)) >= 0]
        return Written(text[: min(places)] if places else text, stop, len(draft.written))


def _read(logits: Any, tokens: Sequence[int], moments: bool) -> Read:
    """logits: one row a token."""
    if not tokens:
        return Read((), (), (), ((), ()) if moments else None)
    known = logits.float().log_softmax(-1)
    best, likeliest = known.max(-1)
    wanted = known.gather(-1, torch.tensor(tokens, device=known.device)[:, None])[:, 0]
    return Read(
        tuple(wanted.tolist()),
        tuple(likeliest.tolist()),
        tuple(best.tolist()),
        _moments(known) if moments else None,
    )


def _moments(logprobs: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of log p(v), v ~ p, at each place. A token that can't be drawn counts nothing, whatever
    its logarithm."""
    p = logprobs.exp()
    mean = (p * logprobs).nan_to_num(0.0).sum(-1)
    spread = (p * (logprobs - mean[:, None]).square()).nan_to_num(0.0).sum(-1)
    return tuple(mean.tolist()), tuple(spread.sqrt().tolist())


def _chooser(drafts: list[_Draft]) -> Callable[..., Any]:
    """Leaves the likeliest token where it is; where one is drawn, leaves that one alone."""
    drawing = [(number, draft) for number, draft in enumerate(drafts) if draft.decoding.temperature]

    def choose(ids: Any, scores: Any) -> Any:
        for number, draft in drawing:
            if draft.answer is None:
                token = _drawn(scores[number], draft.decoding, draft.chance.random())
                scores[number] = float("-inf")
                scores[number, token] = 0.0
        return scores

    return choose


def _drawn(logits: Any, how: Decoding, chance: float) -> int:
    """Tokens stand in the order of their ids, so that noise in the logits doesn't reorder them."""
    shares = (logits.double().cpu() / float(how.temperature or 1)).softmax(-1)
    if how.top_p is not None and how.top_p < 1:
        ordered, places = shares.sort(descending=True, stable=True)
        # The fewest that hold top_p together: those before which less than that stands.
        inside = ordered.cumsum(-1) - ordered < how.top_p
        inside[0] = True
        shares[places[~inside]] = 0.0
    upto = shares.cumsum(-1)
    at = int(torch.searchsorted(upto, torch.tensor(chance, dtype=upto.dtype) * upto[-1], right=True))
    return min(at, int(shares.nonzero()[-1]))


def _chance(prompt: Sequence[int], how: Decoding) -> random.Random:
    """The prompt is mixed in so that equal seeds don't draw alike on every item."""
    text = f"{how.seed or 0}:{','.join(map(str, prompt))}"
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))


def _ids(told: int | list[int] | None) -> set[int]:
    return set() if told is None else {told} if isinstance(told, int) else set(told)
