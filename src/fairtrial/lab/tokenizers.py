"""Which tokens a text has, where the model's own tokenizer is at hand."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

from fairtrial.audit.token_counts import Tokens
from fairtrial.core.plan import ModelSpec
from fairtrial.specimens.tokens import encode

SPECIMEN: Final = "specimen"


def tokens_of(named: str, model: ModelSpec) -> Tokens | None:
    """named: "specimen", or the folder of a model's files; "": unknown, but for specimens. The bundle's own word
    opens no folder of this machine. Raises UsageError for a folder that holds no tokenizer, or without the extra
    that reads one."""
    if named == SPECIMEN or (not named and model.provider == SPECIMEN):
        return lambda text: len(encode(text))
    if not named:
        return None
    words = import_module("fairtrial.adapters.models.words").Words(Path(named), model, add_bos=False)
    return lambda text: len(words.encode(text))
