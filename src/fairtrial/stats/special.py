"""The one door to scipy.special, opened when a figure needs a distribution of it.

Loading it costs a fifth of a second of CPU, more than scoring two thousand answers, and a run of right and wrong
answers needs none of it: Wilson's interval asks for the normal alone, which the standard library has.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(import_module("scipy.special"), name)
