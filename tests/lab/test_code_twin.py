"""The twin of programs, judged in the real sandbox, on programmers whose truth was planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from fairtrial import Lab
from fairtrial.audit.outcomes import outcomes
from fairtrial.audit.twin import Rules
from fairtrial.core.plan import ModelSpec
from fairtrial.core.record import Failure, Score
from fairtrial.core.twin import Twin
from fairtrial.families import load
from fairtrial.families.twin import published_rows
from fairtrial.lab.twin import TwinResult, ask_and_judge, open_twin
from fairtrial.stats.siblings import sibling_accuracy
from fairtrial.trust.draw import commit
from fairtrial.trust.draw_file import draw_bytes
from tests.lab.code_twin_models import key, luck, skill

MODULE = "python:tests.lab.code_twin_models"
ITEMS, FRESH = 32, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A draw of a known secret: with a new one every time, one honest programmer in a hundred would be refuted."""
    made = tmp_path_factory.mktemp("code-draw")
    family = load("programs")
    drawn = commit(
        family,
        n=ITEMS,
        secret=bytes(range(32)),
        salt=bytes(32),
        committed_at="2026-11-24T12:00:00Z",
        templates=family.published,
    )
    (made / "draw.json").write_bytes(draw_bytes(drawn))
    (made / "draw.form.jsonl").write_bytes(published_rows(family, drawn))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE_FORM", str(made))
        yield made


def trial(twin: Twin, out: Path, model: str) -> TwinResult:
    return ask_and_judge(Lab(out), twin, ModelSpec.parse(f"{MODULE}:{model}"), Rules(), rank=None)


@pytest.fixture(scope="module")
def laid(folder: Path) -> Twin:
    return open_twin("programs", folder / "draw.json", fresh=FRESH, items=None)


@pytest.fixture(scope="module")
def honest(laid: Twin, tmp_path_factory: pytest.TempPathFactory) -> TwinResult:
    return trial(laid, tmp_path_factory.mktemp("honest"), "honest")


def test_who_learnt_the_published_solutions_by_heart_is_refuted(folder: Path, tmp_path: Path) -> None:
    twin = open_twin("programs", folder / "draw.json", fresh=1, items=24)
    verdict = trial(twin, tmp_path, "cheat").verdict
    assert verdict.outcome == "refuted" and verdict.scores[0].value == 1.0
    assert verdict.scores[1].value < 0.5, "a published solution is none for its siblings"
    found = verdict.finding("inflated")
    assert found is not None and found.evidence is not None and found.evidence.p < 1e-4
    seen = verdict.finding("seen")
    assert seen is not None and seen.evidence is not None and seen.answer == "yes"
    assert seen.evidence.n == 24 and seen.evidence.p < 1e-15


def test_who_programs_by_own_skill_is_not(honest: TwinResult) -> None:
    assert honest.complete and honest.verdict.outcome != "refuted"
    for finding in honest.verdict.findings:
        assert finding.evidence is not None and finding.evidence.n == ITEMS
        assert not finding.evidence.rejects, finding.sentence


def test_the_sandbox_rules_as_the_truth_was_planted(honest: TwinResult) -> None:
    """Every record against what the programmer was made to do; the marks know neither template nor form."""
    run = honest.runs[0]
    states: set[str] = set()
    for record in run.records():
        sample = key()[record.input]
        right = luck(sample.text) < skill(str(sample.metadata["template"]))
        assert (record.state == "right") == right, (record.sample_id, record.execution)
        states.add(record.state)
    assert states == {"right", "wrong", "unparsed"}
    judged = run.summary.provenance["judging"]
    assert isinstance(judged, dict) and judged["sandbox"]


def test_false_alarms_over_publications_drawn_again(honest: TwinResult, laid: Twin) -> None:
    """The marks as they were, and the published one of every item's four drawn anew 2,000 times: the test rejects
    at 0.05 no more often than it says (binomial, one in a thousand)."""
    run = honest.runs[0]
    found = outcomes(run.records(), laid.places)
    table = np.column_stack([found.published, found.fresh])
    rng = np.random.default_rng(5)
    alarms, draws = 0, 2_000
    for _ in range(draws):
        turned = rng.permuted(table, axis=1)
        alarms += sibling_accuracy(turned[:, 0], turned[:, 1:]).p <= 0.05
    assert table.std() > 0.3 and alarms > 0
    assert binomtest(alarms, draws, 0.05, alternative="greater").pvalue > 0.001


def test_a_fault_of_the_sandbox_drops_the_item_whole(honest: TwinResult, laid: Twin) -> None:
    run = honest.runs[0]
    records = list(run.records())
    hit = laid.places[records[0].sample_id].item
    records[0] = replace(records[0], result=Failure("sandbox", "a sandbox can't be run"))
    found = outcomes(records, laid.places)
    assert found.failed == 1 and hit not in found.items and len(found.items) == ITEMS - 1
    unread = next(each for each in records if isinstance(each.result, Score) and each.state == "unparsed")
    place = laid.places[unread.sample_id]
    row = found.items.index(place.item)
    marks = np.column_stack([found.published, found.fresh])[row]
    assert marks[place.column] == 0, "an answer without code is wrong, on whichever sibling"


def test_the_bundled_draw_is_a_demonstration_over_this_very_family() -> None:
    twin = open_twin("programs", None, fresh=1, items=16)
    assert twin.demonstration and len(twin.answers.samples) == 32
    assert {place.template for place in twin.places.values()} == set(load("programs").published)
