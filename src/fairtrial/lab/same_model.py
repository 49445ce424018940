"""Is one endpoint the model that another is, or that was recorded? Asks, and has it judged by
`audit.same_model`.

Everything goes through the runner and its journal: a pair of endpoints is one run of one model (`lab.pair`),
so that what was answered survives a crash and `resume` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fairtrial.adapters.registry import located
from fairtrial.audit.prompts import CONTINUATIONS
from fairtrial.audit.same_model import judge
from fairtrial.audit.same_model_tests import BORDER, CANARY, TEXT, TOKEN, Calls, Setting, Sides, Told, examine
from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Verdict
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Failure
from fairtrial.lab.pair import lots, pair_spec
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_border import border_task, borders, screening_task
from fairtrial.lab.same_model_canary import asked_digest, both_marked, canary_task, marks_in
from fairtrial.lab.same_model_tasks import (
    BUNDLED,
    LOTTERY_ID,
    ONE,
    Asking,
    Kept,
    read_prompts,
    said,
    text_task,
    token_task,
)

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

__all__ = [
    "BUNDLED",
    "Asking",
    "Heard",
    "Kept",
    "SameModel",
    "ask",
    "compare_endpoints",
    "heard_in",
    "judged",
    "names_of",
    "read_prompts",
    "said",
]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one side said: completions by sample id, one-token questions, whether canary items were right, and the
    first tokens at border prompts."""

    texts: Mapping[str, Sequence[str]]
    calls: Calls = ()
    marks: Mapping[str, bool] = field(default_factory=dict)
    firsts: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SameModel:
    """The verdict, every test that was made, the runs it rests on. order: what the lots were drawn from."""

    verdict: Verdict
    told: Told
    runs: tuple[Run, ...]
    order: str = ""

    @property
    def complete(self) -> bool:
        return all(each.summary.status == "complete" for each in self.runs)

    def to_json(self) -> dict[str, JSON]:
        """The contract's `audit --json`, and: tests that were not possible, and what the lots were drawn from.
        The finding holds the evidence: the test with the smallest p-value, the others under `also`."""
        return {
            **self.verdict.to_json(),
            "impossible": list(self.told.impossible),
            "order": self.order or None,
        }


def compare_endpoints(lab: Lab, a: ModelSpec, b: ModelSpec, asking: Asking, **settings: Any) -> SameModel:
    """Ask both, interleaved by lot, and judge: proof. settings: of `Lab.run` (resume, pace)."""
    a, b = located(a, lab.environ), located(b, lab.environ)
    canary = canary_task(asking)
    decoding = asking.decoding((a, b))
    order = digest(
        {
            "a": a.to_json(),
            "b": b.to_json(),
            **asking.to_json(decoding),
            "canary": None if canary is None else asked_digest(canary),
            "borders": asking.borders,
        }
    )
    spec = pair_spec(a, b, each=asking.each, order=order)
    runs, impossible = ask(lab, spec, asking, decoding, 2 * asking.each, **settings)

    def of_a(name: str, epoch: int) -> bool:
        return epoch in lots(order, name, asking.each)

    heard = heard_in(runs, of_a), heard_in(runs, lambda name, epoch: not of_a(name, epoch))
    if canary is not None and not runs[-1].interrupted:
        once = lab.run(canary, pair_spec(a, b, each=1, order=order), epochs=2, **settings)
        runs = (*runs, once)
        heard = _with_marks(heard, once, order)
    if asking.borders and not runs[-1].interrupted:
        more, heard = _at_borders(lab, (a, b), asking, order, heard, decoding.seed, **settings)
        runs = (*runs, *more)
    asked = 0 if canary is None else len(canary.samples)
    return judged(
        names_of(a, b),
        heard,
        asking.length,
        impossible,
        runs,
        order=order,
        canary=asked,
        borders=asking.borders,
    )


def ask(
    lab: Lab, model: ModelSpec, asking: Asking, decoding: Decoding, times: int, **settings: Any
) -> tuple[tuple[Run, ...], dict[str, str]]:
    """(the run of answers, and that of one-token questions where the model states log-probabilities; tests that
    are not possible -> why)."""
    answers = lab.run(text_task(asking, decoding), model, epochs=times, **settings)
    if answers.interrupted:
        return (answers,), {TOKEN: f"{TOKEN} was not asked: stopped"}
    try:
        calls = lab.run(token_task(asking), model, epochs=times, **settings)
    except (UsageError, ProviderError) as error:
        # Raised before the first question: the model can't be asked this, and the audit goes on without.
        if isinstance(error, ProviderError) and error.cause != "logprobs":
            raise
        return (answers,), {TOKEN: f"{TOKEN} is not possible: {error.message}"}
    return (answers, calls), {}


def _with_marks(heard: tuple[Heard, Heard], run: Run, order: str) -> tuple[Heard, Heard]:
    """With the canary items that each side was asked: one of two times, by lot."""

    def of_a(name: str, epoch: int) -> bool:
        return epoch in lots(order, name, 1)

    a, b = heard
    return (
        replace(a, marks=marks_in(run, of_a)[0]),
        replace(b, marks=marks_in(run, lambda name, epoch: not of_a(name, epoch))[0]),
    )


