"""Is a family fit for a twin? Checks on its siblings, that a bad family fails.

exchangeability: nothing about a sibling tells its place. difficulty: no place is harder, and siblings of one
item ask about the same work. variety: enough different siblings. All are about the family, none about a model.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairtrial.core.errors import UsageError
from fairtrial.core.family import Family
from fairtrial.core.sample import Sample
from fairtrial.families.columns import Difference, Feature, differences, numeric, words

Rows = Sequence[Sequence[Sample]]
"""Items, and their siblings in columns. All siblings of an item are of one template."""

LEVEL: Final = 0.001
"""Of each check: a fit family fails it at most once in a thousand."""

PERMUTATIONS: Final = 999
"""The least p is then 1 in 1,000: LEVEL itself, which fails."""

MAX_SPREAD: Final = 3.0
"""Work of a template's heavy siblings (90 % point) against its light ones (10 % point). A rule of thumb: beyond
it, luck with the draw hides the inflation that is looked for."""

MAX_REPEATED: Final = 0.5
"""Share of items of which two siblings ask the same. They are drawn again, all together; more cost time."""

MAX_WORDS: Final = 100
"""Different words of a trait beyond which only their length is compared: hardly one would come twice."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Check:
    """ok, what was found in one sentence, and the features by p, if the check has any."""

    name: str
    ok: bool
    sentence: str
    differences: tuple[Difference, ...] = ()


def check_family(family: Family, *, items: int = 40, siblings: int = 8) -> tuple[Check, ...]:
    """All checks on `items` items a template, from seeds that the family's digest decides.

    Raises UsageError, naming template and seed, where a law or a formula fails.
    """
    rows = [
        [family.sample(template, _seed(family, template, item, each)) for each in range(siblings)]
        for template in family.templates
        for item in range(items)
    ]
    return (exchangeability(rows), difficulty(rows), spread(rows), variety(rows))


def exchangeability(
    rows: Rows, *, published: Sequence[int] | None = None, permutations: int = PERMUTATIONS
) -> Check:
    """Does a parameter's law, an answer, the length or the numbers of the text depend on a sibling's place?

    published: every item's published index; then the published sibling is held against the others, which finds
    a form that was picked. Otherwise every column against every other.
    """
    return _columns("exchangeability", _traits(_arranged(rows, published)), rows, published, permutations)


def difficulty(
    rows: Rows,
    *,
    outcomes: NDArray[np.float64] | None = None,
    published: Sequence[int] | None = None,
    permutations: int = PERMUTATIONS,
) -> Check:
    """Is one place harder than another? By steps, work and size of the numbers; and by outcomes, (items,
    siblings), 1 where a model that hasn't seen the items was right, if there are any."""
    arranged = _arranged(rows, published)
    everything = range(len(rows))
    features = [
        numeric("work", everything, _table(arranged, work)),
        numeric("largest number", everything, _table(arranged, _largest)),
        numeric("steps", everything, _table(arranged, _steps)),
    ]
    if outcomes is not None:
        moved = _places(rows, published)
        features.append(numeric("right answers", everything, np.take_along_axis(outcomes, moved, axis=1)))
    return _columns("difficulty", features, rows, published, permutations)


def spread(rows: Rows) -> Check:
    """Do siblings of one template ask about the same work? Same steps, and work within MAX_SPREAD."""
    worst, ratio = "", 0.0
    for template, members in _by_template(rows).items():
        if any(len({_steps(each) for each in rows[at]}) > 1 for at in members):
            return Check("spread", False, f"{template}: siblings of one item take different numbers of steps")
        works = np.array([work(each) for at in members for each in rows[at]])
        low, high = np.quantile(works, (0.1, 0.9))
        if high / max(low, 1) > ratio:
            worst, ratio = template, float(high / max(low, 1))
    told = f"the heavy siblings of {worst} have {ratio:.1f} times the work of the light ones"
    return Check("spread", ratio <= MAX_SPREAD, f"{told} ({MAX_SPREAD:g} allowed)")


def variety(rows: Rows) -> Check:
    """Are siblings different, in what decides the answer where the family states it?"""
    worst, share = "", -1.0
    for template, members in _by_template(rows).items():
        repeated = [len({_key(each) for each in rows[at]}) < len(rows[at]) for at in members]
        if np.mean(repeated) > share:
            worst, share = template, float(np.mean(repeated))
    told = f"{share:.0%} of the items of {worst} have two siblings that ask the same"
    return Check("variety", share <= MAX_REPEATED, f"{told} ({MAX_REPEATED:.0%} allowed)")


