"""`fairtrial check`: every row read, every prompt rendered, nobody asked."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_main import fairtrial


def test_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("input,target,lang\nHow many?,3,en\nAnd now?,4,de\n")
    words = ("check", "c.csv", "--scorer", "number", "--template", "{{ lang }}: {{ input }}", "--epochs", "2")
    done = fairtrial(*words, "--max-tokens", "9", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "c: 2 samples, 4 questions (generate)"
    assert (
        lines[1].startswith("scorer    last number") and lines[2] == "decoding  temperature 0.0, max tokens 9"
    )
    assert lines[3] == "target    3 (of the first sample)"
    assert "note      Other columns became metadata: lang." in lines
    assert lines[-2] == "en: How many?" and "{'" not in done.stdout
    found = json.loads(fairtrial(*words, "--json", cwd=tmp_path).stdout)["tasks"]
    assert (
        found[0]["first_prompt"] == "en: How many?" and found[0]["questions"] == 4 and "plan" not in found[0]
    )
    assert not (tmp_path / "runs").exists()


def test_every_prompt_is_rendered(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(
        '{"id": "a", "input": "x", "target": "y", "k": 1}\n{"id": "b", "input": "x", "target": "y"}\n'
    )
    done = fairtrial("check", "c.jsonl", "--template", "{{ k }}", cwd=tmp_path)
    assert done.returncode == 2 and "sample 'b': the template: 'k' is undefined" in done.stderr


def test_the_plan_s_digest_is_the_run_s(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def f(prompt):\n    return 'y'\n")
    (tmp_path / "c.jsonl").write_text('{"input": "x", "target": "y"}\n')
    words = ("c.jsonl", "--model", "python:m:f", "--json")
    checked = json.loads(fairtrial("check", *words, cwd=tmp_path).stdout)["tasks"][0]["plan"]
    assert json.loads(fairtrial("run", *words, cwd=tmp_path).stdout)["runs"][0]["plan"] == checked


def test_a_long_prompt_is_cut_on_the_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(json.dumps({"input": "x" * 5000, "target": "y"}) + "\n")
    assert "… (5,000 characters)" in fairtrial("check", "c.jsonl", cwd=tmp_path).stdout
    found = json.loads(fairtrial("check", "c.jsonl", "--json", cwd=tmp_path).stdout)
    assert len(found["tasks"][0]["first_prompt"]) == 5000
