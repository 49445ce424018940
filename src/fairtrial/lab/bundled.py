"""Models that come with the package and are no adapters. Each is loaded when it is first opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Model


def _specimen(spec: ModelSpec) -> Model:
    model: Model = import_module("fairtrial.specimens.model").SpecimenModel(spec)
    return model


BUNDLED: Final[Mapping[str, Callable[[ModelSpec], Model]]] = MappingProxyType({"specimen": _specimen})
"""Provider -> how a model of it is opened."""