def work(sample: Sample) -> float:
    """What a person has to read and write: as the family states it (`metadata["work"]`), otherwise the digits in
    question and answer."""
    stated = sample.metadata.get("work")
    if isinstance(stated, int):
        return float(stated)
    return float(sum(len(each.replace(".", "")) for each in _numbers(sample) + list(sample.target[:1])))


def _columns(
    name: str, features: Sequence[Feature], rows: Rows, published: Sequence[int] | None, permutations: int
) -> Check:
    rng = np.random.default_rng(list(hashlib.sha256(rows[0][0].text.encode()).digest()))
    first = published is not None
    found = differences(features, len(rows[0]), first=first, permutations=permutations, rng=rng)
    if not found:
        return Check(name, True, "nothing about the siblings varies that could differ")
    worst = found[0]
    where = "the published sibling and the others" if first else "siblings by their place"
    ok = worst.p > LEVEL
    told = "no difference" if ok else f"{worst.feature} differs"
    means = f", means {', '.join(f'{each:.3g}' for each in worst.means)}" if worst.means and not ok else ""
    sentence = f"{told} between {where}: family-wise p = {worst.p:.4f} over {len(found)} features{means}"
    return Check(name, ok, sentence, found)


def _traits(rows: Rows) -> list[Feature]:
    everything = range(len(rows))
    features = [
        numeric("length of the text", everything, _table(rows, lambda each: float(len(each.text)))),
        numeric("lines of the text", everything, _table(rows, lambda each: float(each.text.count("\n")))),
        numeric("size of the numbers", everything, _table(rows, _size)),
    ]
    for template, members in _by_template(rows).items():
        part = [rows[at] for at in members]
        features.append(
            _trait(f"{template}: answer", members, [[each.target[0] for each in row] for row in part])
        )
        features.append(
            numeric(f"{template}: length", members, _table(part, lambda each: float(len(each.text))))
        )
        for name in _parameters(part[0][0]):
            values = [[str(_parameters(each)[name]) for each in row] for row in part]
            features.append(_trait(f"{template}: {name}", members, values))
    return features


def _trait(name: str, rows: Sequence[int], values: Sequence[Sequence[str]]) -> Feature:
    for read in (float, _ordinal):
        try:
            return numeric(name, rows, np.array([[read(each) for each in row] for row in values]))
        except ValueError:
            continue
    if len({each for row in values for each in row}) > MAX_WORDS:
        return numeric(name, rows, np.array([[float(len(each)) for each in row] for row in values]))
    return words(name, rows, values)


def _ordinal(text: str) -> float:
    return float(date.fromisoformat(text).toordinal())


def _parameters(sample: Sample) -> Mapping[str, object]:
    found = sample.metadata.get("parameters", {})
    return found if isinstance(found, Mapping) else {}


def _by_template(rows: Rows) -> dict[str, list[int]]:
    """Rows of each template. Raises UsageError where an item mixes templates."""
    found: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        names = {str(each.metadata["template"]) for each in row}
        if len(names) > 1:
            raise UsageError(
                f"item {at} mixes the templates {', '.join(sorted(names))}", "siblings share one"
            )
        found.setdefault(names.pop(), []).append(at)
    return found


def _places(rows: Rows, published: Sequence[int] | None) -> NDArray[np.int64]:
    """For every item its columns in the order to compare: as they are, or the published one in front."""
    columns = range(len(rows[0]))
    if published is None:
        return np.tile(np.array(columns), (len(rows), 1))
    return np.array([[at, *(each for each in columns if each != at)] for at in published])


def _arranged(rows: Rows, published: Sequence[int] | None) -> Rows:
    if len({len(row) for row in rows}) != 1 or len(rows[0]) < 2:
        raise UsageError("every item needs the same number of siblings, two at least", "check the forms")
    return [[row[at] for at in order] for row, order in zip(rows, _places(rows, published), strict=True)]


def _table(rows: Rows, measure: Callable[[Sample], float]) -> NDArray[np.float64]:
    return np.array([[measure(each) for each in row] for row in rows], dtype=np.float64)


def _numbers(sample: Sample) -> list[str]:
    return _NUMBER.findall(sample.text)


def _size(sample: Sample) -> float:
    return float(sum(np.log1p(float(each)) for each in _numbers(sample)))


def _largest(sample: Sample) -> float:
    return max((float(each) for each in _numbers(sample)), default=0.0)


def _steps(sample: Sample) -> float:
    steps = sample.metadata.get("steps", 1)
    return float(steps) if isinstance(steps, int) else 1.0


def _key(sample: Sample) -> str:
    return str(sample.metadata.get("answer_from", sample.text))


def _seed(family: Family, template: str, item: int, sibling: int) -> bytes:
    label = f"fairtrial-check {family.digest} {template} {item} {sibling}"
    return hashlib.sha256(label.encode()).digest()
