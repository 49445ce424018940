"""The lab from Python: runs are folders of plain files, figures come from records, nothing is asked twice."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fairtrial.core.errors import IntegrityError, UnknownName, UsageError
from fairtrial.core.estimate import Estimate
from fairtrial.core.record import Record
from fairtrial.lab import Lab, Run
from tests.lab.cases import lab_in, lines, write_answers, write_rows


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ten rows and the answers of two models."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "cases.jsonl")
    write_answers(tmp_path / "good.jsonl", wrong=[3])
    write_answers(tmp_path / "poor.jsonl", wrong=range(3, 10))
    return tmp_path


def run(lab: Lab, model: str = "replay/good.jsonl", **more: object) -> Run:
    return lab.run("cases.jsonl", model, scorer="exact", **more)  # type: ignore[arg-type]


def test_a_run_is_a_folder_of_plain_files(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    assert done.summary.status == "complete" and done.summary.primary is not None
    assert done.summary.primary.value == 0.9 and done.summary.primary.n == 10
    assert done.path.parent == here / "runs"
    plan = json.loads((done.path / "plan.json").read_text())
    assert plan["n"] == 10 and plan["model"]["name"] == "good.jsonl"
    records = [json.loads(line) for line in lines(done.path)]
    assert {each["id"]: each["score"]["value"] for each in records} == {
        f"s{i}": float(i != 3) for i in range(10)
    }
    assert json.loads((done.path / "summary.json").read_text()) == done.summary.to_json()
    assert lab.write_report(done) == done.path / "report.html"
    assert (done.path / "report.html").read_text().startswith("<!doctype html>")
    assert sorted(each.name for each in done.path.iterdir()) == [
        "plan.json", "records.jsonl", "report.html", "summary.json",
    ]  # fmt: skip


def test_two_runs_make_one_sentence(here: Path) -> None:
    lab = lab_in(here)
    found = lab.compare(run(lab), run(lab, "replay/poor.jsonl"))
    assert isinstance(found.difference, Estimate) and found.difference.value == pytest.approx(0.6)
    assert str(found) == found.sentence
    assert (found.both_right, found.only_a, found.only_b, found.neither) == (3, 6, 0, 1)
    assert found.p == pytest.approx(2 * 0.5**6), "six coins that all fell one way"
    page = lab.report(*(here / "runs").iterdir())
    assert "replay/good.jsonl" in page and "replay/poor.jsonl" in page


def test_figures_are_made_anew_from_the_records(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab, epochs=1)
    assert lab.load(done.path).summary == done.summary
    (done.path / "summary.json").unlink()
    again = lab.load(done.path).summary
    assert again.to_json() | {"provenance": None} == done.summary.to_json() | {"provenance": None}
    assert again.provenance["returned_models"] == {}


def test_a_summary_that_was_edited_convinces_nobody(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    path = done.path / "summary.json"
    path.write_text(path.read_text().replace("0.9", "1.0"))
    assert lab.load(done.path).summary.primary == done.summary.primary


def test_a_folder_can_be_copied_renamed_and_read_elsewhere(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    shutil.copytree(done.path, here / "elsewhere" / "mine")
    moved = lab.load(here / "elsewhere" / "mine")
    assert moved.digest == done.digest and moved.summary.metrics == done.summary.metrics
    assert [each.sample_id for each in moved.records()] == [each.sample_id for each in done.records()]


def test_the_order_of_the_lines_changes_no_figure(here: Path) -> None:
    lab = lab_in(here)
    done, other = run(lab), run(lab, "replay/poor.jsonl")
    before = lab.compare(done, other).to_json()
    for each in (done, other):
        (each.path / "records.jsonl").write_text("".join(reversed(lines(each.path))))
    assert lab.load(done.path).summary == done.summary
    assert lab.compare(done.path, other.path).to_json() == before


def test_inside_a_running_event_loop_it_works_all_the_same(here: Path) -> None:
    lab = lab_in(here)

    async def cell() -> Run:
        return run(lab)

    done = asyncio.run(cell())
    assert done.summary.status == "complete"
    assert "<" in done._repr_html_() and "script" not in done._repr_html_()

    async def wrong() -> Run:
        return run(lab, "replay/nowhere.jsonl")

    with pytest.raises(UnknownName, match="nowhere"):
        asyncio.run(wrong())


def test_resume_asks_only_what_failed_and_keeps_what_was_answered(here: Path) -> None:
    lab = lab_in(here)
    write_answers(here / "late.jsonl", n=6)
    first = run(lab, "replay/late.jsonl")
    assert first.summary.status == "incomplete"
    assert first.summary.counts.failed == 4 and first.summary.bounds == (0.6, 1.0)
    assert [(each.cause, each.count) for each in first.summary.causes] == [("not-recorded", 4)]
    kept = lines(first.path)

    write_answers(here / "late.jsonl", wrong=[0, 9])
    second = run(lab, "replay/late.jsonl", resume=True)
    assert second.path == first.path and second.summary.status == "complete"
    assert lines(second.path)[:10] == kept, "append-only"
    assert len(lines(second.path)) == 14, "four were asked again"
    assert second.summary.primary is not None and second.summary.primary.value == 0.9, (
        "s0 keeps the answer it had; s9 gets its first"
    )
    assert second.summary.provenance["started"] == first.summary.provenance["started"]

    third = run(lab, "replay/late.jsonl", resume=True)
    assert third.path == first.path and len(lines(third.path)) == 14
    assert third.summary == second.summary


def test_without_resume_every_run_is_its_own(here: Path) -> None:
    lab = lab_in(here)
    assert run(lab).path != run(lab).path
    other = run(lab, resume=True, limit=5)
    assert other.summary.planned == 5, "another limit is another plan"
    assert len(list((here / "runs").iterdir())) == 3


def test_resume_starts_a_run_where_there_is_none_and_ignores_other_plans(here: Path) -> None:
    lab = lab_in(here)
    first = run(lab, resume=True)
    second = run(lab, "replay/poor.jsonl", resume=True)
    assert first.path != second.path and second.summary.status == "complete"
    assert len(list((here / "runs").iterdir())) == 2


def test_a_run_killed_before_its_summary_is_read_as_far_as_it_came(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    (done.path / "summary.json").unlink()
    whole = lines(done.path)
    (done.path / "records.jsonl").write_text("".join(whole[:6]) + whole[6][:40])
    cut = lab.load(done.path).summary
    assert cut.status == "incomplete" and cut.counts.total == 6 and cut.planned == 10
    assert any("only 6 of 10 questions were asked" in each for each in cut.warnings)
    notices: list[str] = []
    told = lab_in(here, watch=lambda bounds: Watcher(bounds, notices))
    assert run(told, resume=True).summary.metrics == done.summary.metrics
    assert notices == ["a torn last line of 40 bytes was cut; its question is asked again"]
    assert [line.split('"attempts"')[0] for line in lines(done.path)] == [
        line.split('"attempts"')[0] for line in whole
    ]


class Watcher:
    """Progress that remembers the bounds after each record."""

    def __init__(self, bounds: Callable[[], tuple[float, float, float] | None], notices: list[str]) -> None:
        self.bounds, self.notices = bounds, notices
        self.seen: list[tuple[float, float, float]] = []

    def started(self, model: str, task: str, total: int, already: int) -> None: ...

    def advanced(self, record: Record, in_flight: int) -> None:
        now = self.bounds()
        assert now is not None
        self.seen.append(now)

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def finished(self) -> None: ...


def test_bounds_run_along_and_close_in_on_the_score(here: Path) -> None:
    write_rows(here / "cases.jsonl", 300)
    write_answers(here / "good.jsonl", wrong=range(0, 300, 10), n=300)
    watchers: list[Watcher] = []

    def watch(bounds: Callable[[], tuple[float, float, float] | None]) -> Watcher:
        watchers.append(Watcher(bounds, []))
        return watchers[-1]

    done = run(lab_in(here, watch=watch))
    seen = watchers[0].seen
    assert len(seen) == 300
    assert all(0 <= low <= mean <= high <= 1 for mean, low, high in seen)
    assert (
        done.summary.primary is not None and seen[-1][0] == pytest.approx(done.summary.primary.value) == 0.9
    )
    assert seen[-1][2] - seen[-1][1] < 0.2 < seen[10][2] - seen[10][1]


def test_the_record_says_where_figures_come_from(here: Path) -> None:
    done = run(Lab(here / "runs", environ={"OPENAI_API_KEY": "sk-secret-1234567890"}))
    provenance = done.summary.provenance
    assert {"fairtrial", "python", "started", "ended", "prices", "connections", "max_retries"} <= set(
        provenance
    )
    assert provenance["started"] <= provenance["ended"]  # type: ignore[operator]
    assert provenance["stopped"] == ""
    for each in done.path.iterdir():
        text = each.read_text()
        assert "sk-secret" not in text and str(here) not in text.replace(str(done.path), "")


def answered_twice(path: Path) -> str:
    whole = lines(path)
    better = json.loads(whole[3]) | {"state": "right", "score": json.loads(whole[0])["score"]}
    return "".join([*whole, json.dumps(better) + "\n"])


def of_another_sample(path: Path) -> str:
    whole = lines(path)
    return "".join([*whole, json.dumps(json.loads(whole[0]) | {"id": "s99"}) + "\n"])


def of_another_epoch(path: Path) -> str:
    whole = lines(path)
    return "".join([*whole, json.dumps(json.loads(whole[0]) | {"epoch": 2}) + "\n"])


def called_right(path: Path) -> str:
    return "".join(lines(path)).replace('"state":"wrong"', '"state":"right"')


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (answered_twice, "'s3', epoch 1 was answered before"),
        (of_another_sample, "goes beyond the plan"),
        (of_another_epoch, "epoch 2 goes beyond the plan"),
        (called_right, "line 4: this line is no record of ours"),
    ],
)
def test_a_journal_that_was_tampered_with_gives_no_figure(
    damage: Callable[[Path], str], said: str, here: Path
) -> None:
    lab = lab_in(here)
    done, other = run(lab), run(lab, "replay/poor.jsonl")
    (done.path / "records.jsonl").write_text(damage(done.path))
    for use in (
        lambda: lab.load(done.path),
        lambda: lab.compare(done.path, other.path),
        lambda: run(lab, resume=True),
    ):
        with pytest.raises(IntegrityError, match=said):
            use()


def test_the_records_of_one_run_under_the_plan_of_another_are_refused(here: Path) -> None:
    lab = lab_in(here)
    write_rows(here / "others.jsonl", 12)
    ours, theirs = run(lab), lab.run("others.jsonl", "replay/poor.jsonl", scorer="exact", limit=10)
    shutil.copy(theirs.path / "plan.json", ours.path / "plan.json")
    with pytest.raises(IntegrityError, match=r"plan\.json is not the plan that summary\.json was made under"):
        lab.load(ours.path)


def test_resume_takes_no_answer_that_was_given_to_another_question(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    whole = lines(done.path)
    foreign = json.dumps(json.loads(whole[0]) | {"question": "0" * 32}) + "\n"
    (done.path / "records.jsonl").write_text(foreign)
    with pytest.raises(IntegrityError, match="'s0' answers no question of this plan"):
        run(lab, resume=True)
    stranger = json.dumps(json.loads(whole[0]) | {"id": "x"}) + "\n"
    (done.path / "records.jsonl").write_text(stranger)
    with pytest.raises(IntegrityError, match="'x' answers no question of this plan"):
        run(lab, resume=True)


def test_a_plan_of_something_else_is_an_integrity_error_not_a_crash(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    for text in ("{}", '{"n":10}', "[]", '"x"'):
        (done.path / "plan.json").write_text(text)
        with pytest.raises(IntegrityError):
            lab.load(done.path)


def test_a_run_that_goes_on_can_be_read_meanwhile(here: Path) -> None:
    """The journal is read twice; a line that comes in between belongs to the next look."""
    done = run(lab_in(here))
    whole = lines(done.path)
    journal = done.path / "records.jsonl"
    journal.write_text("".join(whole[:5]))
    reading = done.records()
    seen = [next(reading)]
    with journal.open("a") as file:
        file.write(whole[5])
    seen += reading
    assert [each.sample_id for each in seen] == [json.loads(line)["id"] for line in whole[:5]]


def test_a_process_killed_before_its_plan_was_written_is_in_nobody_s_way(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    dead = done.path.with_name(done.path.name + "-2")
    dead.mkdir()
    (dead / ".plan.json.77").write_text('{"task')
    (done.path / "records.jsonl").write_text("".join(lines(done.path)[:4]))
    again = run(lab, resume=True)
    assert again.path == done.path and again.summary.metrics == done.summary.metrics


def test_one_run_is_not_two_witnesses(here: Path) -> None:
    lab = lab_in(here)
    done = run(lab)
    with pytest.raises(UsageError, match="given twice"):
        lab.compare(done, done.path)
    with pytest.raises(UsageError, match="no two of these runs"):
        lab.compare(done)
    with pytest.raises(UsageError, match="3 runs make 3 pairs"):
        lab.compare(done, run(lab), run(lab, "replay/poor.jsonl"))


def test_options_belong_to_opening_a_task(here: Path) -> None:
    lab = lab_in(here)
    task = lab.task("cases.jsonl", scorer="exact")
    assert lab.run(task, "replay/good.jsonl").summary.status == "complete"
    with pytest.raises(UsageError, match="scorer belong to opening a task"):
        lab.run(task, "replay/good.jsonl", scorer="number")
