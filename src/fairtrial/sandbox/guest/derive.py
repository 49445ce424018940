"""Further inputs from inputs that tests passed: what would a careful tester have tried next, and still be fair?

Tests show a contract that nobody wrote down. So every value seen at a place (an argument, an element, a key)
goes into a shape: its types, ranges, alphabets and lengths, and what held for all of them (sorted, distinct,
balanced brackets, equal lengths, k below the length, …), as Daikon mines likely invariants (Ernst et al. 2001).
An input is a seen one, changed in one to three places (as EvalPlus does, arXiv 2305.01210), or put together
from several; it counts only if the shape still holds. That is conservative by design: a right program must not
fail for an input that its author could refuse, and a weaker test is the smaller fault.

Standard library only, Python 3.9 and later: the source is sent into the oracle's sandbox as it stands.
"""

from __future__ import annotations

import copy
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from fairtrial.sandbox.guest.leaves import Given, Number, Test, Text, held, named, ordered

SEEN = 400  # rows learned from
SIZE = 64 * 1024  # bytes, about, that one input may take on the wire
WHOLE = 4 * SIZE  # bytes, about, of all rows learned from
TRIES = 80  # attempts an input: a narrow shape refuses most, an exhausted one all
WORK = 32 * SIZE  # bytes, about, of all attempts: large rows get fewer
DEPTH = 60


def derive(seen: Sequence[tuple[Any, ...]], count: int, random: Random) -> Iterator[tuple[Any, ...]]:
    """Up to `count` argument tuples of the kind seen, none of them seen, none twice.

    Plain values only (None, bool, int, float, str, bytes, list, tuple, set, frozenset, dict); a row that holds
    anything else teaches nothing. Fewer come where no more are found, each at most `SIZE` bytes coded. The same
    rows in the same order and the same random give the same inputs, whatever the hash seed. What is yielded
    shares no object with what was given or yielded before.
    """
    rows = _learned_from(seen)
    if not rows:
        return
    by_arity = {n: [row for row in rows if len(row) == n] for n in sorted({len(row) for row in rows})}
    shapes = {n: Row(group) for n, group in by_arity.items()}
    known = {named(row) for row in rows}
    work = 0.0
    for _ in range(count * TRIES):
        if count < 1 or work > WORK:
            return
        row = random.choice(rows)
        shape = shapes[len(row)]
        for _ in range(random.choice((1, 1, 2, 3))):
            row = shape.vary(row, random)
        size, key = _size(row), named(row)
        work += size
        if key not in known and size <= SIZE and shape.fits(row):
            known.add(key)
            count -= 1
            yield copy.deepcopy(row)


