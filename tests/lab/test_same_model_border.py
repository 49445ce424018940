"""Border prompts: found by answers of both sides, judged by others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairtrial import Lab
from fairtrial.audit.prompts import PROMPTS
from fairtrial.audit.same_model_tests import BORDER, TEXT
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.same_model import Asking, SameModel, compare_endpoints
from fairtrial.lab.same_model_border import MOST_KEPT, borders, screening_task
from fairtrial.stats.two_sample import border_shift

FEW = Asking(PROMPTS[:2], 6, 60, max_tokens=8, canary=0, borders=300)


def judged(folder: Path, a: str, b: str) -> SameModel:
    return compare_endpoints(Lab(folder), ModelSpec.parse(a), ModelSpec.parse(b), FEW)


def probe(found: SameModel, name: str) -> float:
    return next(each.p for each in found.told.evidence if each.probe == name)


def test_eight_bits_are_found_by_first_tokens_and_not_by_longer_texts(tmp_path: Path) -> None:
    found = judged(tmp_path, "specimen/honest", "specimen/honest-int8")
    told = next(each for each in found.told.evidence if each.probe == BORDER)
    assert told.rejects and told.tier == "proof" and told.effect.low > 0 and told.mde is not None
    assert probe(found, TEXT) > 0.01
    assert [run.summary.task for run in found.runs[-2:]] == ["same-model-candidates", "same-model-borders"]
    asked = [run.plan["task"]["decoding"] for run in found.runs[-2:]]  # type: ignore[index, call-overload]
    assert [(each["max_tokens"], each["temperature"], each["seed"]) for each in asked] == [
        (1, 0.01, 1),
        (1, 0.01, 3),
    ]


def test_a_model_is_itself_at_its_borders_and_where_it_has_none(tmp_path: Path) -> None:
    same = judged(tmp_path, "specimen/honest", "specimen/honest")
    assert same.verdict.outcome == "inconclusive" and not any(each.rejects for each in same.told.evidence)
    talker = "python:tests.lab.talkers:leaning"
    found = judged(tmp_path, talker, talker)
    assert [each.probe for each in found.told.evidence] == [TEXT]
    assert "no candidate was answered by two different first tokens" in found.told.impossible[0]
    assert found.told.evidence[0].controls[1].startswith("Holm over 2"), "it was planned"


def test_one_that_wavers_and_one_that_does_not(tmp_path: Path) -> None:
    talkers = "python:tests.lab.talkers"
    same = judged(tmp_path / "a", f"{talkers}:wavering", f"{talkers}:wavering")
    assert probe(same, BORDER) > 1e-4
    found = judged(tmp_path / "b", f"{talkers}:wavering", f"{talkers}:leaning")
    told = next(each for each in found.told.evidence if each.probe == BORDER)
    assert told.p < 0.01 and 0.3 < told.effect.value < 0.7
    screened, tested = (list(run.records()) for run in found.runs[-2:])
    assert set(Counter(each.sample_id for each in screened).values()) == {2}
    assert set(Counter(each.sample_id for each in tested).values()) == {2 * FEW.each}


def test_candidates_that_either_side_or_both_answer_otherwise_are_kept_in_order() -> None:
    task = screening_task(replace(FEW, borders=40), None)
    names = [each.id for each in task.samples]
    assert len({each.text for each in task.samples}) == 40
    a = {name: ["x"] for name in names}
    b = {name: ["y" if at % 2 else "x"] for at, name in enumerate(names)}
    kept = borders(task, a, b)
    assert list(kept.values()) == [each.text for each in task.samples[1::2]][:MOST_KEPT]
    assert borders(task, a, a) == {} and len(borders(task, a, {**a, names[3]: []})) == 0
    with pytest.raises(UsageError, match="border prompts"):
        replace(FEW, borders=307)


def test_false_alarms_where_prompts_are_chosen_by_other_answers() -> None:
    """One model on both sides: most prompts always get one token, some waver."""
    rng, sets, prompts, each = np.random.default_rng(41), 600, 60, 5
    alarms = judged = 0
    for _ in range(sets):
        chance = np.where(rng.random(prompts) < 0.15, rng.random(prompts), 0.0)
        kept = np.flatnonzero((rng.random((2, prompts)) < chance).sum(axis=0) == 1)
        if kept.size:
            sides = (rng.random((2, kept.size, each)) < chance[kept][None, :, None]).astype(int)
            judged += 1
            alarms += border_shift(sides[0], sides[1], rng=rng, draws=199).p <= 0.05
    assert judged > 500
    # 48 or more of 600 at a rate of 0.05 has probability 0.1 %.
    assert alarms <= 47
