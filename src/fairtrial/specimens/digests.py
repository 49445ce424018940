"""SHA-256 of every file in `data/`. Written by `python -m specimens ship`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DIGESTS: Mapping[str, str] = MappingProxyType({})
