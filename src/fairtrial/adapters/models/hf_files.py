"""The files of local weights: what `hf/PATH,…` names, whether all that is needed lies there, and its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec

DTYPES: Final = ("float32", "bfloat16", "float16")
DATA: Final = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")
"""What is fetched from the hub: data. Code and pickles stay there."""
MOST_JSON: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands in `hf/PATH,key=value,…`. device None: CUDA where there is one. add_bos_token None: as the
    tokenizer does by itself. batch_size: rows that the model reads at a time."""

    path: str
    dtype: str = "float32"
    device: str | None = None
    batch_size: int = 16
    add_bos_token: bool | None = None
    revision: str | None = None

    @classmethod
    def of(cls, spec: ModelSpec) -> Choice:
        """Raises UsageError for a setting that doesn't exist, or whose value can't be."""
        path, *parts = spec.name.split(",")
        given: dict[str, Any] = {}
        for part in parts:
            key, equals, value = part.partition("=")
            if key not in _READ or not equals or key in given:
                known = ", ".join(_READ)
                raise UsageError(
                    f"{spec}: {part!r} is no setting", f"write hf/PATH,key=value; the keys are {known}"
                )
            given[key] = _READ[key](spec, value)
        return cls(path, **given)


def _dtype(spec: ModelSpec, value: str) -> str:
    if value not in DTYPES:
        raise UsageError(f"{spec}: dtype is {value!r}", f"give one of {', '.join(DTYPES)}")
    return value


def _device(spec: ModelSpec, value: str) -> str:
    if not re.fullmatch(r"cpu|cuda(:\d{1,3})?", value):
        raise UsageError(f"{spec}: device is {value!r}", "give cpu, cuda or cuda:N")
    return value


def _rows(spec: ModelSpec, value: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", value):
        raise UsageError(f"{spec}: batch_size is {value!r}", "give a whole number from 1")
    return int(value)


def _flag(spec: ModelSpec, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise UsageError(f"{spec}: add_bos_token is {value!r}", "give true or false")
    return value.lower() == "true"


def _revision(spec: ModelSpec, value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", value):
        raise UsageError(
            f"{spec}: the revision {value!r} is no commit", "give its 40 hexadecimal digits: a branch moves"
        )
    return value


_READ: Final[dict[str, Callable[[ModelSpec, str], Any]]] = {
    "dtype": _dtype,
    "device": _device,
    "batch_size": _rows,
    "add_bos_token": _flag,
    "revision": _revision,
}
assert set(_READ) == {each.name for each in fields(Choice)} - {"path"}


def folder_of(choice: Choice, spec: ModelSpec) -> Path:
    """The folder, with all that is needed in it. Raises UsageError that names what is missing."""
    folder = Path(choice.path).expanduser()
    if not folder.is_dir():
        if choice.revision is None or not re.fullmatch(r"[\w.-]+/[\w.-]+", choice.path):
            raise UsageError(
                f"{spec}: {folder} is no folder",
                "name a folder in Hugging Face's format; a name of the hub needs its commit: "
                "hf/OWNER/NAME,revision=COMMIT",
            )
        folder = _from_hub(choice, spec)
    _refuse_incomplete(folder, spec)
    return folder


def _from_hub(choice: Choice, spec: ModelSpec) -> Path:
    """Fetched once and kept in the hub's own cache; HF_HOME, HF_HUB_OFFLINE, HF_TOKEN hold for it."""
    hub = import_module("huggingface_hub")
    try:
        return Path(hub.snapshot_download(choice.path, revision=choice.revision, allow_patterns=list(DATA)))
    except (OSError, ValueError, RuntimeError, hub.errors.HfHubHTTPError) as error:
        told = str(error).strip().partition("\n")[0][:300]
        raise UsageError(
            f"{spec} can't be fetched from the hub: {told}",
            "is the hub reachable, and the name right? Or download the folder and name its path",
        ) from error


def _refuse_incomplete(folder: Path, spec: ModelSpec) -> None:
    if not (folder / "config.json").is_file():
        raise UsageError(f"{spec}: {folder} holds no config.json", "name the folder that holds it")
    if (folder / "adapter_config.json").exists():
        raise UsageError(
            f"{spec}: {folder} holds an adapter (adapter_config.json)",
            "merge it into its base model and save that: an adapter names other weights by their address",
        )
    if not shards(folder):
        pickled = sorted(each.name for each in folder.glob("*.bin")) + sorted(
            each.name for each in folder.glob("*.pt*")
        )
        if pickled:
            raise UsageError(
                f"{spec}: {folder} holds no safetensors; {pickled[0]} is pickled, which may run anything",
                "where you trust it, convert it: load it with transformers and save_pretrained()",
            )
        raise UsageError(f"{spec}: {folder} holds no weights", "model.safetensors is needed")
    if missing := [each.name for each in shards(folder) if not each.is_file()]:
        raise UsageError(
            f"{spec}: {folder} lacks {', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}",
            "the index names it; download or copy it again",
        )
    if not any((folder / each).is_file() for each in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        raise UsageError(f"{spec}: {folder} holds no tokenizer", "tokenizer.json is needed")


def shards(folder: Path) -> list[Path]:
    """The files of the weights, in order of their names; whether they exist is another question.

    Raises IntegrityError for an index that is none, or that names files outside the folder.
    """
    whole = folder / "model.safetensors"
    index = folder / "model.safetensors.index.json"
    if whole.is_file() or not index.is_file():
        return [whole] if whole.is_file() else []
    try:
        with index.open("rb") as file:
            names = set(json.loads(file.read(MOST_JSON))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"{index} is no index of weights", "download or copy it again") from error
    if not all(isinstance(name, str) and re.fullmatch(r"[\w.-]+\.safetensors", name) for name in names):
        raise IntegrityError(f"{index} names files that are no weights of this folder", "download it again")
    return [folder / name for name in sorted(names)]


def name_of_weights(folder: Path) -> str:
    """A digest over configuration, tokenizer and weights: which model answered. Reads every byte once."""
    whole = hashlib.sha256()
    for path in [*shards(folder), *sorted(folder.glob("*.json")), *sorted(folder.glob("tokenizer.model"))]:
        with path.open("rb") as file:
            inner = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{inner} {path.name}\n".encode())
    return f"sha256:{whole.hexdigest()}"
