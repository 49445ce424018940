"""Is one endpoint the model that another is, or that was recorded? Asks, and has it judged by
`audit.same_model`.

Everything goes through the runner and its journal: a pair of endpoints is one run of one model (`lab.pair`),
so that what was answered survives a crash and `resume` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fairtrial.adapters.registry import located
from fairtrial.audit.prompts import CONTINUATIONS
from fairtrial.audit.same_model import TEXT, TOKEN, Calls, Setting, Sides, Told, examine, judge
from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Verdict
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Failure
from fairtrial.lab.pair import lots, pair_spec
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_tasks import (
    BUNDLED,
    LOTTERY_ID,
    ONE,
    Asking,
    Kept,
    read_prompts,
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
    """What one side said: completions by sample id, and one-token questions."""

    texts: Mapping[str, Sequence[str]]
    calls: Calls = ()


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
        """The contract's `audit --json`, and: evidence of every test, tests that were not possible, the
        order."""
        return {
            **self.verdict.to_json(),
            "evidence": [each.to_json() for each in self.told.evidence],
            "impossible": list(self.told.impossible),
            "order": self.order or None,
        }


def compare_endpoints(lab: Lab, a: ModelSpec, b: ModelSpec, asking: Asking, **settings: Any) -> SameModel:
    """Ask both, interleaved by lot, and judge: proof. settings: of `Lab.run` (resume, pace)."""
    a, b = located(a, lab.environ), located(b, lab.environ)
    order = digest({"a": a.to_json(), "b": b.to_json(), **asking.to_json(asking.decoding((a, b)))})
    spec = pair_spec(a, b, each=asking.each, order=order)
    runs, why_not = ask(lab, spec, asking, asking.decoding((a, b)), 2 * asking.each, **settings)

    def of_a(name: str, epoch: int) -> bool:
        return epoch in lots(order, name, asking.each)

    heard = heard_in(runs, of_a), heard_in(runs, lambda name, epoch: not of_a(name, epoch))
    return judged(names_of(a, b), heard, asking.length, why_not, runs, order=order)


def ask(
    lab: Lab, model: ModelSpec, asking: Asking, decoding: Decoding, times: int, **settings: Any
) -> tuple[tuple[Run, ...], str]:
    """(the run of answers, and that of one-token questions where the model states log-probabilities; why it
    is not there)."""
    answers = lab.run(text_task(asking, decoding), model, epochs=times, **settings)
    if answers.interrupted:
        return (answers,), "stopped"
    try:
        calls = lab.run(token_task(asking), model, epochs=times, **settings)
    except (UsageError, ProviderError) as error:
        # Raised before the first question: the model can't be asked this, and the audit goes on without.
        if isinstance(error, ProviderError) and error.cause != "logprobs":
            raise
        return (answers,), f"{TOKEN} is not possible: {error.message}"
    return (answers, calls), ""


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
    why_not: str,
    runs: tuple[Run, ...],
    *,
    order: str = "",
    date: str = "",
) -> SameModel:
    """The verdict. order: what lots were drawn from, "" where one side is a recording. why_not: why there are
    no one-token questions."""
    a, b = heard
    asked = [name for name in (*a.texts, *b.texts) if not name.startswith(LOTTERY_ID)]
    kept = _whole(heard, list(dict.fromkeys(asked)))
    lottery = _whole(heard, [name for name in a.texts if name.startswith(LOTTERY_ID)])
    sides = Sides(
        [a.texts[name] for name in kept],
        [b.texts[name] for name in kept],
        [a.texts[name] for name in lottery],
        [b.texts[name] for name in lottery],
        a.calls,
        b.calls,
        {"a completion is missing": len(set(asked)) - len(kept)} if len(kept) < len(set(asked)) else {},
    )
    if not kept or min(len(side.texts[kept[0]]) for side in heard) < 2:
        raise ProviderError(
            f"not one prompt was answered as often as asked by {names[0]} and {names[1]}",
            "see the run's failures; --resume asks those questions again",
            cause="incomplete",
        )
    planned = (TEXT,) if why_not else (TEXT, TOKEN)
    seed = int(digest([order, date, list(names), list(kept)])[7:23], 16)
    setting = Setting(length, planned, "proof" if order else "strong", seed)
    told = examine(sides, setting, names)
    if why_not:
        told = replace(told, impossible=(*told.impossible, why_not))
    verdict = judge(names, told, setting, date=date, runs=[str(each.path) for each in runs])
    return SameModel(verdict, told, runs, order)


def names_of(a: ModelSpec, b: ModelSpec) -> tuple[str, str]:
    """As typed; with the host where one name is asked at two."""
    hosts = [urlsplit(str(each.options.get("base_url") or "")).netloc.rpartition("@")[2] for each in (a, b)]
    if str(a) != str(b) or hosts[0] == hosts[1]:
        return str(a), str(b)
    return f"{a} at {hosts[0] or 'its own address'}", f"{b} at {hosts[1] or 'its own address'}"


def said(output: Output) -> str:
    """What is compared of an answer: its text, a refusal's words where it has none. What is no Unicode
    becomes "?", so that a recording can hold it."""
    text = output.text if output.text is not None else output.refusal or ""
    return text.encode("utf-8", "replace").decode()


def _whole(heard: tuple[Heard, Heard], names: Sequence[str]) -> list[str]:
    """Prompts that each side answered as often as any: what is missing on one side goes on both."""
    most = [max((len(side.texts.get(name, ())) for name in names), default=0) for side in heard]
    return [
        name
        for name in names
        if all(len(side.texts.get(name, ())) == width for side, width in zip(heard, most, strict=True))
    ]
