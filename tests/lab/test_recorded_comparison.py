"""The everyday job on real answers: two GPT-3 models on the GSM8K test, against the authors' verdicts and
statsmodels."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from fairtrial.lab import Lab, Run

MODELS = {"6b_finetuning": "replay/gpt3-6b-finetuned", "175b_verification": "replay/gpt3-175b-verified"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    lab = Lab(tmp_path_factory.mktemp("recorded"), environ={})
    return {column: lab.run("gsm8k", model) for column, model in MODELS.items()}


def verdicts(column: str) -> list[bool]:
    """The authors' own, by row of the published file."""
    packed = files("fairtrial.benchmarks").joinpath("data/gsm8k_gpt3_solutions.jsonl.gz").read_bytes()
    return [json.loads(line)[column]["is_correct"] for line in gzip.decompress(packed).splitlines()]


def values(run: Run) -> dict[str, float]:
    """Score by sample id, read from the folder as anybody would."""
    lines = (Path(run.path) / "records.jsonl").read_text().splitlines()
    return {row["id"]: row["score"]["value"] for row in map(json.loads, lines)}


def test_the_comparison_is_the_one_that_statsmodels_makes(runs: dict[str, Run]) -> None:
    small, large = (runs[column] for column in MODELS)
    found = Lab(environ={}).compare(small, large)
    a, b = values(small), values(large)
    assert a.keys() == b.keys() and len(a) == 1319 == found.difference.n
    left, right = np.array([a[key] for key in a]), np.array([b[key] for key in a])
    table = [[int(((left == x) & (right == y)).sum()) for y in (1, 0)] for x in (1, 0)]
    assert found.p == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-9)
    assert [[found.both_right, found.only_a], [found.only_b, found.neither]] == table
    low, high = DescrStatsW(left - right).tconfint_mean()
    assert found.difference.value == pytest.approx((left - right).mean(), abs=1e-12)
    assert (found.difference.low, found.difference.high) == (pytest.approx(low), pytest.approx(high))
    for score, seen in ((found.score_a, left), (found.score_b, right)):
        low, high = proportion_confint(int(seen.sum()), 1319, method="wilson")
        assert (score.low, score.high) == (pytest.approx(low), pytest.approx(high))
    assert found.verdict == "b" and "gpt3-175b-verified is better than" in found.sentence


@pytest.mark.parametrize(("column", "right"), [("6b_finetuning", 286), ("175b_verification", 742)])
def test_right_and_wrong_are_the_authors_own(column: str, right: int, runs: dict[str, Run]) -> None:
    assert runs[column].summary.counts.right == right == sum(verdicts(column))
    assert runs[column].summary.counts.total == 1319
    mine = values(runs[column])
    by_row = [mine[f"test-{row}"] == 1 for row in range(1319)]
    # The recordings stand in the order of the test file.
    assert by_row == verdicts(column)
