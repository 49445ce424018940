"""What `hf/PATH,…` may name, and what is missing from a folder: nothing here needs torch."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from fairtrial.adapters.models.hf_files import Choice, folder_of, name_of_weights, shards
from fairtrial.adapters.registry import open_model
from fairtrial.core.errors import FairtrialError, IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec


def choice(name: str) -> Choice:
    return Choice.of(ModelSpec.parse(f"hf/{name}"))


def folder(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).write_text("{}")
    return root


def test_settings_stand_behind_the_path() -> None:
    assert choice("/a/b") == Choice("/a/b")
    assert choice("./b,dtype=bfloat16,batch_size=8,add_bos_token=False,device=cuda:1") == Choice(
        "./b", "bfloat16", "cuda:1", 8, False
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("b,dtype=int8", "dtype is 'int8'"),
        ("b,batch_size=0", "batch_size is '0'"),
        ("b,add_bos_token=1", "add_bos_token is '1'"),
        ("b,device=tpu", "device is 'tpu'"),
        ("b,revision=main", "is no commit"),
        ("b,trust_remote_code=true", "'trust_remote_code=true' is no setting"),
        ("b,dtype=float32,dtype=bfloat16", "'dtype=bfloat16' is no setting"),
        ("b,dtype", "'dtype' is no setting"),
    ],
)
def test_a_setting_that_can_not_be_is_named(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        choice(name)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "no config.json"),
        (("config.json",), "no weights"),
        (("config.json", "pytorch_model.bin", "tokenizer.json"), "pytorch_model.bin is pickled"),
        (("config.json", "model.safetensors"), "no tokenizer"),
        (("config.json", "model.safetensors", "tokenizer.json", "adapter_config.json"), "holds an adapter"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    spec = ModelSpec.parse(f"hf/{folder(tmp_path, *names)}")
    with pytest.raises(UsageError, match=said):
        folder_of(Choice.of(spec), spec)


def test_a_hub_name_needs_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = ModelSpec.parse("hf/owner/name")
    with pytest.raises(UsageError, match="revision=COMMIT"):
        folder_of(Choice.of(spec), spec)


@pytest.mark.parametrize(
    ("index", "error", "said"),
    [
        (
            {"weight_map": {"a": "x-1.safetensors", "b": "x-2.safetensors"}},
            UsageError,
            "lacks x-2.safetensors",
        ),
        ({"weight_map": {"a": "../x.safetensors"}}, IntegrityError, "no weights of this folder"),
        ({"weight_map": {"a": "x.bin"}}, IntegrityError, "no weights of this folder"),
        ({"weight_map": {"a": 1}}, IntegrityError, "no weights of this folder"),
        ([], IntegrityError, "no index of weights"),
    ],
)
def test_an_index_names_files_of_the_folder(
    tmp_path: Path, index: object, error: type[FairtrialError], said: str
) -> None:
    folder(tmp_path, "config.json", "tokenizer.json", "x-1.safetensors")
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    spec = ModelSpec.parse(f"hf/{tmp_path}")
    with pytest.raises(error, match=said):
        folder_of(Choice.of(spec), spec)


def test_the_digest_names_weights_configuration_and_tokenizer(tmp_path: Path) -> None:
    files = ("config.json", "model.safetensors", "tokenizer.json", "README.md")
    folder(tmp_path, *files)
    assert shards(tmp_path) == [tmp_path / "model.safetensors"]
    digests = [name_of_weights(tmp_path)]
    for name in files:
        (tmp_path / name).write_text('{"a": 1}')
        digests.append(name_of_weights(tmp_path))
    assert len({*digests}) == 4 and digests[3] == digests[4], "all but the README"


def test_a_missing_extra_says_what_to_install(tmp_path: Path) -> None:
    if importlib.util.find_spec("torch") is not None:
        pytest.skip("torch is installed in this environment; .venv has none")
    with pytest.raises(UsageError, match=r"needs torch.*\n.*pip install 'fairtrial\[hf\]'"):
        open_model(ModelSpec.parse(f"hf/{tmp_path}"), environ={})
