"""exact_match against numpy's text functions, which lm-eval uses."""

from __future__ import annotations

import re
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.metrics import Metric

TEXTS = st.text(alphabet="aAbB 12.,!?'\"-İßΣ٣\n\0é—", max_size=8)


def _theirs(metric: Metric, answer: str, targets: list[str]) -> bool:
    """As `api/metrics.py` tells it, with the answer once for each target."""
    sides = [np.asarray([answer] * len(targets)), np.asarray(targets)]
    for pattern in metric.regexes_to_ignore:
        sides = [np.array([re.sub(pattern, "", str(each)) for each in side]) for side in sides]
    if metric.ignore_case:
        sides = [np.char.lower(side) for side in sides]
    for ignored, signs in (
        (metric.ignore_punctuation, string.punctuation),
        (metric.ignore_numbers, string.digits),
    ):
        if ignored:
            sides = [np.char.translate(side, str.maketrans("", "", signs)) for side in sides]
    return bool(np.mean(sides[0] == sides[1]) > 0)


@settings(max_examples=500, deadline=None)
@given(
    TEXTS,
    st.lists(TEXTS, min_size=1, max_size=3),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.lists(st.sampled_from([r"\s+", "[,.]$", r"\bthe\b", "a|B"]), max_size=2, unique=True),
    st.booleans(),
)
def test_two_texts_are_equal_where_numpy_says_so(
    answer: str, targets: list[str], ignored: tuple[bool, bool, bool], patterns: list[str], same: bool
) -> None:
    metric = Metric("exact_match", *ignored, tuple(patterns))
    answer = targets[0].swapcase() if same else answer
    assert metric.equal(answer, targets) is _theirs(metric, answer, targets)


def test_a_pattern_of_a_metric_has_a_time_limit() -> None:
    with pytest.raises(UsageError, match="needs more than 1 s"):
        Metric("exact_match", regexes_to_ignore=("(a|aa)+$",)).equal("a" * 40 + "!", ["x"])
