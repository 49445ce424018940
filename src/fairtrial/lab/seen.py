"""Were the items seen? Asks what the committed materials allow, and has it judged by `audit.seen`.

    plan = seen_plan(materials)                        in `seen_materials`; fixed before anything is asked
    result = ask_seen(lab, model, materials, plan)     finding, evidence, runs, what was not possible

Everything goes through the runner and its journal. A test that the model can't be asked is listed, and the others
go on; so is one that its answers don't allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from fairtrial.audit.canary import (
    EMISSION,
    RANK,
    Canaries,
    canary_emission_evidence,
    canary_rank_evidence,
)
from fairtrial.audit.corpus import overlap_evidence, overlap_sentence
from fairtrial.audit.keyed import PROBE as KEYED
from fairtrial.audit.keyed import KeyedForm, keyed_evidence, matched
from fairtrial.audit.lines import Line, line_samples
from fairtrial.audit.order import (
    LEGACY,
    SHUFFLED,
    Controls,
    legacy_evidence,
    order_evidence,
    order_p,
)
from fairtrial.audit.seen import SeenPlan, seen_finding
from fairtrial.core.canon import digest
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Evidence, Finding
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Record
from fairtrial.core.sample import Origin, Sample
from fairtrial.core.task import Task
from fairtrial.evals.prompts import TemplatePrompt
from fairtrial.families.manner import WholeText
from fairtrial.lab.exchangeability import legacy_controls
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_tasks import Kept
from fairtrial.lab.seen_materials import SIBLING, Corpus, Legacy, Materials

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab


VERSION: Final = "1"
OPENING: Final = "Text:"
"""Before every text whose likelihood is asked: an endpoint that echoes states none for a first token."""


@dataclass(frozen=True, slots=True)
class SeenAsking:
    """How it is asked. max_tokens: of an answer to a keyed item or a canary's opening."""

    opening: str = OPENING
    system: str | None = None
    temperature: float | None = 0.0
    max_tokens: int = 100


@dataclass(frozen=True, slots=True)
class SeenResult:
    """evidence: all of it, proof first, p-values as the plan adjusts them. impossible: tests that were planned and
    not possible, or not run, with the reason; facts: what was found that is no test."""

    finding: Finding
    evidence: tuple[Evidence, ...]
    runs: tuple[Run, ...]
    impossible: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return all(each.summary.status == "complete" for each in self.runs)


def ask_seen(
    lab: Lab,
    model: ModelSpec,
    materials: Materials,
    plan: SeenPlan,
    *,
    siblings: Evidence | None = None,
    no_siblings: str = "",
    asking: SeenAsking | None = None,
    **settings: Any,
) -> SeenResult:
    """siblings: evidence of sibling rank, made at `plan.share`, where it was possible; `no_siblings` says why not.
    settings: of `Lab.run` (resume, pace).

    Raises IntegrityError, before anything is asked, where a file is not in its committed order.
    """
    asked = _Asked(lab, model, asking or SeenAsking(), plan, settings)
    # Worked out before the first question: a file in another order must cost none.
    shards = materials.order[0].lines(materials.order[1]) if materials.order else ()
    if siblings is not None:
        asked.proof.append(siblings)
    elif SIBLING in plan.planned:
        asked.impossible.append(f"{SIBLING} is not possible: {no_siblings or 'it was not asked'}")
    if materials.keyed:
        asked.keyed(materials.keyed)
    if materials.canaries:
        asked.canaries(materials.canaries)
    if materials.order:
        asked.order(shards, materials.order[0].lot.commitment)
    if materials.legacy:
        asked.legacy(materials.legacy)
    facts = _overlap(materials.corpus, asked)
    finding = seen_finding(plan, asked.proof, asked.strong, asked.impossible)
    evidence = () if finding.evidence is None else (finding.evidence, *finding.also)
    return SeenResult(finding, evidence, tuple(asked.runs), tuple(asked.impossible), facts)


