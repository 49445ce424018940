"""The recorded GPT-3 solutions: ours against the authors' verdicts on every one of 2,638 items."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairtrial.benchmarks import load
from fairtrial.benchmarks.packaged import packaged_rows
from fairtrial.benchmarks.recorded_table import agreements, markdown
from fairtrial.benchmarks.recordings import ABOUT, KEYS, RECORDINGS, authors_verdicts
from fairtrial.core.errors import UnknownName
from fairtrial.core.output import Output

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "gsm8k-recorded.md"


@pytest.mark.parametrize(("name", "right"), [("gpt3-6b-finetuned", 286), ("gpt3-175b-verified", 742)])
def test_every_item_agrees_with_the_authors(name: str, right: int) -> None:
    task = load("gsm8k", num_fewshot=0)
    samples = {sample.id: sample for sample in task.samples}
    verdicts = authors_verdicts(name)
    ours = {
        str(row["id"]): task.scorer(Output(str(row["output"])), samples[str(row["id"])])
        for row in RECORDINGS[name]()
    }
    assert ours.keys() == samples.keys() == verdicts.keys()
    assert [at for at, score in ours.items() if (score.state == "right") != verdicts[at]] == []
    assert sum(verdicts.values()) == right
    assert {score.state for score in ours.values()} <= {"right", "wrong"}


def test_the_recorded_truth_is_gsm8k_s() -> None:
    targets = {sample.text: sample.target[0] for sample in load("gsm8k", num_fewshot=0).samples}
    for row in packaged_rows("gsm8k_gpt3_solutions.jsonl.gz"):
        assert row["ground_truth"].rpartition("A: ")[2].strip() == targets[row["question"]]


def test_the_page_is_what_the_command_prints() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown()


def test_differences_of_other_readings_have_reasons() -> None:
    for each in agreements():
        assert each.n == 1319
        assert all(one.reason for one in each.differences)
        if each.reading == "strict-match":
            assert (each.ours, len(each.differences)) == (0, each.authors)


def test_names() -> None:
    assert KEYS.keys() == RECORDINGS.keys() == ABOUT.keys()
    with pytest.raises(UnknownName):
        authors_verdicts("gpt3")
