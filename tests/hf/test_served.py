"""One model by four ways: `specimen/`, `hf/` on its folder, and both over HTTP give the same numbers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairtrial.adapters.models.setting import TIMEOUTS
from fairtrial.adapters.registry import open_model
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Model
from fairtrial.core.question import Decoding
from fairtrial.lab.bundled import BUNDLED
from tests.hf.asking import PAIRS, PROMPTS, answers, likelihoods, opened

PLAIN = [pair for pair in PAIRS if pair[0].strip() and "<s>" not in pair[0]]


@contextmanager
def served(model: str) -> Iterator[Model]:
    """`fairtrial serve` in a process of its own, asked over its wire."""
    command = [sys.executable, "-m", "fairtrial", "serve", model, "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        name = told["model"].partition("/")[2]
        spec = ModelSpec("openai-api", name, {"base_url": told["base_url"], "api": "completions"})
        yield open_model(spec, environ={}, timeouts=TIMEOUTS)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, "Ctrl-C ends it in order"


def numbers(model: Model, pairs: Sequence[tuple[str, tuple[str, ...]]] = PLAIN) -> list[list[float]]:
    return [[each.logprob for each in output.logliks] for output in likelihoods(model, pairs)]


def test_a_specimen_is_the_same_model_by_four_ways(folders: dict[str, Path]) -> None:
    how = Decoding(max_tokens=12, stop=("\n",))
    specimen = open_model(ModelSpec.parse("specimen/honest"), environ={}, bundled=BUNDLED)
    expected = [pytest.approx(row, rel=1e-4, abs=1e-6) for row in numbers(specimen)]
    texts = [each.text for each in answers(specimen, PROMPTS, how)]
    assert numbers(opened(folders["specimen"])) == expected
    assert [each.text for each in answers(opened(folders["specimen"]), PROMPTS, how)] == texts
    for name in ("specimen/honest", f"hf/{folders['specimen']}"):
        with served(name) as model:
            assert numbers(model) == expected
        with served(name) as model:
            assert [each.text for each in answers(model, PROMPTS, how)] == texts


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_tokens_of_several_bytes_are_echoed_as_they_are_read(folders: dict[str, Path], kind: str) -> None:
    """But where the seam falls inside a token of the whole text, as in `Kö` + `ln`: an endpoint that gets one text
    can't put the context's own tokens before the rest, as lm-eval's `hf` and ours do."""
    local = opened(folders[kind])
    pairs = [pair for pair in PLAIN if not pair[0].endswith("Kö")]
    expected = [pytest.approx(row, rel=1e-4, abs=1e-6) for row in numbers(local, pairs)]
    with served(f"hf/{folders[kind]}") as model:
        assert numbers(model, pairs) == expected


@pytest.mark.parametrize("kind", ["gpt2", "llama", "specimen"])
def test_the_pieces_of_a_text_join_to_it(folders: dict[str, Path], kind: str) -> None:
    model = opened(folders[kind])
    tokens = model.tokens  # type: ignore[attr-defined]
    for text in [*PROMPTS, "  two blanks\n\n", "☃☃", "𝄞"]:
        pieces = tokens.decode(tokens.encode(text))
        assert "".join(pieces) == text and len(pieces) == len(tokens.encode(text))
