"""The files that ship: a folder a specimen, opened after its digest is checked.

Each folder is also one that Hugging Face's libraries open: `config.json` and `model.safetensors` for
GPT2LMHeadModel, `tokenizer.json` and `tokenizer_config.json` for PreTrainedTokenizerFast; and the card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from fairtrial.core.canon import digest_bytes
from fairtrial.core.errors import IntegrityError, UnknownName
from fairtrial.specimens.digests import DIGESTS
from fairtrial.specimens.network import shapes
from fairtrial.specimens.weights import Half, read_weights

WEIGHTS: Final = "model.safetensors"
CARD: Final = "card.json"


def names() -> tuple[str, ...]:
    """The bundled models."""
    return tuple(sorted(path.partition("/")[0] for path in DIGESTS if path.endswith(f"/{WEIGHTS}")))


def load(name: str) -> dict[str, Half]:
    """A specimen's tensors. Raises UnknownName, IntegrityError that names the file."""
    return read_weights(read(f"{_known(name)}/{WEIGHTS}"), shapes(), f"{name}/{WEIGHTS}")


def card(name: str) -> Mapping[str, Any]:
    """How a specimen was made, and what it can do. Raises UnknownName, IntegrityError."""
    found: Mapping[str, Any] = json.loads(read(f"{_known(name)}/{CARD}"))
    return found


def read(path: str) -> bytes:
    """The bytes of a shipped file, such as `cheat/card.json`. Raises IntegrityError where they were changed."""
    try:
        data = files("fairtrial.specimens").joinpath("data", *path.split("/")).read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"the package's file {path} can't be read: {error}", "install the package again"
        ) from error
    found = digest_bytes(data)
    if found != DIGESTS[path]:
        raise IntegrityError(
            f"the package's file {path} has {found}, not {DIGESTS[path]}",
            "somebody changed it; install the package again",
        )
    return data


def _known(name: str) -> str:
    if name not in names():
        raise UnknownName("specimen", name, names())
    return name
