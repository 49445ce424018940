"""A bad family fails its check, a good one doesn't, and how often the checks cry wolf."""

from __future__ import annotations

import dataclasses
import hashlib
import random
import re
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Sample
from fairtrial.families import load
from fairtrial.families.checks import check_family, difficulty, exchangeability, spread, variety
from fairtrial.families.columns import differences, numeric, words
from fairtrial.families.yaml_family import read_family

FAMILY = load("arithmetic")
TEMPLATES = ("gain", "price", "later-day", "bus")
Rows = list[list[Sample]]


def rows(items: int = 60, siblings: int = 8, world: int = 0) -> Rows:
    return [
        [
            FAMILY.sample(TEMPLATES[item % 4], hashlib.sha256(f"{world} {item} {each}".encode()).digest())
            for each in range(siblings)
        ]
        for item in range(items)
    ]


def sum_of_numbers(sample: Sample) -> int:
    return sum(map(int, re.findall(r"\d+", sample.text)))


class Tired:
    """A family with a memory: every eighth sample it makes, the first of each item, has smaller numbers."""

    def __init__(self, part: Callable[[str, bytes, bool], Sample]) -> None:
        self.name, self.digest, self.templates = "tired", "sha256:0", TEMPLATES
        self.asked = count()
        self.part = part

    def sample(self, template: str, seed: bytes) -> Sample:
        return self.part(template, seed, next(self.asked) % 8 == 0)


def easier(template: str, seed: bytes, first: bool) -> Sample:
    """The easier of two draws for the first sibling, one draw for the others."""
    one = FAMILY.sample(template, seed)
    two = FAMILY.sample(template, hashlib.sha256(seed).digest())
    return min(one, two, key=sum_of_numbers) if first else one


def always_ada(template: str, seed: bytes, first: bool) -> Sample:
    """The first sibling is about Ada twice as often as chance has it; nothing else differs."""
    one = FAMILY.sample(template, seed)
    who = str(one.metadata["parameters"].get("who", ""))  # type: ignore[union-attr]
    if not first or not who or seed[0] > 60:
        return one
    parameters = dict(one.metadata["parameters"]) | {"who": "Ada"}  # type: ignore[arg-type]
    return dataclasses.replace(one, metadata=dict(one.metadata) | {"parameters": parameters})


def test_the_bundled_family_passes_every_check() -> None:
    found = check_family(FAMILY, items=25)
    assert [each.name for each in found] == ["exchangeability", "difficulty", "spread", "variety"]
    assert all(each.ok for each in found), found


def test_a_family_that_makes_its_first_sibling_easier_fails() -> None:
    told, harder = check_family(Tired(easier), items=60)[:2]  # type: ignore[arg-type]
    assert not told.ok and "differs" in told.sentence
    assert not harder.ok
    means = next(each.means for each in told.differences if each.feature == "size of the numbers")
    assert means[0] < min(means[1:])


def test_a_family_whose_names_know_the_index_fails() -> None:
    told, harder = check_family(Tired(always_ada), items=100)[:2]  # type: ignore[arg-type]
    assert not told.ok and "who differs" in told.sentence
    assert harder.ok


def test_a_published_form_that_was_picked_fails() -> None:
    """The siblings are fine; whoever published took the one with the smaller numbers of two, item by item."""
    made = rows(120)
    rng = random.Random(1)
    honest = [rng.randrange(8) for _ in made]
    picked = [
        min(rng.sample(range(8), 2), key=lambda each, row=row: sum_of_numbers(row[each]))  # type: ignore[misc]
        for row in made
    ]
    assert exchangeability(made).ok
    assert exchangeability(made, published=honest).ok and difficulty(made, published=honest).ok
    told = exchangeability(made, published=picked)
    assert not told.ok and "the published sibling and the others" in told.sentence
    assert not difficulty(made, published=picked).ok


def test_a_place_that_models_find_harder_fails() -> None:
    made = rows(200)
    rng = np.random.default_rng(2)
    even = (rng.random((200, 8)) < 0.6).astype(float)
    assert difficulty(made, outcomes=even).ok
    tilted = even.copy()
    tilted[:, 3] = rng.random(200) < 0.85
    told = difficulty(made, outcomes=tilted)
    assert not told.ok and told.sentence.startswith("right answers differs")
    published = [3] * 200
    assert not difficulty(made, outcomes=tilted, published=published).ok