@dataclass(slots=True)
class _Asked:
    """One model under way: what was asked, and what came of it."""

    lab: Lab
    model: ModelSpec
    asking: SeenAsking
    plan: SeenPlan
    settings: Mapping[str, Any]
    proof: list[Evidence] = field(default_factory=list)
    strong: list[Evidence] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)

    def keyed(self, form: KeyedForm) -> None:
        samples = tuple(Sample(each.id, each.prompt, ()) for each in form.items)
        commitment, alpha = form.lot.commitment, self.plan.share
        self.prove(
            KEYED,
            self.answers(KEYED, samples, commitment),
            lambda told: keyed_evidence(matched(told, form), alpha=alpha, draw=commitment),
        )

    def canaries(self, drawn: Canaries) -> None:
        commitment, alpha = drawn.lot.commitment, self.plan.share
        if RANK in self.plan.planned:
            self.prove(
                RANK,
                self.likelihoods(RANK, drawn.lines, commitment),
                lambda told: canary_rank_evidence(told, drawn, alpha=alpha),
            )
        if EMISSION in self.plan.planned:
            self.prove(
                EMISSION,
                self.answers(EMISSION, drawn.openings, commitment),
                lambda told: canary_emission_evidence(told, drawn, alpha=alpha),
            )

    def order(self, lines: Sequence[Line], commitment: str) -> None:
        self.prove(
            SHUFFLED,
            self.likelihoods(SHUFFLED, lines, commitment),
            lambda told: order_evidence(told, lines, alpha=self.plan.share, draw=commitment),
        )

    def answers(self, name: str, samples: Sequence[Sample], commitment: str) -> Task:
        how = Decoding(temperature=self.asking.temperature, max_tokens=self.asking.max_tokens)
        origin = _origin(name, commitment)
        task = Task(name, VERSION, "generate", samples, origin, TemplatePrompt(), Kept(), how)
        return replace(task, system=self.asking.system)

    def likelihoods(self, name: str, lines: Sequence[Line], commitment: str) -> Task:
        return likelihood_task(name, line_samples(lines, self.asking.opening), commitment, self.asking)

    def prove(self, probe: str, task: Task, judge: Callable[[list[Record]], Evidence]) -> None:
        if found := self.judged(probe, task, judge):
            self.proof.append(found)

    def judged(self, probe: str, task: Task, judge: Callable[[list[Record]], Evidence]) -> Evidence | None:
        told = self.told(probe, task, self.model)
        if told is None:
            return None
        try:
            return judge(told)
        except UsageError as error:
            # The files were checked before: what is wrong is what came back, and that is told, not raised.
            self.impossible.append(f"{probe} is not possible: {error.message}")
            return None

    def told(self, probe: str, task: Task, model: ModelSpec) -> list[Record] | None:
        """The records, or None where the model can't be asked this."""
        if any(each.interrupted for each in self.runs):
            self.impossible.append(f"{probe} was not asked: stopped")
            return None
        try:
            run = self.lab.run(task, model, **self.settings)
        except (UsageError, ProviderError) as error:
            # Raised before the first question. Only log-probabilities may be missing; all else is a fault.
            if task.asks != "loglikelihood" or (
                isinstance(error, ProviderError) and error.cause != "logprobs"
            ):
                raise
            self.impossible.append(f"{probe} is not possible: {error.message}")
            return None
        self.runs.append(run)
        return list(run.records())

    def legacy(self, file: Legacy) -> None:
        """S1: compressors first, which cost no question; then control models; then the model itself."""
        controls = legacy_controls(file.texts, draws=file.draws, long_draws=file.long_draws)
        if not file.planted or controls.failed != ("no positive control",):
            self.impossible.append(f"{file.name}: {controls.obstacle}")
            return
        task = self.likelihoods(LEGACY, file.lines, file.digest)
        values: dict[str, float] = {}
        for other in (*file.clean, *file.planted):
            told = self.told(f"{file.name}: {LEGACY} (control {other})", task, other)
            if told is None:
                return
            values[str(other)] = order_p(told, file.lines)
        clean, planted = (
            {str(each): values[str(each)] for each in group} for group in (file.clean, file.planted)
        )
        controls = Controls({**controls.negative, **clean}, planted)
        if controls.obstacle:
            self.impossible.append(f"{file.name}: {controls.obstacle}")
            return
        found = self.judged(
            LEGACY,
            task,
            lambda told: legacy_evidence(
                told, file.lines, controls, alpha=self.plan.alpha, digest=file.digest
            ),
        )
        if found:
            self.strong.append(found)


def likelihood_task(name: str, samples: Sequence[Sample], commitment: str, asking: SeenAsking) -> Task:
    """How likely is each choice behind the opening?"""
    prompt = WholeText(asking.opening, "{text}", VERSION)
    return Task(
        name,
        VERSION,
        "loglikelihood",
        samples,
        _origin(name, commitment),
        prompt,
        Kept(),
        system=asking.system,
    )


def _overlap(corpus: Corpus | None, asked: _Asked) -> tuple[str, ...]:
    if corpus is None:
        return ()
    seed = int(digest([corpus.overlap.corpus, corpus.threshold])[7:23], 16)
    try:
        asked.strong.append(
            overlap_evidence(
                corpus.overlap, corpus.scores, alpha=asked.plan.alpha, seed=seed, threshold=corpus.threshold
            )
        )
    except UsageError as error:
        asked.impossible.append(f"the gap between overlapping items and others: {error.message}")
    return (overlap_sentence(corpus.overlap, corpus.threshold),)


def _origin(name: str, commitment: str) -> Origin:
    return Origin(name, f"materials of the test of {name}", commitment)
