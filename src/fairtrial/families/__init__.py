"""Item families: one file a family. From a template and a seed to a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairtrial.core.errors import UnknownName
from fairtrial.families.arithmetic import arithmetic
from fairtrial.families.template import TemplateFamily

FAMILIES: Final[Mapping[str, Callable[[], TemplateFamily]]] = {"arithmetic": arithmetic}
"""Bundled families by name."""


def load(name: str) -> TemplateFamily:
    """A bundled family. Raises UnknownName."""
    if name not in FAMILIES:
        raise UnknownName("family", name, FAMILIES, "a family of your own is a YAML file")
    return FAMILIES[name]()


__all__ = ["FAMILIES", "TemplateFamily", "load"]
