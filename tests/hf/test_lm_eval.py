"""The numbers of lm-eval 0.4.13's `hf`: log-likelihoods within 1e-4 relative, greedy answers to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from transformers import GenerationConfig

from fairtrial.core.output import Output
from fairtrial.core.ports import Model
from fairtrial.core.question import Decoding
from tests.hf.asking import PAIRS, PROMPTS, answers, likelihoods, opened

KINDS = ["gpt2", "llama", "specimen"]


def peer(folder: Path, *, rows: int = 4, **settings: Any) -> HFLM:
    return HFLM(pretrained=str(folder), dtype="float32", device="cpu", batch_size=rows, **settings)


def told_by(model: HFLM, pairs: list[tuple[str, tuple[str, ...]]]) -> list[list[tuple[float, bool]]]:
    asked = [(context, each) for context, choices in pairs for each in choices]
    told = iter(
        model.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in asked], disable_tqdm=True)
    )
    return [[next(told) for _ in choices] for _, choices in pairs]


@pytest.mark.parametrize("settings", ["", ",add_bos_token=true", ",add_bos_token=false"])
@pytest.mark.parametrize("kind", KINDS)
def test_log_likelihoods_are_lm_evals(folders: dict[str, Path], kind: str, settings: str) -> None:
    named = {"add_bos_token": settings.endswith("true")} if settings else {}
    theirs = told_by(peer(folders[kind], **named), PAIRS)
    ours = likelihoods(opened(folders[kind], settings), PAIRS)
    for told, output in zip(theirs, ours, strict=True):
        # Absolute where a text is nearly certain: float32 holds no more of a probability near 1.
        expected = [pytest.approx(value, rel=1e-4, abs=1e-6) for value, _ in told]
        assert [each.logprob for each in output.logliks] == expected
        assert [each.greedy for each in output.logliks] == [greedy for _, greedy in told]


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_answers_are_lm_evals(folders: dict[str, Path], kind: str) -> None:
    # One at a time: in a batch, lm-eval lets the first prompt decide whether BOS stands before all of them.
    model = peer(folders[kind], rows=1)
    # What lm-eval would apply unseen, and Fairtrial never does: the folder's own penalties and sampling.
    model.model.generation_config = GenerationConfig(eos_token_id=model.model.generation_config.eos_token_id)
    local = opened(folders[kind], api="completions")
    theirs, ours = _written(model, local, ())
    assert [each.text for each in ours] == theirs
    assert len({*theirs}) > 2, "the models say too little to tell right from wrong"
    # Texts from the middle of what it says, so that they do end answers.
    stops = tuple(text[3:5] for text in theirs if len(text) > 6)[:3]
    theirs, ours = _written(model, local, stops)
    assert [each.text for each in ours] == theirs
    assert "stop" in {each.stop for each in ours}


def _written(model: HFLM, local: Model, stop: tuple[str, ...]) -> tuple[list[str], list[Output]]:
    settings = {"until": list(stop), "max_gen_toks": 16, "do_sample": False}
    asked = [Instance("generate_until", {}, (prompt, settings), 0) for prompt in PROMPTS]
    theirs = model.generate_until(asked, disable_tqdm=True)
    return theirs, answers(local, PROMPTS, Decoding(max_tokens=16, stop=stop))


def test_a_chat_template_is_lm_evals(folders: dict[str, Path]) -> None:
    model = peer(folders["llama"], rows=1)
    prompts = [model.apply_chat_template([{"role": "user", "content": each}]) for each in PROMPTS]
    settings = {"until": [], "max_gen_toks": 12, "do_sample": False}
    theirs = model.generate_until(
        [Instance("generate_until", {}, (prompt, settings), 0) for prompt in prompts], disable_tqdm=True
    )
    ours = answers(opened(folders["llama"]), PROMPTS, Decoding(max_tokens=12))
    assert [each.text for each in ours] == theirs
    raw = answers(opened(folders["llama"], api="completions"), PROMPTS, Decoding(max_tokens=12))
    assert [each.text for each in raw] != theirs


def test_nothing_but_torch_is_asked(folders: dict[str, Path]) -> None:
    """A second oracle, by hand: the sum over the continuation of the model's own log-probabilities."""
    model = peer(folders["gpt2"])
    context, choices = PAIRS[0]
    ours = likelihoods(opened(folders["gpt2"]), [PAIRS[0]])[0]
    for choice, told in zip(choices, ours.logliks, strict=True):
        whole = model.tokenizer.encode(context + choice)
        start = len(model.tokenizer.encode(context))
        with torch.no_grad():
            chances = model.model(torch.tensor([whole])).logits[0].double().log_softmax(-1)
        expected = sum(float(chances[at - 1, whole[at]]) for at in range(start, len(whole)))
        assert told.logprob == pytest.approx(expected, rel=1e-5)
        assert told.tokens == len(whole) - start
