"""Is one endpoint the model that another is, or that was recorded? Asks (`lab.same_model_asking`), and has it
judged by `audit.same_model`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fairtrial.adapters.registry import located
from fairtrial.audit.same_model import judge
from fairtrial.audit.same_model_tests import BORDER, CANARY, RANKS, TEXT, TOKEN, Setting, Sides, Told, examine
from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import ProviderError
from fairtrial.core.evidence import Verdict
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.measured import calibration_rows
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_asking import Both, Heard, Interleaved
from fairtrial.lab.same_model_canary import asked_digest, both_marked, canary_task
from fairtrial.lab.same_model_tasks import LOTTERY_ID, Asking, read_prompts

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

__all__ = ["Asking", "SameModel", "compare_endpoints", "judged", "names_of", "read_prompts"]


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

    @property
    def calibration(self) -> Mapping[str, str]:
        """By probe: how often its test erred when it was measured. Raises IntegrityError."""
        return calibration_rows(self.verdict.findings)

    def to_json(self) -> dict[str, JSON]:
        """The contract's `audit --json`, and: tests that were not possible, what the lots were drawn from, and how
        often the tests err.
        The finding holds the evidence: the test with the smallest p-value, the others under `also`."""
        return {
            **self.verdict.to_json(),
            "impossible": list(self.told.impossible),
            "order": self.order or None,
            "calibration": dict(self.calibration),
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
            "ranks": asking.ranks,
        }
    )
    pair = Interleaved(lab, a, b, asking, order, settings)
    heard, impossible = pair.talk(decoding)
    if canary is not None and not pair.stopped:
        heard = pair.canary(canary, heard)
    if asking.borders and not pair.stopped:
        heard = pair.borders(decoding.seed, heard)
    if asking.ranks and not pair.stopped:
        heard, why_not = pair.ranks(heard)
        impossible |= why_not
    return judged(
        names_of(a, b),
        heard,
        asking.length,
        impossible,
        pair.runs,
        order=order,
        canary=0 if canary is None else len(canary.samples),
        more=(BORDER,) * (asking.borders > 0) + (RANKS,) * asking.ranks,
    )


def judged(
    names: tuple[str, str],
    heard: Both,
    length: int,
    impossible: Mapping[str, str],
    runs: tuple[Run, ...],
    *,
    order: str = "",
    date: str = "",
    canary: int = 0,
    more: tuple[str, ...] = (),
) -> SameModel:
    """The verdict. order: what lots were drawn from, "" where one side is a recording. impossible: tests that
    can't be made -> why. canary: items of the canary set, 0 where none was asked. more: tests that were planned on
    request."""
    sides, kept = _sides(names, heard, canary)
    every = (TEXT, TOKEN, *((CANARY,) if canary else ()), *more)
    planned = tuple(each for each in every if each not in impossible)
    seed = int(digest([order, date, list(names), kept])[7:23], 16)
    setting = Setting(length, planned, "proof" if order else "strong", seed)
    told = examine(sides, setting, names)
    told = replace(told, impossible=(*told.impossible, *impossible.values()))
    verdict = judge(names, told, setting, date=date, runs=[str(each.path) for each in runs])
    return SameModel(verdict, told, runs, order)


def _sides(names: tuple[str, str], heard: Both, canary: int) -> tuple[Sides, list[str]]:
    """(what is judged, the prompts that both answered whole). Raises ProviderError where there is none."""
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
        [each[1:] for each in a.ranked],
        [each[0] for each in a.ranked],
    )
    return sides, kept


def _firsts(heard: Both) -> tuple[list[Sequence[str]], list[Sequence[str]]]:
    a, b = heard
    kept = _whole((Heard(a.firsts), Heard(b.firsts)), list(a.firsts))
    return [a.firsts[name] for name in kept], [b.firsts[name] for name in kept]


def names_of(a: ModelSpec, b: ModelSpec) -> tuple[str, str]:
    """As typed; with the host where one name is asked at two."""
    hosts = [urlsplit(str(each.options.get("base_url") or "")).netloc.rpartition("@")[2] for each in (a, b)]
    if str(a) != str(b) or hosts[0] == hosts[1]:
        return str(a), str(b)
    return f"{a} at {hosts[0] or 'its own address'}", f"{b} at {hosts[1] or 'its own address'}"


def _whole(heard: Both, names: Sequence[str]) -> list[str]:
    """Prompts that each side answered as often as any: what is missing on one side goes on both."""
    most = [max((len(side.texts.get(name, ())) for name in names), default=0) for side in heard]
    return [
        name
        for name in names
        if all(len(side.texts.get(name, ())) == width for side, width in zip(heard, most, strict=True))
    ]
