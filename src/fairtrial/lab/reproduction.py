"""A claim asked again, and each condition that it leaves open tried another way on the same items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fairtrial.audit.reproduces import TOLERANCE, Answers, Setting, answers, reproduces, setting
from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim, Conditions
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Finding
from fairtrial.core.plan import ModelSpec
from fairtrial.core.task import Task
from fairtrial.lab.claim_task import claim_task, forms_of, reading_of, readings
from fairtrial.lab.run import Run
from fairtrial.metrics.samples import number, section, text

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

SETTING_ITEMS: Final = 200
"""Items on which a setting's effect is measured, by default."""
SYSTEM: Final = "You are a helpful assistant."
SAMPLED: Final = 0.7
"""Temperature that is tried where the claim states none."""
ANSWERED_ONCE: Final = "a recording holds its answers to one prompt, and can't be asked another way"
SHOTS: Final = (0, 1)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The finding, the table of settings, and the runs that both rest on, the claim's re-run first."""

    finding: Finding
    settings: tuple[Setting, ...]
    runs: tuple[Run, ...]

    @property
    def complete(self) -> bool:
        return all(each.summary.status == "complete" for each in self.runs)

    def to_json(self) -> dict[str, JSON]:
        return {
            "finding": self.finding.to_json(),
            "settings": [each.to_json() for each in self.settings],
            "runs": [str(each.path) for each in self.runs],
        }


def reproduce(
    lab: Lab,
    claim: Claim,
    model: ModelSpec | str,
    *,
    tolerance: float | None = None,
    items: int | None = None,
    epochs: int | None = None,
    setting_items: int = SETTING_ITEMS,
    data: str | None = None,
    **asked: Any,
) -> Reproduction:
    """Ask the claim's items again under its conditions, then its open conditions another way.

    items: only the first so many, and then the claim's own sampling error counts as well. epochs: answers an
    item, None for the claim's. setting_items: items on which each setting is tried, 0 for no table. data: local
    file of a benchmark that doesn't ship with us. asked: as `Lab.run` (seed, resume, max_cost, pace). Raises
    UsageError for a claim that can't be asked here, ProviderError where nothing was answered.
    """
    task = claim_task(lab, claim, data=data)
    times = epochs or claim.conditions.samples or 1
    run = lab.run(task, model, epochs=times, limit=items, **asked)
    if not run.summary.counts.scored:
        raise ProviderError(
            f"{model} answered none of the claim's items",
            f"look at {run.path}, then add --resume",
            cause="incomplete",
        )
    reading = reading_of(task, claim)
    found = _answers(run, reading)
    whole = claim.n == len(task.samples)
    same = whole and found.planned == claim.n
    finding = reproduces(
        claim,
        found,
        same_items=same,
        greedy=_greedy(task, claim),
        whole=claim.n if whole and not same else None,
        access="text" if task.asks == "generate" else "log-probabilities",
        tolerance=tolerance,
    )
    if run.interrupted or setting_items < 1:
        return Reproduction(finding, (), (run,))
    gap = (finding.evidence.effect.value if finding.evidence else 0.0) / 100
    trial = _Trial(lab, claim, model, task, run, found, gap, tolerance or claim.tolerance or TOLERANCE)
    limit = min(setting_items, found.planned)
    rows = tuple(trial.rows(limit, data=data, **{**asked, "epochs": 1}))
    return Reproduction(finding, rows, (run, *trial.runs))


def answers_once(plan: Mapping[str, JSON]) -> bool:
    """Whether the model of this plan is a recording: it gives one answer an item, however it is asked."""
    return section(plan, "model").get("provider") == "replay"


def _greedy(task: Task, claim: Claim) -> bool:
    """Whether both sides took the likeliest answer. A claim that doesn't say so isn't taken to."""
    if task.asks == "loglikelihood":
        return True
    return claim.conditions.temperature == 0 and task.decoding.temperature == 0


