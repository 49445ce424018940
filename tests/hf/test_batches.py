"""An answer depends on its question alone: not on its company, on their order, or on the size of a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from fairtrial.core.errors import ProviderError
from fairtrial.core.output import Output
from fairtrial.core.question import Decoding
from tests.hf.asking import PAIRS, PROMPTS, answers, likelihoods, opened
from tests.hf.made import WINDOW

KINDS = ["gpt2", "llama"]
BFLOAT16 = 0.05
"""Bound of |bfloat16 - float32| over |float32|, for texts of more than one nat; stated in the how-to."""
DRAWN = Decoding(temperature=1.0, max_tokens=12, seed=3)


def numbers(outputs: Sequence[Output]) -> list[float]:
    return [each.logprob for output in outputs for each in output.logliks]


@pytest.mark.parametrize("kind", KINDS)
def test_batch_and_order_change_no_likelihood(folders: dict[str, Path], kind: str) -> None:
    alone = opened(folders[kind], ",batch_size=1")
    one_by_one = [output for pair in PAIRS for output in likelihoods(alone, [pair])]
    for size in (2, 3, 64):
        together = likelihoods(opened(folders[kind], f",batch_size={size}"), PAIRS)
        back = likelihoods(opened(folders[kind], f",batch_size={size}"), PAIRS[::-1])[::-1]
        assert numbers(together) == pytest.approx(numbers(one_by_one), rel=1e-5, abs=1e-6)
        assert numbers(back) == pytest.approx(numbers(one_by_one), rel=1e-5, abs=1e-6)
        assert [each.greedy for output in together for each in output.logliks] == [
            each.greedy for output in one_by_one for each in output.logliks
        ]


@pytest.mark.parametrize("how", [Decoding(max_tokens=12), DRAWN], ids=["greedy", "drawn"])
@pytest.mark.parametrize("kind", KINDS)
def test_batch_and_order_change_no_answer(folders: dict[str, Path], kind: str, how: Decoding) -> None:
    alone = opened(folders[kind], ",batch_size=1")
    one_by_one = [answers(alone, [each], how)[0].text for each in PROMPTS]
    wide = opened(folders[kind], ",batch_size=64")
    assert [each.text for each in answers(wide, PROMPTS, how)] == one_by_one
    assert [each.text for each in answers(wide, PROMPTS[::-1], how)][::-1] == one_by_one


def test_each_of_a_batch_keeps_its_own_decoding(folders: dict[str, Path]) -> None:
    model = opened(folders["gpt2"])
    how = [
        Decoding(max_tokens=3),
        Decoding(max_tokens=9),
        DRAWN,
        Decoding(max_tokens=6, stop=("a", "e", "i")),
        Decoding(temperature=0.5, top_p=0.5, max_tokens=5, seed=1),
        Decoding(max_tokens=1),
    ]
    together = answers(model, PROMPTS, *how)
    apart = [answers(model, [prompt], each)[0] for prompt, each in zip(PROMPTS, how, strict=True)]
    assert [each.text for each in together] == [each.text for each in apart]
    assert [each.usage for each in together] == [each.usage for each in apart]
    assert together[5].usage is not None and together[5].usage.output_tokens == 1


def test_a_seed_decides_what_is_drawn(folders: dict[str, Path]) -> None:
    model = opened(folders["llama"])
    first, again, other = (
        [each.text for each in answers(model, PROMPTS, Decoding(temperature=1.0, max_tokens=8, seed=seed))]
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_tokens_are_drawn_as_often_as_the_model_says(folders: dict[str, Path]) -> None:
    """400 seeds: the first token's frequencies against softmax, by a chi-square with a known quantile."""
    model: Any = opened(folders["gpt2"])
    n, temperature = 400, 0.5
    how = [Decoding(temperature=temperature, max_tokens=1, seed=seed) for seed in range(n)]
    tokens = torch.tensor([model.tokens.encode(PROMPTS[0])])
    with torch.no_grad():
        shares = (model._weights._model(tokens).logits[0, -1].double() / temperature).softmax(-1)
    by_text: dict[str, float] = defaultdict(float)  # Several tokens are broken letters, and read alike.
    for token, share in enumerate(shares.tolist()):
        by_text[model._words.answer([token])] += share
    texts = sorted(by_text, key=lambda text: -by_text[text])[:6]
    told = [each.text for each in answers(model, [PROMPTS[0]] * n, *how)]
    expected = [by_text[each] * n for each in texts]
    assert min(expected) > 5
    expected.append(n - sum(expected))
    seen = [told.count(each) for each in texts]
    seen.append(n - sum(seen))
    statistic = sum((a - b) ** 2 / b for a, b in zip(seen, expected, strict=True))
    assert statistic < 22.46, "0.999 quantile of chi-square with 6 degrees of freedom"
    narrow = [Decoding(temperature=temperature, top_p=float(shares.max()) / 2, max_tokens=1, seed=7)]
    likeliest = model._words.answer([int(shares.argmax())])
    assert answers(model, [PROMPTS[0]], *narrow)[0].text == likeliest


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_stays_within_its_bound(folders: dict[str, Path], kind: str) -> None:
    exact = numbers(likelihoods(opened(folders[kind]), PAIRS))
    coarse = numbers(likelihoods(opened(folders[kind], ",dtype=bfloat16"), PAIRS))
    apart = [abs(a - b) / abs(b) for a, b in zip(coarse, exact, strict=True) if abs(b) > 1]
    assert 0 < max(apart) < BFLOAT16


