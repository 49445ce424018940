"""A twin from end to end, with models whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial import Lab, Run
from fairtrial.audit.twin import Rules
from fairtrial.core.errors import IntegrityError, StoreError, UnknownName, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.twin import TwinResult, ask_and_judge, judge_runs, new_draw, open_twin, reveal_beacon
from tests.web.test_endpoint import served

MODULE = "python:tests.lab.twin_models"
ITEMS = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("draw")
    with pytest.MonkeyPatch.context() as patch:
        # One draw for ever: at level 0.001, a new draw each time would be red once in a thousand runs.
        patch.setattr("fairtrial.lab.twin.secrets.token_bytes", lambda size: bytes(range(size)))
        new_draw("arithmetic", made / "draw.json", items=ITEMS, committed_at="2026-11-24T12:00:00.000Z")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORM", str(made))
        yield made


def trial(folder: Path, out: Path, model: str, *, fresh: int = 3, items: int | None = None) -> TwinResult:
    twin = open_twin("arithmetic", folder / "draw.json", fresh=fresh, items=items)
    return ask_and_judge(Lab(out), twin, ModelSpec.parse(f"{MODULE}:{model}"), Rules(), rank=None)


def test_the_cheat_is_refuted_and_the_honest_one_carries_over(folder: Path, tmp_path: Path) -> None:
    cheat = trial(folder, tmp_path, "cheat", items=200).verdict
    assert cheat.outcome == "refuted" and cheat.scores[0].value == 1.0
    found = cheat.finding("inflated")
    assert found is not None and found.evidence is not None and found.evidence.p < 1e-20
    assert 30 < found.evidence.effect.value < 50
    honest = trial(folder, tmp_path, "honest", items=300).verdict
    # By chance of the draw an honest model stays open one time in twenty; it is never refuted for that.
    assert honest.outcome in ("supported", "inconclusive")
    seen = honest.finding("seen")
    assert seen is not None and seen.evidence is None and "no log-probabilities" in seen.sentence


def test_a_model_that_answers_nothing_is_not_cleared(folder: Path, tmp_path: Path) -> None:
    verdict = trial(folder, tmp_path, "silent", items=60).verdict
    assert verdict.outcome == "inconclusive" and "not one answer was right" in verdict.sentence


def test_published_and_fresh_are_asked_side_by_side_in_the_same_words(folder: Path) -> None:
    twin = open_twin("arithmetic", folder / "draw.json", fresh=3, items=None)
    columns = [twin.places[sample.id].column for sample in twin.answers.samples]
    half = len(columns) // 2
    assert 0.4 < columns[:half].count(0) / columns.count(0) < 0.6
    lines = (folder / "draw.form.jsonl").read_text("utf-8").splitlines()
    form = [json.loads(line)["input"] for line in lines]
    asked = {
        twin.places[sample.id].item: sample.text
        for sample in twin.answers.samples
        if twin.places[sample.id].column == 0
    }
    assert [asked[item] for item in range(ITEMS)] == form
    prompts = {twin.answers.prompt.messages(sample)[0].content for sample in twin.answers.samples}
    assert len(prompts) == 4 * ITEMS and not any("item-" in prompt for prompt in prompts)
    for sample in twin.likelihoods.samples[:50]:
        index = "ABCDEFGH".index(sample.target[0])
        assert sample.choices[index].startswith(form[int(sample.id[5:])])


def test_over_http_with_log_probabilities_a_blind_model_is_not_said_to_have_seen(
    folder: Path, tmp_path: Path
) -> None:
    twin = open_twin("arithmetic", folder / "draw.json", fresh=1, items=25)
    with served() as address:
        result = ask_and_judge(
            Lab(tmp_path),
            twin,
            ModelSpec.parse("openai-api/ngram", base_url=address),
            Rules(),
            rank=True,
        )
    seen = result.verdict.finding("seen")
    assert seen is not None and seen.evidence is not None and seen.answer == "undetermined"
    assert seen.evidence.n == 25 and 0.0005 < seen.evidence.p < 0.9995


def test_runs_made_before_are_judged_alike(folder: Path, tmp_path: Path) -> None:
    twin = open_twin("arithmetic", folder / "draw.json", fresh=3, items=80)
    lab, model = Lab(tmp_path), ModelSpec.parse(f"{MODULE}:cheat")
    whole = ask_and_judge(lab, twin, model, Rules(), rank=False)

    def part(published: bool) -> Run:
        samples = tuple(s for s in twin.answers.samples if (twin.places[s.id].column == 0) == published)
        return lab.run(replace(twin.answers, samples=samples), model)

    parts = [part(True), part(False)]
    again = judge_runs(twin, parts, None, Rules())
    assert again.verdict.findings[0].evidence == whole.verdict.findings[0].evidence


def test_forms_asked_in_different_words_are_refused(folder: Path, tmp_path: Path) -> None:
    twin = open_twin("arithmetic", folder / "draw.json", fresh=3, items=20)
    lab, model = Lab(tmp_path), ModelSpec.parse(f"{MODULE}:honest")

    def half(published: bool, **changes: object) -> object:
        samples = tuple(s for s in twin.answers.samples if (twin.places[s.id].column == 0) == published)
        return lab.run(replace(twin.answers, samples=samples, **changes), model)

    with pytest.raises(UsageError, match="did not answer the same test"):
        judge_runs(twin, [half(True), half(False, system="Think.")], None, Rules())  # type: ignore[list-item]
    with pytest.raises(UsageError, match="other words"):
        judge_runs(twin, [half(True, system="Think."), half(False, system="Think.")], None, Rules())  # type: ignore[list-item]
    other = open_twin("arithmetic", folder / "draw.json", fresh=2, items=20)
    with pytest.raises(UsageError, match="not in this draw"):
        judge_runs(other, [lab.run(twin.answers, model)], None, Rules())


def test_a_draw_that_is_not_what_was_committed(folder: Path, tmp_path: Path) -> None:
    text = (folder / "draw.json").read_text("utf-8")
    at = text.index('"secret":"') + 10
    wrong = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
    (tmp_path / "draw.json").write_text(wrong, encoding="utf-8")
    with pytest.raises(IntegrityError, match="commitment"):
        open_twin("arithmetic", tmp_path / "draw.json", fresh=3, items=None)


def test_a_draw_of_another_family(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "arithmetic.yaml"
    other.write_text(
        'family: arithmetic\ntemplates:\n  gain:\n    text: "What is {a}+{b}?"\n'
        "    draw: {a: {integer: [1, 99]}, b: {integer: [1, 99]}}\n    answer: a + b\n    steps: 1\n",
        encoding="utf-8",
    )
    with pytest.raises(IntegrityError, match="another family"):
        open_twin(str(other), folder / "draw.json", fresh=3, items=None)


def test_a_second_draw_of_one_form_is_refused(folder: Path) -> None:
    with pytest.raises(StoreError, match="exists"):
        new_draw("arithmetic", folder / "draw.json", items=10, committed_at="2026-11-24T12:00:00.000Z")
    assert (folder / "draw.json").stat().st_mode & 0o077 == 0, "the secret is for its owner alone"


def test_what_makes_no_twin(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="arithmetik"):
        open_twin("arithmetik", None, fresh=3, items=None)
    for fresh, items in ((0, None), (8, None), (3, 0), (3, 601)):
        with pytest.raises(UsageError):
            open_twin("arithmetic", folder / "draw.json", fresh=fresh, items=items)
    with pytest.raises(UsageError, match="can't read"):
        open_twin("arithmetic", tmp_path / "none.json", fresh=3, items=None)


ROUND_1000 = (
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"
)
BEFORE = "2023-08-23T15:30:00.000Z"
"""Before round 1000 of quicknet was due, at 15:59:24."""


def test_a_coming_beacon_round_decides_what_is_published(tmp_path: Path) -> None:
    path = tmp_path / "draw.json"
    new_draw("arithmetic", path, items=48, committed_at=BEFORE, beacon_round=1000)
    form = tmp_path / "draw.form.jsonl"
    assert not form.exists(), "nobody knows yet what will be published"
    with pytest.raises(UsageError, match="no value yet"):
        open_twin("arithmetic", path, fresh=3, items=None)
    with pytest.raises(IntegrityError):
        reveal_beacon("arithmetic", path, ROUND_1000.replace("b4", "b5", 1))
    assert not form.exists()
    drawn = reveal_beacon("arithmetic", path, ROUND_1000)
    twin = open_twin("arithmetic", path, fresh=3, items=None)
    asked = {twin.places[s.id].item: s.text for s in twin.answers.samples if twin.places[s.id].column == 0}
    rows = [json.loads(line)["input"] for line in form.read_text("utf-8").splitlines()]
    assert [asked[item] for item in range(48)] == rows and twin.draw == drawn.commitment


def test_a_round_that_is_due_already_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="known already"):
        new_draw(
            "arithmetic", tmp_path / "d.json", items=9, committed_at="2026-11-24T12:00:00Z", beacon_round=1000
        )
    assert not list(tmp_path.iterdir())
