"""lm-eval's words for a model, translated where they mean the same and refused where they don't."""

from __future__ import annotations

import pytest

from fairtrial.cli.lm_eval_words import translate
from fairtrial.core.errors import UsageError


@pytest.mark.parametrize(
    ("model", "arguments", "expected"),
    [
        ("hf", "pretrained=org/small", ("hf/org/small", {})),
        (
            "hf",
            "pretrained=./small,add_bos_token=True,dtype=bfloat16,batch_size=8",
            ("hf/./small,dtype=bfloat16,batch_size=8,add_bos_token=True", {}),
        ),
        (
            "local-chat-completions",
            "model=llama,base_url=http://localhost:8000/v1/chat/completions,num_concurrent=8",
            ("openai-api/llama", {"base_url": "http://localhost:8000/v1", "max_connections": "8"}),
        ),
        (
            "local-completions",
            "model=llama,base_url=http://localhost:8000/v1/completions",
            ("openai-api/llama", {"base_url": "http://localhost:8000/v1", "api": "completions"}),
        ),
    ],
)
def test_what_means_the_same_is_translated(
    model: str, arguments: str, expected: tuple[str, dict[str, str]]
) -> None:
    assert translate(model, arguments) == expected


@pytest.mark.parametrize(
    ("model", "arguments", "said"),
    [
        ("hg", "pretrained=x", "nearest: hf"),
        ("hf", "pretrained=x,parallelize=True,peft=y,device=cpu", "parallelize, peft:"),
        ("hf", "device", "'device'"),
        ("hf", "revision=main", "no pretrained"),
    ],
)
def test_the_rest_is_named_and_refused(model: str, arguments: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        translate(model, arguments)
