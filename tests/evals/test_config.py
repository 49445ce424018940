"""fairtrial.yaml: read strictly, published as a schema, relative to itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.canon import canonical
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.evals import config_model
from fairtrial.evals.config import Config, find_config, is_config, load_config, schema
from fairtrial.evals.strict_yaml import parse_yaml

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "reference" / "fairtrial.schema.json"


def load(folder: Path, text: str) -> Config:
    path = folder / "fairtrial.yaml"
    path.write_text(text, "utf-8")
    return load_config(path)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        load(folder, text)
    assert caught.value.remedy
    return str(caught.value)


def test_the_published_schema_is_what_the_code_generates(tmp_path: Path) -> None:
    assert PUBLISHED.read_bytes() == canonical(schema()) + b"\n", (
        "run `python -m fairtrial.evals.config_model docs/reference/fairtrial.schema.json`"
    )
    jsonschema.Draft202012Validator.check_schema(schema())
    config_model.write(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == PUBLISHED.read_bytes()


def test_every_key_stands_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "task-files.md").read_text("utf-8")
    section = page.partition("## fairtrial.yaml")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`([a-z_]+)`", section))
    assert set(config_model.KNOWN) <= documented


EVERYTHING = """
cases: [cases.jsonl, gsm8k]
models:
  - openai/gpt-4o-mini
  - model: openai-api/llama
    base_url: http://localhost:8000/v1
    api: completions
    stream: true
