"""The six questions of an audit, put to one model, one after another. Opened by `lab.audit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from fairtrial.audit.claim_verdict import NO_FRESH_FORM
from fairtrial.audit.disclosed import disclosed
from fairtrial.audit.fingerprint import Fingerprint
from fairtrial.audit.outcomes import Outcomes, outcomes, ranks
from fairtrial.audit.reproduces import TOLERANCE
from fairtrial.audit.siblings import accuracy_evidence, rank_evidence
from fairtrial.audit.tables import attempts_table, formats_table, settings_table, weak_rows
from fairtrial.audit.tuned import judge_tuned
from fairtrial.audit.twin import DEMONSTRATION, NOTHING_RIGHT, Forms, Rules, inflated
from fairtrial.audit.verdict import ALPHA
from fairtrial.core.audited import Table
from fairtrial.core.claim import Claim
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.estimate import Estimate
from fairtrial.core.evidence import Asked, Evidence, Finding
from fairtrial.core.plan import ModelSpec
from fairtrial.core.task import Task
from fairtrial.core.twin import Twin
from fairtrial.lab import fingerprints, lots, same_model
from fairtrial.lab.claim_task import claim_task, open_draw
from fairtrial.lab.formats import Asking, answer_tuned, asked_like, family_pool, pool_of
from fairtrial.lab.purse import SPENT
from fairtrial.lab.reproduction import ANSWERED_ONCE, reproduce
from fairtrial.lab.run import Run
from fairtrial.lab.scope import Scope
from fairtrial.lab.seen import ask_seen
from fairtrial.lab.seen_materials import Materials, seen_plan
from fairtrial.lab.twin import open_twin
from fairtrial.lab.weak import ask_weak
from fairtrial.stats.intervals import wilson
from fairtrial.trust.forms import siblings

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

NO_PROOF: Final = (
    "no committed draw, key, canary or shuffled order exists for these items, so nothing here can prove that they "
    "were seen"
)
NOT_TESTED: Final = (
    "the model that was tested was not named for asking, and no fingerprint of it was given: whether it is the "
    "served one was not tested"
)
FEWEST: Final = 2


@dataclass
class Questions:
    """One claim, one served model. Every run is kept in `runs`; `stopped` says why nothing more was asked."""

    lab: Lab
    claim: Claim
    served: ModelSpec
    scope: Scope
    settings: Mapping[str, Any]
    runs: list[Run] = field(default_factory=list)
    scores: list[Estimate] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""
    _siblings: Outcomes | None = None

    @cached_property
    def task(self) -> Task:
        """The claim's items under the claim's conditions."""
        return claim_task(self.lab, self.claim, data=self.scope.data)

    @cached_property
    def twin(self) -> Twin | None:
        """None where the claim's items have no fresh form."""
        if not self.claim.family:
            return None
        scope = self.scope
        return open_twin(self.claim.family, self.claim.draw or None, fresh=scope.fresh, items=scope.items)

    @cached_property
    def materials(self) -> Materials:
        """What the tests of *seen* rest on. Raises IntegrityError for a file that doesn't match its commitment."""
        scope = self.scope
        order = scope.order and (lots.open_order(scope.order[0]), lots.texts_of(scope.order[1]))
        return Materials(
            keyed=lots.open_keyed(scope.keyed) if scope.keyed else None,
            canaries=lots.open_canaries(scope.canaries) if scope.canaries else None,
            order=order or None,
            siblings=self.twin is not None,
        )

    @property
    def recording(self) -> bool:
        """Whether the served model is a recording, of which nothing else can be asked."""
        return self.served.provider == "replay"

    @cached_property
    def recorded(self) -> Fingerprint | None:
        """The tested model's answers of another day."""
        path = self.scope.fingerprint
        return fingerprints.read(path) if path else None

    def findings(self) -> tuple[Finding, ...]:
        """All six, in the order in which they are asked."""
        # Opened before the first question: a file that is wrong must cost none.
        _ = self.task, self.materials, self.recorded
        asked: tuple[tuple[Asked, Callable[[], Finding]], ...] = (
            ("reproduces", self.reproduces),
            ("inflated", self.inflated),
            ("seen", self.seen),
            ("same-model", self.same_model),
            ("tuned", self.tuned),
        )
        found = [self._asked(question, ask) for question, ask in asked]
        return (*found, disclosed(self.claim))

    def _asked(self, question: Asked, ask: Callable[[], Finding]) -> Finding:
        if self.stopped:
            return Finding(question, "undetermined", f"not asked: {self.stopped}")
        try:
            found = ask()
        except ProviderError as error:
            if error.cause != SPENT:
                raise
            self.stopped = error.message
            return Finding(question, "undetermined", f"not asked to its end: {error.message}")
        if any(each.interrupted for each in self.runs):
            self.stopped = "stopped"
        return found

    def reproduces(self) -> Finding:
        found = reproduce(
            self.lab,
            self.claim,
            self.served,
            tolerance=self.scope.tolerance,
            items=self.scope.items,
            setting_items=self.scope.setting_items,
            data=self.scope.data,
            seed=self.scope.seed,
            **self.settings,
        )
        self.runs += found.runs
        self._table(settings_table(found.settings))
        self.scores += _scores(self.claim, found.runs[0])
        return found.finding

    def inflated(self) -> Finding:
        """Published and fresh siblings, both in the claimed configuration."""
        if self.twin is None:
            return Finding("inflated", "undetermined", NO_FRESH_FORM)
        if self.twin.demonstration:
            self.notes.append(DEMONSTRATION)
        run = self._run(asked_like(self.twin.answers, self.task))
        found = self._siblings = outcomes(run.records(), self.twin.places)
        rules = Rules(tolerance=self.scope.tolerance or self.claim.tolerance or TOLERANCE)
        evidence = accuracy_evidence(
            found,
            alpha=rules.inflated,
            draw=self.twin.draw,
            seed=int(self.twin.draw.removeprefix("sha256:")[:8], 16),
            controls=self.twin.controls,
        )
        forms = Forms.of(found)
        self.scores += (forms.published, forms.fresh)
        if forms.published.value == forms.fresh.value == 0:
            return Finding("inflated", "undetermined", NOTHING_RIGHT, evidence)
        return inflated(evidence, rules)

    def seen(self) -> Finding:
        """Proof from committed draws, what else there is beside it, and the weak signals apart."""
        plan = seen_plan(self.materials)
        rank, why_not = self._ranked(plan.share)
        told = ask_seen(
            self.lab, self.served, self.materials, plan, siblings=rank, no_siblings=why_not, **self.settings
        )
        self.runs += told.runs
        self.impossible += told.impossible
        self.facts += told.facts
        self._weak()
        if not plan.planned:
            return replace(told.finding, sentence="; ".join([NO_PROOF, *told.impossible]))
        return told.finding

    def _ranked(self, alpha: float) -> tuple[Evidence | None, str]:
        """Sibling rank, or why it could not be had."""
        if self.twin is None:
            return None, ""
        try:
            run = self._run(self.twin.likelihoods)
        except (UsageError, ProviderError) as error:
            # Raised before the first question: the model states no log-probabilities, which is a finding.
            if isinstance(error, ProviderError) and error.cause != "logprobs":
                raise
            return None, f"no log-probabilities: {error.message}"
        told = ranks(run.records(), self.twin.ties)
        return rank_evidence(told, alpha=alpha, draw=self.twin.draw, controls=self.twin.controls), ""

    def _weak(self) -> None:
        if min(self.scope.weak_items, len(self.task.samples)) < FEWEST or self._interrupted():
            return
        if self.recording:
            self.impossible.append(f"weak signals are not possible: {ANSWERED_ONCE}")
            return
        rows, runs = ask_weak(
            self.lab,
            self.served,
            self.task,
            reference=self.scope.tested,
            items=self.scope.weak_items,
            **self.settings,
        )
        self.runs += runs
        self._table(weak_rows(rows))

    def tuned(self) -> Finding:
        """Many formats on the same items, the register, and fresh siblings under the claimed configuration."""
        register = self.scope.register
        told = None
        if self.recording:
            self.impossible.append(f"a family of formats is not possible: {ANSWERED_ONCE}")
        elif min(self.scope.formats, self.scope.format_items) >= FEWEST:
            asking = Asking(self.scope.formats, self.scope.format_items, seed=self.scope.seed)
            try:
                told, runs = answer_tuned(
                    self.lab,
                    self.claim,
                    self.task,
                    self.served,
                    asking,
                    self._pool(),
                    twin=self.twin,
                    ledger=register,
                    **self.settings,
                )
                self.runs += runs
            except UsageError as error:
                # The claim and the model were asked before: it is this way of asking that they don't allow.
                self.impossible.append(f"a family of formats is not possible: {error.message}")
        if told is None:
            told = judge_tuned(self.claim, ledger=register, claimed=self._siblings, alpha=ALPHA["tuned"])
        self._table(formats_table(told))
        self._table(attempts_table(register, told))
        return replace(
            told.finding, also=tuple(each for each in told.evidence if each != told.finding.evidence)
        )

    def _pool(self) -> Any:
        """Worked examples that none of the claim's items gives away."""
        if not self.claim.family:
            return pool_of(self.task, self.scope.format_items)
        family, drawn = open_draw(self.claim.family, self.claim.draw)
        taken = {each.text for row in siblings(drawn, family) for each in row}
        return family_pool(family, taken)

    def same_model(self) -> Finding:
        tested, recorded = self.scope.tested, self.recorded
        if self.recording:
            return Finding("same-model", "undetermined", f"not possible: {ANSWERED_ONCE}")
        if tested is not None:
            told = same_model.compare_endpoints(
                self.lab, tested, self.served, same_model.Asking(), **self.settings
            )
        elif recorded is not None:
            told = fingerprints.against(self.lab, self.served, recorded, self.scope.prompts, **self.settings)
        else:
            return Finding("same-model", "undetermined", NOT_TESTED)
        self.runs += told.runs
        self.impossible += told.told.impossible
        found = told.verdict.finding("same-model")
        assert found is not None
        return found

    def _run(self, task: Task) -> Run:
        run = self.lab.run(task, self.served, **self.settings)
        self.runs.append(run)
        return run

    def _interrupted(self) -> bool:
        return any(each.interrupted for each in self.runs)

    def _table(self, table: Table | None) -> None:
        if table is not None:
            self.tables.append(table)


def _scores(claim: Claim, run: Run) -> list[Estimate]:
    """The claimed score with the interval that its own n gives it, and what it scores when asked again."""
    found = []
    if claim.value is not None and claim.n is not None:
        low, high = wilson(claim.value * claim.n, claim.n)
        found.append(
            Estimate("claimed", claim.value, low, high, 0.95, claim.n, "Wilson, from the claim's own n")
        )
    if run.summary.primary is not None:
        found.append(replace(run.summary.primary, metric="asked again"))
    return found
