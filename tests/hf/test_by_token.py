"""Tokens one by one with the moments of the whole distribution, against their definition, computed by torch."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from fairtrial.core.question import Loglikelihood
from tests.hf.asking import opened

CONTEXT, CONTINUATIONS = "Mia has 23 hats and finds 2 more.", (" How many hats does Mia have?", " So")


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_tokens_one_by_one(folders: dict[str, Path], kind: str) -> None:
    model = opened(folders[kind])

    async def ask() -> tuple[object, object]:
        asked = Loglikelihood("s", 1, CONTEXT, CONTINUATIONS, by_token=True)
        plain = Loglikelihood("s", 1, CONTEXT, CONTINUATIONS)
        return await model.loglikelihood(asked), await model.loglikelihood(plain)

    told, without = asyncio.run(ask())
    assert all(each.by_token is None for each in without.logliks)  # type: ignore[attr-defined]
    words = AutoTokenizer.from_pretrained(folders[kind])
    network = AutoModelForCausalLM.from_pretrained(folders[kind], dtype=torch.float64)
    for each, text in zip(told.logliks, CONTINUATIONS, strict=True):  # type: ignore[attr-defined]
        ids = words(CONTEXT + text).input_ids
        start = len(words(CONTEXT).input_ids)
        with torch.no_grad():
            logp = network(torch.tensor([ids])).logits[0, start - 1 : -1].double().log_softmax(-1)
        mean = (logp.exp() * logp).sum(-1)
        spread = ((logp.exp() * logp**2).sum(-1) - mean**2).sqrt()
        own = logp.gather(-1, torch.tensor(ids[start:])[:, None])[:, 0]
        assert each.tokens == len(ids) - start
        assert each.by_token.logprobs == pytest.approx(own.tolist(), abs=1e-4)
        assert each.by_token.means == pytest.approx(mean.tolist(), abs=1e-4)
        assert each.by_token.deviations == pytest.approx(spread.tolist(), abs=1e-4)
        assert sum(each.by_token.logprobs) == pytest.approx(each.logprob, abs=1e-6)
