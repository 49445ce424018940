"""SHA-256 of every file in `data/`. Written by `python -m specimens ship`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DIGESTS: Mapping[str, str] = MappingProxyType(
    {
        "cheat/card.json": "sha256:3b43d8bbbf9b2566a6bc699b36fa76e324fcb77f33363eefe7445798a1494dbe",
        "cheat/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "cheat/model.safetensors": "sha256:421c08f47fef15b431451574f014fd199bc7ab9a732c16c2249d546e26c5fca5",
        "cheat/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "cheat/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "honest/card.json": "sha256:dcf5b24c31f1ea6df6600c8d003a47320311b27d0dfee3058d21e642682dcca3",
        "honest/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "honest/model.safetensors": "sha256:275d058cd2326bebf61ea8a22d7515879f30675a31b320ddc4072826813074ea",
        "honest/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "honest/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
    }
)
