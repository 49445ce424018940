"""Folders that must not be opened, and questions that must not be answered: each says what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.question import Decoding
from tests.hf.asking import PAIRS, PROMPTS, answers, likelihoods, opened


@pytest.fixture
def copy(folders: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders["gpt2"], tmp_path / "copy"))


def test_damaged_weights_are_no_weights(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(IntegrityError, match="damaged"):
        opened(copy)


def test_missing_tensors_are_never_made_up(copy: Path) -> None:
    path = copy / "model.safetensors"
    tensors = load_file(path)
    del tensors["transformer.h.1.mlp.c_fc.weight"]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(IntegrityError, match="lack 1 tensors"):
        opened(copy)


def test_code_beside_weights_is_never_run(copy: Path) -> None:
    """A configuration that asks for its own class; the file would leave a mark."""
    mark = copy / "mark"
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "theirs", "auto_map": {"AutoConfig": "code.C", "AutoModelForCausalLM": "code.M"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "code.py").write_text(f"open({str(mark)!r}, 'w')\n")
    with pytest.raises(UsageError, match=r"can't be (loaded|opened)"):
        opened(copy)
    assert not mark.exists()


def test_a_chat_needs_a_template_and_has_no_likelihoods(folders: dict[str, Path]) -> None:
    chat = opened(folders["gpt2"], api="chat")
    with pytest.raises(UsageError, match="no chat template"):
        answers(chat, PROMPTS[:1], Decoding(max_tokens=1))
    with pytest.raises(UsageError, match="only chats"):
        likelihoods(chat, PAIRS[:1])


def test_effort_and_strange_options_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="no effort"):
        answers(opened(folders["gpt2"]), PROMPTS[:1], Decoding(max_tokens=1, effort="low"))
    with pytest.raises(UsageError, match="does not take the option base_url"):
        opened(folders["gpt2"], base_url="http://127.0.0.1:9")
    with pytest.raises(UsageError, match="sees no cuda:99"):
        opened(folders["gpt2"], ",device=cuda:99")


def test_an_id_that_is_no_token_is_named(folders: dict[str, Path]) -> None:
    tokens = opened(folders["gpt2"]).tokens  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="has no token 100000"):
        tokens.decode([1, 100_000])