def test_choices_of_one_token_take_one_row(folders: dict[str, Path]) -> None:
    model: Any = opened(folders["llama"])
    rows: list[tuple[int, ...]] = []
    forward = model._weights._model.forward

    def counted(*args: Any, input_ids: Any, **named: Any) -> Any:
        rows.append(tuple(input_ids.shape))
        return forward(*args, input_ids=input_ids, **named)

    model._weights._model.forward = counted
    pair = ("The capital of France is", ("!", "?", ",", "."))
    told = likelihoods(model, [pair])[0]
    assert [each.tokens for each in told.logliks] == [1, 1, 1, 1]
    assert [each[0] for each in rows] == [1]
    longer = (pair[0], ("!", "?!", "?!?", ", ☃"))
    likelihoods(model, [longer])
    assert [each[0] for each in rows] == [1, 2], "`!` and `?!` are read along with those that begin alike"


def test_an_answer_ends_where_the_window_does(folders: dict[str, Path]) -> None:
    """A long prompt fills its window first; a short one beside it goes on, and neither learns of the other."""
    model: Any = opened(folders["gpt2"], ",batch_size=4")
    long = "a b " * 60
    while len(model.tokens.encode(long)) > WINDOW - 3:
        long = long[:-1]
    prompts = [long, PROMPTS[0], "Q"]
    how = Decoding(max_tokens=40)
    together = answers(model, prompts, how)
    apart = [answers(model, [each], how)[0] for each in prompts]
    assert [(each.text, each.usage, each.stop) for each in together] == [
        (each.text, each.usage, each.stop) for each in apart
    ]
    assert together[0].usage is not None and together[0].usage.output_tokens is not None
    assert together[0].usage.output_tokens <= 3 < (together[1].usage.output_tokens or 0)  # type: ignore[union-attr]


def test_what_is_too_long_is_refused_and_not_cut(folders: dict[str, Path]) -> None:
    model: Any = opened(folders["gpt2"])
    long = "☃" * WINDOW
    with pytest.raises(ProviderError, match=f"reads {WINDOW} tokens at most") as refused:
        likelihoods(model, [(long, (" a",))])
    assert refused.value.cause == "context-length" and not refused.value.retryable
    with pytest.raises(ProviderError, match=f"reads {WINDOW} tokens at most"):
        answers(model, [long], Decoding(max_tokens=1))
    full = "Q"
    while len(model.tokens.encode(full + "☃☃")) <= WINDOW:
        full += "☃"
    # One token more than the window: the last is foretold, not read.
    tokens = len(model.tokens.encode(full))
    rest = "Q" * (WINDOW + 1 - tokens)
    assert likelihoods(model, [(full, (rest,))])[0].logliks[0].tokens is not None


def test_memory_that_is_too_small_for_a_batch_halves_it(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch's own error, raised where a batch has more than two rows: real exhaustion would take the machine."""
    model: Any = opened(folders["llama"])
    expected = numbers(likelihoods(model, PAIRS)), [each.text for each in answers(model, PROMPTS, DRAWN)]
    forward, most = model._weights._model.forward, 2

    def small(*args: Any, input_ids: Any, **named: Any) -> Any:
        if len(input_ids) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(*args, input_ids=input_ids, **named)

    monkeypatch.setattr(model._weights._model, "forward", small)
    again = numbers(likelihoods(model, PAIRS)), [each.text for each in answers(model, PROMPTS, DRAWN)]
    assert again[0] == pytest.approx(expected[0], rel=1e-5, abs=1e-6) and again[1] == expected[1]
    most = 0
    with pytest.raises(ProviderError, match="doesn't hold one text") as refused:
        likelihoods(model, PAIRS[:1])
    assert refused.value.cause == "out-of-memory"
