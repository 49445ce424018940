"""From a family and a committed draw to what a model is asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.family import Family
from fairtrial.core.sample import Origin, Sample
from fairtrial.core.task import Task
from fairtrial.core.twin import Place, SiblingRank, Twin
from fairtrial.families.checks import difficulty, exchangeability
from fairtrial.families.manner import AskedFamily, Manner
from fairtrial.trust.draw import Draw
from fairtrial.trust.forms import siblings

VERSION: Final = "1"


def twin(
    family: AskedFamily, draw: Draw, *, fresh: int, items: int | None = None, demonstration: bool = False
) -> Twin:
    """The twin of one draw. fresh: siblings asked beside the published one, 1 to K; items: only the first so many.

    Raises IntegrityError where the draw was made from another version of the family, UsageError for numbers that
    make no twin and where published siblings can be told from the others.
    """
    if draw.siblings > len(LETTERS):
        raise UsageError(f"{draw.siblings} siblings an item", f"draw at most {len(LETTERS)}")
    count = draw.n if items is None else items
    if not 1 <= count <= draw.n:
        raise UsageError(f"{count} items of a draw of {draw.n}", f"give 1 to {draw.n}")
    places: dict[str, Place] = {}
    asked: dict[str, Sample] = {}
    ranked: list[Sample] = []
    ties: dict[str, bytes] = {}
    rows = siblings(draw, family, items=count)
    controls = _controls(family, rows, [draw.published(item) for item in range(count)])
    for item, instances in enumerate(rows):
        published, template = draw.published(item), draw.template(item)
        for column, index in enumerate((published, *draw.fresh(item, fresh))):
            name = f"item-{item:05d}.{index}"
            places[name] = Place(item, column, template)
            asked[name] = instances[index]
        name = f"item-{item:05d}"
        ranked.append(_ranked(instances, name, LETTERS[published], template, family.manner))
        ties[name] = draw.tie_break(item)
    answers = _answers(family, draw, asked, places)
    return Twin(
        answers, places, _likelihoods(family, draw, ranked), ties, draw.commitment, controls, demonstration
    )


def _answers(
    family: AskedFamily, draw: Draw, asked: Mapping[str, Sample], places: Mapping[str, Place]
) -> Task:
    """Every sibling asked, by its name, in one order that the draw fixed."""

    def order(name: str) -> bytes:
        return hashlib.sha256(draw.tie_break(places[name].item) + name.encode()).digest()

    return Task(
        name=f"{family.name}-twin",
        version=VERSION,
        asks="generate",
        samples=tuple(_placed(asked[name], name, places[name]) for name in sorted(asked, key=order)),
        origin=_origin(family, draw),
        prompt=family.manner.prompt,
        scorer=family.manner.scorer(asked),
        decoding=family.manner.decoding,
        cluster="template",
        slices=("form",),
    )


def _likelihoods(family: AskedFamily, draw: Draw, ranked: Sequence[Sample]) -> Task:
    return Task(
        name=f"{family.name}-siblings",
        version=VERSION,
        asks="loglikelihood",
        samples=tuple(ranked),
        origin=_origin(family, draw),
        prompt=family.manner.likelihoods,
        scorer=SiblingRank(),
        cluster="template",
    )


def _origin(family: AskedFamily, draw: Draw) -> Origin:
    return Origin(family.name, f"family {family.name}, draw {draw.commitment}", family.digest)


def _controls(family: Family, rows: Sequence[Sequence[Sample]], published: Sequence[int]) -> tuple[str, ...]:
    """What was checked of this very draw before anybody is asked. Raises UsageError where a check fails: the
    exact test would then measure the draw, not the model."""
    checks = (exchangeability(rows, published=published), difficulty(rows, published=published))
    for each in checks:
        if not each.ok:
            raise UsageError(
                f"{family.name}: the published siblings are not interchangeable with the others: {each.sentence}",
                "mend the family and draw again; this draw can judge nobody",
            )
    return tuple(f"{each.name}: {each.sentence}" for each in checks)


def published_rows(family: AskedFamily, draw: Draw) -> bytes:
    """The published form as rows of own data, JSON lines: what the world gets to see."""
    rows = [
        {"id": f"item-{item:05d}"}
        | family.manner.row(instances[draw.published(item)])
        | {"metadata": {"template": draw.template(item)}}
        for item, instances in enumerate(siblings(draw, family))
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _placed(sibling: Sample, name: str, place: Place) -> Sample:
    form = "published" if place.column == 0 else "fresh"
    return Sample(name, sibling.input, sibling.target, metadata={"template": place.template, "form": form})


def _ranked(instances: Sequence[Sample], name: str, letter: str, template: str, manner: Manner) -> Sample:
    """Every sibling whole, question and answer, as a choice; the published one's letter as the target."""
    choices = tuple(map(manner.whole, instances))
    return Sample(name, manner.likelihoods.opening, (letter,), choices, {"template": template})
