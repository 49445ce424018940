"""Figures that others published, computed again by our functions from what their authors state alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.holdout import set_gap
from fairtrial.stats.intervals import wilson
from fairtrial.stats.keyed import keyed_answers
from fairtrial.stats.paired import sign_flip
from fairtrial.stats.power import needed_n
from fairtrial.stats.selection import expected_max

_DYEPACK: Final = "Cheng et al. (2025), arXiv 2505.23001"
_FISHER: Final = "Fisher (1935), The Design of Experiments"
_MAIZE: Final = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)
"""Darwin's fifteen pairs of maize plants, crossed less self-fertilised, in eighths of an inch."""


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """by: our function. published, ours: one number, or two ends of an interval; unit: of the last digit that was
    printed. note: what of the set-up is inferred, not stated."""

    source: str
    what: str
    by: str
    published: tuple[float, ...]
    unit: float
    ours: tuple[float, ...]
    note: str = ""

    @property
    def agrees(self) -> bool:
        """Whether ours, rounded as theirs, is theirs."""
        pairs = zip(self.published, self.ours, strict=True)
        return all(abs(theirs - own) <= self.unit * (0.5 + 1e-6) for theirs, own in pairs)


def published_figures() -> Iterator[PublishedFigure]:
    yield from _keys()
    yield from _permutations()
    yield from _luck()
    yield from _intervals()


def _keys() -> Iterator[PublishedFigure]:
    for what, hits, keys, answers, printed, unit, note in (
        ("MMLU-Pro, 7 of 8 keys of 10 answers each", 7, 8, 10, 7.3e-7, 1e-8, ""),
        ("BIG-Bench Hard, 8 of 8 keys of 7 answers each", 8, 8, 7, 1.7e-7, 1e-8, "hits and answers inferred"),
        ("Alpaca, 4 of 6 keys of 10 answers each", 4, 6, 10, 0.00127, 1e-5, "hits and answers inferred"),
    ):
        found = keyed_answers([1] * hits + [0] * (keys - hits), answers)
        yield PublishedFigure(
            _DYEPACK, f"false alarms: {what}", "keyed_answers", (printed,), unit, (found.p,), note
        )


def _permutations() -> Iterator[PublishedFigure]:
    rng = np.random.default_rng(0)  # Both are enumerated: nothing is drawn.
    for told, of_70 in ((4, 1), (3, 17)):
        ours = set_gap([1] * told + [0] * (4 - told), [0] * told + [1] * (4 - told), alpha=0.05, rng=rng)
        what = f"{told} of 4 cups of tea or more, of 70 ways"
        yield PublishedFigure(f"{_FISHER}, section 6", what, "set_gap", (of_70,), 1, (70 * ours.p,))
    patterns = 2 ** len(_MAIZE)
    yield PublishedFigure(
        f"{_FISHER}, section 21",
        f"Darwin's maize: patterns of signs as extreme, of {patterns:,}",
        "sign_flip",
        (1_726,),
        1,
        (patterns * sign_flip(_MAIZE, rng=rng),),
    )


def _luck() -> Iterator[PublishedFigure]:
    for n, printed in ((2, 1.128), (10, 3.078), (27, 3.997), (50, 4.498)):
        yield PublishedFigure(
            "Wan et al. (2014), BMC Medical Research Methodology 14:135, table 1",
            f"from the least to the best of {n} equal ones, in standard deviations",
            "expected_max",
            (printed,),
            1e-3,
            (2 * expected_max(n),),
        )
    yield PublishedFigure(
        "Miller (2024), arXiv 2411.00640, equation 9",
        "questions to find 3 points with power 0.8, variance of true differences 1/9",
        "needed_n",
        (969,),
        1,
        (needed_n(0.03, variance=1 / 9),),
    )


def _intervals() -> Iterator[PublishedFigure]:
    source = "Newcombe (1998), Statistics in Medicine 17:857, table I"
    for x, n, score, exact in (
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ):
        what = f"95 % interval of {x} of {n}"
        yield PublishedFigure(source, f"{what}, Wilson", "wilson", score, 1e-4, wilson(x, n))
        yield PublishedFigure(
            source, f"{what}, Clopper-Pearson", "clopper_pearson", exact, 1e-4, clopper_pearson(x, n)
        )