def _answers(run: Run, reading: str) -> Answers:
    return answers(
        run.records(),
        planned=int(number(run.plan["n"]) or 0),
        epochs=int(number(run.plan["epochs"]) or 1),
        reading=reading,
    )


@dataclass(frozen=True, slots=True)
class _Other:
    """A condition with another value. conditions: the claim's with it filled in; used, tried: for people."""

    condition: str
    used: str
    tried: str
    conditions: Conditions


class _Trial:
    """The table of settings of one re-run."""

    def __init__(
        self,
        lab: Lab,
        claim: Claim,
        model: ModelSpec | str,
        task: Task,
        run: Run,
        found: Answers,
        gap: float,
        tolerance: float,
    ) -> None:
        self.lab, self.claim, self.model = lab, claim, model
        self.task, self.run, self.found = task, run, found
        self.gap, self.tolerance = gap, tolerance
        self.runs: list[Run] = []

    def rows(self, limit: int, *, data: str | None, **asked: Any) -> Iterator[Setting]:
        """In the order of the conditions. Readings cost nothing: the answers are there already."""
        open_ = self.claim.conditions.undisclosed
        for other in self._others():
            if self.runs and self.runs[-1].interrupted:
                return
            if other.condition in open_:
                yield self._asked(other, limit, data, asked)
        if "extraction" in open_:
            yield from self._read()
        if "samples" in open_:
            why = "more answers an item narrow the interval and don't move the mean"
            yield Setting("samples", str(self.found.table.shape[1]), "more", why_not=why)

    def _others(self) -> Iterator[_Other]:
        told, task = self.claim.conditions, self.task
        shots = number(section(task.prompt.form, "fewshot").get("n"))
        for count in SHOTS if shots is not None and not self.claim.family else ():
            if count != shots:
                yield _Other("shots", f"{shots:g}", str(count), replace(told, shots=count))
        forms = forms_of(self.claim)
        for form in forms[1:]:
            yield _Other("prompt", forms[0], form, replace(told, prompt=form))
        yield _Other("system", "none", repr(SYSTEM), replace(told, system=SYSTEM))
        if task.asks != "generate":
            return
        used = task.decoding.temperature
        if used != SAMPLED:
            sampled = replace(told, temperature=SAMPLED)
            yield _Other(
                "temperature", "the provider's" if used is None else f"{used:g}", f"{SAMPLED:g}", sampled
            )
        most = task.decoding.max_tokens
        for limit in (max(1, most // 2), most * 2):
            if limit != most:
                yield _Other("max_tokens", str(most), str(limit), replace(told, max_tokens=limit))

    def _asked(self, other: _Other, limit: int, data: str | None, asked: dict[str, Any]) -> Setting:
        """Asked anew. A model or a task that can't be asked so is a row that says why."""
        changed = replace(self.claim, conditions=other.conditions)
        if answers_once(self.run.plan):
            return Setting(other.condition, other.used, other.tried, why_not=ANSWERED_ONCE)
        try:
            task = claim_task(self.lab, changed, data=data)
            run = self.lab.run(task, self.model, limit=limit, **asked)
        except (UsageError, ProviderError) as error:
            # Raised before the first question: the re-run itself went well, so it is this setting.
            return Setting(other.condition, other.used, other.tried, why_not=error.message)
        self.runs.append(run)
        return self._compared(other.condition, other.used, other.tried, run, reading_of(task, changed))

    def _read(self) -> Iterator[Setting]:
        own = text(self.task.scorer.form.get("name"))
        for name in readings(self.task):
            if name != reading_of(self.task, self.claim):
                yield self._compared("extraction", own, name, self.run, name)

    def _compared(self, condition: str, used: str, tried: str, run: Run, reading: str) -> Setting:
        try:
            other = _answers(run, reading)
        except UsageError as error:
            return Setting(condition, used, tried, why_not=error.message)
        return setting(
            condition, used, tried, base=self.found, other=other, gap=self.gap, tolerance=self.tolerance
        )