def _at_borders(
    lab: Lab,
    pair: tuple[ModelSpec, ModelSpec],
    asking: Asking,
    order: str,
    heard: tuple[Heard, Heard],
    seed: int | None,
    **settings: Any,
) -> tuple[tuple[Run, ...], tuple[Heard, Heard]]:
    """Look for border prompts, ask them again: (the runs, what was heard with the first tokens)."""

    def sides(run: Run, each: int) -> tuple[Heard, Heard]:
        def of_a(name: str, epoch: int) -> bool:
            return epoch in lots(order, name, each)

        return heard_in((run,), of_a), heard_in((run,), lambda name, epoch: not of_a(name, epoch))

    task = screening_task(asking, seed)
    screened = lab.run(task, pair_spec(*pair, each=1, order=order), epochs=2, **settings)
    first, second = sides(screened, 1)
    kept = borders(task, first.texts, second.texts)
    if not kept or screened.interrupted:
        return (screened,), heard
    tested = lab.run(
        border_task(asking, kept, seed),
        pair_spec(*pair, each=asking.each, order=order),
        epochs=2 * asking.each,
        **settings,
    )
    a, b = sides(tested, asking.each)
    return (screened, tested), (replace(heard[0], firsts=a.texts), replace(heard[1], firsts=b.texts))


def heard_in(runs: Sequence[Run], ours: Callable[[str, int], bool]) -> Heard:
    """One side's answers. ours: whether (sample id, epoch) was put to it."""
    texts: dict[str, list[str]] = {}
    calls = []
    for run in runs:
        for each in sorted(run.records(), key=lambda told: told.epoch):
            if (
                each.output is None
                or isinstance(each.result, Failure)
                or not ours(each.sample_id, each.epoch)
            ):
                continue
            if each.sample_id == ONE:
                calls.append(
                    dict(zip(CONTINUATIONS, (told.logprob for told in each.output.logliks), strict=True))
                )
            else:
                texts.setdefault(each.sample_id, []).append(said(each.output))
    return Heard(texts, tuple(calls))


def judged(
    names: tuple[str, str],
    heard: tuple[Heard, Heard],
    length: int,
    impossible: Mapping[str, str],
    runs: tuple[Run, ...],
    *,
    order: str = "",
    date: str = "",
    canary: int = 0,
    borders: int = 0,
) -> SameModel:
    """The verdict. order: what lots were drawn from, "" where one side is a recording. impossible: tests that
    can't be made -> why. canary: items of the canary set, borders: candidates for border
    prompts, 0 where none was asked."""
    a, b = heard
    asked = [name for name in (*a.texts, *b.texts) if not name.startswith(LOTTERY_ID)]
    kept = _whole(heard, list(dict.fromkeys(asked)))
    lottery = _whole(heard, [name for name in a.texts if name.startswith(LOTTERY_ID)])
    if not kept or min(len(side.texts[kept[0]]) for side in heard) < 2:
        raise ProviderError(
            f"not one prompt was answered as often as asked by {names[0]} and {names[1]}",
            "see the run's failures; --resume asks those questions again",
            cause="incomplete",
        )
    right_a, right_b, left_out = both_marked(a.marks, b.marks, canary)
    sides = Sides(
        [a.texts[name] for name in kept],
        [b.texts[name] for name in kept],
        [a.texts[name] for name in lottery],
        [b.texts[name] for name in lottery],
        a.calls,
        b.calls,
        right_a,
        right_b,
        {"a completion is missing": len(set(asked)) - len(kept)} if len(kept) < len(set(asked)) else {},
        left_out,
        *_firsts(heard),
    )
    every = {TEXT: True, TOKEN: True, CANARY: canary > 0, BORDER: borders > 0}
    planned = tuple(each for each, asked in every.items() if asked and each not in impossible)
    seed = int(digest([order, date, list(names), list(kept)])[7:23], 16)
    setting = Setting(length, planned, "proof" if order else "strong", seed)
    told = examine(sides, setting, names)
    told = replace(told, impossible=(*told.impossible, *impossible.values()))
    verdict = judge(names, told, setting, date=date, runs=[str(each.path) for each in runs])
    return SameModel(verdict, told, runs, order)


def _firsts(heard: tuple[Heard, Heard]) -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    a, b = heard
    kept = _whole((Heard(a.firsts), Heard(b.firsts)), list(a.firsts))
    return [a.firsts[name] for name in kept], [b.firsts[name] for name in kept]


def names_of(a: ModelSpec, b: ModelSpec) -> tuple[str, str]:
    """As typed; with the host where one name is asked at two."""
    hosts = [urlsplit(str(each.options.get("base_url") or "")).netloc.rpartition("@")[2] for each in (a, b)]
    if str(a) != str(b) or hosts[0] == hosts[1]:
        return str(a), str(b)
    return f"{a} at {hosts[0] or 'its own address'}", f"{b} at {hosts[1] or 'its own address'}"


def _whole(heard: tuple[Heard, Heard], names: Sequence[str]) -> list[str]:
    """Prompts that each side answered as often as any: what is missing on one side goes on both."""
    most = [max((len(side.texts.get(name, ())) for name in names), default=0) for side in heard]
    return [
        name
        for name in names
        if all(len(side.texts.get(name, ())) == width for side, width in zip(heard, most, strict=True))
    ]
