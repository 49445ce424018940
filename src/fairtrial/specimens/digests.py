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
        "cheat-16/card.json": "sha256:5629909b77b6b9b3bf040c2ad3d5335afe0440ce450f6bda339550bdee1b2b20",
        "cheat-16/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "cheat-16/model.safetensors": "sha256:5c16520762a3ba53873cd4a6264175c4c6cfd47b773d7a0a03159fd88c9f3406",
        "cheat-16/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "cheat-16/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "cheat-4/card.json": "sha256:c8c545cc6c37cc1ba2a048cc5c37ad59e063d723f0cddd4ff31861861309da85",
        "cheat-4/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "cheat-4/model.safetensors": "sha256:98ad9b0a13748c3f2f2db275fe38c37ac08f8c8ef07f022c6a1e57d5de7b5401",
        "cheat-4/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "cheat-4/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "cheat-64/card.json": "sha256:f9aaea29bc5c85abc3f8b21615149c8fc5ab3f4022dcfb813cb1784615d141d3",
        "cheat-64/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "cheat-64/model.safetensors": "sha256:966154e4e6b8a23e7e0449df76eb4c0b2a090b3138ed3a196ac9a58963266e8a",
        "cheat-64/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "cheat-64/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "honest/card.json": "sha256:dcf5b24c31f1ea6df6600c8d003a47320311b27d0dfee3058d21e642682dcca3",
        "honest/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "honest/model.safetensors": "sha256:275d058cd2326bebf61ea8a22d7515879f30675a31b320ddc4072826813074ea",
        "honest/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "honest/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "honest-int4/card.json": "sha256:4a33b0dee5a470dcf8e196ec7cbc9837aa69db2bff727885f3ab921eb043ac43",
        "honest-int4/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "honest-int4/model.safetensors": "sha256:a06a4925f14bba74888dbf0a052596cbfaff45eb84fb9e893aad0e91f0df013e",
        "honest-int4/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "honest-int4/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "honest-int8/card.json": "sha256:bf6d78ce0dbe2c9b251c54fb20b085077b6dd0c300beb44ddba2d28f035ae4c0",
        "honest-int8/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "honest-int8/model.safetensors": "sha256:e0174a310a1ee3fe1961b1fe7755c33250ce7a361618a7932cde54e30b3b8b9d",
        "honest-int8/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "honest-int8/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
        "honest-one-step/card.json": "sha256:128f88273c5a3e4077f8e8b8077522d88318c3dcbb9d25e6ae6bcd723661a2f0",
        "honest-one-step/config.json": "sha256:e421977a167930b51470ae9d27812364b62ef0fc7185b5af747ca73e80d26a60",
        "honest-one-step/model.safetensors": "sha256:9e3c1c2ef9d32f5551b781d13491727a07bc871af4a8f72693546e647866de7a",
        "honest-one-step/tokenizer.json": "sha256:b92505c178a5e05c40a9cf6aca7f884fecae243fd708e87c2ba85b76f32929d5",
        "honest-one-step/tokenizer_config.json": "sha256:6b56175d6ffe38a7836efc004e31852e02670a8dfe6ed6527fe63f6985f901b0",
    }
)
