"""The strong tier and the rules around it, in worlds whose truth is known: coverage, power, bias, and false
alarms, also where an assumption is broken. Those rows are not promises: they show what the negative controls
are for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import expit

from fairtrial.stats.calibration import CalibrationRow, measure
from fairtrial.stats.clustered import Floats
from fairtrial.stats.format_family import family_quantiles, place
from fairtrial.stats.holdout import cutoff_drop, gap_mde, set_gap
from fairtrial.stats.order import compressor_control, drawn_orders, order_test, shards
from fairtrial.stats.reproduction import (
    Reproduction,
    reproduced_other_items,
    reproduced_paired,
    reproduced_same_items,
)
from fairtrial.stats.role_exchange import (
    difference_in_differences,
    exchange_roles,
    wrong_label_agreement,
)
from fairtrial.stats.selection import correct_best
from fairtrial.stats.strong_worlds import configurations, history, label_world, references_world, sorted_file
from fairtrial.stats.trial import Group, Trial, fewer

_REFERENCES = 19
_ALPHA = 0.05
_MARGIN = 0.06


def calibrate_strong(draws: int = 2_000, seed: int = 0) -> tuple[CalibrationRow, ...]:
    """Measure the strong tier. Same draws and seed, same rows. draws: worlds a row; slow ones take a stated
    part."""
    return tuple(row for group in STRONG for row in measure(group, draws, seed))


def reproductions(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """A true difference of exactly the margin: "yes" and "no" are both false."""
    worlds: tuple[tuple[str, str, Callable[[], Reproduction]], ...] = (
        ("reproduces, pairs", "200 items", lambda: _paired(rng)),
        ("reproduces, same items", "200 items, 3 epochs", lambda: _same(rng, 3)),
        ("reproduces, same items", "200 items, 1 epoch", lambda: _same(rng, 1)),
        ("reproduces, other items", "300 items against a claim on 400", lambda: _other(rng)),
    )
    for name, setting, world in worlds:
        answers = [world().answer for _ in range(draws)]
        for answer in ("yes", "no"):
            hits = answers.count(answer)
            yield Trial("false alarm", f"{name}: {answer}", f"{setting}, at the margin", _ALPHA, hits, draws)


def exchanged(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """19 references: p reaches 0.05 where the suspect's tau is the largest of 20."""
    few = fewer(draws, 10)

    def rejections(**world: float) -> int:
        return sum(_exchange(rng, **world) <= _ALPHA for _ in range(few))

    setting = "19 references, 150 items a form"
    name = "difference in differences"
    yield Trial("false alarm", name, f"{setting}, all alike", _ALPHA, rejections(tau=0.0), few)
    broken = rejections(tau=0.0, leaning=0.7)
    yield Trial(
        "false alarm", name, f"{setting}, fresh form harder for the suspect", _ALPHA, broken, few, False
    )
    held, some = 0, fewer(draws, 20)
    for _ in range(some):
        world = references_world(rng, references=7, items=120, tau=0.7, templates=40)
        found = difference_in_differences(
            world.published,
            world.fresh,
            rng=rng,
            published_templates=world.templates,
            fresh_templates=world.templates,
            draws=60,
        )
        held += found.low <= world.inflation <= found.high
    yield Trial("coverage", name, "7 references, 120 items of 40 templates, tau 0.7", 0.95, held, some)


