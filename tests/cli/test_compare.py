"""`fairtrial compare`: refusals in plain words, ties by margin alone, and nothing dropped in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairtrial.cli import main
from tests.lab.cases import lab_in, lines, write_answers, write_rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs a (58 of 60), b (57 of 60) and c (20 of 60) of one file."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "cases.jsonl", 60)
    for name, wrong in (("a", range(2)), ("b", range(3)), ("c", range(40))):
        write_answers(tmp_path / f"{name}.jsonl", wrong=wrong, n=60)
        made(name)
    return tmp_path


def made(name: str, *, cases: str = "cases.jsonl", to: str = "", **more: object) -> None:
    done = lab_in(Path.cwd()).run(cases, f"replay/{name}.jsonl", scorer="exact", **more)  # type: ignore[arg-type]
    done.path.rename(to or name)


def test_a_winner_a_tie_and_an_open_question(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a", "c"]) == 0
    assert "replay/a.jsonl is better than replay/c.jsonl" in " ".join(capsys.readouterr().out.split())
    assert main(["compare", "a", "b"]) == 10
    text = " ".join(capsys.readouterr().out.split())
    assert "Undetermined on cases" in text and "contamination" in text and "selection" in text
    assert main(["compare", "a", "b", "--margin", "0.2"]) == 0
    assert "Tie on cases within a margin of 20.0 points" in " ".join(capsys.readouterr().out.split())
    assert main(["compare", "a", "b", "--margin", "0.01"]) == 10


def test_what_differs_is_named_and_so_is_the_way_round_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made("b", to="shorter", limit=50)
    assert main(["compare", "a", "shorter"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "did not answer the same test (items: n 60 against n 50)" in told.err
    assert "--allow-difference items" in told.err
    assert main(["compare", "a", "shorter", "--allow-difference", "items"]) == 10
    text = " ".join(capsys.readouterr().out.split())
    assert "The runs differ in items, as allowed." in text and "10 samples were not scored" in text
    assert main(["compare", "a", "shorter", "--allow-difference", "itmes"]) == 2
    assert "the nearest: items" in capsys.readouterr().err


def test_another_file_with_the_same_row_numbers_is_not_paired(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [json.loads(line) for line in (here / "cases.jsonl").read_text().splitlines()]
    other = [{**row, "input": f"what is {row['input']}"} for row in rows]
    (here / "others.jsonl").write_text("".join(json.dumps(row) + "\n" for row in other))
    made("c", cases="others.jsonl", to="far")
    words = ["compare", "a", "far", "--allow-difference", "task", "--allow-difference", "items"]
    assert main(words) == 2
    assert "no sample was scored in both a and far" in capsys.readouterr().err


def test_a_run_that_meets_no_other_of_its_task_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(here / "lonely.jsonl", 60)
    made("c", cases="lonely.jsonl", to="alone")
    assert main(["compare", "a", "c", "alone", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["verdict"] == "a"
    assert told.err == "alone: no other run of lonely to compare it with\n"


def test_the_same_run_twice_is_wrong_use(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a", "./a"]) == 2
    assert "a was given twice" in capsys.readouterr().err
    assert main(["compare", "a"]) == 2
    assert main(["compare", "a", "c.jsonl"]) == 2
    assert "c.jsonl is no run folder" in capsys.readouterr().err


def test_a_journal_that_was_mended_by_hand_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = lines(Path("b"))
    Path("b/records.jsonl").write_text("".join([*whole, whole[0]]))
    assert main(["compare", "a", "b"]) == 4
    told = capsys.readouterr()
    assert "line 61: sample 's0', epoch 1 was answered before" in told.err and told.out == ""


def test_the_level_is_the_caller_s(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    widths = []
    for level in ("0.8", "0.95", "0.999"):
        main(["compare", "a", "c", "--level", level, "--json"])
        found = json.loads(capsys.readouterr().out)
        assert found["level"] == float(level)
        widths.append(found["high"] - found["low"])
    assert widths == sorted(widths)
    for bad in ("nan", "1", "0"):
        assert main(["compare", "a", "c", "--level", bad]) == 2
        assert main(["compare", "a", "c", "--margin", bad]) == 2


def test_the_page_is_written_beside_the_answer(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a", "c", "-o", "page.html", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["verdict"] == "a" and "report: page.html" in told.err
    page = (here / "page.html").read_text()
    assert "replay/a.jsonl" in page and "is better than" in page
    assert main(["compare", "a", "c", "-o", "nowhere/page.html"]) == 5
