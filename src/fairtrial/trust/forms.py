"""The instances behind a draw: every item's K + 1 siblings, all different, by a rule that favours none of them."""

from __future__ import annotations

from typing import Final

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.family import Family
from fairtrial.core.sample import Sample
from fairtrial.trust.draw import Draw

ATTEMPTS: Final = 200


def siblings(draw: Draw, family: Family, *, items: int | None = None) -> tuple[tuple[Sample, ...], ...]:
    """For every item its K + 1 samples; `draw.published(item)` says which of them is the published one.

    items: only the first so many, which are the same as in the whole; None for all.

    No question stands twice in the whole draw, and an item's siblings differ in the parameters that decide
    the answer, where the family states them (`metadata["answer_from"]`): with the same numbers and other
    names, a memorised answer would fit the sibling as well, and the comparison would see nothing.

    Where an attempt breaks this, all K + 1 siblings of the item are drawn again together. Whether it does
    depends on the siblings as a set, and on earlier items' siblings as a set, never on their order; so any
    permutation of an item's siblings is as likely as any other, as if nothing had been refused. Throwing out
    the one that came second would not do: it would leave the earlier sibling with another law.

    Raises IntegrityError where the family is not the one that was committed to; UsageError, naming the
    template, where it can't give enough different siblings.
    """
    if (family.name, family.digest) != (draw.family, draw.family_digest):
        raise IntegrityError(
            f"the draw was committed over {draw.family} {draw.family_digest[:19]}…, "
            f"this is {family.name} {family.digest[:19]}…",
            "use the family's file as it was; a changed formula is another family",
        )
    taken: set[str] = set()
    forms = []
    for item in range(draw.n if items is None else items):
        forms.append(_different(draw, family, item, taken))
        taken.update(each.text for each in forms[-1])
    return tuple(forms)


def _different(draw: Draw, family: Family, item: int, taken: set[str]) -> tuple[Sample, ...]:
    template = draw.template(item)
    for attempt in range(ATTEMPTS):
        seeds = (draw.sibling_seed(item, each, attempt) for each in range(draw.siblings))
        drawn = tuple(family.sample(template, seed) for seed in seeds)
        texts = {each.text for each in drawn}
        keys = {canonical(each.metadata["answer_from"]) for each in drawn if "answer_from" in each.metadata}
        if len(texts) == draw.siblings and not texts & taken and len(keys) in (0, draw.siblings):
            return drawn
    raise UsageError(
        f"{family.name}, template {template!r}: no {draw.siblings} different siblings in {ATTEMPTS} attempts, "
        f"at item {item}",
        "give its parameters wider laws, or draw fewer items or siblings",
    )
