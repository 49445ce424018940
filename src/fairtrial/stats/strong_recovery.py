"""The strong tier in worlds whose truth is known: planted effects, and what is found of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fairtrial.stats.holdout import cutoff_drop
from fairtrial.stats.monotone import curve_check
from fairtrial.stats.role_exchange import difference_in_differences, wrong_label_agreement
from fairtrial.stats.selection import correct_best
from fairtrial.stats.strong_worlds import configurations, history, label_world, references_world


@dataclass(frozen=True, slots=True)
class Recovered:
    """A planted effect and what was found of it: mean estimate over `draws` worlds and its Monte Carlo error.
    Units: fractions, but for "tau", log-odds."""

    method: str
    setting: str
    planted: float
    estimate: float
    error: float
    draws: int

    @property
    def bias(self) -> float:
        return self.estimate - self.planted


def recover(draws: int = 200, seed: int = 0, *, references: int = 19) -> tuple[Recovered, ...]:
    """Plant effects of known size, and see what is found of them."""
    rng = np.random.default_rng([seed, 99])
    return tuple(_recovered(draws, references, rng))


def _recovered(draws: int, references: int, rng: np.random.Generator) -> Iterator[Recovered]:
    for tau in (0.0, 0.5, 1.0, 2.0):
        taus, inflations, curves, truth = [], [], [], []
        for _ in range(draws):
            world = references_world(rng, references=references, items=300, tau=tau)
            found = difference_in_differences(world.published, world.fresh, rng=rng, draws=1)
            taus.append(found.exchange.tau)
            inflations.append(found.inflation)
            curves.append(curve_check(world.published, world.fresh, rng=rng, draws=1).delta)
            truth.append(world.inflation)
        setting = f"{references} references, 300 items a form, tau {tau:g}"
        yield _mean("tau", setting, tau, taus)
        yield _mean("inflation", setting, float(np.mean(truth)), inflations)
        yield _mean("inflation by the monotone curve", setting, float(np.mean(truth)), curves)
    for drop in (0.0, 0.15):
        drops = [
            cutoff_drop(*history(rng, drop=drop, drift=0.2), 0.6, alpha=0.05, placebos=19).tau
            for _ in range(draws)
        ]
        yield _mean("cut-off drop", "800 items, drifting difficulty", drop, drops)
    for tau in (0.0, 1.5):
        found_tau = []
        for _ in range(draws):
            found_tau.append(
                wrong_label_agreement(*label_world(rng, peers=references, items=120, tau=tau, weaker=0)).tau
            )
        yield _mean("tau, wrong labels", f"{references} peers, 120 items", tau, found_tau)
    raw, corrected = [], []
    for _ in range(draws):
        found_best = correct_best(configurations(rng, np.full(10, 0.7), 500, 0.3), rng=rng, draws=499)
        raw.append(found_best.raw)
        corrected.append(found_best.value)
    yield _mean("best of 10, as reported", "500 items, all at 0.7", 0.7, raw)
    yield _mean("best of 10, corrected", "500 items, all at 0.7", 0.7, corrected)


def _mean(method: str, setting: str, planted: float, found: list[float]) -> Recovered:
    error = float(np.std(found, ddof=1)) / np.sqrt(len(found))
    return Recovered(method, setting, planted, float(np.mean(found)), float(error), len(found))
