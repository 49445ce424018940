"""A laboratory in memory: a scripted model, a journal that is a list, a clock moved by hand."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, StoreError
from fairtrial.core.execution import Exam, Ruling, Trial
from fairtrial.core.output import Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Generate, Loglikelihood
from fairtrial.core.record import Record, Score
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.task import Task

ORIGIN = Origin("sums", "sums.jsonl", "sha256:" + "0" * 64)


@dataclass(frozen=True)
class PlainPrompt:
    form: Mapping[str, JSON] = field(default_factory=lambda: {"template": "{{ input }}"})

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", sample.text),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return sample.choices


@dataclass(frozen=True)
class Same:
    """Right where the text equals the first target."""

    form: Mapping[str, JSON] = field(default_factory=lambda: {"name": "same", "metric": "accuracy"})

    def __call__(self, output: Output, sample: Sample) -> Score:
        if not output.text:
            return Score("unparsed", 0.0)
        right = output.text == sample.target[0]
        return Score("right" if right else "wrong", float(right), output.text)


def sums(n: int = 20, *, scorer: object = None, decoding: Decoding | None = None) -> Task:
    samples = tuple(Sample(f"s{i:03}", f"{i} + 1 =", (str(i + 1),)) for i in range(n))
    return Task(
        "sums",
        "1",
        "generate",
        samples,
        ORIGIN,
        PlainPrompt(),
        scorer or Same(),  # type: ignore[arg-type]
        decoding or Decoding(max_tokens=10),
    )


Script = Callable[[Generate, int], Output | ProviderError]


def correct(question: Generate, attempt: int) -> Output:
    number = int(question.prompt.split()[0])
    return Output(str(number + 1), "stop", usage=Usage(10, 2), status=200, model="fake-1")


class FakeModel:
    """Answers by a script of (question, attempt number from 1). Counts calls by sample and the most at once."""

    def __init__(self, script: Script = correct, delay: float = 0.0) -> None:
        self.spec = ModelSpec("fake", "model")
        self.script, self.delay = script, delay
        self.calls: dict[tuple[str, int], int] = {}
        self.active = self.most = 0

    async def check(self, asks: str) -> None: ...

    async def generate(self, question: Generate) -> Output:
        key = (question.sample_id, question.epoch)
        self.calls[key] = attempt = self.calls.get(key, 0) + 1
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            await asyncio.sleep(self.delay)
            answer = self.script(question, attempt)
        finally:
            self.active -= 1
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        raise AssertionError("not asked here")

    async def close(self) -> None: ...


class ListJournal:
    """Keeps records in memory; `full_at` records the disk is full."""

    def __init__(self, full_at: int | None = None) -> None:
        self.kept: list[Record] = []
        self.full_at = full_at
        self.folder = "memory"

    def append(self, record: Record) -> None:
        if self.full_at is not None and len(self.kept) >= self.full_at:
            raise StoreError("the disk is full", "free some space")
        self.kept.append(record)

    def sync(self) -> None: ...

    def records(self) -> Iterator[Record]:
        yield from {record.key: record for record in self.kept}.values()


class HandClock:
    """Monotonic time is the event loop's own; wall time stands still unless moved."""

    def __init__(self, at: str = "2026-01-01T00:00:00.000Z") -> None:
        self.at = at

    def now(self) -> str:
        return self.at

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class FlatPrices:
    """`rate` dollars a token, in and out; None: unknown."""

    source = "a flat test price"

    def __init__(self, rate: str | None = None) -> None:
        self.rate = None if rate is None else Decimal(rate)

    def cost(self, model: ModelSpec, usage: Usage) -> Decimal | None:
        if self.rate is None or usage.input_tokens is None or usage.output_tokens is None:
            return None
        return self.rate * (usage.input_tokens + usage.output_tokens)


class Nobody:
    """Progress that only remembers the notices."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def started(self, model: str, task: str, total: int, already: int) -> None: ...

    def advanced(self, record: Record, in_flight: int) -> None: ...

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def finished(self) -> None: ...


@dataclass(frozen=True)
class ExecutedSame:
    """Marks like `Same`, but by a trial: the reply is the program. A reply of "nothing" needs none."""

    form: Mapping[str, JSON] = field(default_factory=lambda: {"name": "executed", "metric": "pass@1"})

    def trial(self, output: Output, sample: Sample) -> Trial | Score:
        if not output.text or output.text == "nothing":
            return Score("unparsed", 0.0)
        return Trial(output.text, Exam("f", sample.target[0], inputs=((1,),)))

    def score(self, ruling: Ruling, output: Output, sample: Sample) -> Score:
        return Score("right" if ruling.passed else "wrong", float(ruling.passed), output.text)


class FakeSandbox:
    """Passes a program that is the reference to the letter. Counts who is inside at once, and in which threads."""

    form: Mapping[str, JSON] = {"backend": "fake", "version": "1", "limits": {"wall_s": "6.0"}}

    def __init__(self, delay: float = 0.0, faults: int = 0, *, retryable: bool = True) -> None:
        self.delay, self.faults, self.retryable = delay, faults, retryable
        self.judged: list[str] = []
        self.threads: set[int] = set()
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def judge(self, trial: Trial) -> Ruling:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            self.threads.add(threading.get_ident())
            self.judged.append(trial.program)
            fault = self.faults > 0
            self.faults -= fault
        time.sleep(self.delay)
        with self._lock:
            self.inside -= 1
        if fault:
            raise ProviderError(
                "no room for a sandbox", "free some", cause="sandbox", retryable=self.retryable
            )
        if trial.program == trial.exam.reference:
            return Ruling(True, calls=3, seconds=0.25)
        return Ruling(False, "wrong-answer", "2 is not 3", 1, seconds=0.125)
