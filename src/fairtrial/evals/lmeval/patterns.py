"""Regular expressions out of a task file, with a time limit: such a pattern may be made to run for ever."""

from __future__ import annotations

import re
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeVar

import regex

from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import MAX_MATCHES, MAX_TEXT, PATTERN_SECONDS
from fairtrial.evals.lmeval.dialect import agreed, classes, spelt_out

MAX_PATTERN: Final = 10_000
"""Characters of a pattern."""
MAX_CLASSES: Final = 60

_SCOPED = re.compile(r"(?<!\\)\(\?[a-zA-Z]*[aLx][a-zA-Z]*(?:-[a-zA-Z]+)?:")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BoundedPattern:
    """A pattern, checked once. Raises UsageError where it is no regular expression."""

    pattern: str
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.pattern) > MAX_PATTERN:
            raise UsageError(
                f"a pattern of {len(self.pattern):,} characters", f"write at most {MAX_PATTERN:,}"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # what re warns of, regex may read in another way
                flags = re.compile(self.pattern).flags
            compiled = regex.compile(self.pattern)
        except (re.error, regex.error, RecursionError, OverflowError, Warning) as error:
            raise UsageError(
                f"the pattern {self.pattern[:80]!r} is no regular expression: {error}",
                "write it as Python's re does",
            ) from error
        if flags & (re.VERBOSE | re.ASCII) or _SCOPED.search(self.pattern):
            raise UsageError(
                f"the pattern {self.pattern[:80]!r} has the flag a, L or x",
                "write it without, as [0-9A-Za-z_]",
            )
        if classes(self.pattern) > MAX_CLASSES:
            raise UsageError(
                f"the pattern {self.pattern[:80]!r} has more than {MAX_CLASSES} classes such as \\w",
                "write a shorter one",
            )
        object.__setattr__(self, "_compiled", compiled)

    def select(self, text: str, at: int) -> str | tuple[str, ...] | None:
        """Match number `at` as `re.findall` would list it (negative from the end), None where there is none.

        Raises UsageError where it takes longer than PATTERN_SECONDS or finds more than MAX_MATCHES.
        """
        if len(text) > MAX_TEXT:
            return None
        return self._bounded(lambda: self._select(text, at))

    def _select(self, text: str, at: int) -> str | tuple[str, ...] | None:
        matches = self._for(text).finditer(text, timeout=PATTERN_SECONDS)
        if at >= 0:
            found = next(islice(matches, at, None), None)
        else:
            tail = deque(islice(matches, MAX_MATCHES), maxlen=-at)
            if next(matches, None) is not None:
                raise UsageError(
                    f"the pattern {self.pattern[:80]!r} has more than {MAX_MATCHES:,} matches in one answer",
                    "write a narrower one",
                )
            found = tail[0] if len(tail) == -at else None
        if found is None:
            return None
        groups = found.groups(default="")
        return found.group() if not groups else groups[0] if len(groups) == 1 else tuple(groups)

    def replace(self, text: str, new: str, count: int = 0) -> str:
        """As `re.sub`. Raises UsageError where it takes longer than PATTERN_SECONDS, or grows beyond MAX_TEXT."""
        if len(text) > MAX_TEXT:
            raise UsageError(f"a text of {len(text):,} characters for a pattern", f"at most {MAX_TEXT:,}")
        grown = 0

        def expanded(match: Any) -> str:
            nonlocal grown
            part: str = match.expand(new)
            grown += len(part)
            if grown > MAX_TEXT:
                raise UsageError(f"a replacement of more than {MAX_TEXT:,} characters", "write a shorter one")
            return part

        with_groups = expanded if new else ""
        replaced: str = self._bounded(
            lambda: self._for(text).sub(with_groups, text, count=count, timeout=PATTERN_SECONDS)
        )
        return replaced

    def _for(self, text: str) -> Any:
        return self._compiled if agreed(text) else _spelt_out(self.pattern)

    def _bounded(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except TimeoutError as error:
            raise UsageError(
                f"the pattern {self.pattern[:80]!r} needs more than {PATTERN_SECONDS:g} s on one text",
                "write it without nested repeats, such as (a+)+",
            ) from error
        except (regex.error, IndexError) as error:
            raise UsageError(
                f"the pattern {self.pattern[:80]!r} can't replace: {error}", "correct the replacement"
            ) from error


@lru_cache(256)
def _spelt_out(pattern: str) -> Any:
    return regex.compile(spelt_out(pattern))
