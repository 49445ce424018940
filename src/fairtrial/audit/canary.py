"""Canaries (P4): random strings that a file carries, against committed controls that were never published.

Found: the model met the *file*. Not found: nothing, since files that carry a canary are often filtered out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from scipy.special import betaincinv

from fairtrial.audit.lines import Line, line, line_scores, share_effect, share_of_shift
from fairtrial.audit.lot import Lot
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Effect, Evidence
from fairtrial.core.record import Failure, Record
from fairtrial.core.sample import Sample
from fairtrial.stats.canary import canary_emission, guessing_chance
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.siblings import POWER, poisson_binomial_tail
from fairtrial.stats.standing import standing, standing_mde

RANK: Final = "canary-rank"
EMISSION: Final = "canary-emission"
PLACE: Final = "{canary}"
GIVEN: Final = 8
"""Hexadecimal digits of a canary that the prompt gives when it is asked for."""
LOOKED_AT: Final = 1_000
"""Characters of a reply that are searched for it: at most so many strings are looked at."""
LEAST_BITS: Final = 128
MOST: Final = 100_000
"""Canaries and controls together."""
UNIFORM: Final = (
    "canaries and controls are uniform random bits, drawn alike, and were committed to before publication"
)
CUSTODY: Final = "the controls never left custody"
ABSENT: Final = "a canary that isn't found proves nothing: documents that carry one are often filtered out"


@dataclass(frozen=True, slots=True)
class Canaries:
    """lot: draws the bits. template: a document's line around `{canary}`; count: canaries, each with `controls`
    controls of its own; bits: of each string, written in hexadecimal."""

    lot: Lot
    template: str
    count: int
    controls: int
    bits: int

    def string(self, canary: int, control: int | None = None) -> str:
        """The published string, or one of its controls."""
        label = f"canary {canary}" if control is None else f"control {canary} {control}"
        return self.lot.bits(label, self.bits // 8).hex()

    def text(self, canary: int, control: int | None = None) -> str:
        return self.template.replace(PLACE, self.string(canary, control))

    @property
    def published(self) -> tuple[str, ...]:
        """What goes into the file."""
        return tuple(map(self.text, range(self.count)))

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(
            line(
                self.text(at),
                [self.text(at, each) for each in range(self.controls)],
                self.lot.below(f"place {at}", self.controls + 1),
            )
            for at in range(self.count)
        )

    @property
    def openings(self) -> tuple[Sample, ...]:
        """Prompts that a model which knows the file goes on from."""
        before = self.template.partition(PLACE)[0]
        return tuple(
            Sample(f"canary-{at:05d}", before + self.string(at)[:GIVEN], (self.string(at)[GIVEN:],))
            for at in range(self.count)
        )

    @property
    def absent_bits(self) -> int:
        return self.bits - 4 * GIVEN


def canary_body(template: str, *, count: int, controls: int, bits: int = LEAST_BITS) -> dict[str, JSON]:
    """What a lot of kind "canary" is drawn over."""
    return {"template": template, "count": count, "controls": controls, "bits": bits}


def canaries(lot: Lot) -> Canaries:
    """The canaries of a lot. Raises UsageError for a body that holds none."""
    body: Any = lot.body
    if lot.kind != "canary" or set(body) != {"template", "count", "controls", "bits"}:
        raise UsageError("the lot holds no canaries")
    template, count, controls, bits = (body[each] for each in ("template", "count", "controls", "bits"))
    if not isinstance(template, str) or template.count(PLACE) != 1:
        raise UsageError(f"a canary's template holds {PLACE} once")
    if any(type(each) is not int for each in (count, controls, bits)):
        raise UsageError("count, controls and bits are whole numbers")
    if bits < LEAST_BITS or bits % 8 or bits > 4096:
        raise UsageError(f"canaries of {bits} bits", f"give {LEAST_BITS} to 4,096, a multiple of 8")
    if count < 1 or controls < 1 or count * (controls + 1) > MOST:
        raise UsageError(f"{count} canaries with {controls} controls each", f"give at most {MOST:,} in all")
    return Canaries(lot, template, count, controls, bits)


def canary_rank_evidence(records: Iterable[Record], drawn: Canaries, *, alpha: float) -> Evidence:
    """P4 by rank: is each published canary likelier than its controls? Needs log-probabilities."""
    scores = line_scores(records, drawn.lines)
    level = 1 - 2 * alpha
    found = standing(scores.published, scores.controls, level=level)
    n = len(scores.published)
    return Evidence(
        probe=RANK,
        tier="proof",
        question="seen",
        null="the model does not depend on which strings were published as canaries",
        access="log-probabilities",
        n=n,
        statistic=float(sum(found.ranks)),
        p=found.p,
        e=found.e,
        alpha=alpha,
        effect=share_effect(found, level),
        mde=share_of_shift(standing_mde(n, drawn.controls, alpha=alpha)),
        assumptions=(UNIFORM, CUSTODY),
        controls=(
            f"{drawn.controls:,} controls for each of {n} canaries, ties counted against the canary",
            ABSENT,
        ),
        draw=drawn.lot.commitment,
        exclusions=scores.exclusions,
    )


def canary_emission_evidence(records: Iterable[Record], drawn: Canaries, *, alpha: float) -> Evidence:
    """P4 by emission: does the model write out what is missing of a canary? Text is enough."""
    wanted = {each.id: each.target[0] for each in drawn.openings}
    emitted: dict[str, bool] = {}
    replies: dict[str, int] = {}
    failed: set[str] = set()
    for record in records:
        rest = wanted.get(record.sample_id)
        if rest is None:
            raise UsageError(f"the run holds a sample {record.sample_id!r} that is not in this canary file")
        if isinstance(record.result, Failure) or record.output is None:
            failed.add(record.sample_id)
            continue
        text = (record.output.text or "")[:LOOKED_AT].casefold()
        emitted[record.sample_id] = emitted.get(record.sample_id, False) or rest in text
        replies[record.sample_id] = replies.get(record.sample_id, 0) + 1
    lost = failed - set(emitted)
    if not emitted:
        raise UsageError("no canary was answered", "look at the run's failures, and resume it")
    # Strings looked at: one from each place of every reply. The most of any canary stands for all.
    candidates = LOOKED_AT * max(replies.values())
    found = canary_emission(list(emitted.values()), absent_bits=drawn.absent_bits, candidates=candidates)
    level, n = 1 - 2 * alpha, found.canaries
    low, high = clopper_pearson(found.emitted, n, level=level)
    chance = guessing_chance(absent_bits=drawn.absent_bits, candidates=candidates)
    return Evidence(
        probe=EMISSION,
        tier="proof",
        question="seen",
        null="the model and its configuration do not depend on the bits of the canaries",
        access="text",
        n=n,
        statistic=float(found.emitted),
        p=found.p,
        e=found.e,
        alpha=alpha,
        effect=Effect(found.emitted / n, low, high, "fraction", level, "Clopper-Pearson over canaries"),
        mde=least_emitted(n, chance, alpha=alpha),
        assumptions=(UNIFORM,),
        controls=(
            f"{drawn.absent_bits} bits were missing; at most {candidates:,} strings were looked at a canary",
            ABSENT,
        ),
        draw=drawn.lot.commitment,
        exclusions={"no answer came": len(lost)} if lost else {},
    )


def least_emitted(n: int, chance: float, *, alpha: float) -> float | None:
    """Smallest chance of writing a canary out that is found with probability 0.8; None where even all n written
    out would not reach alpha."""
    for needed in range(1, n + 1):
        if poisson_binomial_tail([chance] * n, needed) <= alpha:
            return float(betaincinv(needed, n - needed + 1, POWER))
    return None
