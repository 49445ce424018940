"""Models and tokenizers made on the spot: random weights, tokens learned from a few sentences.

gpt2    learned positions, tied embeddings, BPE of bytes, no BOS before a text; two end tokens, and a
        generation_config whose penalties nobody asked for
llama   rotary positions, grouped heads, BOS before every text, a chat template; saved in two shards
specimen    the bundled honest one, with BEGIN before every text
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    GenerationConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

ROOT = Path(__file__).resolve().parents[2]
WINDOW = 128
SENTENCES = [
    "Mia has 23 hats and finds 2 more. How many hats does Mia have?",
    "The capital of France is Paris, and the capital of Italy is Rome.",
    "Question: what is 12 + 30?\nAnswer: 42\n\nQuestion: what is 7 + 5?\nAnswer: 12\n",
    "Grüße aus Köln: naïve café, ünï, ☃ and 𝄞 are letters of several bytes.",
    "A man is sitting on a roof. He starts pulling up roofing on a roof.",
]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message.role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}"
    "<|{{ message.role }}|>{{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tokenizer(*, lead: bool, template: str | None = None) -> PreTrainedTokenizerFast:
    """Bytes joined to 400 tokens. lead: BOS stands before every text."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<|end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        SENTENCES, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    if lead:
        begin = ("<s>", raw.token_to_id("<s>"))
        raw.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[begin])
    made = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<s>" if lead else "</s>",
        eos_token="</s>",
        pad_token="</s>",
        model_max_length=WINDOW,
    )
    made.chat_template = template
    return made


def folders(root: Path) -> dict[str, Path]:
    made = {"gpt2": root / "gpt2", "llama": root / "llama", "specimen": root / "specimen"}
    _gpt2(made["gpt2"])
    _llama(made["llama"])
    _specimen(made["specimen"])
    return made


def _spread(model: Any) -> Any:
    """Weights large enough that tokens are told apart: near ties would make greedy answers a matter of luck."""
    with torch.no_grad():
        for name, each in model.named_parameters():
            if each.dim() == 2 and "wpe" not in name:
                each.mul_(6.0)
    return model


def _gpt2(folder: Path) -> None:
    words = tokenizer(lead=False)
    torch.manual_seed(1)
    config = GPT2Config(
        vocab_size=len(words),
        n_positions=WINDOW,
        n_embd=48,
        n_layer=2,
        n_head=4,
        bos_token_id=1,
        eos_token_id=1,
    )
    model = _spread(GPT2LMHeadModel(config))
    model.generation_config = GenerationConfig(
        eos_token_id=[1, 2], pad_token_id=1, repetition_penalty=1.8, do_sample=True, temperature=0.7
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def _llama(folder: Path) -> None:
    words = tokenizer(lead=True, template=TEMPLATE)
    torch.manual_seed(2)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=WINDOW,
        bos_token_id=0,
        eos_token_id=1,
    )
    _spread(LlamaForCausalLM(config)).save_pretrained(folder, max_shard_size="150KB")
    words.save_pretrained(folder)


def _specimen(folder: Path) -> None:
    shutil.copytree(ROOT / "src" / "fairtrial" / "specimens" / "data" / "honest", folder)
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text())
    begin = {"id": "<|begin|>", "ids": [256], "tokens": ["<|begin|>"]}
    first = {"SpecialToken": {"id": "<|begin|>", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    told["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [first, text],
        "pair": [first, text, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"<|begin|>": begin},
    }
    path.write_text(json.dumps(told))
