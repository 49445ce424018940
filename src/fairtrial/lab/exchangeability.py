"""Is a benchmark's published order an order like any other? What a compressor, which has seen no test, says.

Where it prefers the published order, an order test on that file (S1) would convict every reader, and is not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import Final

import numpy as np

from fairtrial.audit.order import Controls, texts_digest
from fairtrial.benchmarks.gsm8k import gsm8k_samples
from fairtrial.benchmarks.humaneval import humaneval_samples
from fairtrial.benchmarks.mmlu import mmlu
from fairtrial.benchmarks.packaged import Request
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UnknownName
from fairtrial.core.sample import Sample
from fairtrial.stats.order import CONTROL_LEVEL, Compressor, OrderControl, compressor_control
from fairtrial.stats.siblings import poisson_binomial_tail

DRAWS: Final = 199
"""Plenty for a control that is held against 0.05, and seconds for a file of 1,000 items."""
LONG_DRAWS: Final = 59
"""Of the compressor with the long window, which is slow, and within each part."""
END: Final = "\n"


@dataclass(frozen=True, slots=True)
class Exchangeability:
    """What compressors say about one file. whole: of the published file; within: of each part (a subject) alone,
    none where the file has no parts."""

    name: str
    whole: tuple[OrderControl, ...]
    within: tuple[OrderControl, ...] = ()

    @property
    def rejected(self) -> bool:
        """Whether the whole file's order speaks for itself."""
        return any(each.p <= CONTROL_LEVEL for each in self.whole)

    @property
    def parts_p(self) -> float | None:
        """P(as many parts with p <= 0.05, or more), were every part's order drawn; None without parts."""
        if not self.within:
            return None
        hits = sum(each.p <= CONTROL_LEVEL for each in self.within)
        return poisson_binomial_tail([CONTROL_LEVEL] * len(self.within), hits)

    @property
    def sentence(self) -> str:
        figures = "; ".join(f"{each.compressor} z = {each.z:.1f}, p = {each.p:.3f}" for each in self.whole)
        told = "speaks for itself: no order test" if self.rejected else "is not told from a drawn one"
        parts = ""
        if self.within and self.parts_p is not None:
            hits = sum(each.p <= CONTROL_LEVEL for each in self.within)
            parts = (
                f"; within its {len(self.within)} parts mean z = {fmean(each.z for each in self.within):.1f}, and "
                f"{hits} with p at most {CONTROL_LEVEL:g} (chance of as many: {self.parts_p:.2f})"
            )
        return f"{self.name}: the published order {told} ({figures}){parts}"

    def to_json(self) -> dict[str, JSON]:
        return {
            "file": self.name,
            "speaks_for_itself": self.rejected,
            "whole": [{"compressor": each.compressor, "z": each.z, "p": each.p} for each in self.whole],
            "parts": len(self.within),
            "parts_mean_z": fmean(each.z for each in self.within) if self.within else None,
            "parts_p": self.parts_p,
            "sentence": self.sentence,
        }


def exchangeability(
    benchmark: str, *, draws: int = DRAWS, long_draws: int = LONG_DRAWS, part_draws: int = LONG_DRAWS
) -> Exchangeability:
    """Of a benchmark that ships with the package. part_draws: orders drawn in each part of MMLU. Raises
    UnknownName.

    Always the same: the draws' seed is the file's digest.
    """
    if benchmark not in FILES:
        raise UnknownName("file with a known order", benchmark, FILES)
    groups = FILES[benchmark]()
    items = [item for group in groups for item in group]
    rng = _rng([item.decode() for item in items])
    whole = file_controls(items, rng=rng, draws=draws, long_draws=long_draws)
    within = (
        tuple(compressor_control(group, draws=part_draws, rng=rng) for group in groups)
        if len(groups) > 1
        else ()
    )
    return Exchangeability(benchmark, whole, within)


def file_controls(
    items: Sequence[bytes], *, rng: np.random.Generator, draws: int = DRAWS, long_draws: int = LONG_DRAWS
) -> tuple[OrderControl, ...]:
    """Both compressors on one file."""
    asked: tuple[tuple[Compressor, int], ...] = (("zlib", draws), ("lzma", long_draws))
    return tuple(
        compressor_control(items, draws=many, rng=rng, compressor=each) for each, many in asked if many
    )


def legacy_controls(texts: Sequence[str], *, draws: int = DRAWS, long_draws: int = LONG_DRAWS) -> Controls:
    """The compressors of a legacy file, as negative controls by name."""
    items = [(each + END).encode("utf-8", "surrogatepass") for each in texts]
    found = file_controls(items, rng=_rng(texts), draws=draws, long_draws=long_draws)
    return Controls({each.compressor: each.p for each in found}, {})


def _rng(texts: Sequence[str]) -> np.random.Generator:
    return np.random.default_rng(int(texts_digest(texts)[7:39], 16))


def _texts(samples: Sequence[Sample]) -> list[bytes]:
    return [(each.text + END).encode() for each in samples]


def _mmlu() -> list[list[bytes]]:
    """The test split as it is published, sorted by subject; a group a subject."""
    samples = mmlu(Request()).samples
    return [_texts(list(group)) for _, group in groupby(samples, key=lambda each: each.metadata["subject"])]


FILES: Final[Mapping[str, Callable[[], list[list[bytes]]]]] = {
    "gsm8k": lambda: [_texts(gsm8k_samples())],
    "humaneval": lambda: [_texts(humaneval_samples())],
    "mmlu": _mmlu,
}
