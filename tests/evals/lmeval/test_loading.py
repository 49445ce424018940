"""A task file becomes a task: samples, prompts, scores, and a plan that names all that decides them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import Loglik, Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Generate, Loglikelihood
from fairtrial.core.record import AS_IT_STANDS
from fairtrial.core.task import Task
from fairtrial.evals.lmeval.loading import load_task
from fairtrial.evals.planning import make_plan
from tests.evals.lmeval.files import ROWS, load, write_rows, write_task

QUIZ = ({"q": "1 + 1?", "o": ["1", "two"], "a": 1}, {"q": "Wet?", "o": ["yes", "no"], "a": 0})
CHOICE: dict[str, Any] = {
    "output_type": "multiple_choice",
    "doc_to_text": "q",
    "doc_to_choice": "o",
    "doc_to_target": "a",
}


def _prompt(task: Task, row: int = 0) -> str:
    question = task.question(task.samples[row])
    return question.prompt if isinstance(question, Generate) else question.context


def _said(task: Task, text: str, row: int = 0) -> Any:
    return task.scorer(Output(text, "stop"), task.samples[row])


def _likely(task: Task, *pairs: tuple[float, bool | None], row: int = 0) -> Any:
    return task.scorer(
        Output(None, "stop", logliks=tuple(Loglik(*pair) for pair in pairs)), task.samples[row]
    )


def test_a_task_that_generates(tmp_path: Path) -> None:
    task = load(tmp_path, metadata={"version": 2})
    assert (task.name, task.version, task.asks, len(task.samples)) == ("capitals", "2", "generate", 3)
    assert task.samples[1].id == "test-1" and task.samples[1].target == ("Lima",)
    assert _prompt(task, 1) == "Capital of Peru?"
    assert task.origin.source == "rows.jsonl" and task.origin.digest.startswith("sha256:")
    assert _said(task, "Accra").state == "right"
    assert _said(task, "accra").state == "wrong"
    assert _said(task, " ").state == "unparsed"


def test_examples_stand_between_description_and_question(tmp_path: Path) -> None:
    task = load(
        tmp_path,
        description="Name it, {{country}}.\n",
        num_fewshot=1,
        fewshot_split="test",
        fewshot_config={"sampler": "first_n"},
    )
    assert _prompt(task, 0) == "Name it, Ghana.\nCapital of Peru? Lima\n\nCapital of Ghana?"
    assert _prompt(task, 2) == "Name it, Laos.\nCapital of Ghana? Accra\n\nCapital of Laos?"


def test_the_first_pipeline_is_the_score_and_the_others_stand_beside_it(tmp_path: Path) -> None:
    regex = {"function": "regex", "regex_pattern": r"is (\w+)"}
    take = {"function": "take_first"}
    pipelines = [{"name": "strict", "filter": [regex, take]}, {"name": "loose", "filter": [take]}]
    task = load(tmp_path, filter_list=pipelines, metric_list=[{"metric": "exact_match", "ignore_case": True}])
    assert task.scorer.form["metric"] == "exact_match"
    score = _said(task, "It is accra")
    assert (score.state, score.answer, score.others["loose"]) == ("right", "accra", 0.0)
    score = _said(task, "ACCRA")
    assert (score.state, score.answer, score.others["loose"]) == ("unparsed", None, 1.0)
    cut = task.scorer(Output("It is accra", "length"), task.samples[0])
    assert (cut.state, cut.value, cut.others[AS_IT_STANDS]) == ("truncated", 0.0, 1.0)


def test_a_multiple_choice(tmp_path: Path) -> None:
    task = load(tmp_path, QUIZ, **CHOICE, target_delimiter=": ")
    assert task.asks == "loglikelihood" and task.chance == 0.5
    question = task.question(task.samples[0])
    assert isinstance(question, Loglikelihood)
    assert (question.context, question.continuations) == ("1 + 1?", (": 1", ": two"))
    assert task.samples[0].target == ("B",)
    score = _likely(task, (-1.0, None), (-1.5, None))
    assert (score.state, score.value, score.others["acc_norm"]) == ("wrong", 0.0, 1.0)
    normed = load(tmp_path, QUIZ, **CHOICE, metric_list=[{"metric": "acc_norm"}, {"metric": "acc_bytes"}])
    score = _likely(normed, (-1.0, None), (-1.5, None))
    assert (
        normed.scorer.form["metric"] == "acc_norm"
        and score.value == 1.0
        and score.others == {"acc_bytes": 1.0}
    )


def test_a_target_that_would_have_been_written(tmp_path: Path) -> None:
    task = load(tmp_path, output_type="loglikelihood", doc_to_target=" {{city}}")
    question = task.question(task.samples[0])
    assert isinstance(question, Loglikelihood) and question.continuations == (" Accra",)
    assert "perplexity" in task.notes[0]
    assert _likely(task, (-3.0, True)).state == "right"
    assert _likely(task, (-0.1, False)).state == "wrong"
    with pytest.raises(ProviderError, match="whether it would have written"):
        _likely(task, (-0.1, None))


def test_the_files_own_marks(tmp_path: Path) -> None:
    code = (
        "def marks(doc, results):\n"
        "    told = results[0]\n"
        "    return {'near': len(told) / 10, 'same': told == doc['city'], 'list': isinstance(told, list)}\n"
    )
    metrics = [{"metric": "near"}, {"metric": "same"}]
    task = load(tmp_path, code=code, process_results="!function code.marks", metric_list=metrics)
    score = _said(task, "Accra")
    assert (score.state, score.value, score.others["same"]) == ("partial", 0.5, 1.0)
    assert "The task file's own Python ran: code.marks." in task.notes
    with pytest.raises(UsageError, match=r"metric near: 1\.1 is no score"):
        _said(task, "A" * 11)
    listed = load(
        tmp_path,
        code=code,
        process_results="!function code.marks",
        metric_list=[{"metric": "list"}],
        filter_list=[{"name": "p", "filter": [{"function": "lowercase"}]}],
    )
    assert _said(listed, "Accra").value == 1.0
    absent = load(tmp_path, code=code, process_results="!function code.marks")
    with pytest.raises(UsageError, match=r"metric exact_match: None is no score"):
        _said(absent, "Accra")


def test_the_files_own_marks_of_likelihoods(tmp_path: Path) -> None:
    code = "def marks(doc, results):\n    return {'sure': results[doc['a']][1], 'gap': results[0][0] / -10}\n"
    metrics = [{"metric": "sure"}, {"metric": "gap"}]
    task = load(tmp_path, QUIZ, code, **CHOICE, process_results="!function code.marks", metric_list=metrics)
    score = _likely(task, (-1.0, False), (-2.0, True))
    assert (score.value, score.others) == (1.0, {"gap": 0.1})
    assert task.chance is None
    with pytest.raises(ProviderError, match="2 continuations were asked"):
        _likely(task, (-1.0, None), (-2.0, True))


@pytest.mark.parametrize(
    ("keys", "rows", "said"),
    [
        (
            {},
            [{"country": "A", "city": None}, *ROWS, {"country": "B", "city": ""}],
            r"row 0: .*is None\n.*row 4: has no target",
        ),
        ({"description": "{{topic}}\n"}, ROWS, "has 3 bad rows"),
        ({"gen_prefix": "{{topic}}"}, ROWS, "has 3 bad rows"),
        ({"doc_to_text": "{{land}}"}, ROWS, "has 3 bad rows"),
        (
            {"doc_to_target": "{{country == city}}", "doc_to_text": "city"},
            [{"city": 1, "country": 2}],
            "no text",
        ),
        (
            {"doc_to_target": "city"},
            [{"country": "A", "city": ["a"]}, {"country": "B", "city": "b"}],
            "some have one",
        ),
        ({"doc_to_target": "city"}, [{"country": "A", "city": [1]}], "no reply equals a number"),
        ({"doc_to_target": "city"}, [{"country": "A", "city": []}], "no reply equals a number"),
        (
            {"metric_list": [{"metric": "exact_match", "ignore_punctuation": True}]},
            [{"country": "A", "city": "?"}],
            "nothing is left to compare",
        ),
        (
            {"metric_list": [{"metric": "exact_match", "ignore_case": True}]},
            [{"country": "A", "city": "[INVALID]"}],
            "nothing is left to compare",
        ),
        (
            {"filter_list": [{"name": "p", "filter": []}]},
            [{"country": "A", "city": 3}],
            "casts to text only behind",
        ),
        (
            {"filter_list": [{"name": "p", "filter": [{"function": "multi_choice_regex"}]}]},
            ROWS,
            "column 'choices'",
        ),
        ({"doc_to_choice": ["a", "b"]}, ROWS, "no index of 2 choices"),
        ({**CHOICE, "doc_to_target": "{{a + 2}}"}, QUIZ, "has 2 bad rows"),
        ({**CHOICE, "doc_to_target": -1}, QUIZ, "none of 2 choices"),
        ({**CHOICE, "doc_to_target": ["1"]}, QUIZ, "none of 2 choices"),
        ({**CHOICE, "doc_to_choice": ["a"]}, QUIZ, "1 choices"),
        ({**CHOICE, "doc_to_choice": [f"c{n}" for n in range(27)]}, QUIZ, "27 choices"),
        ({**CHOICE, "doc_to_choice": ["", "b"]}, QUIZ, "empty choice"),
        ({"output_type": "loglikelihood"}, [{"country": "A", "city": 3}], "is 3, no text"),
        ({"num_fewshot": 3, "fewshot_split": "test"}, ROWS, "too few"),
        ({"num_fewshot": 1, "fewshot_split": "dev"}, ROWS, "asks for the split 'dev', and no file holds it"),
        (
            {"num_fewshot": 1, "fewshot_config": {"samples": [{"country": "X", "city": 3}]}},
            ROWS,
            "stops there",
        ),
        (
            {"doc_to_text": "{{country}} {{day}}"},
            [{"country": "A", "city": "b", "day": "2024-01-01"}],
            "times",
        ),
    ],
)
def test_rows_that_can_not_be_marked_are_told_before_anything_is_asked(
    tmp_path: Path, keys: dict[str, Any], rows: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        load(tmp_path, rows, **keys)


def test_a_column_of_times_that_nobody_reads_is_no_obstacle(tmp_path: Path) -> None:
    assert len(load(tmp_path, [{**row, "day": "2024-01-01"} for row in ROWS]).samples) == 3


def test_the_plan_names_all_that_decides_a_prompt(tmp_path: Path) -> None:
    code = "def asked(doc):\n    return doc['country']\n"
    shots = {"num_fewshot": 1, "fewshot_split": "test"}

    def digest(code: str, **keys: Any) -> str:
        task = load(tmp_path, code=code, doc_to_text="!function code.asked", **{**shots, **keys})
        plan, _ = make_plan(task, ModelSpec("replay", "x"))
        json.dumps(plan.to_json())
        return plan.digest

    first = digest(code)
    assert digest(code) == first
    changed = [
        digest(code + "# changed\n"),
        digest(code, num_fewshot=2),
        digest(code, fewshot_config={"sampler": "first_n"}),
        digest(code, metric_list=[{"metric": "exact_match", "ignore_case": True}]),
        digest(code, generation_kwargs={"until": ["x"]}),
    ]
    assert len({first, *changed}) == 6
    plan, _ = make_plan(
        load(tmp_path, code=code, doc_to_text="!function code.asked"), ModelSpec("replay", "x")
    )
    assert plan.to_json()["task"]["prompt"]["functions"][0]["function"] == "code.asked"  # type: ignore[index, call-overload]


def test_the_rows_that_examples_are_drawn_from_are_named(tmp_path: Path) -> None:
    shots = {"num_fewshot": 1, "fewshot_config": {"sampler": "first_n", "samples": list(ROWS)}}
    more = {**shots, "fewshot_config": {"sampler": "first_n", "samples": [*ROWS, *ROWS]}}
    first, second = (load(tmp_path, **keys).prompt.form["fewshot"] for keys in (shots, more))
    assert isinstance(first, dict) and isinstance(second, dict) and first["rows"] != second["rows"]
    assert {**first, "rows": 0} == {**second, "rows": 0}


def test_a_function_runs_only_with_trust(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("raise SystemError('it ran')\n")
    write_rows(tmp_path, ROWS)
    path = write_task(tmp_path, process_docs="!function code.f")
    with pytest.raises(UsageError, match="process_docs: runs the Python function"):
        load_task(path)
    with pytest.raises(UsageError, match="it ran"):
        load_task(path, trust_code=True)


def test_rows_given_with_data(tmp_path: Path) -> None:
    path = write_task(
        tmp_path, dataset_path="some/hub", dataset_kwargs=None, num_fewshot=1, fewshot_split="train"
    )
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "test.csv").write_text("country,city\nMali,Bamako\n")
    with gzip.open(folder / "train.jsonl.gz", "wt") as out:
        out.write(json.dumps(ROWS[0]) + "\n")
    task = load_task(path, data=folder)
    assert _prompt(task) == "Capital of Ghana? Accra\n\nCapital of Mali?"
    with pytest.raises(UsageError, match="asks for the split 'train'"):
        load_task(path, data=folder / "test.csv")
    with pytest.raises(UsageError, match="there is no file"):
        load_task(path, data=tmp_path / "absent.jsonl")
    (folder / "test.csv").unlink()
    (folder / "test.yaml").write_text("- a: 1\n")
    with pytest.raises(UsageError, match="not the kind of file"):
        load_task(path, data=folder / "test.yaml")


def test_several_files_are_one_split_and_name_their_digests(tmp_path: Path) -> None:
    write_rows(tmp_path, [{"country": "Mali", "city": "Bamako", "more": 1.5}], "more.jsonl")
    task = load(tmp_path, dataset_kwargs={"data_files": {"test": ["rows.jsonl", "more.jsonl"]}})
    assert len(task.samples) == 4 and task.origin.source == "rows.jsonl, more.jsonl"


def test_rows_that_a_function_makes(tmp_path: Path) -> None:
    code = "def made(n, **_):\n    return {'test': [{'country': str(k), 'city': 'x'} for k in range(n)]}\n"
    task = load(
        tmp_path, code=code, custom_dataset="!function code.made", dataset_kwargs={"n": 2}, metadata={}
    )
    assert [sample.text for sample in task.samples] == ["Capital of 0?", "Capital of 1?"]
    assert task.origin.source == "code.made"
    with pytest.raises(UsageError, match="gives no split 'val'"):
        load(
            tmp_path, code=code, custom_dataset="!function code.made", dataset_kwargs={"n": 2}, test_split=None,
            validation_split="val",
        )  # fmt: skip


def test_an_empty_file_of_rows(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no row"):
        load(tmp_path, [])
