"""Item families: one file or folder a family. From a template and a seed to a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairtrial.core.errors import UnknownName
from fairtrial.families.arithmetic import arithmetic
from fairtrial.families.manner import AskedFamily
from fairtrial.families.programs import programs
from fairtrial.families.template import TemplateFamily

FAMILIES: Final[Mapping[str, Callable[[], AskedFamily]]] = {"arithmetic": arithmetic, "programs": programs}
"""Bundled families by name."""


def load(name: str) -> AskedFamily:
    """A bundled family. Raises UnknownName."""
    if name not in FAMILIES:
        raise UnknownName("family", name, FAMILIES, "a family of your own is a YAML file")
    return FAMILIES[name]()


__all__ = ["FAMILIES", "AskedFamily", "TemplateFamily", "load"]
