"""Shapes of values without an inside: what was seen at one place, what else could stand there, and what couldn't.

Each shape learns from the values seen, varies one of them, and says what fits. See `derive`. Standard library
only, Python 3.9 and later: the source is sent into the oracle's sandbox as it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Any

Test = Callable[[Any], bool]


def named(value: Any) -> str:
    """A name that equal values of equal types share, whatever the order of a set."""
    if isinstance(value, (set, frozenset)):
        return type(value).__name__ + "{" + ",".join(sorted(map(named, value))) + "}"
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{named(k)}:{named(v)}" for k, v in value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "[" + ",".join(map(named, value)) + "]"
    return f"{value:#x}" if type(value) is int else repr(value)  # repr refuses more than 4,300 digits


def ordered(values: Iterable[Any]) -> list[Any]:
    """In an order that no hash seed decides."""
    return sorted(values, key=named)


def held(tests: Sequence[Test], values: Sequence[Any]) -> list[Test]:
    """The tests that every value passes."""
    return [test for test in tests if all(map(test, values))]


class Given:
    """Values without an inside that could be changed: None, bool, bytes, nan. Only those seen."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.pool = list({named(value): value for value in values}.values())
        self.known = set(map(named, values))

    def fits(self, value: Any) -> bool:
        return named(value) in self.known

    def vary(self, value: Any, random: Random) -> Any:
        return random.choice(self.pool)


