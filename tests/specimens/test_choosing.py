"""The next token: the likeliest, or drawn with the right shares, and an honest word on how close it was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from fairtrial.core.question import Decoding
from fairtrial.specimens.choosing import chances, drawn, likeliest

LOGITS = np.log(np.array([0.5, 0.25, 0.15, 0.1]))


def test_the_likeliest_and_its_lead() -> None:
    tokens, leads = likeliest(np.array([[0.0, 3.0, 1.0], [5.0, 4.5, -1.0]]))
    assert tokens.tolist() == [1, 0]
    assert leads.tolist() == [2.0, 0.5]


@pytest.mark.parametrize("temperature", [1.0, 0.5, 2.0])
def test_tokens_are_drawn_with_the_softmax_shares(temperature: float) -> None:
    how = Decoding(temperature=temperature)
    source = chances([1, 2, 3], 7)
    counts = np.bincount([drawn(LOGITS, how, source.random())[0] for _ in range(20_000)], minlength=4)
    shares = np.exp(LOGITS) ** (1 / temperature)
    assert chisquare(counts, 20_000 * shares / shares.sum()).pvalue > 1e-4


def test_a_nucleus_leaves_out_the_tail_and_rescales() -> None:
    how = Decoding(temperature=1.0, top_p=0.6)
    source = chances([], 0)
    counts = np.bincount([drawn(LOGITS, how, source.random())[0] for _ in range(20_000)], minlength=4)
    assert counts[2:].tolist() == [0, 0]
    assert chisquare(counts[:2], [20_000 * 2 / 3, 20_000 / 3]).pvalue > 1e-4


def test_a_nucleus_holds_one_token_at_least() -> None:
    assert {drawn(LOGITS, Decoding(temperature=1.0, top_p=1e-9), each / 50)[0] for each in range(50)} == {0}


@pytest.mark.parametrize(("chance", "top_p"), [(0.4999, None), (0.7502, None), (0.2, 0.5001), (0.2, 0.7499)])
def test_near_an_edge_the_margin_is_small(chance: float, top_p: float | None) -> None:
    assert drawn(LOGITS, Decoding(temperature=1.0, top_p=top_p), chance)[1] < 1e-3


def test_equal_tokens_at_the_edge_of_the_nucleus_are_a_close_call() -> None:
    logits = np.log(np.array([0.4, 0.3, 0.3]))
    assert drawn(logits, Decoding(temperature=1.0, top_p=0.6), 0.1)[1] < 1e-3


def test_far_from_every_edge_the_margin_is_the_distance() -> None:
    token, margin = drawn(LOGITS, Decoding(temperature=1.0), 0.6)
    assert token == 1
    assert math.isclose(margin, 0.1)


def test_a_cold_temperature_makes_noise_larger_and_the_margin_smaller() -> None:
    assert drawn(LOGITS, Decoding(temperature=0.01), 0.5)[1] < 0.01


def test_chances_follow_from_seed_and_prompt_alone() -> None:
    assert chances([1, 2], 3).random() == chances([1, 2], 3).random()
    others = {
        chances([1, 2], 3).random(),
        chances([12], 3).random(),
        chances([1, 2], 4).random(),
        chances([], 3).random(),
    }
    assert len(others) == 4
