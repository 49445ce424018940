"""Null audits of a real model: every sibling asked once, then the draw made again and again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fairtrial.core.errors import UsageError
from fairtrial.core.record import Record, Score
from fairtrial.families.checks import exchangeability, work
from fairtrial.lab.twin import open_family, open_twin
from fairtrial.report.twin_calibration import TwinCalibration
from fairtrial.stats.clustered import Floats
from fairtrial.stats.sibling_calibration import (
    accuracy_powers,
    clearances,
    harder_form,
    null_rates,
    rank_powers,
)
from fairtrial.trust.draw import SECRET_BYTES, commit
from fairtrial.trust.forms import siblings

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

FRESH: Final = 3
PLANTED: Final = 20
MADE: Final = "2026-11-24T12:00:00Z"


def calibrate_twin(
    lab: Lab, *, family: str, model: str, draws: int, seed: int, command: str, **settings: Any
) -> TwinCalibration:
    """draws: null audits; the simulated tables take a tenth of them."""
    twin = open_twin(family, None, fresh=7, items=None)
    answers = lab.run(twin.answers, model, **settings)
    likelihoods = lab.run(twin.likelihoods, model, **settings)
    right = np.zeros((len(twin.likelihoods.samples), 8))
    for record in answers.records():
        if not isinstance(record.result, Score):
            raise UsageError(
                f"{record.sample_id} has no answer", "calibrate with a model that answers everything"
            )
        place = twin.places[record.sample_id]
        right[place.item, place.column] = record.result.value
    scores = _likelihoods(likelihoods.records(), right.shape)
    some = max(100, draws // 10)
    return TwinCalibration(
        command=command,
        model=model,
        items=len(right),
        accuracy=float(right.mean()),
        rates=null_rates(right, scores, fresh=FRESH, draws=draws, seed=seed),
        harder=list(harder_form(draws=some, seed=seed)),
        caught=_caught(family, seed),
        accuracy_powers=list(accuracy_powers(draws=some, seed=seed)),
        rank_powers=list(rank_powers(draws=some, seed=seed)),
        clearances=list(clearances(draws=some, seed=seed)),
    )


def _likelihoods(records: Iterable[Record], shape: tuple[int, int]) -> Floats:
    """(items, siblings): total log-likelihoods, in the draw's order of siblings."""
    scores = np.zeros(shape)
    for record in records:
        if not isinstance(record.result, Score) or record.output is None:
            raise UsageError(
                f"{record.sample_id} has no log-probabilities",
                "calibrate with a model that answers everything",
            )
        scores[int(record.sample_id.removeprefix("item-"))] = [each.logprob for each in record.output.logliks]
    return scores


def _caught(family: str, seed: int) -> tuple[int, int]:
    """(draws that the check refuses, draws): the sibling with the least work was published on purpose."""
    opened = open_family(family)
    caught = 0
    for number in range(PLANTED):
        secret = np.random.default_rng([seed, number]).bytes(SECRET_BYTES)
        draw = commit(
            opened, n=200, secret=secret, salt=secret, committed_at=MADE, templates=opened.published
        )
        rows = siblings(draw, opened)
        picked = [min(range(len(row)), key=lambda at: work(row[at])) for row in rows]
        caught += not exchangeability(rows, published=picked).ok
    return caught, PLANTED
