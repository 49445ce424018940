"""Numpy says what torch says, and an answer never depends on who else is asking.

The golden figures were made by `python -m specimens ship` with torch in float32, without a cache and one text at
a time, from the float16 weights that ship.
"""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fairtrial.core.question import GREEDY, Decoding
from fairtrial.specimens.choosing import CLOSE
from fairtrial.specimens.engine import ROWS, Engine
from fairtrial.specimens.files import load
from fairtrial.specimens.network import CONTEXT, WIDTH, Network, shapes
from fairtrial.specimens.tokens import BEGIN, encode

NAMES = ("honest", "cheat")
LINE = Decoding(max_tokens=CONTEXT, stop=("\n",))


@cache
def engine(name: str) -> Engine:
    return Engine(load(name))


@cache
def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name(f"golden_{name}.json").read_text())
    return found


def prompts(name: str) -> list[list[int]]:
    return [encode(each["prompt"]) for each in golden(name)["answers"]]


def random_engine(seed: int, scale: float) -> Engine:
    return Engine(random_weights(seed, scale))


def random_weights(seed: int, scale: float) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, scale, shape).astype(np.float16) for name, shape in shapes().items()}


@pytest.mark.parametrize("name", NAMES)
def test_log_likelihoods_are_torch_s_within_a_thousandth_of_a_nat_an_item(name: str) -> None:
    texts = golden(name)["texts"]
    reads = engine(name).read([encode(each["text"]) for each in texts])
    for told, read in zip(texts, reads, strict=True):
        assert len(read.logprobs) == len(told["logprobs"])
        assert abs(sum(read.logprobs) - sum(told["logprobs"])) < 1e-3, told["text"]
        assert list(read.likeliest) == told["likeliest"], told["text"]
        assert all(best >= one for best, one in zip(read.best, read.logprobs, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_greedy_answers_are_torch_s_to_the_letter(name: str) -> None:
    answers = golden(name)["answers"]
    written = engine(name).write(prompts(name), [Decoding(max_tokens=CONTEXT)] * len(answers))
    assert [each.text for each in written] == [each["answer"] for each in answers]


@pytest.mark.parametrize("how", [LINE, Decoding(temperature=0.8, top_p=0.9, seed=5, max_tokens=40)])
def test_answers_do_not_depend_on_company(how: Decoding) -> None:
    asked = [each for name in NAMES for each in prompts(name)] * 2
    alone = [engine("honest").write([each], [how])[0] for each in asked]
    together = engine("honest").write(asked, [how] * len(asked))
    assert together == alone
    order = list(range(len(asked)))
    random.Random(1).shuffle(order)
    shuffled = engine("honest").write([asked[at] for at in order], [how] * len(asked))
    assert [shuffled[order.index(at)] for at in range(len(asked))] == alone


class Noisy:
    """A network whose logits tremble ten times as much as they ever did between two batches."""

    def __init__(self, network: Network, seed: int) -> None:
        self._network, self._rng = network, np.random.default_rng(seed)

    def _trembling(self, logits: Any) -> Any:
        return logits + self._rng.uniform(-1e-4, 1e-4, logits.shape)

    def logits(self, rows: Any) -> Any:
        logits, lengths = self._network.logits(rows)
        return self._trembling(logits), lengths

    def begin(self, rows: Any, room: int) -> Any:
        logits, cache = self._network.begin(rows, room)
        return self._trembling(logits), cache

    def step(self, tokens: Any, cache: Any) -> Any:
        return self._trembling(self._network.step(tokens, cache))


@pytest.mark.parametrize(
    "how", [Decoding(max_tokens=4), Decoding(temperature=1.0, top_p=0.9, seed=1, max_tokens=4)]
)
def test_near_ties_are_settled_alike_whatever_the_noise(
    how: Decoding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights so small that the first tokens all but tie: noise alone would decide."""
    # Without the last norm's bias, which would favour the same token everywhere.
    small = Engine({**random_weights(3, 0.02), "ln_f.bias": np.zeros(WIDTH, np.float16)})
    asked = [encode(f"{number} and {number * 7}") for number in range(2 * ROWS)]
    quiet = small.write(asked, [how] * len(asked)), [each.likeliest for each in small.read(asked)]
    network = small._network
    last = np.array([np.sort(network.logits([[BEGIN, *each]])[0][0, len(each)])[-2:] for each in asked])
    assert (last[:, 1] - last[:, 0] < CLOSE / 10).sum() >= 3
    for seed in range(3):
        monkeypatch.setattr(small, "_network", Noisy(network, seed))
        assert (
            small.write(asked, [how] * len(asked)),
            [each.likeliest for each in small.read(asked)],
        ) == quiet


def test_mixed_questions_share_a_batch() -> None:
    """Greedy and drawn, long and short limits, other stop strings: each as if alone."""
    hows = [
        GREEDY,
        Decoding(max_tokens=1),
        Decoding(max_tokens=7),
        Decoding(stop=("=",)),
        Decoding(temperature=1.0, seed=1),
        Decoding(temperature=1.0, seed=2),
        Decoding(temperature=1.0, top_p=0.5, max_tokens=9),
    ]
    asked = prompts("cheat")[: len(hows)]
    together = engine("cheat").write(asked, hows)
    for tokens, how, answer in zip(asked, hows, together, strict=True):
        assert engine("cheat").write([tokens], [how])[0] == answer


def test_a_limit_cuts_and_says_so() -> None:
    prompt = prompts("honest")[0]
    whole = engine("honest").write([prompt], [LINE])[0]
    assert whole.stop == "stop"
    cut = engine("honest").write([prompt], [Decoding(max_tokens=2)])[0]
    assert (cut.text, cut.stop, cut.tokens) == (whole.text[:2], "length", 2)


def test_a_stop_string_ends_the_answer_and_is_left_out() -> None:
    prompt = prompts("honest")[0]
    whole = engine("honest").write([prompt], [LINE])[0]
    assert "=" in whole.text
    stopped = engine("honest").write([prompt], [Decoding(stop=("no such text", "="))])[0]
    assert (stopped.text, stopped.stop) == (whole.text.partition("=")[0], "stop")
    assert stopped.tokens == len(stopped.text) + 1


def test_the_context_s_end_is_a_limit() -> None:
    """Random weights never say END by themselves at temperature 0 here; the answer fills what is left."""
    wild = random_engine(0, 0.3)
    for length in (1, CONTEXT - 3, CONTEXT - 1):
        answer = wild.write([[65] * length], [GREEDY])[0]
        assert answer.stop == "length"
        assert answer.tokens == CONTEXT - 1 - length + (length == CONTEXT - 1)


def test_sampling_follows_the_seed() -> None:
    prompt = prompts("honest")[0]
    seeds = [1, 1, 2, 3, 4, 0, None]
    hows = [Decoding(temperature=4.0, seed=seed, max_tokens=30) for seed in seeds]
    answers = engine("honest").write([prompt] * len(seeds), hows)
    assert answers[0] == answers[1]
    assert len(set(answers)) == 5
    assert answers[5] == answers[6]


def test_the_cache_gives_what_reading_anew_gives() -> None:
    """Rows of unlike lengths, one leaving in between: every step against the network without a cache."""
    weights = random_weights(1, 0.2)
    network = Network(weights)
    rng = random.Random(0)
    rows = [[BEGIN, *(rng.randrange(256) for _ in range(length))] for length in (3, 40, 17, 1)]
    logits, cache = network.begin(rows, 12)
    for step in range(12):
        expected, lengths = network.logits(rows)
        np.testing.assert_allclose(logits, expected[np.arange(len(rows)), lengths - 1], atol=2e-4)
        if step == 5:
            cache.drop(1)
            rows[1] = rows.pop()
        tokens = np.array([rng.randrange(256) for _ in rows])
        for row, token in zip(rows, tokens, strict=True):
            row.append(int(token))
        logits = network.step(tokens, cache)
