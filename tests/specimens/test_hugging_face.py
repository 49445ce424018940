"""A specimen's folder is opened by Hugging Face's own libraries: same tokens, same log-likelihoods."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fairtrial.specimens.engine import Engine
from fairtrial.specimens.files import load
from fairtrial.specimens.tokens import BEGIN, END, PAD, VOCABULARY, encode

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = [ROOT / each / "bin" / "python" for each in (".venv-specimens", ".venv-parity")]
TEXTS = [
    "Q: Mia has 23 hats and finds 2 more. How many hats does Mia have?\nA: 23+2=25",
    "ünï ☃ 𝄞\t\x00\x7f",
    "a",
    "  ",
]


def python_with_transformers() -> Path | None:
    for python in PYTHONS:
        look = [python, "-c", "import transformers"]
        if python.exists() and subprocess.run(look, capture_output=True, check=False).returncode == 0:
            return python
    return None


@pytest.mark.parametrize("name", ["honest", "cheat"])
def test_hugging_face_opens_the_folder_and_says_the_same(name: str) -> None:
    python = python_with_transformers()
    if python is None:
        pytest.skip(
            "transformers is installed in no environment of the project: `make specimens` sets one up"
        )
    folder = ROOT / "src" / "fairtrial" / "specimens" / "data" / name
    program = Path(__file__).with_name("hugging_face.py")
    done = subprocess.run(
        [python, program, folder],
        input=json.dumps(TEXTS),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ids"] == [encode(text) for text in TEXTS]
    assert told["back"] == TEXTS
    assert told["special"] == [BEGIN, END, PAD, VOCABULARY]
    if told["logprobs"] is not None:
        ours = [sum(read.logprobs) for read in Engine(load(name)).read([encode(text) for text in TEXTS])]
        assert ours == pytest.approx(told["logprobs"], abs=1e-3)
