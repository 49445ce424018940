"""A claim asked again, with models whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial import Lab
from fairtrial.core.claim import Claim, Conditions
from fairtrial.lab.claims import open_claim
from fairtrial.lab.reproduction import Reproduction, reproduce
from tests.lab.claim_models import key, knows

MODEL = "python:tests.lab.claim_models:part"
CLAIM = open_claim("specimen/honest")


SOME = 200


def truth(share: int, items: int = 600) -> float:
    return sum(knows(asked, share) for asked in list(key())[:items]) / items


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Reproduction:
    """The claimant had a system text, and didn't say so."""
    claim = replace(CLAIM, value=round(truth(154), 3), decimals=3, conditions=Conditions())
    return reproduce(Lab(tmp_path_factory.mktemp("runs")), claim, MODEL, setting_items=SOME)


def test_the_setting_that_explains_the_gap_is_found(opened: Reproduction) -> None:
    assert opened.finding.answer == "no" and opened.finding.evidence is not None
    gap = truth(205) - round(truth(154), 3)
    assert opened.finding.evidence.effect.value == pytest.approx(100 * gap)
    # A claim that doesn't say how it decoded isn't taken to have been greedy.
    assert "bounded" in opened.finding.evidence.effect.method
    (system,) = (each for each in opened.settings if each.condition == "system")
    assert system.explains and system.effect is not None and system.n == SOME
    assert system.effect.value == pytest.approx(100 * (truth(154, SOME) - truth(205, SOME)))
    assert [each.condition for each in opened.settings if each.explains] == ["system"]


def test_every_open_condition_has_a_row_or_says_why_not(opened: Reproduction) -> None:
    found = {each.condition for each in opened.settings}
    assert found == {"system", "temperature", "max_tokens", "extraction", "samples"}
    assert all(each.effect is not None or each.why_not for each in opened.settings)
    read = [each for each in opened.settings if each.condition == "extraction"]
    assert all(each.effect is not None and each.n == 600 for each in read)
    assert len(opened.runs) == 1 + sum(
        each.effect is not None and each.condition != "extraction" for each in opened.settings
    )
    assert opened.complete and opened.to_json()["runs"]


def test_a_disclosed_claim_needs_no_table_and_is_exact(tmp_path: Path) -> None:
    claim = replace(CLAIM, value=round(truth(205), 4))
    found = reproduce(Lab(tmp_path), claim, MODEL)
    assert found.finding.answer == "yes" and found.settings == () and len(found.runs) == 1
    # The tolerance is the caller's, where one is given.
    near = replace(claim, value=round(truth(205) + 0.03, 4))
    assert reproduce(Lab(tmp_path), near, MODEL, resume=True).finding.answer == "yes"
    assert reproduce(Lab(tmp_path), near, MODEL, resume=True, tolerance=0.02).finding.answer == "no"


def test_a_part_of_the_items_counts_the_claims_own_error(tmp_path: Path) -> None:
    claim = replace(CLAIM, value=round(truth(205), 4))
    finding = reproduce(Lab(tmp_path), claim, MODEL, items=100).finding
    assert finding.answer == "undetermined" and finding.needed_n == 600
    assert finding.evidence is not None and "square-and-add" in finding.evidence.effect.method


def test_a_benchmark_is_tried_in_its_other_forms(tmp_path: Path) -> None:
    claim = Claim("s", "m", "gsm8k", value=0.5, n=1319)
    found = reproduce(
        Lab(tmp_path), claim, "python:tests.lab.claim_models:constant", items=20, setting_items=10
    )
    rows = [(each.condition, each.used, each.tried) for each in found.settings]
    assert ("shots", "5", "0") in rows and ("shots", "5", "1") in rows
    assert ("prompt", "gsm8k", "gsm8k_cot") in rows and ("max_tokens", "256", "512") in rows
    assert all(each.n <= 10 or each.condition == "extraction" for each in found.settings)
