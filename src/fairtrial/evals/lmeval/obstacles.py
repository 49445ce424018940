"""What stands in the way of running a task file: gathered, and told all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.source import NamedFunction


@dataclass(slots=True)
class Obstacles:
    """Keys of one file that can't be run, each with its reason. code: what --trust-code would allow."""

    file: str
    trusted: bool = False
    found: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)

    def add(self, key: str, reason: str, remedy: str = "") -> None:
        self.found.append(f"{key}: {reason}")
        if remedy and remedy not in self.remedies:
            self.remedies.append(remedy)

    def function(self, key: str, value: NamedFunction) -> None:
        """A Python function stands under `key`: an obstacle unless the user trusts the file's code."""
        if not self.trusted:
            self.code.append(f"{key}: runs the Python function {value.name[:80]}")

    def no_functions(self, key: str, value: Any) -> None:
        """A function anywhere inside `value` is an obstacle, trusted or not."""
        if isinstance(value, NamedFunction):
            self.add(key, f"the Python function {value.name[:80]} is not supported here")
        elif isinstance(value, dict):
            for name, item in value.items():
                self.no_functions(f"{key}.{name}", item)
        elif isinstance(value, list):
            for at, item in enumerate(value, 1):
                self.no_functions(f"{key}.{at}", item)

    def raise_if_any(self, task: str) -> None:
        """One UsageError for all of them."""
        told = [*self.found, *self.code]
        if not told:
            return
        remedies = list(self.remedies)
        if self.code:
            remedies.append("read that Python code, then add --trust-code")
        if len(self.remedies) + bool(self.code) == 0 or len(self.found) > len(self.remedies):
            remedies.append(f"or run it with lm-eval itself: lm_eval --include_path DIR --tasks {task}")
        if len(told) == 1:
            raise UsageError(f"{self.file} can't be run: {told[0]}", "; ".join(remedies))
        listed = "\n  ".join(told)
        raise UsageError(
            f"{self.file} can't be run, for {len(told)} reasons:\n  {listed}", "; ".join(remedies)
        )


def read_function(keys: Mapping[str, Any], key: str, bad: Obstacles, at: str = "") -> NamedFunction | None:
    """The Python function under `key`; anything else is an obstacle."""
    value = keys.get(key)
    if isinstance(value, NamedFunction):
        bad.function(f"{at}{key}", value)
        return value
    if value is not None:
        bad.add(f"{at}{key}", f"is {value!r:.60}, no function", "write !function module.name")
    return None


def read_whole(keys: Mapping[str, Any], key: str, default: int, bad: Obstacles) -> int:
    """A whole number from 0 to 10,000."""
    value = keys.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000:
        return value
    bad.add(key, f"is {value!r:.60}", "write a whole number from 0 to 10,000")
    return default


def read_text(keys: Mapping[str, Any], key: str, bad: Obstacles) -> str | None:
    """A text; None where there is none, or an empty one."""
    value = keys.get(key)
    if value is None or isinstance(value, str):
        return value or None
    bad.add(key, f"is {value!r:.60}, no text", "quote it")
    return None
