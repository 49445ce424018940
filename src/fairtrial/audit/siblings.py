"""The two probes of the randomised twin: sibling accuracy (P2) and sibling rank (P1)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fairtrial.audit.outcomes import Outcomes, Ranks
from fairtrial.core.evidence import Effect, Evidence
from fairtrial.stats.clustered import clustered_mean
from fairtrial.stats.siblings import (
    FEW_TEMPLATES,
    accuracy_mde,
    inflation,
    rank_share_mde,
    sibling_accuracy,
    sibling_accuracy_sampled,
    sibling_rank,
)

DRAW = "which sibling was published was a secret, uniform random draw, and the others stayed in custody"
INTERCHANGEABLE = "siblings come from one law and are asked and marked alike, blind to which one is published"
DROPPED = "an item is left out only whole, by a rule that ignores which sibling is published"


def accuracy_evidence(
    found: Outcomes, *, alpha: float, draw: str, seed: int, controls: Sequence[str] = ()
) -> Evidence:
    """P2: is the published form answered right more often than fresh siblings?

    Text is enough. The interval is two-sided at 1 - 2 alpha, so that its upper end alone has level 1 - alpha.
    seed: for sampled answers (several epochs), where the p-value is drawn.
    """
    whole = np.isin(found.published, (0.0, 1.0)).all() and np.isin(found.fresh, (0.0, 1.0)).all()
    level = 1 - 2 * alpha
    gap = inflation(found.published, found.fresh, templates=found.templates, level=level)
    chances = np.column_stack([found.published, found.fresh]).mean(axis=1)
    if whole:
        exact = sibling_accuracy(found.published, found.fresh)
        statistic, p, e = exact.statistic, exact.p, float(exact.e[-1])
    else:
        p = sibling_accuracy_sampled(
            found.published, found.fresh, rng=np.random.default_rng(seed), draws=99_999
        )
        # All or nothing: with the power of the test that was planned, and mean at most 1 under the null.
        statistic, e = float(found.published.sum()), (1 / alpha if p <= alpha else 0.0)
    least = accuracy_mde(chances, found.fresh.shape[1], alpha=alpha)
    return Evidence(
        probe="sibling-accuracy",
        tier="proof",
        question="inflated",
        null="the model and its configuration do not depend on which siblings were published",
        access="text",
        n=len(found.items),
        statistic=statistic,
        p=p,
        e=e,
        alpha=alpha,
        effect=Effect(100 * gap.value, 100 * gap.low, 100 * gap.high, "points", level, gap.method),
        mde=100 * least if math.isfinite(least) else None,
        assumptions=(DRAW, INTERCHANGEABLE, DROPPED),
        controls=tuple(controls),
        draw=draw,
        exclusions=found.exclusions,
    )


def rank_evidence(found: Ranks, *, alpha: float, draw: str, controls: Sequence[str] = ()) -> Evidence:
    """P1: do the weights find published siblings likelier than unpublished ones? Needs log-probabilities.

    Effect: the share of an item's siblings that score below the published one, less the 1/2 that the draw
    explains.
    """
    exact = sibling_rank(found.ranks, found.fresh)
    shares = found.ranks / found.fresh - 0.5
    templates = found.templates if len(set(found.templates)) >= FEW_TEMPLATES else None
    mean = clustered_mean(shares, templates)
    level = 1 - 2 * alpha
    low, high = mean.interval(level=level)
    low, high = max(-0.5, min(low, mean.value)), min(0.5, max(high, mean.value))
    method = "t over items" if templates is None else f"t over {mean.units} templates"
    return Evidence(
        probe="sibling-rank",
        tier="proof",
        question="seen",
        null="the weights do not depend on which siblings were published",
        access="log-probabilities",
        n=found.ranks.size,
        statistic=exact.statistic,
        p=exact.p,
        e=float(exact.e[-1]),
        alpha=alpha,
        effect=Effect(mean.value, low, high, "fraction", level, method),
        mde=rank_share_mde(found.ranks.size, found.fresh, alpha=alpha),
        assumptions=(DRAW, INTERCHANGEABLE, DROPPED),
        controls=tuple(controls),
        draw=draw,
        exclusions=found.exclusions,
    )