WIDE = """
family: wide
templates:
  sum:
    text: "What is {a} plus {b}?"
    draw: {a: {choice: [%s]}, b: {integer: [2, 99]}}
    answer: a + b
    steps: 1
"""


def test_siblings_of_very_different_work_fail() -> None:
    values = ", ".join(str(each) for each in (*range(2, 8), *range(10**8, 10**8 + 3)))
    family = read_family((WIDE % values).encode(), "wide.yaml")
    told = {each.name: each for each in check_family(family)}
    assert not told["spread"].ok and "3 allowed" in told["spread"].sentence
    assert told["exchangeability"].ok and told["difficulty"].ok
    alike = read_family((WIDE % "2, 3, 5, 11, 50").encode(), "wide.yaml")
    assert {each.name: each for each in check_family(alike)}["spread"].ok


def test_siblings_of_different_steps_fail() -> None:
    made = rows(8)
    odd = dataclasses.replace(made[2][1], metadata=dict(made[2][1].metadata) | {"steps": 9})
    made[2][1] = odd
    told = spread(made)
    assert not told.ok and told.sentence.startswith("later-day: siblings of one item take different")


def test_siblings_that_coincide_fail() -> None:
    made = rows(8)
    assert variety(made).ok
    for row in made[::4]:
        row[1] = row[0]
    told = variety(made)
    assert not told.ok and told.sentence.startswith("100% of the items of gain")


def test_a_formula_that_fails_names_the_seed() -> None:
    family = read_family((WIDE % "0, 1, 2").replace("a + b", "b / a").encode(), "wide.yaml")
    with pytest.raises(UsageError, match=r"wide, template 'sum', seed [0-9a-f]{64}: "):
        check_family(family)


@pytest.mark.parametrize("bad", [[], [["one"]], [["one", "two"], ["one"]]])
def test_forms_of_no_shape_are_refused(bad: list[list[str]]) -> None:
    made = [[rows(1)[0][0] for _ in row] for row in bad]
    with pytest.raises(UsageError):
        exchangeability(made)


def test_an_item_of_two_templates_is_refused() -> None:
    made = rows(4)
    made[0][1] = made[1][1]
    with pytest.raises(UsageError, match="item 0 mixes the templates gain, price"):
        exchangeability(made)


def test_ranks_give_friedmans_statistic() -> None:
    """SciPy's implementation is the oracle, ties included."""
    from scipy.special import chdtrc

    from fairtrial.families.columns import _groups

    values = np.random.default_rng(3).integers(0, 5, (30, 6)).astype(float)
    (group,) = _groups([numeric("x", range(30), values)])
    plain = np.tile(np.arange(6), (30, 1))
    found = group.statistics(plain, False)[0]
    expected = friedmanchisquare(*values.T)
    assert found == pytest.approx(expected.statistic)
    assert chdtrc(5, found) == pytest.approx(expected.pvalue)


def test_equal_statistics_count_as_being_as_large() -> None:
    """A row of two columns has two orders, and both give the same statistic: p is 1, not 1 / (m + 1)."""
    one = numeric("x", [0], np.array([[1.0, 2.0]]))
    (found,) = differences([one], 2, first=False, permutations=99, rng=np.random.default_rng(5))
    assert found.p == 1


def test_the_level_holds_over_all_features_together() -> None:
    """400 worlds of exchangeable rows, three features that hang together, level 0.05: 20 false alarms expected;
    more than 36 has probability below 0.0005 for the binomial."""
    rng = np.random.default_rng(4)
    alarms = {True: 0, False: 0}
    for _ in range(400):
        base = rng.lognormal(size=(20, 4)) + rng.normal(size=(20, 1))
        codes = [[str(int(each) % 3) for each in row] for row in rng.integers(0, 9, (20, 4))]
        features = [
            numeric("a", range(20), base),
            numeric("b", range(10), np.round(base[:10], 1)),
            words("c", range(20), codes),
        ]
        for first in alarms:
            worst = differences(features, 4, first=first, permutations=39, rng=rng)[0]
            alarms[first] += worst.p <= 0.05
    assert 6 <= alarms[True] <= 36 and 6 <= alarms[False] <= 36