def mislabelled(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    few = fewer(draws, 10)
    for setting, weaker, used in (
        ("all alike", 0.0, True),
        ("suspect weaker on the mislabelled items than elsewhere", 1.0, False),
    ):
        hits = 0
        for _ in range(few):
            agreed, right = label_world(rng, peers=_REFERENCES, items=120, tau=0.0, weaker=weaker)
            hits += wrong_label_agreement(agreed, right).p <= _ALPHA
        yield Trial("false alarm", "wrong labels", f"19 peers, 120 items, {setting}", _ALPHA, hits, few, used)


def holdouts(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """500 legacy items against 500 new ones; the new ones harder in the rows that are not used."""
    for harder in (0.0, 0.02, 0.05):
        hits = 0
        for _ in range(draws):
            found = set_gap(rng.random(500) < 0.8, rng.random(500) < 0.8 - harder, alpha=0.01, rng=rng)
            hits += found.p <= 0.01
        setting = f"500 against 500 items, new ones harder by {100 * harder:g} points"
        yield Trial("false alarm", "retro-holdout", setting, 0.01, hits, draws, harder == 0)
    least, found_z, held = gap_mde(0.8, 500, 500, alpha=0.01), 0, 0
    for _ in range(draws):
        chance = 0.8 + least / 2
        found = set_gap(rng.random(500) < chance, rng.random(500) < chance - least, alpha=0.01, rng=rng)
        found_z += found.by_z <= 0.01
        held += found.low <= least <= found.high
    setting = f"500 against 500 items, gap {100 * least:.1f} points"
    yield Trial("power", "retro-holdout, z", setting, 0.8, found_z, draws)
    yield Trial("coverage", "retro-holdout", setting, 0.98, held, draws)
    few, hits, ignored = fewer(draws, 2), 0, 0
    labels = [item // 5 for item in range(150)]
    for _ in range(few):
        right = (rng.random(300) < np.repeat(rng.beta(1, 0.6, 60), 5)).astype(np.float64)
        first, second = right[:150], right[150:]
        found = set_gap(
            first, second, alpha=_ALPHA, rng=rng, first_clusters=labels, second_clusters=labels, draws=399
        )
        hits += found.p <= _ALPHA
        ignored += set_gap(first, second, alpha=_ALPHA, rng=rng).p <= _ALPHA
    setting = "30 clusters of 5 a side"
    yield Trial("false alarm", "retro-holdout, clusters permuted", setting, _ALPHA, hits, few)
    yield Trial("false alarm", "retro-holdout, clusters ignored", setting, _ALPHA, ignored, few, False)


def cutoffs(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    few = fewer(draws, 5)
    for setting, jump, used in (
        ("difficulty drifts", 0.0, True),
        ("difficulty jumps at the cut-off", 0.2, False),
    ):
        hits = 0
        for _ in range(few):
            found = cutoff_drop(*history(rng, drop=jump, drift=0.3), 0.6, alpha=_ALPHA, placebos=59)
            hits += found.p <= _ALPHA
        yield Trial("false alarm", "cut-off drop", f"800 items, {setting}", _ALPHA, hits, few, used)
    held = 0
    for _ in range(few):
        found = cutoff_drop(*history(rng, drop=0.15, drift=0.2), 0.6, alpha=_ALPHA, placebos=59)
        held += found.low <= 0.15 <= found.high
    yield Trial("coverage", "cut-off drop", "800 items, drop of 15 points", 0.9, held, few)


def orders(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    """A reader who likes items of one topic side by side and never saw the file; and the control that forbids
    the test where topics are in order."""
    few, few_z = fewer(draws, 2), fewer(draws, 10)
    permutations = drawn_orders(4, 23, rng=rng)
    for sorted_by_topic in (False, True):
        hits = control = 0
        setting = "120 items, " + ("sorted by topic" if sorted_by_topic else "shuffled")
        for _ in range(few):
            topics, _ = sorted_file(rng, sorted_by_topic)
            items = topics[shards(120, 4)][:, permutations]
            scores = (items[:, :, :-1] == items[:, :, 1:]).sum(axis=2) + rng.normal(size=items.shape[:2])
            hits += order_test(scores).p <= _ALPHA
        for _ in range(few_z):
            _, texts = sorted_file(rng, sorted_by_topic)
            control += compressor_control(texts, draws=39, rng=rng).p <= _ALPHA
        yield Trial(
            "false alarm", "order, no committed shuffle", setting, _ALPHA, hits, few, not sorted_by_topic
        )
        name = "compressor control, zlib"
        yield Trial("false alarm", name, setting, _ALPHA, control, few_z, not sorted_by_topic)


def selections(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
    few = fewer(draws, 4)
    for setting, accuracies, alike in (
        ("10 equal configurations, correlation 0.6", np.full(10, 0.7), 0.6),
        ("10 equal configurations, independent", np.full(10, 0.7), 0.0),
        ("100 equal configurations, correlation 0.6", np.full(100, 0.7), 0.6),
        ("9 at 0.70 and one at 0.78", np.array([0.7] * 9 + [0.78]), 0.3),
    ):
        held = together = plain = 0
        for _ in range(few):
            found = correct_best(configurations(rng, accuracies, 500, alike), rng=rng, draws=999)
            truth = float(accuracies[found.index])
            held += found.low <= truth <= found.high
            ends = np.array(found.simultaneous)
            together += bool(((ends[:, 0] <= accuracies) & (accuracies <= ends[:, 1])).all())
            plain += abs(found.raw - truth) <= 1.96 * np.sqrt(found.raw * (1 - found.raw) / 500)
        place_ = f"500 items, {setting}"
        yield Trial("coverage", "best of N, hybrid", place_, 0.95, held, few, note=_NORMAL)
        yield Trial("coverage", "best of N, simultaneous", place_, 0.95, together, few, note=_NORMAL)
        yield Trial("coverage", "best of N, choice ignored", place_, 0.95, plain, few, False)
    truths = np.quantile(rng.beta(8, 4, 1_000_000), [0.05, 0.5, 0.95])
    within, high = np.zeros(3, dtype=np.int64), 0
    for _ in range(draws):
        family = rng.beta(8, 4, 101)
        found_q = family_quantiles(family[1:])
        within += [q.low <= truth <= q.high for q, truth in zip(found_q, truths, strict=True)]
        high += place(float(family[0]), family[1:]).p <= _ALPHA
    for share, hits in zip((5, 50, 95), within, strict=True):
        yield Trial("coverage", "format family", f"{share} % quantile of 100 formats", 0.95, int(hits), draws)
    yield Trial("false alarm", "format family, place", "a draw among 100 formats", _ALPHA, high, draws)


STRONG: tuple[Group, ...] = (reproductions, exchanged, mislabelled, holdouts, cutoffs, orders, selections)

_NORMAL = "a normal approximation, with many configurations on few items"


def _exchange(rng: np.random.Generator, *, tau: float, leaning: float = 0.0) -> float:
    world = references_world(rng, references=_REFERENCES, items=150, tau=tau, leaning=leaning)
    return exchange_roles(world.published, world.fresh).p


def _paired(rng: np.random.Generator) -> Reproduction:
    item = rng.beta(2, 1, 200) * 0.9
    claimed: Floats = (rng.random(200) < item).astype(np.float64)
    return reproduced_paired(rng.random(200) < item + _MARGIN, claimed, margin=_MARGIN, alpha=_ALPHA)


def _same(rng: np.random.Generator, epochs: int) -> Reproduction:
    item = expit(np.linspace(-3, 3, 200)) * 0.9
    claim = float((rng.random(200) < item).mean())
    table = rng.random((200, epochs)) < item[:, None] + _MARGIN
    return reproduced_same_items(table, claim, margin=_MARGIN, alpha=_ALPHA)


def _other(rng: np.random.Generator) -> Reproduction:
    claim = rng.binomial(400, 0.8) / 400
    return reproduced_other_items(rng.random(300) < 0.8 + _MARGIN, claim, 400, margin=_MARGIN, alpha=_ALPHA)
