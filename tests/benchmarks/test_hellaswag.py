"""HellaSwag from a file, from a hub, and from hostile bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from fairtrial.benchmarks import load
from fairtrial.benchmarks.hellaswag import FILE, FILE_SHA256, REPO, REVISION, sample_of
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.output import Loglik, Output
from fairtrial.core.question import Loglikelihood
from tests.parity.jobs import real_items

EXCERPT = Path(__file__).parent / "hellaswag_excerpt.jsonl"
RAW = {
    "ctx_a": "Two people paint a wall.",
    "ctx_b": "the woman",
    "activity_label": "Painting",
    "endings": ["stops.", "[step] paints  on.", "eats.", "sleeps."],
    "label": "1",
    "source_id": "activitynet~v_1",
}


def test_the_published_items() -> None:
    task = load("hellaswag", path=str(EXCERPT))
    assert (len(task.samples), task.chance) == (4, 0.25)
    assert task.notes[0] == "4 of 10,042 items."
    first = task.samples[0]
    question = task.question(first)
    assert isinstance(question, Loglikelihood)
    assert question.context.startswith("Removing ice from car: Then, the man writes over the snow")
    assert question.continuations[3] == " , the man continues removing the snow on his car."
    assert first.target == ("D",)
    assert [len(choice) for choice in first.choices] == [49, 126, 57, 49]
    # Per ending -60, -90, -59, -44; per character -1.22, -0.71, -1.04, -0.90.
    logliks = tuple(map(Loglik, (-60.0, -90.0, -59.0, -44.0)))
    score = task.scorer(Output(None, "stop", logliks=logliks), first)
    assert task.scorer.form["metric"] == "acc_norm"
    assert (score.answer, score.value, score.others) == ("B", 0.0, {"acc": 1.0})


def test_the_raw_shape(tmp_path: Path) -> None:
    path = tmp_path / "hellaswag_val.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(RAW).encode() + b"\n"))
    task = load("hellaswag", path=str(path))
    sample = task.samples[0]
    assert sample.text == "Painting: Two people paint a wall. The woman"
    assert sample.choices[1] == " paints on."
    assert (task.cluster, sample.metadata["source"]) == ("source", "activitynet~v_1")
    assert task.origin.digest == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    assert (task.origin.source, task.origin.licence) == (path.name, "")


def test_joined_and_raw_forms_ask_the_same() -> None:
    joined = load("hellaswag", path=str(EXCERPT)).samples
    raw = [sample_of(row, at) for at, row in enumerate(real_items())]
    assert [(each.text, each.choices, each.target) for each in joined] == [
        (each.text, each.choices, each.target) for each in raw
    ]


class Shelf:
    """A hub that holds one file and remembers what it was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[tuple[str, str, str, str]] = []

    def fetch(self, repo: str, path: str, revision: str, sha256: str) -> bytes:
        self.asked.append((repo, path, revision, sha256))
        return self.data


def test_from_the_hub_pinned(tmp_path: Path) -> None:
    path = tmp_path / "validation.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([RAW, RAW]), path)
    shelf = Shelf(path.read_bytes())
    task = load("hellaswag", datasets=shelf)
    assert shelf.asked == [(REPO, FILE, REVISION, FILE_SHA256)]
    assert [sample.id for sample in task.samples] == ["val-0", "val-1"]
    assert task.origin.revision == REVISION
    assert load("hellaswag", path=str(path)).samples == task.samples
    with pytest.raises(UsageError, match="no Parquet file"):
        load("hellaswag", datasets=Shelf(b"<html>"))


def test_neither_file_nor_hub() -> None:
    with pytest.raises(UsageError) as caught:
        load("hellaswag")
    assert "--data" in caught.value.remedy


def test_options_that_make_no_sense() -> None:
    with pytest.raises(UnknownName):
        load("hellaswag", form="generative", path=str(EXCERPT))
    with pytest.raises(UsageError, match="worked examples"):
        load("hellaswag", num_fewshot=5, path=str(EXCERPT))
    with pytest.raises(UsageError, match="can't be read"):
        load("hellaswag", path="no/such/file.jsonl")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no item"),
        (b"{", "line 1 is no JSON"),
        (b"\xff\xfe", "line 1 is no JSON"),
        (b"[" * 100_000, "line 1 is no JSON"),
        (b"[1]", "line 1 is no JSON object"),
        (b'{"ctx": "a", "label": 0}', "row 0 of HellaSwag is broken"),
        (b'{"ctx": 1, "endings": ["a", "b"], "label": 0}', "row 0 of HellaSwag is broken"),
        (b'{"ctx": "a", "endings": ["a", "b"], "label": ""}', "label"),
        (b'{"ctx": "a", "endings": ["a", "b"], "label": 2}', "label"),
        (b'{"ctx": "a", "endings": ["a", "b"], "label": -1}', "label"),
        (b'{"ctx": "a", "endings": ["a", "[x]"], "label": 0}', "empty choice"),
        (b'{"ctx": "a", "endings": ["a"], "label": 0}', "1 choices"),
        (b'{"ctx": "' + b"a" * 2**20 + b'"}', "larger than"),
        (b"\x1f\x8b\x08\x00", "no whole gzip file"),
        (gzip.compress(b"{}" * 99)[:-12], "no whole gzip file"),
    ],
)
def test_hostile_bytes(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=told):
        load("hellaswag", path=str(path))
