"""The file that `fairtrial init` writes is valid as it stands, and with every comment taken out of comment."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.evals.config import load_config, schema
from fairtrial.evals.own_task import own_task
from fairtrial.evals.starter import OWN_TESTS, sample_cases, starter

TEXT = starter("cases.jsonl", ["openai/gpt-4o-mini", "ollama/llama3.1"], "exact")


def test_it_is_valid_against_the_published_schema(tmp_path: Path) -> None:
    stated = yaml.safe_load(TEXT)
    published = Path(__file__).parents[2] / "docs" / "reference" / "fairtrial.schema.json"
    jsonschema.validate(stated, json.loads(published.read_text()))
    assert stated == {
        "cases": "cases.jsonl",
        "models": ["openai/gpt-4o-mini", "ollama/llama3.1"],
        "scorer": "exact",
    }
    path = tmp_path / "fairtrial.yaml"
    path.write_text(TEXT, "utf-8")
    assert load_config(path).settings == {"scorer": "exact"}


def test_every_commented_setting_is_valid_too(tmp_path: Path) -> None:
    """Take the `# ` off everything that looks like a setting, as a user would."""
    lines = [re.sub(r"^# (?=[a-z_]+: |template: \||  |$)", "", line) for line in TEXT.splitlines()]
    begin = next(number for number, line in enumerate(lines) if line.startswith("tolerance"))
    text = (
        TEXT[: TEXT.index("\n# tolerance")]
        + "\n"
        + "\n".join(line.removeprefix("#") if line.strip() == "#" else line for line in lines[begin:])
    )
    stated = yaml.safe_load(text)
    for key in (
        "tolerance",
        "template",
        "system",
        "limit",
        "epochs",
        "slices",
        "cluster",
        "max_cost",
        "margin",
    ):
        assert key in stated, key
    jsonschema.validate(stated, schema())
    path = tmp_path / "fairtrial.yaml"
    path.write_text(text, "utf-8")
    assert load_config(path).settings["template"].endswith("{{ input }}\n")


def test_no_models_is_an_empty_list() -> None:
    assert yaml.safe_load(starter("gsm8k", [], "exact"))["models"] == []


def test_the_sample_cases_are_a_task(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(sample_cases("exact"), "utf-8")
    made = own_task(path, scorer="exact")
    assert [sample.id for sample in made.samples] == ["t1", "t2", "t3"]


def test_programming_tasks_name_no_scorer(tmp_path: Path) -> None:
    text = starter("cases.jsonl", ["openai/gpt-4o-mini"], OWN_TESTS)
    assert "scorer" not in yaml.safe_load(text) and "bring their own tests" in text
    path = tmp_path / "cases.jsonl"
    path.write_text(sample_cases(OWN_TESTS), "utf-8")
    assert [sample.id for sample in own_task(path).samples] == ["initials", "mean", "is_leap"]


@pytest.mark.parametrize(
    "strange", ["a: b", "# x", "'", '"', "é ☃", "*x", "- y", "{z}", "line\nbreak", "\\", "yes"]
)
def test_whatever_is_answered_comes_back(strange: str) -> None:
    stated = yaml.safe_load(starter(strange, [strange], strange))
    assert (stated["cases"], stated["models"], stated["scorer"]) == (strange, [strange], strange)


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=("Cs", "Cn", "Co")), min_size=1, max_size=20))
def test_any_text_comes_back(text: str) -> None:
    assert yaml.safe_load(starter(text, [text], text))["cases"] == text
