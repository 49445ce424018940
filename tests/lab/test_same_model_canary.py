"""Right and wrong on a canary set: asked once a side, by lot, and judged by the exact McNemar test."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar

from fairtrial import Lab
from fairtrial.audit.prompts import PROMPTS
from fairtrial.audit.same_model_tests import CANARY, TEXT
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Evidence
from fairtrial.core.plan import ModelSpec
from fairtrial.lab import Pace
from fairtrial.lab.fingerprints import against, between, record
from fairtrial.lab.pair import lots
from fairtrial.lab.same_model import Asking, SameModel, compare_endpoints
from fairtrial.lab.same_model_canary import asked_digest, canary_task, fresh_items
from fairtrial.lab.same_model_tasks import token_task
from tests.lab import talkers

FEW = Asking(PROMPTS[:3], 3, 60, max_tokens=12)


def python(name: str) -> ModelSpec:
    return ModelSpec.parse(f"python:tests.lab.talkers:{name}")


def canary(found: SameModel) -> Evidence:
    return next(each for each in found.told.evidence if each.probe == CANARY)


def test_fresh_items_follow_from_their_seed_and_differ_otherwise() -> None:
    items, again, other = fresh_items(0, 100), fresh_items(0, 100), fresh_items(1, 100)
    texts = [each.text for each in items.samples]
    assert len(set(texts)) == 100 and all(each.target for each in items.samples)
    assert texts == [each.text for each in again.samples]
    assert len({*texts, *(each.text for each in other.samples)}) > 180
    digests = {asked_digest(items), asked_digest(other), asked_digest(replace(items, system="Be brief."))}
    assert len(digests) == 3 and asked_digest(again) in digests
    assert fresh_items(0, 30).samples == items.samples[:30]


def test_a_model_that_errs_on_more_items_is_found_by_them_alone(tmp_path: Path) -> None:
    found = compare_endpoints(Lab(tmp_path), python("solver"), python("forgetful"), FEW)
    told, items = canary(found), fresh_items(0, 100).samples
    forgotten = sum(talkers.forgets(f"Q: {each.text}\nA:") for each in items)
    assert 10 < forgotten < 30
    p = mcnemar([[100 - forgotten, forgotten], [0, 0]], exact=True).pvalue
    assert told.controls[1].endswith(f"p before: {p:.4g}") and told.rejects and told.tier == "proof"
    assert (told.n, told.statistic, told.effect.unit) == (100, -forgotten, "points")
    assert told.effect.value == pytest.approx(-forgotten) and told.effect.high < 0
    assert found.verdict.outcome == "refuted" and found.verdict.findings[0].evidence == told
    assert [each.probe for each in found.verdict.findings[0].also] == [TEXT]
    assert not found.verdict.findings[0].also[0].rejects


def test_who_gets_an_item_first_is_drawn_by_lot(tmp_path: Path) -> None:
    talkers.CALLS.clear()
    found = compare_endpoints(Lab(tmp_path), python("solver"), python("forgetful"), FEW)
    records = list(found.runs[-1].records())
    assert len(records) == 200 and set(Counter(each.sample_id for each in records).values()) == {2}
    lost = {each.id for each in fresh_items(0, 100).samples if talkers.forgets(f"Q: {each.text}\nA:")}
    wrong = [each for each in records if each.result.state != "right"]  # type: ignore[union-attr]
    assert {each.sample_id for each in wrong} == lost and len(wrong) == len(lost)
    for each in wrong:
        assert each.epoch not in lots(found.order, each.sample_id, 1), "that one was side a's"
    first = sum(1 in lots(found.order, each.sample_id, 1) for each in records) // 2
    assert binom.sf(first - 1, 100, 0.5) > 1e-4 and binom.cdf(first, 100, 0.5) > 1e-4


def test_an_item_that_one_side_left_open_is_left_out_and_counted(tmp_path: Path) -> None:
    pace = Pace(max_retries=0)
    cut = compare_endpoints(Lab(tmp_path), python("solver"), python("silent"), FEW, pace=pace)
    open_ = sum(talkers.fails(f"Q: {each.text}\nA:") for each in fresh_items(0, 100).samples)
    assert open_ > 2 and not cut.complete
    told = canary(cut)
    assert (told.n, dict(told.exclusions), told.p) == (100 - open_, {"an answer is missing": open_}, 1.0)


def test_a_cache_stops_the_canary_set_too(tmp_path: Path) -> None:
    found = compare_endpoints(Lab(tmp_path), python("parrot"), python("solver"), FEW)
    assert found.told.evidence == () and "repeats answers to the letter" in found.verdict.sentence


def test_own_items(tmp_path: Path) -> None:
    own = replace(fresh_items(3, 40), name="ours")
    asking = replace(FEW, rows=own)
    task = canary_task(asking)
    assert task is not None and task.samples == own.samples and canary_task(replace(FEW, canary=0)) is None
    found = compare_endpoints(Lab(tmp_path), python("solver"), python("forgetful"), asking)
    assert canary(found).n == 40 and found.told.evidence[0].controls[1].startswith("Holm over 2")
    with pytest.raises(UsageError, match="asks for likelihoods"):
        canary_task(replace(FEW, rows=token_task(FEW)))
    with pytest.raises(UsageError, match="canary items"):
        replace(FEW, canary=-1)


def test_recorded_and_asked_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    made, runs = record(lab, python("solver"), FEW)
    assert made.canary is not None and made.canary.right == (True,) * 100 and len(runs) == 2
    assert (made.canary.family, made.canary.seed) == ("arithmetic", 0)
    found = against(lab, python("forgetful"), made, None)
    assert canary(found).tier == "strong" and canary(found).rejects
    assert found.verdict.outcome == "inconclusive"
    # Sealed: with the seed that was used they are asked again, with another they can't be.
    kept = against(lab, python("forgetful"), made.sealed(), FEW.prompts)
    assert canary(kept).p == pytest.approx(canary(found).p)
    lost = against(lab, python("forgetful"), made.sealed(), FEW.prompts, canary_seed=4)
    assert [each.probe for each in lost.told.evidence] == [TEXT]
    assert "canary-mcnemar is not possible" in lost.told.impossible[-1]
    old = against(lab, python("forgetful"), replace(made, canary=None), FEW.prompts)
    assert "holds no answers to a canary set" in old.told.impossible[-1]


def test_own_items_recorded_must_be_given_again(tmp_path: Path) -> None:
    lab, own = Lab(tmp_path), replace(fresh_items(3, 20), name="ours")
    made, _ = record(lab, python("solver"), replace(FEW, rows=own))
    assert made.canary is not None and (made.canary.family, made.canary.seed) == ("", None)
    without = against(lab, python("solver"), made, None)
    assert "not given" in without.told.impossible[-1]
    given = against(lab, python("solver"), made, None, rows=own)
    assert canary(given).n == 20 and canary(given).p == 1.0


def test_two_recordings_of_one_canary_set(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    first, second = (record(lab, python(name), FEW)[0] for name in ("solver", "forgetful"))
    assert canary(between(first, second)).rejects
    other, _ = record(lab, python("solver"), replace(FEW, seed=9))
    assert "one canary set" in between(first, other).told.impossible[-1]


def test_a_recording_with_holes_is_none(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="nothing was recorded"):
        record(Lab(tmp_path), python("silent"), FEW, pace=Pace(max_retries=0))
