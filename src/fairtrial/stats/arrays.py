"""The door to numpy for what every run loads, opened when a figure needs an array.

Loading it costs 0.07 s of CPU and 20 MB, and a run of right and wrong answers that nobody watches counts
without it. Type checkers are shown numpy itself: `if TYPE_CHECKING: import numpy as np`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(import_module("numpy"), name)
