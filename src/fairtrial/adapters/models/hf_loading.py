"""From a folder to a model of transformers on a device. Imports torch: see `hf`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from fairtrial.adapters.models.hf_files import Choice
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec


def device_of(choice: Choice, spec: ModelSpec) -> Any:
    """A torch.device. Raises UsageError for one that torch doesn't see."""
    name = choice.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda"):
        number = int(name.partition(":")[2] or 0)
        if number >= torch.cuda.device_count():
            raise UsageError(
                f"{spec}: torch sees no {name} here", "give device=cpu, or install torch for CUDA"
            )
    return torch.device(name)


def load(folder: Path, spec: ModelSpec, choice: Choice, device: Any) -> Any:
    """In the chosen precision, whatever the file holds. Raises as `Weights` does."""
    # Its bars and warnings would stand between a run's own lines.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    try:
        model, loading = transformers.AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=getattr(torch, choice.dtype),
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
        model = model.to(device).eval()
    except SafetensorError as error:
        raise IntegrityError(
            f"{spec}: its weights are damaged: {error}", "download or copy them again"
        ) from error
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        told = str(error).strip().partition("\n")[0][:300]
        if is_memory(error):
            raise UsageError(
                f"{spec} doesn't fit the memory of {device}", "dtype=bfloat16 takes half"
            ) from error
        raise UsageError(
            f"{spec} can't be loaded: {told}",
            "weights that need code of their own are never run; others may need a newer transformers",
        ) from error
    if missing := sorted(loading["missing_keys"]):
        # transformers would fill them with random numbers and go on.
        raise IntegrityError(
            f"{spec}: its files lack {len(missing)} tensors ({missing[0]}, …)", "download or copy them again"
        )
    return model


def window_of(config: Any) -> int | None:
    """The most tokens that the model reads, by its configuration; None where that doesn't say."""
    for name in ("n_positions", "max_position_embeddings", "n_ctx", "max_seq_len"):
        for part in (config, getattr(config, "text_config", None)):
            if isinstance(found := getattr(part, name, None), int) and found > 0:
                return found
    return None


def is_memory(error: BaseException) -> bool:
    """Whether the memory was too small; on a CPU torch says so in words alone."""
    out = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    return out or "allocate memory" in str(error)