scorer: number
tolerance: 0.5
template: "Q: {{ input }}"
system: Be brief.
temperature: 0.7
max_tokens: 20
stop: ["END"]
top_p: 0.9
effort: low
seed: 7
epochs: 2
limit: 5
num_fewshot: 0
form: generative
data: items.jsonl
include_path: [shared]
cluster: customer
slices: [channel]
max_cost: 2.50
max_connections: 4
max_retries: 0
max_wait: 10
timeout: 30
fail_under: 0.8
margin: 0.02
volume: 1000
price_table: prices.yaml
out: kept
resume: true
base_url: http://elsewhere/v1
api: chat
stream: false
"""


def test_every_setting(tmp_path: Path) -> None:
    assert set(yaml.safe_load(EVERYTHING)) == set(config_model.KNOWN), "this example leaves a key out"
    found = load(tmp_path, EVERYTHING)
    assert found.tasks == (str(tmp_path / "cases.jsonl"), "gsm8k")
    assert found.models == (
        ModelSpec(
            "openai", "gpt-4o-mini", {"base_url": "http://elsewhere/v1", "api": "chat", "stream": False}
        ),
        ModelSpec(
            "openai-api",
            "llama",
            {"base_url": "http://localhost:8000/v1", "api": "completions", "stream": True},
        ),
    )
    assert found.settings == {
        "scorer": "number", "tolerance": 0.5, "template": "Q: {{ input }}", "system": "Be brief.",
        "temperature": 0.7, "max_tokens": 20, "stop": ("END",), "top_p": 0.9, "effort": "low", "seed": 7,
        "epochs": 2, "limit": 5, "num_fewshot": 0, "form": "generative", "data": str(tmp_path / "items.jsonl"),
        "include_path": (str(tmp_path / "shared"),), "cluster": "customer", "slices": ("channel",),
        "max_cost": "2.50", "max_connections": 4, "max_retries": 0, "max_wait": 10.0, "timeout": 30.0,
        "fail_under": 0.8, "margin": 0.02, "volume": 1000, "price_table": str(tmp_path / "prices.yaml"),
        "out": str(tmp_path / "kept"), "resume": True,
    }  # fmt: skip
    jsonschema.validate(yaml.safe_load(EVERYTHING), schema())


def test_hyphens_are_underscores(tmp_path: Path) -> None:
    assert load(tmp_path, "cases: a\nmax-tokens: 3\n").settings == {"max_tokens": 3}
    assert "line 3: max-tokens stands twice" in refusal(tmp_path, "cases: a\nmax_tokens: 3\nmax-tokens: 3\n")


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "run1").mkdir()
    (work / "gsm8k_rows").touch()
    text = "cases: [c.jsonl, /abs/d.csv, gsm8k, gsm8k_rows]\nmodels: [replay/run1, replay/gpt3-6b]\nout: o\n"
    found = load(work, text)
    assert found.tasks == (str(work / "c.jsonl"), "/abs/d.csv", "gsm8k", str(work / "gsm8k_rows"))
    assert [str(spec) for spec in found.models] == [f"replay/{work / 'run1'}", "replay/gpt3-6b"]
    assert found.settings["out"] == str(work / "o")
    monkeypatch.chdir(work)
    assert load_config(Path("fairtrial.yaml")).tasks[0] == "c.jsonl"


BAD = [
    ("cases: a\nmodls: [x/y]\n", "line 2: no setting is called 'modls'", "the nearest: models"),
    ("cases: a\nmodels:\n  - model: a/b\n    apii: chat\n", "line 4: no setting is called 'apii'", "api"),
    ("models: [a/b]\n", "cases is missing", "add the key cases"),
    ("cases: a\nlimit: 0\n", "line 2: limit should be greater than or equal to 1, not 0", ""),
    ("cases: a\nlimit: -3\n", "line 2: limit should be greater", ""),
    ("cases: a\nlimit: '3'\n", "line 2: limit should be a valid integer, not '3'", ""),
    ("cases: a\nlimit: 2.5\n", "line 2: limit should be", ""),
    ("cases: a\nlimit: true\n", "line 2: limit should be", ""),
    ("cases: a\ntemperature: hot\n", "line 2: temperature should be a valid number, not 'hot'", ""),
    ("cases: a\ntemperature: .nan\n", "line 2: .nan is no number", ""),
    ("cases: a\nmax_cost: free\n", "line 2: max_cost: give US dollars above 0", ""),
    ("cases: a\nmax_cost: 0\n", "line 2: max_cost: give US dollars above 0", ""),
    ("cases: a\nmax_cost: -1.5\n", "line 2: max_cost: give US dollars above 0", ""),
    ("cases: a\nfail_under: 1.5\n", "line 2: fail_under should be less than or equal to 1", ""),
    ("cases: a\neffort: huge\n", "line 2: effort should be 'none', 'minimal'", ""),
    ("cases: a\nmodels: gpt\n", "line 2: models should be a valid list", ""),
    ("cases: a\nmodels: [gpt]\n", "line 2: models.0.model: 'gpt' names no model", "provider/name"),
    ("cases: a\nmodels:\n  - x/y\n  - 3\n", "line 4: models.1 should be", ""),
    ("cases: []\n", "line 1: cases", ""),
    ("cases: ''\n", "line 1: cases", ""),
    ("cases: [a, 3]\n", "line 1: cases.1 should be a valid string, not 3", ""),
    ("cases: a\ntrust_code: true\n", "line 2: trust_code can't stand in a file", "--trust-code yourself"),
    ("cases: a\ntrust-code: true\n", "line 2: trust_code can't stand in a file", "--trust-code yourself"),
    ("cases: a\ncases: b\n", "line 2: the key 'cases' stands already on line 1", ""),
    ("cases: &a x\nsystem: *a\n", "line 1: anchors and aliases", ""),
    ("cases: !!python/name:os.system x\n", "line 1: the tag", ""),
    ("cases: [a\n", "no YAML", ""),
    ("- a\n", "holds no settings", "fairtrial init"),
    ("", "holds no settings", "fairtrial init"),
    ("cases: a\x00\n", "NUL bytes", "UTF-8"),
]


@pytest.mark.parametrize(("text", "said", "remedy"), BAD, ids=[repr(text)[:40] for text, _, _ in BAD])
def test_a_bad_file_is_told_by_key_and_line(text: str, said: str, remedy: str, tmp_path: Path) -> None:
    found = refusal(tmp_path, text)
    assert found.startswith("fairtrial.yaml") and said in found and remedy in found


def test_all_problems_are_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = refusal(tmp_path, "limit: 0\ncases: 3\nmodls: x\nepochs: none\n")
    assert "fairtrial.yaml has 4 problems" in found
    places = [found.index(f"line {n}:") for n in (1, 2, 3, 4)]
    assert places == sorted(places)


def test_which_files_are_configurations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config([]) is None
    Path("other.yaml").write_text("cases: a.jsonl\n")
    Path("rows.yaml").write_text("- input: x\n  target: y\n  note: |\n    cases: no\n")
    Path("task.yaml").write_text("task: x\n")
    found = {
        name: is_config(Path(name))
        for name in ("other.yaml", "rows.yaml", "task.yaml", "none.yaml", "a.jsonl")
    }
    assert found == {
        "other.yaml": True,
        "rows.yaml": False,
        "task.yaml": False,
        "none.yaml": False,
        "a.jsonl": False,
    }
    assert not is_config(Path("x" * 5000 + ".yaml"))
    Path("fairtrial.yaml").write_text("cases: b.jsonl\n")
    assert find_config([]).tasks == ("b.jsonl",)  # type: ignore[union-attr]
    assert find_config(["other.yaml"]).tasks == ("a.jsonl",)  # type: ignore[union-attr]
    assert find_config(["gsm8k", "rows.yaml"]) is None
    with pytest.raises(UsageError, match="both configurations"):
        find_config(["fairtrial.yaml", "other.yaml"])


def test_a_yaml_that_never_ends_is_no_configuration(tmp_path: Path) -> None:
    endless = tmp_path / "endless.yaml"
    endless.symlink_to("/dev/zero")
    assert not is_config(endless)


scalars: Any = (
    st.none() | st.booleans() | st.integers(-3, 10**6) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "2.50", "openai/x", "low", "chat", "python:a:b"])
)  # fmt: skip
values = (
    scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(["model", "api", "x"]), scalars)
)


@settings(deadline=None, max_examples=400)
@given(
    stated=st.dictionaries(st.sampled_from([*config_model.KNOWN, "unknown"]), values, max_size=4),
    cases=values,
)
def test_what_the_code_takes_the_schema_takes(stated: dict[str, Any], cases: Any) -> None:
    stated = {"cases": cases, **stated}
    document = parse_yaml(json.dumps(stated).encode(), "f.yaml")
    try:
        config_model.check("f.yaml", document)
    except UsageError as error:
        assert error.message.startswith("f.yaml") and error.remedy
    else:
        jsonschema.validate(stated, schema())


@pytest.mark.parametrize("text", [text for text, _, _ in BAD])
def test_what_the_schema_refuses(text: str) -> None:
    """An editor underlines the same files, but for what JSON can't say: hyphens, anchors, exact decimals."""
    try:
        stated = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return
    if any(mark in text for mark in ("&", "\ncases", "nan", "max_cost: -", "max_cost: f")):
        return
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(stated, schema())
