"""Orders: every order of a shard, the null, a planted order; the compressor control on the real files."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from itertools import groupby, permutations
from typing import Any

import numpy as np
import pytest

from fairtrial.core.errors import UsageError
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.order import compressor_control, drawn_orders, failed_controls, order_test, shards


def test_all_orders_where_they_are_few_and_drawn_ones_where_not() -> None:
    rng = np.random.default_rng(1)
    few = drawn_orders(4, 23, rng=rng)
    assert {tuple(each) for each in few} == set(permutations(range(4))) and len(few) == 24
    many = drawn_orders(6, 500, rng=rng)
    assert many.shape == (501, 6) and (many[0] == np.arange(6)).all()
    assert (np.sort(many, axis=1) == np.arange(6)).all()
    # Uniform: each item is as likely in each place.
    places = np.array([(many[1:] == item).mean(axis=0) for item in range(6)])
    assert np.abs(places - 1 / 6).max() < 0.08
    assert shards(11, 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def scores_of(model: np.ndarray, items: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """(shards, orders): a reader that finds neighbour b after a likelier by model[a, b]."""
    return np.array([[model[s[o][:-1], s[o][1:]].sum() for o in orders] for s in items])


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_false_alarms_on_committed_shuffles(alpha: float) -> None:
    """A reader with tastes of its own about what follows what; each audit shuffles the file anew."""
    rng = np.random.default_rng(2)
    model, orders = rng.normal(size=(40, 40)), drawn_orders(4, 23, rng=rng)
    draws, hits = 1_500, 0
    for _ in range(draws):
        file = rng.permutation(40)[shards(40, 4)]
        hits += order_test(scores_of(model, file, orders)).p <= alpha
    assert hits > 0 and clopper_pearson(hits, draws, level=0.9999)[0] <= alpha


def test_a_reader_who_knows_the_order_is_found() -> None:
    rng = np.random.default_rng(3)
    model, orders = rng.normal(size=(80, 80)), drawn_orders(4, 23, rng=rng)
    file = rng.permutation(80)
    model[file[:-1], file[1:]] += 1.0
    found = order_test(scores_of(model, file[shards(80, 4)], orders))
    assert found.p < 1e-3 and found.share > 0.15 and found.low > 0 and found.controls == 23
    shuffled = rng.permutation(80)
    assert order_test(scores_of(model, shuffled[shards(80, 4)], orders)).p > 0.01


def rows(name: str) -> list[dict[str, Any]]:
    path = files("fairtrial.benchmarks").joinpath("data", name)
    if not path.is_file():
        pytest.skip(f"{name} is not in the package")
    with gzip.open(path.open("rb")) as lines:
        return [json.loads(line) for line in lines]


def test_the_order_of_humaneval_speaks_for_itself() -> None:
    """Published: z = 4.7 to 4.8, p at the floor of 999 draws. With a long window as well."""
    items = [(row["prompt"] + "\n").encode() for row in rows("humaneval_test.jsonl.gz")]
    found = compressor_control(items, draws=999, rng=np.random.default_rng(1))
    assert found.p == 0.001 and found.z == pytest.approx(4.75, abs=0.3)
    found = compressor_control(items, draws=49, rng=np.random.default_rng(2), compressor="lzma")
    assert found.p == 0.02 and found.z > 4


def test_the_order_of_gsm8k_does_not() -> None:
    """Published: z = 0.9 to 1.0, p about 0.2; 59 draws leave z at 0.2 of noise."""
    items = [(row["question"] + "\n").encode() for row in rows("gsm8k_test.jsonl.gz")]
    found = compressor_control(items, draws=59, rng=np.random.default_rng(1))
    assert 0.1 <= found.p <= 0.35 and found.z == pytest.approx(0.9, abs=0.4)
    found = compressor_control(items, draws=19, rng=np.random.default_rng(2), compressor="lzma")
    assert found.p > 0.05


def test_mmlu_is_in_order_of_subject_and_in_no_order_within() -> None:
    """Published, with 199 draws: mean z 0.0, 1 of 57 subjects at most 0.01 and 3 at most 0.05."""
    rng = np.random.default_rng(1)
    subjects = [
        [(row["question"] + "\n").encode() for row in group]
        for _, group in groupby(rows("mmlu_test.jsonl.gz"), key=lambda row: row["subject"])
    ]
    assert len(subjects) == 57
    found = [compressor_control(items, draws=9, rng=rng) for items in subjects]
    # 9 draws make z a t statistic with standard deviation 1.2, and its mean over 57 subjects 0.16 wide.
    assert np.mean([each.z for each in found]) == pytest.approx(0, abs=0.5)
    assert sum(each.p <= 0.1 for each in found) <= 13
    mixed = [item for items in subjects for item in items[:25]]
    assert compressor_control(mixed, draws=19, rng=rng).p == 0.05


def test_a_file_without_an_order_passes_the_control_as_often_as_promised() -> None:
    rng = np.random.default_rng(4)
    words = ["".join(rng.choice(list("abcdef"), 12)) for _ in range(12)]
    draws, hits = 400, 0
    for _ in range(draws):
        items = [(" ".join(rng.choice(words, 6)) + "\n").encode() for _ in range(25)]
        hits += compressor_control(items, draws=19, rng=rng).p <= 0.05
    assert clopper_pearson(hits, draws, level=0.9999)[0] <= 0.05


def test_ties_count_as_evidence_against_order() -> None:
    found = compressor_control([b"same "] * 8, draws=19, rng=np.random.default_rng(5))
    assert found.p == 1 and found.z == 0


def test_the_long_window_sees_what_zlib_forgets() -> None:
    """Two copies of a text, 100 kB apart: the second costs next to nothing, or all of it again."""
    rng = np.random.default_rng(6)
    texts = [rng.bytes(20_000) for _ in range(5)]
    whole = compressor_control(texts * 2, draws=1, rng=rng, compressor="lzma").size
    assert whole < 1.05 * 100_000
    assert compressor_control(texts * 2, draws=1, rng=rng).size > 199_000


def test_which_controls_forbid_the_test() -> None:
    assert failed_controls({"zlib": 0.2, "lzma": 0.06}, {"planted": 0.01}) == ()
    assert failed_controls({"zlib": 0.05, "lzma": 0.2}, {"planted": 0.3}) == ("zlib", "planted")
    assert failed_controls({"zlib": 0.5}, {}) == ("no positive control",)


def test_what_is_refused() -> None:
    rng = np.random.default_rng(0)
    for call, told in (
        (lambda: drawn_orders(1, 5, rng=rng), "shows nothing"),
        (lambda: shards(3, 4), "can't be cut"),
        (lambda: order_test([[1.0]]), "published and other orders"),
        (lambda: compressor_control([b"x"], draws=5, rng=rng), "control nothing"),
    ):
        with pytest.raises(UsageError, match=told):
            call()
