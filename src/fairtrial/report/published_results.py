"""Published results beside ours, as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from fairtrial.stats.published import PublishedFigure
from fairtrial.stats.reported_plants import ReportedPlant

HEAD = """# Published results

What papers report, and what Fairtrial's functions make of the same set-up. Written by

```text
fairtrial calibrate published -o docs/reference/published-results.md
```

Nothing is drawn: the page comes out the same every time. The command ends with 1 where a figure disagrees or a
model falls outside its paper's interval."""

FIGURES = """## Figures

Worked out from what the authors state alone. A figure *agrees* where ours, rounded as theirs, is theirs."""

PLANTS = """## Contamination that was planted

The authors of ConStat (Dekoninck et al. 2024, arXiv 2405.16281) trained 18 models on half of GSM8K's test items,
in nine ways on two base models, and published every score. Their method holds a model's score on the published
items against a smooth curve through the scores of 20 references on these items and on another form of them. Ours,
the cross-check of the [difference in differences](calibration.md#the-strong-tier), lays a rising line through the
same points. Their repository has no answers item by item, so our interval and the test by exchange of roles can't
be compared.

*planted*: how much better the model does on the items that it was trained on than on the other half, the authors'
own yardstick. All in points; the interval is the paper's, of level 95 %. Only models that the authors contaminated
themselves stand here: nobody is accused.

Held against the same items in other words, both methods find much less of it: who has learned an item by heart
answers it in other words as well. That is why our fresh items differ in their numbers, not in their wording
alone."""


@dataclass(frozen=True, slots=True)
class PublishedResults:
    figures: tuple[PublishedFigure, ...]
    plants: tuple[ReportedPlant, ...]

    @property
    def holds(self) -> bool:
        return all(each.agrees for each in self.figures) and all(each.within for each in self.plants)


def published_results_page(found: PublishedResults) -> str:
    figures = [
        [
            each.source,
            each.what + (f" ({each.note})" if each.note else ""),
            f"`{each.by}`",
            _figure(each.published, each.unit),
            _figure(each.ours, each.unit),
            "agrees" if each.agrees else "**disagrees**",
        ]
        for each in found.figures
    ]
    head = ["source", "figure", "by", "published", "ours", ""]
    parts = [HEAD, FIGURES, _table(head, figures), PLANTS]
    for form in dict.fromkeys(each.form for each in found.plants):
        parts += list(_form(form, [each for each in found.plants if each.form == form]))
    return "\n\n".join(parts) + "\n"


def _form(form: str, plants: Sequence[ReportedPlant]) -> tuple[str, str, str]:
    rows = [
        [
            each.model.base,
            each.model.recipe,
            f"{100 * each.model.truth:.1f}",
            f"{100 * each.model.delta:.1f} ({100 * each.model.low:.1f} to {100 * each.model.high:.1f})",
            f"{100 * each.ours:.1f}",
            "within" if each.within else "**outside**",
        ]
        for each in plants
    ]
    apart = [100 * abs(each.ours - each.model.delta) for each in plants]
    off = [100 * (each.ours - each.model.truth) for each in plants]
    theirs = [100 * (each.model.delta - each.model.truth) for each in plants]
    told = textwrap.fill(
        f"{sum(each.within for each in plants)} of {len(plants)} within the paper's interval; ours and theirs are "
        f"{fmean(apart):.1f} points apart on average, {max(apart):.1f} at most. Against what was planted, ours is "
        f"off by {fmean(off):+.1f} points on average and theirs by {fmean(theirs):+.1f}.",
        115,
    )
    head = ["base model", "recipe", "planted", "paper", "ours", ""]
    return f"### Held against {form}", told, _table(head, rows)


def _figure(values: Sequence[float], unit: float) -> str:
    return " to ".join(_number(each, unit) for each in values)


def _number(value: float, unit: float) -> str:
    if unit >= 1:
        return f"{value:,.0f}"
    places = next(at for at in range(1, 16) if round(unit, at) == unit)
    return f"{value:.1e}" if value and unit < 1e-6 else f"{value:.{places}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
