"""`fairtrial twin` at the command line: statuses, the JSON of the contract, bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_main import fairtrial

KEYS = {"question", "answer", "tier", "probe", "effect", "p", "e", "mde", "n"}


def test_the_cheat_is_refuted_with_status_1(tmp_path: Path) -> None:
    done = fairtrial(
        "twin", "arithmetic", "--model", "specimen/cheat", "--json", "-o", "page.html", cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"] == "refuted" and "Traceback" not in done.stderr
    by_question = {each["question"]: each for each in told["findings"]}
    assert all(set(each) >= KEYS for each in told["findings"])
    found = by_question["inflated"]
    assert (found["answer"], found["tier"], found["probe"]) == ("yes", "proof", "sibling-accuracy")
    assert found["effect"]["unit"] == "points" and found["effect"]["low"] > 10
    assert found["p"] < 1e-6 and found["n"] == 600
    assert by_question["seen"]["answer"] == "yes" and by_question["seen"]["p"] < 1e-6
    assert "does not carry over" in (tmp_path / "page.html").read_text("utf-8")


def test_the_honest_one_carries_over_with_status_0(tmp_path: Path) -> None:
    done = fairtrial("twin", "arithmetic", "--model", "specimen/honest", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Supported: ") and "would probably not have been seen" in done.stdout


def test_few_items_tell_nothing_with_status_10(tmp_path: Path) -> None:
    words = ("twin", "arithmetic", "--model", "specimen/honest", "--items", "24", "--no-rank")
    done = fairtrial(*words, cwd=tmp_path)
    assert done.returncode == 10
    assert "more items would settle it" in " ".join(done.stdout.split())
    again = fairtrial(*words, "--resume", cwd=tmp_path)
    assert again.returncode == 10 and len(list((tmp_path / "runs").iterdir())) == 1


def test_runs_made_before(tmp_path: Path) -> None:
    fairtrial("twin", "arithmetic", "--model", "specimen/cheat", "--items", "48", cwd=tmp_path)
    runs = [f"--run={path}" for path in (tmp_path / "runs").iterdir()]
    done = fairtrial("twin", "arithmetic", "--items", "48", *runs, "--json", cwd=tmp_path)
    assert done.returncode == 1 and json.loads(done.stdout)["verdict"] == "refuted"
    fewer = fairtrial("twin", "arithmetic", "--items", "24", *runs, cwd=tmp_path)
    assert fewer.returncode == 2 and "not in this draw" in fewer.stderr


def test_a_check_shows_samples_and_fails_a_bad_family(tmp_path: Path) -> None:
    done = fairtrial("twin", "arithmetic", "--check", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.count("ok  ") == 4
    family = tmp_path / "bad.yaml"
    family.write_text(
        'family: bad\ntemplates:\n  one:\n    text: "What is {a}+{b}?"\n'
        "    draw: {a: {integer: [1, 2]}, b: {integer: [1, 1]}}\n    answer: a + b\n    steps: 1\n",
        encoding="utf-8",
    )
    done = fairtrial("twin", "bad.yaml", "--check", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert [each["name"] for each in json.loads(done.stdout)["checks"] if not each["ok"]] == ["variety"]


def test_a_formula_that_fails_names_the_seed(tmp_path: Path) -> None:
    (tmp_path / "zero.yaml").write_text(
        'family: zero\ntemplates:\n  one:\n    text: "What is {a}/{b}?"\n'
        "    draw: {a: {integer: [1, 9]}, b: {integer: [0, 9]}}\n    answer: a / b\n    steps: 1\n",
        encoding="utf-8",
    )
    done = fairtrial("twin", "zero.yaml", "--check", cwd=tmp_path)
    assert done.returncode == 2 and re.search(r"seed [0-9a-f]{64}", done.stderr)


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("arithmetik", "--model", "specimen/honest"), 2, "arithmetic"),
        (("arithmetic",), 2, "no model was named"),
        (("arithmetic", "--model", "specimen/honest", "--model", "specimen/cheat"), 2, "2 models"),
        (("arithmetic", "--model", "specimen/honst"), 2, "honest"),
        (("arithmetic", "--model", "specimen/honest", "--fresh", "0"), 2, "--fresh"),
        (("arithmetic", "--model", "specimen/honest", "--fresh", "8"), 2, "fresh"),
        (("arithmetic", "--model", "specimen/honest", "--tolerance", "0"), 2, "--tolerance"),
        (("arithmetic", "--model", "specimen/honest", "--items", "601"), 2, "601"),
        (("arithmetic", "--model", "specimen/honest", "--draw", "none.json"), 2, "none.json"),
        (("none.yaml", "--check"), 2, "none.yaml"),
        (("arithmetic", "--run", "nowhere"), 2, "nowhere"),
    ],
)
def test_wrong_use(tmp_path: Path, words: tuple[str, ...], status: int, told: str) -> None:
    done = fairtrial("twin", *words, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr


def test_a_draw_file_that_was_edited_has_status_4(tmp_path: Path) -> None:
    made = fairtrial("twin", "arithmetic", "--new-draw", "d.json", "--items", "24", cwd=tmp_path)
    assert made.returncode == 0 and (tmp_path / "d.form.jsonl").is_file()
    text = (tmp_path / "d.json").read_text("utf-8").replace('"n":24', '"n":23')
    (tmp_path / "edited.json").write_text(text, encoding="utf-8")
    done = fairtrial(
        "twin", "arithmetic", "--draw", "edited.json", "--model", "specimen/honest", cwd=tmp_path
    )
    assert done.returncode == 4 and "commitment" in done.stderr
    again = fairtrial("twin", "arithmetic", "--new-draw", "d.json", cwd=tmp_path)
    assert again.returncode == 5 and "exists" in again.stderr


BY_HEART = """
import json
from pathlib import Path

FORM = [json.loads(line) for line in Path("d.form.jsonl").read_text("utf-8").splitlines()]


def answer(prompt):
    known = [row["reference"] for row in FORM if row["prompt"] in prompt]
    return f"```python\\n{known[0]}```" if known else "I don't know this one."
"""


def test_a_draw_of_programs_refutes_who_learnt_it_by_heart(tmp_path: Path) -> None:
    """Sixteen published programs run and pass; of the fresh ones no code comes, which is wrong and no failure."""
    made = fairtrial("twin", "programs", "--new-draw", "d.json", "--items", "16", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    (tmp_path / "heart.py").write_text(BY_HEART, encoding="utf-8")
    words = ("twin", "programs", "--draw", "d.json", "--model", "python:heart:answer", "--fresh", "1")
    done = fairtrial(*words, "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)["findings"][0]
    assert (found["question"], found["answer"], found["n"]) == ("inflated", "yes", 16)
    assert found["effect"]["value"] == 100 and found["p"] == pytest.approx(2**-16)


def test_programs_without_a_sandbox_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    words = ("twin", "programs", "--items", "16", "--model", "python:nobody:answer")
    (tmp_path / "nobody.py").write_text("def answer(prompt):\n    raise SystemExit('asked')\n", "utf-8")
    done = fairtrial(*words, cwd=tmp_path, PATH=str(tmp_path))
    assert done.returncode == 2 and "sandbox" in done.stderr and not (tmp_path / "runs").exists()
