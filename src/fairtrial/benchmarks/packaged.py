"""Benchmark items that ship inside the package, read line by line and checked against their digests."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.ports import Datasets
from fairtrial.core.sample import Origin

SHA256: Mapping[str, str] = {
    "gsm8k_cot_examples.json": "fd1ae393591203dc3a6a6a03344aea49d0a843ecf411aa358170fc428e2a3dcb",
    "gsm8k_gpt3_solutions.jsonl.gz": "f1f2ae7af1610dacbca69e38527a3201ca7f20e9778d64d4f02b038b7f177287",
    "gsm8k_test.jsonl.gz": "7dd1b171cc97d1868e8cecc6286d7a21e4b2d116d31610895e42e56aa87344e4",
    "gsm8k_train.jsonl.gz": "1fbdae9b53eb882db92b629a77bda66c452033e72474f141c18be88fe97c823e",
    "humaneval_test.jsonl.gz": "ee991eb1dbd5a6e54ebaf588a452cd1d432147c8444ed84aeae7d305876f7469",
    "mmlu_dev.jsonl.gz": "91518846248c6e86085283fda8afb0caa47bbfc35cd31cecf7366fef3fdcd92a",
    "mmlu_test.jsonl.gz": "e50c2f1fc12f4f688de64c4097edb119b6acb2e598fd16e340a34be781dd8105",
}
"""SHA-256 of every file in `data/`, as shipped."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked of a benchmark. part: behind the slash of its name ("virology"), "" for all of it.

    num_fewshot, form: None is the field's usual one. path: a local file. datasets: where files that don't
    ship with us come from, None where nothing may be fetched.
    """

    part: str = ""
    num_fewshot: int | None = None
    form: str | None = None
    path: str | None = None
    datasets: Datasets | None = None

    def shots(self, usual: int, most: int) -> int:
        """The number of worked examples. Raises UsageError beyond 0 to `most`."""
        shots = usual if self.num_fewshot is None else self.num_fewshot
        if not 0 <= shots <= most:
            raise UsageError(
                f"{shots} worked examples were asked for", f"give --num-fewshot from 0 to {most}"
            )
        return shots

    def refuse_path(self, name: str) -> None:
        if self.path is not None:
            raise UsageError(
                f"{name} ships with the package and reads no file",
                "leave --data out, or run the file itself as your own rows",
            )

    def refuse_part(self, name: str) -> None:
        if self.part:
            raise UsageError(f"{name} has no parts, and {name}/{self.part} names one", f"run {name}")


def packaged_bytes(name: str) -> bytes:
    """A shipped file's bytes. Raises IntegrityError where they are not those that were shipped."""
    try:
        data = files("fairtrial.benchmarks").joinpath("data", name).read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"the package's file {name} can't be read: {error}", "install the package again"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256[name]:
        raise IntegrityError(
            f"the package's file {name} has SHA-256 {found}, not {SHA256[name]}",
            "somebody changed it; install the package again",
        )
    return data


def packaged_lines(name: str) -> Iterator[bytes]:
    """The lines of a shipped, compressed file, in the published order."""
    with gzip.open(io.BytesIO(packaged_bytes(name))) as lines:
        yield from lines


def packaged_rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of a shipped, compressed file of JSON lines."""
    for line in packaged_lines(name):
        yield json.loads(line)


def packaged_origin(file: str, *, name: str, source: str, split: str) -> Origin:
    """Where a shipped file is from; its digest is that of the compressed bytes."""
    return Origin(name, source, "sha256:" + SHA256[file], split=split, licence="MIT")


@cache
def train_answers() -> tuple[tuple[str, str], ...]:
    """GSM8K's training split: (question, worked answer) in the published order."""
    return tuple((row["question"], row["answer"]) for row in packaged_rows("gsm8k_train.jsonl.gz"))