def _learned_from(seen: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows that are plain and small, each once, as copies: a caller may change its own meanwhile."""
    rows: dict[str, tuple[Any, ...]] = {}
    room: float = WHOLE
    for row in seen:
        if len(rows) == SEEN:
            break
        size = _size(row)
        if size <= min(SIZE, room) and (key := named(row)) not in rows:
            rows[key] = copy.deepcopy(row)
            room -= size
    return list(rows.values())


def _size(value: Any, depth: int = 0) -> float:
    """Bytes on the wire, about; infinite for what is not plain or too deep."""
    kind = type(value)
    if depth > DEPTH:
        return math.inf
    if kind is str:
        return 6 * len(value) if not value.isascii() else len(json.dumps(value))
    if kind is int:
        return 8 + int(value.bit_length()) // 3
    if kind is bytes:
        return 8 + 2 * len(value)
    if kind in (bool, float) or value is None:
        return 32
    if kind is dict:
        return 8 + sum(_size(each, depth + 1) for pair in value.items() for each in pair)
    if kind in (list, tuple, set, frozenset):
        return 8 + sum(1 + _size(each, depth + 1) for each in value)
    return math.inf


# --- shapes: each learns from the values seen at one place, varies one of them, and says what fits ---


class Shape:
    """Whatever stands at one place: a kind for each exact type seen there."""

    def __init__(self, values: Sequence[Any]) -> None:
        groups: dict[type, list[Any]] = {}
        for value in values:
            groups.setdefault(type(value), []).append(value)
        self.pool = list({named(value): value for value in values}.values())
        self.kinds = {kind: _kind(kind, group) for kind, group in groups.items()}

    def fits(self, value: Any) -> bool:
        return type(value) in self.kinds and self.kinds[type(value)].fits(value)

    def vary(self, value: Any, random: Random) -> Any:
        """Mostly a change of the value itself, sometimes another value that was seen at this place."""
        if random.random() < 0.2:
            return random.choice(self.pool)
        return self.kinds[type(value)].vary(value, random)


def _ascending(values: Sequence[Any]) -> bool:
    try:
        return all(a <= b for a, b in zip(values, values[1:]))  # noqa: B905, RUF007
    except TypeError:
        return False


def _numbered(values: Sequence[Any]) -> bool:
    """Every number from 0 or 1 on exactly once, in rows or not: a permutation."""
    flat = _flat(values)
    try:
        return sorted(flat) in (list(range(len(flat))), list(range(1, len(flat) + 1)))
    except TypeError:
        return False


def _flat(values: Sequence[Any]) -> list[Any]:
    return [each for value in values for each in (value if type(value) in (list, tuple) else [value])]


def _rows(values: Sequence[Any]) -> bool:
    return all(type(value) in (list, tuple) for value in values)


class Series:
    """A list or tuple of any length that was seen."""

    TESTS: tuple[Test, ...] = (
        _ascending,
        lambda v: _ascending(v[::-1]),
        lambda v: len(set(map(named, v))) == len(v),
        lambda v: len(set(map(type, v))) < 2,
        lambda v: len(v) % 2 == 0,
        lambda v: len(v) % 2 == 1,
        lambda v: not v or bool(v[0]),
        lambda v: not v or bool(v[-1]),
        lambda v: _rows(v) and len(set(map(len, v))) < 2,
        lambda v: _rows(v) and all(len(row) == len(v) for row in v),
    )

    def __init__(self, values: Sequence[Any]) -> None:
        self.type = type(values[0])
        self.low, self.high = min(map(len, values)), max(map(len, values))
        self.most = max(map(_most, values))
        self.inside = Shape([each for value in values for each in value])
        self.tests = held(self.TESTS, values)
        # 1, 2, 3 in order is what anybody types first; out of order it is a permutation, and meant.
        if all(map(_numbered, values)) and not all(_ascending(_flat(value)) for value in values):
            self.tests.append(_numbered)

    def fits(self, value: Any) -> bool:
        return (
            self.low <= len(value) <= self.high
            and _most(value) <= self.most
            and all(self.inside.fits(each) for each in value)
            and all(test(value) for test in self.tests)
        )

    def vary(self, value: Any, random: Random) -> Any:
        found = list(value)
        how = random.randrange(7)
        if not self.inside.pool:
            return value
        at = random.randrange(len(found) + 1)
        if how == 0 or not found:
            found.insert(at, random.choice(self.inside.pool))
        elif how == 1:
            del found[min(at, len(found) - 1)]
        elif how == 2:
            found.insert(at, random.choice(found))
        elif how == 3:
            other = random.randrange(len(found))
            at = min(at, len(found) - 1)
            found[at], found[other] = found[other], found[at]
        elif how == 4 and random.random() < 0.3:
            random.shuffle(found)
        else:
            at = min(at, len(found) - 1)
            found[at] = self.inside.vary(found[at], random)
        return self.type(self._ordered_as_seen(found))

    def _ordered_as_seen(self, found: list[Any]) -> list[Any]:
        """Sorted again where all were: a sorted list with one change is hardly ever sorted."""
        if Series.TESTS[0] in self.tests or Series.TESTS[1] in self.tests:
            try:
                return sorted(found, reverse=Series.TESTS[0] not in self.tests)
            except TypeError:
                return found
        return found


def _most(values: Sequence[Any]) -> int:
    """How often the most frequent text stands in it (operators, names); numbers may repeat."""
    return max(Counter(value for value in values if type(value) is str).values(), default=0)


class Bag:
    """set or frozenset."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.type = type(values[0])
        self.low, self.high = min(map(len, values)), max(map(len, values))
        self.inside = Shape([each for value in values for each in ordered(value)])

    def fits(self, value: Any) -> bool:
        return self.low <= len(value) <= self.high and all(map(self.inside.fits, value))

    def vary(self, value: Any, random: Random) -> Any:
        found = ordered(value)
        if not self.inside.pool:
            return value
        if found and random.random() < 0.6:
            gone = found.pop(random.randrange(len(found)))
            if random.random() < 0.5:
                found.append(self.inside.vary(gone, random))
        else:
            found.append(self.inside.vary(random.choice(self.inside.pool), random))
        return self.type(found)


class Table:
    """A dict: keys that all have stay; each of them has a shape of its own, the others share one."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.low, self.high = min(map(len, values)), max(map(len, values))
        # In every dict, and more than one of them: a single dict says nothing about which keys must be there.
        self.fixed = [key for key in values[0] if len(values) > 1 and all(key in value for value in values)]
        self.own = {key: Shape([value[key] for value in values]) for key in self.fixed}
        loose = [pair for value in values for pair in value.items() if pair[0] not in self.own]
        self.keys, self.values = Shape([key for key, _ in loose]), Shape([value for _, value in loose])

    def fits(self, value: Any) -> bool:
        return self.low <= len(value) <= self.high and all(
            (self.own.get(key, self.values)).fits(each) and (key in self.own or self.keys.fits(key))
            for key, each in value.items()
        )

    def vary(self, value: Any, random: Random) -> Any:
        found = dict(value)
        loose = [key for key in found if key not in self.own]
        how = random.randrange(4)
        if how == 0 and loose:
            del found[random.choice(loose)]
        elif how == 1 and self.keys.pool:
            key = self.keys.vary(random.choice(self.keys.pool), random)
            if key not in self.own:
                found[key] = random.choice(self.values.pool)
        elif how == 2 and loose:
            old = random.choice(loose)
            new = self.keys.vary(old, random)
            if new not in found:
                found = {new if key == old else key: each for key, each in found.items()}
        elif found:
            key = random.choice(list(found))
            found[key] = (self.own.get(key, self.values)).vary(found[key], random)
        return found


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, tuple, dict, set, frozenset)) else -1


def _compare(test: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    """False, and so never held, where two values can't be compared."""

    def held(a: Any, b: Any) -> bool:
        try:
            return bool(test(a, b))
        except (TypeError, ValueError):
            return False

    return held


class Row:
    """A tuple whose places each mean something: a shape for each, and what holds between two of them."""

    PAIRS = tuple(
        _compare(test)
        for test in (
            lambda a, b: a < b,
            lambda a, b: a <= b,
            lambda a, b: a > b,
            lambda a, b: a >= b,
            lambda a, b: a == b,
            lambda a, b: a != b,
            lambda a, b: a in b,
            lambda a, b: b in a,
            lambda a, b: type(a) is type(b) is int and b != 0 and a % b == 0,
            lambda a, b: a not in b,
            lambda a, b: b not in a,
            lambda a, b: set(a) <= set(b),
            lambda a, b: set(b) <= set(a),
            lambda a, b: min(a) <= b <= max(a),
            lambda a, b: _length(a) >= _length(b) >= 0,
            lambda a, b: 0 <= _length(a) <= _length(b),
            lambda a, b: type(a) in (int, float) and a <= _length(b),
            lambda a, b: type(a) in (int, float) and a < _length(b),
            lambda a, b: type(b) in (int, float) and b <= _length(a),
            lambda a, b: type(b) in (int, float) and b < _length(a),
        )
    )

    def __init__(self, values: Sequence[Any]) -> None:
        self.type = type(values[0])
        self.places = [Shape([value[at] for value in values]) for at in range(len(values[0]))]
        self.between: list[tuple[int, int, Callable[[Any, Any], bool]]] = []
        pairs = [(i, j) for j in range(min(len(self.places), 8)) for i in range(j)]
        for i, j in pairs:
            tests = [*self.PAIRS]
            if len({_length(value[i]) - _length(value[j]) for value in values}) == 1:
                tests.append(_apart(_length(values[0][i]) - _length(values[0][j])))
            for test in tests:
                if all(test(value[i], value[j]) for value in values):
                    self.between.append((i, j, test))

    def fits(self, value: Any) -> bool:
        return (
            len(value) == len(self.places)
            and all(shape.fits(each) for shape, each in zip(self.places, value))  # noqa: B905
            and all(test(value[i], value[j]) for i, j, test in self.between)
        )

    def vary(self, value: Any, random: Random) -> Any:
        found = list(value)
        if found:
            at = random.randrange(len(found))
            found[at] = self.places[at].vary(found[at], random)
        return self.type(found)


def _apart(difference: int) -> Callable[[Any, Any], bool]:
    return lambda a, b: _length(a) - _length(b) == difference


def _kind(kind: type, values: Sequence[Any]) -> Any:
    """The shape of values of one exact type."""
    if kind in (int, float):
        return Number(values)
    if kind is str:
        return Text(values)
    if kind in (set, frozenset):
        return Bag(values)
    if kind is dict:
        return Table(values)
    if kind in (list, tuple):
        # Four and more of one small length are records (an interval, a point), each place its own.
        lengths = set(map(len, values))
        several = len(set(map(named, values))) > 3 or kind is tuple
        return (
            Row(values) if len(lengths) == 1 and lengths <= set(range(1, 9)) and several else Series(values)
        )
    return Given(values)
