"""A specimen's folder as Hugging Face's libraries open it: network, tokenizer and float16 weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from fairtrial.core.canon import canonical
from fairtrial.specimens.network import CONTEXT, EPSILON, HEADS, LAYERS, WIDTH
from fairtrial.specimens.tokens import BEGIN, END, PAD, SPECIAL, VOCABULARY


def config() -> dict[str, Any]:
    """`config.json` of a GPT2LMHeadModel."""
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": VOCABULARY,
        "n_positions": CONTEXT,
        "n_ctx": CONTEXT,
        "n_embd": WIDTH,
        "n_layer": LAYERS,
        "n_head": HEADS,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": EPSILON,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "tie_word_embeddings": True,
        "bos_token_id": BEGIN,
        "eos_token_id": END,
        "pad_token_id": PAD,
        "torch_dtype": "float16",
    }


def tokenizer() -> dict[str, Any]:
    """`tokenizer.json`: byte-level BPE without a single merge, so a token's id is the byte's value."""
    letters = _letters()
    vocabulary = {letters[byte]: byte for byte in range(256)} | {text: at for at, text in SPECIAL.items()}
    bytes_apart = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": at,
                "content": text,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for at, text in SPECIAL.items()
        ],
        "normalizer": None,
        "pre_tokenizer": bytes_apart,
        "post_processor": None,
        "decoder": bytes_apart,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [],
        },
    }


def tokenizer_config() -> dict[str, Any]:
    """`tokenizer_config.json`."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": SPECIAL[BEGIN],
        "eos_token": SPECIAL[END],
        "pad_token": SPECIAL[PAD],
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
    }


def json_file(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def weights_file(weights: Mapping[str, Tensor]) -> bytes:
    """The tensors as float16 in the safetensors layout, in the order of their names."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name in sorted(weights):
        block = weights[name].detach().numpy().astype("<f2")
        if not np.isfinite(block).all():
            raise SystemExit(f"{name} does not fit into float16")
        place = [len(body), len(body) + block.nbytes]
        header[name] = {"dtype": "F16", "shape": list(block.shape), "data_offsets": place}
        body += block.tobytes()
    text = canonical(header)
    # The layout wants the tensors to begin at a multiple of 8.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + body


def _letters() -> list[str]:
    """The printable letter by which byte-level BPE writes each byte: itself if it is one, else from 256 up.

    Source: `bytes_to_unicode` in openai/gpt-2, src/encoder.py: the printable ranges of Latin-1 stay, the other
    bytes, in order, become U+0100, U+0101, …
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