class Number:
    """int or float: within the range seen, with no more decimals than seen."""

    TESTS: tuple[Test, ...] = (bool, lambda n: n % 2 == 0, lambda n: n % 2 == 1, lambda n: n % 10 == 0)

    def __init__(self, values: Sequence[Any]) -> None:
        finite = [value for value in values if type(value) is int or math.isfinite(value)]
        self.others = Given([value for value in values if type(value) is float and not math.isfinite(value)])
        self.pool = sorted(set(finite))
        self.whole = all(type(value) is int for value in finite)
        self.decimals = max((_decimals(value) for value in finite if type(value) is float), default=0)
        # Three values share a parity by chance once in four: only several are a sign of a rule.
        self.tests = held(self.TESTS if len(self.pool) >= 5 else self.TESTS[:1], finite)

    def fits(self, value: Any) -> bool:
        if self.pool and self.pool[0] <= value <= self.pool[-1]:
            return all(test(value) for test in self.tests)
        return self.others.fits(value)

    def vary(self, value: Any, random: Random) -> Any:
        if not self.pool or self.others.fits(value):
            return random.choice(self.pool or self.others.pool)
        low, high = self.pool[0], self.pool[-1]
        step = random.choice((1, 2, 10)) if self.whole else 10.0 ** -random.randint(0, self.decimals)
        how = random.randrange(6)
        if how == 0:
            found = random.choice((low, high, self.pool[len(self.pool) // 2]))
        elif how == 1:
            found = -value
        elif how == 2:  # near what was seen: where branches are
            found = random.choice(self.pool) + random.choice((-step, step))
        elif how == 3:
            found = value + random.choice((-step, step))
        else:
            found = random.randint(low, high) if self.whole else random.uniform(low, high)
        found = min(max(found, low), high)
        return found if self.whole else round(found, self.decimals) + 0.0


def _decimals(value: float) -> int:
    digits = repr(value).partition(".")[2]
    return 15 if "e" in repr(value) else len(digits.rstrip("0"))


_RUNS = re.compile(r"\d+|[^\W\d_]+|.", re.DOTALL)
_NUMERAL = re.compile(r"(-?)(0|[1-9]\d{0,15})([.,]\d{1,15})?", re.ASCII)
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"))
_BRACKETS = "()[]{}<>"


def _balanced(text: str) -> bool:
    for opening, closing in _PAIRS:
        depth = 0
        for char in text:
            depth += (char == opening) - (char == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def _form(text: str) -> str:
    """Runs of digits as 0, runs of letters as a, everything else as it stands: "5 apples" is "0 a"."""
    return "".join(
        "0" if run[0].isdecimal() else "a" if run[0].isalpha() else run for run in _RUNS.findall(text)
    )


class Text:
    """A str: over the alphabet seen, of a length seen, of a form seen where the texts share few forms."""

    TESTS: tuple[Test, ...] = (
        lambda t: t == t.strip(),
        lambda t: "  " not in t,
        lambda t: not t or t[0].isalpha(),
        lambda t: not t or t[-1].isalnum(),
        lambda t: len(set(t)) == len(t),
        lambda t: len(t) % 2 == 0,
        lambda t: t == t.lower(),
        lambda t: t == t.upper(),
        lambda t: t == t.capitalize(),
        lambda t: t == "".join(sorted(t)),
        lambda t: t == t[::-1],
        lambda t: len(set(map(len, t.split()))) < 2,
        _balanced,
        lambda t: all(map(_balanced, t.split())),
    )

    def __init__(self, values: Sequence[str]) -> None:
        self.pool, self.known = list(dict.fromkeys(values)), set(values)
        self.low, self.high = min(map(len, values)), max(map(len, values))
        self.alphabet = sorted(set("".join(values)))
        self.pairs = [pair for pair in _PAIRS if set(pair) <= set(self.alphabet)]
        # Operators and other marks are names: "*" and "**" must not become "*+".
        self.closed = not any(each.isalnum() or each.isspace() or each in _BRACKETS for each in self.alphabet)
        self.tests = held(self.TESTS, self.pool)
        numerals = [each for each in self.pool if _NUMERAL.fullmatch(each)]
        self.numbers = Number([_number(each) for each in numerals]) if numerals == self.pool else None
        every = [word for text in self.pool for word in text.split()]
        self.words = sorted(set(every))
        self.wordy = any(each.isspace() for each in self.alphabet)
        self.most_words = max(len(text.split()) for text in self.pool)
        # Words that come again and again are a vocabulary: nothing else may stand there.
        self.vocabulary = set(self.words) if self.wordy and len(every) > 1.5 * len(self.words) else None
        forms = {_form(text) for text in self.pool}
        self.forms = forms if 2 * len(forms) <= len(self.pool) else None
        self.runs: dict[tuple[str, int], list[str]] = {}
        for text in self.pool:
            form = _form(text)
            for at, run in enumerate(_RUNS.findall(text)):
                self.runs.setdefault((form, at), []).append(run)

    def fits(self, value: str) -> bool:
        if value in self.known:
            return True
        return (
            not self.closed
            and self.low <= len(value) <= self.high
            and set(value) <= set(self.alphabet)
            and (self.vocabulary is None or self.vocabulary.issuperset(value.split()))
            and len(value.split()) <= self.most_words
            and (self.numbers is None or self._numeral(value))
            and (self.forms is None or self._formed(value))
            and all(test(value) for test in self.tests)
        )

    def _numeral(self, value: str) -> bool:
        """Where all were numbers in decimal digits: another, within their range."""
        return _NUMERAL.fullmatch(value) is not None and self.numbers.fits(_number(value))  # type: ignore[union-attr]

    def _formed(self, value: str) -> bool:
        """A form that was seen; its numbers within the range, its words of a length seen at that place."""
        form = _form(value)
        return form in self.forms and all(  # type: ignore[operator]
            _run_fits(run, self.runs[form, at]) for at, run in enumerate(_RUNS.findall(value))
        )

    def vary(self, value: str, random: Random) -> str:
        if not self.alphabet or self.closed:
            return random.choice(self.pool)
        if self.forms is not None and random.random() < 0.7:
            return self._rerun(value, random)
        if self.wordy and (self.vocabulary is not None or random.random() < 0.4):
            return self._reword(value, random)
        return self._respell(value, random)

    def _rerun(self, value: str, random: Random) -> str:
        """One run of digits or letters changed, the form kept."""
        runs = _RUNS.findall(value)
        places = [at for at, run in enumerate(runs) if run[0].isalnum()]
        if not places:
            return random.choice(self.pool)
        at = random.choice(places)
        seen = self.runs[_form(value), at] if (_form(value), at) in self.runs else [runs[at]]
        if runs[at][0].isdecimal() and random.random() < 0.7:
            low, high = min(map(int, _short(seen))), max(map(int, _short(seen)))
            width = len(random.choice(seen)) if any(run[0] == "0" for run in seen) else 1
            runs[at] = str(random.randint(low, high)).zfill(width)
        elif random.random() < 0.5:
            runs[at] = random.choice(seen)
        else:
            runs[at] = self._respell(runs[at], random)
        return "".join(runs)

    def _reword(self, value: str, random: Random) -> str:
        words = value.split()
        how = random.randrange(4)
        at = random.randrange(len(words) + 1)
        if how == 0 or not words:
            words.insert(at, random.choice(self.words or [value]))
        elif how == 1:
            del words[min(at, len(words) - 1)]
        elif how == 2:
            random.shuffle(words)
        else:
            words[min(at, len(words) - 1)] = random.choice(self.words)
        return " ".join(words)

    def _respell(self, value: str, random: Random) -> str:
        how = random.randrange(7 if self.pairs else 6)
        start, end = sorted(random.randrange(len(value) + 1) for _ in range(2))
        char = random.choice(self.alphabet)
        if how == 0:
            return value[:start] + char + value[start:]
        if how == 1:
            return value[:start] + value[start + 1 :]
        if how == 2:
            return value[:start] + value[start:end][::-1] + value[end:]
        if how == 3:
            return value[:end] + value[start:end] + value[end:]
        if how == 4:  # the head of one and the tail of another
            other = random.choice(self.pool)
            return value[:start] + other[min(start, len(other)) :]
        if how == 5:
            return value[:start] + char + value[start + 1 :]
        opening, closing = random.choice(self.pairs)
        return value[:start] + opening + value[start:end] + closing + value[end:]


def _number(numeral: str) -> float:
    return float(numeral.replace(",", "."))


def _short(runs: Sequence[str]) -> Sequence[str]:
    """Digits that int() takes quickly."""
    return [run[:300] for run in runs]


def _run_fits(run: str, seen: Sequence[str]) -> bool:
    if run in seen:
        return True
    if len(set(seen)) == 1 and len(seen) > 2:  # a fixed word of the form
        return False
    if not min(map(len, seen)) <= len(run) <= max(map(len, seen)):
        return False
    if not run[0].isdecimal():
        return True
    numbers = [int(each) for each in _short(seen)]
    padded = run[0] != "0" or len(run) == 1 or any(each[0] == "0" and len(each) > 1 for each in seen)
    return padded and min(numbers) <= int(run[:300]) <= max(numbers)
