"""The weak table: every signal has a row, a reason, and no verdict."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from fairtrial.audit.weak import REASONS, UNITS, Heard, Likelihood, overlap, weak_table
from fairtrial.core.errors import UsageError

TEXTS = {"a": "one two three four", "b": "five six seven eight"}


def test_every_signal_has_a_row_and_a_reason_whatever_the_model_gives() -> None:
    rows = weak_table(Heard(TEXTS))
    assert [each.signal for each in rows] == list(REASONS) == list(UNITS)
    assert all(each.value is None and each.not_possible and each.reason for each in rows)
    assert all(each.to_json()["counts"] is False and "p" not in each.to_json() for each in rows)


def test_from_totals_alone() -> None:
    likelihoods = {"a": Likelihood(-8.0, 4), "b": Likelihood(-6.0, 3)}
    reference = {"a": Likelihood(-12.0, 9), "b": Likelihood(-9.0, 9)}
    behind = {"a": Likelihood(-9.0, 4), "b": Likelihood(-5.0, 3)}
    told = {each.signal: each for each in weak_table(Heard(TEXTS, likelihoods, reference, behind))}
    assert told["loss"].value == 2.0 and told["reference ratio"].value == 1.0 and told["CoDeC"].value == 0.5
    expected = np.mean(
        [-8 / len(zlib.compress(b"one two three four")), -6 / len(zlib.compress(b"five six seven eight"))]
    )
    assert told["zlib ratio"].value == pytest.approx(expected)
    assert told["Min-K%"].value is None and told["Min-K%"].not_possible == "no per-token log-probabilities"


def test_from_tokens_where_there_are_any() -> None:
    each = Likelihood(-10.0, 5, (-1.0, -5.0, -2.0, -1.0, -1.0), ((-2.0,) * 5, (1.5,) * 5))
    told = {row.signal: row.value for row in weak_table(Heard(TEXTS, {"a": each}))}
    assert told["Min-K%"] == -5.0 and told["Min-K%++"] == -2.0


def test_from_answers() -> None:
    heard = Heard(
        TEXTS,
        sampled={"a": (["same answer", "another thing"], "same answer")},
        guided={"a": ("three four", "nine ten", "three four")},
        why_not={"loss": "no log-probabilities: the model said so"},
    )
    told = {row.signal: row for row in weak_table(heard)}
    assert told["CDD"].value == 0.5 and told["guided prompting"].value == 1.0
    assert told["loss"].not_possible == "no log-probabilities: the model said so"
    assert overlap("three five and more", "three four") == 0.5 and overlap("", "") == 0.0


def test_more_than_a_hundred_items() -> None:
    with pytest.raises(UsageError, match="100"):
        weak_table(Heard({str(at): "x" for at in range(101)}))
