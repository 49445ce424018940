"""What ships: digests, counts, and that a changed byte is an integrity error."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from fairtrial.benchmarks import packaged
from fairtrial.benchmarks.packaged import SHA256, packaged_bytes, packaged_rows, train_answers
from fairtrial.core.errors import IntegrityError

DATA = files("fairtrial.benchmarks").joinpath("data")


def test_every_file_has_a_digest_and_a_licence() -> None:
    shipped = {item.name for item in DATA.iterdir()} - {"LICENSES.md"}
    assert shipped == set(SHA256)
    licences = DATA.joinpath("LICENSES.md").read_text()
    assert [name for name in shipped if f"`{name}`" not in licences] == []
    for name in shipped:
        packaged_bytes(name)


def test_a_changed_byte_is_an_integrity_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = bytearray(packaged_bytes("gsm8k_test.jsonl.gz"))
    data[1000] ^= 1
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "gsm8k_test.jsonl.gz").write_bytes(data)
    monkeypatch.setattr(packaged, "files", lambda _: tmp_path)
    with pytest.raises(IntegrityError, match=r"gsm8k_test\.jsonl\.gz has SHA-256"):
        packaged_bytes("gsm8k_test.jsonl.gz")
    with pytest.raises(IntegrityError, match="can't be read"):
        packaged_bytes("mmlu_dev.jsonl.gz")


def test_counts() -> None:
    assert len(train_answers()) == 7473
    assert sum(1 for _ in packaged_rows("gsm8k_test.jsonl.gz")) == 1319
    assert sum(1 for _ in packaged_rows("gsm8k_gpt3_solutions.jsonl.gz")) == 1319
    assert sum(1 for _ in packaged_rows("humaneval_test.jsonl.gz")) == 164
    per_subject = Counter(row["subject"] for row in packaged_rows("mmlu_test.jsonl.gz"))
    assert len(per_subject) == 57
    assert sum(per_subject.values()) == 14_042
    assert {
        name: per_subject[name] for name in ("virology", "professional_law", "moral_scenarios", "anatomy")
    } == {"virology": 166, "professional_law": 1534, "moral_scenarios": 895, "anatomy": 135}
    dev = Counter(row["subject"] for row in packaged_rows("mmlu_dev.jsonl.gz"))
    assert set(dev.values()) == {5}
    assert dev.keys() == per_subject.keys()


def test_rows_are_those_of_the_compressed_file() -> None:
    with gzip.open(io.BytesIO(packaged_bytes("mmlu_dev.jsonl.gz")), "rt", encoding="utf-8") as lines:
        assert [json.loads(line) for line in lines] == list(packaged_rows("mmlu_dev.jsonl.gz"))
