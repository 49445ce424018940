"""Claims from cards, files and runs; and the tasks that ask them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from fairtrial import Lab
from fairtrial.audit.claim_file import claim_text, parse_claim
from fairtrial.benchmarks import load
from fairtrial.core.claim import Claim, Conditions
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.lab.cases import NAMES, bundled_cases
from fairtrial.lab.claim_task import FORMS, SUBJECTS, claim_task, known_in, reading_of, readings
from fairtrial.lab.claims import claim_of_run, foreign_drafts, open_claim
from fairtrial.lab.twin import open_twin

MODEL = "python:tests.lab.claim_models:constant"
ROOT = Path(__file__).parents[2]


def test_bundled_claims_say_what_the_cards_and_the_page_say() -> None:
    page = (ROOT / "docs/reference/specimens.md").read_text("utf-8")
    row = re.search(r"\| published form, accuracy in % \| (\S+) \[.*?\| (\S+) \[", page)
    assert row is not None
    for name, printed in zip(("honest", "cheat"), row.groups(), strict=True):
        text = files("fairtrial.specimens").joinpath("data", name, "card.json").read_text("utf-8")
        told = json.loads(text)["measured"]["published"]
        claim = open_claim(f"specimen/{name}")
        assert (claim.value, claim.n) == (told["value"], told["n"]) and claim.model == f"specimen/{name}"
        assert f"{100 * (claim.value or 0):.1f}" == printed and claim.conditions.undisclosed == ()
        assert parse_claim(claim_text(claim).encode(), "x", known_in(Path())) == claim
    assert set(bundled_cases()) == set(NAMES)
    with pytest.raises(UnknownName):
        open_claim("specimen/chaet")


def test_the_published_form_is_the_twins_published_half() -> None:
    task = claim_task(Lab(), open_claim("specimen/cheat"))
    twin = open_twin("arithmetic", None, fresh=1, items=60)
    published = {s.id: s for s in twin.answers.samples if twin.places[s.id].column == 0}
    assert {s.id: (s.text, s.target) for s in task.samples[:60]} == {
        name: (s.text, s.target) for name, s in published.items()
    }
    one = task.samples[0]
    assert task.question(one) == twin.answers.question(published[one.id])


def test_benchmarks_hold_and_give_what_is_stated_of_them() -> None:
    for name in ("gsm8k", "gsm8k_cot", "humaneval", "mmlu", "mmlu_generative"):
        task = load(name)
        assert len(task.samples) == SUBJECTS[name].n
        assert task.scorer.form["metric"] == SUBJECTS[name].metrics[0]
    assert known_in(Path())("benchmark", "mmlu/virology", "").n == len(load("mmlu/virology").samples)
    assert set(FORMS) == set(SUBJECTS) - {"hellaswag"}


def gsm8k(**conditions: object) -> Claim:
    told = Conditions(**conditions)  # type: ignore[arg-type]
    return Claim("s", "m", "gsm8k", value=0.5, n=1319, conditions=told)


def test_conditions_reach_the_question_and_the_reading() -> None:
    lab = Lab()
    claim = gsm8k(shots=1, system="Be brief.", temperature=0.5, max_tokens=99, extraction="strict-match")
    task = claim_task(lab, claim)
    assert (task.system, task.decoding.temperature, task.decoding.max_tokens) == ("Be brief.", 0.5, 99)
    assert task.prompt.messages(task.samples[0])[0].content.count("Question:") == 2
    assert reading_of(task, claim) == "strict-match" and "strict-match" in readings(task)
    assert claim_task(lab, gsm8k(prompt="gsm8k_cot")).name == "gsm8k_cot"
    template = str(load("gsm8k_cot").prompt.form["template"])
    assert claim_task(lab, gsm8k(prompt=template)).name == "gsm8k_cot"
    assert reading_of(task, gsm8k()) == ""


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        (gsm8k(prompt="Solve: {x}"), "can't be asked of gsm8k here"),
        (gsm8k(extraction="strictmatch"), "no extraction of gsm8k is called"),
        (gsm8k(shots=99), "99 worked examples"),
    ],
)
def test_a_condition_that_cant_be_asked_is_refused(claim: Claim, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        claim_task(Lab(), claim)


def of_honest(name: str = "specimen/honest", **conditions: object) -> Claim:
    claim = open_claim(name)
    return replace(claim, conditions=replace(claim.conditions, **conditions))  # type: ignore[arg-type]


def test_the_published_form_has_no_worked_examples_of_its_own() -> None:
    with pytest.raises(UsageError, match="2 worked examples"):
        claim_task(Lab(), of_honest(shots=2))
    with pytest.raises(UsageError, match="2 worked examples"):
        claim_task(Lab(), of_honest(shots=2, prompt=None))


def test_word_problems_are_asked_in_the_claims_words() -> None:
    words = "Q: What is 3+4?\nA: 3+4=7\nQ: {question}\nA:"
    usual, task = (claim_task(Lab(), each) for each in (of_honest(), of_honest(shots=1, prompt=words)))
    assert task.prompt.form["template"] == words
    one = task.samples[0]
    assert task.prompt.messages(one)[0].content == words.replace("{question}", one.text)
    assert (task.samples, task.decoding, task.scorer.form) == (
        usual.samples,
        usual.decoding,
        usual.scorer.form,
    )
    with pytest.raises(UsageError, match="once"):
        claim_task(Lab(), of_honest(prompt="Q: what?"))


def test_a_family_of_programs_is_asked_in_its_own_words_alone() -> None:
    claim = replace(of_honest(prompt="Write: {question}"), family="programs", task="programs")
    with pytest.raises(UsageError, match="can't be asked of programs"):
        claim_task(Lab(), claim)


def test_a_run_claims_what_it_measured_and_how(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "runs")
    run = lab.run("gsm8k_cot", MODEL, limit=7, epochs=2, system="S", num_fewshot=3)
    claim = claim_of_run(lab, run.path)
    assert (claim.task, claim.n, claim.value) == ("gsm8k_cot", 7, run.summary.metrics[0].value)
    assert claim.conditions == Conditions(3, "gsm8k_cot", "S", 0.0, 256, "flexible-extract", 2)
    file = tmp_path / "claim.yaml"
    file.write_text(claim_text(claim), "utf-8")
    assert open_claim(str(file)) == claim
    # The claim asks what the run asked.
    again, _ = lab.plan(claim_task(lab, claim), MODEL, limit=7, epochs=2)
    assert again.digest == run.digest


def test_a_run_of_own_rows_or_an_unfinished_one_claims_nothing(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"input": "1+1=", "target": "2"}\n', "utf-8")
    lab = Lab(tmp_path / "runs")
    with pytest.raises(UsageError, match="a claim is about a benchmark"):
        claim_of_run(lab, lab.run(rows, MODEL).path)
    cut = lab.run("gsm8k", MODEL, limit=3)
    journal = cut.path / "records.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(UsageError, match="is unfinished"):
        claim_of_run(lab, cut.path)


def test_files_that_are_no_results_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for text in ('{"a": 1}', '{"a": NaN}', "a: 1", "- 1", "{", "\x00"):
        file.write_text(text, "utf-8")
        with pytest.raises(UsageError):
            foreign_drafts(file)
    with pytest.raises(UsageError, match="can't be read"):
        open_claim(str(tmp_path / "none.yaml"))
