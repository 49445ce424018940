"""One probe's evidence as names and values: what was tested, on what, with which result."""

from __future__ import annotations

import math

from fairtrial.core.evidence import Effect, Evidence
from fairtrial.report.markup import Child, shortened, tag
from fairtrial.report.sections import MOST
from fairtrial.report.tables import bullets
from fairtrial.report.wording import plural

WORDS = 600
"""Characters of one assumption or control."""


def evidence_facts(each: Evidence, *, p_name: str = "p") -> list[tuple[str, Child]]:
    """Everything that the record holds, in the order in which a reader asks for it."""
    return [
        ("Null hypothesis", shortened(each.null, WORDS)),
        ("Needs", each.access),
        ("Items", f"{each.n:,}; {left_out(each)}"),
        ("Statistic", f"{each.statistic:,.10g}"),
        (p_name, p_shown(each.p)),
        ("e-process at its end", f"{each.e:.4g}" if math.isfinite(each.e) else "above 1e300"),
        ("Level fixed beforehand", f"{each.alpha:g}"),
        ("Effect", f"{each.effect.value:.3f} {each.effect.unit}, {span(each.effect)}, {each.effect.method}"),
        ("Smallest effect to be seen", "none" if each.mde is None else f"{each.mde:.4g} {each.effect.unit}"),
        ("Assumes", _listed(each.assumptions)),
        ("Controls", _listed(each.controls) if each.controls else "none"),
        ("Draw", tag("code", shortened(each.draw, 120))),
    ]


def p_shown(p: float) -> str:
    """Exact tails run out of numbers long before they are 0."""
    return f"{p:.4g}" if p else "below 1e-300"


def span(effect: Effect) -> str:
    """ "1.4 to 10.8 (98 %)"."""
    digits = 1 if effect.unit == "points" else 3
    return f"{effect.low:.{digits}f} to {effect.high:.{digits}f} ({100 * effect.level:g} %)"


def left_out(told: Evidence) -> str:
    """How many items were left out, by reason."""
    if not told.exclusions:
        return "none left out"
    return ", ".join(f"{plural(count, 'item')} left out: {why}" for why, count in told.exclusions.items())


def _listed(sentences: tuple[str, ...]) -> Child:
    return bullets(shortened(each, WORDS) for each in sentences[:MOST])
