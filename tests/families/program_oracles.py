"""Every programming template solved again, from the words of its docstring alone and in another way.

An oracle gets the description, the whole numbers in it in the order in which they stand there, the texts in double
quotes likewise, and one argument.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from itertools import accumulate, groupby
from typing import Any

import numpy as np

Oracle = Callable[[str, list[int], list[str], Any], object]


def description(text: str) -> str:
    """The words between the function's head and its examples."""
    return text.partition('"""')[2].partition(">>>")[0]


def solve(template: str, text: str, argument: Any) -> object:
    told = description(text)
    plain = re.sub(r"`[^`]*`|\"[^\"]*\"", "", told)
    numbers = [int(each) for each in re.findall(r"\d+", plain)]
    return ORACLES[template](told, numbers, re.findall(r'"([^"]*)"', told), argument)


def band_count(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> int:
    low, high, rest, m, *_ = numbers
    wanted = set(range(low, high + 1)) & set(range(rest, 1000, m))
    return len([x for x in xs if x in wanted])


def checksum(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> int:
    a, b, m, *_ = numbers
    return (a * sum(xs[::2]) + b * sum(xs[1::2])) % m


def merge_spans(told: str, numbers: list[int], quoted: list[str], xs: list[list[int]]) -> int:
    """Connected components of the graph of spans that may be joined."""
    gap, least = numbers
    label = list(range(len(xs)))
    for i, one in enumerate(xs):
        for j, two in enumerate(xs):
            if max(one[0], two[0]) - min(one[1], two[1]) <= gap:
                label = [label[i] if each == label[j] else each for each in label]
    lengths = []
    for group in set(label):
        members = [xs[at] for at in range(len(xs)) if label[at] == group]
        lengths.append(max(end for _, end in members) - min(start for start, _ in members))
    kept = [each for each in lengths if each >= least]
    return sum(kept) if "the sum of their lengths" in told else len(kept)


def window_count(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> int:
    k, _, step, limit = numbers
    found = 0
    for start in range(len(xs)):
        inside = sorted(xs[start : start + k])
        if start % step == 0 and len(inside) == k:
            spread = inside[-1] - inside[0]
            found += spread > limit if "is above" in told else spread < limit
    return found


def remainder_sort(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> list[int]:
    m, k, *_ = numbers
    one = -1 if "the largest remainder first" in told else 1
    two = -1 if "own size, the largest first" in told else 1
    return sorted(xs, key=lambda x: (one * (x % m), two * x))[:k]


def grid_sum(told: str, numbers: list[int], quoted: list[str], xs: list[list[int]]) -> int:
    above, _, a, b, rest, m = numbers
    grid = np.array(xs)
    i, j = np.indices(grid.shape)
    return int(grid[((a * i + b * j - rest) % m == 0) & (grid > above)].sum())


def overflow(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> int:
    start, top, out = numbers

    def pour(level: int, more: int) -> int:
        return level + more - (out if level + more > top else 0)

    levels = list(accumulate(xs, pour, initial=start))
    spilled = sum(before + x - after for before, x, after in zip(levels, xs, levels[1:], strict=False))
    return spilled // out if "how many times" in told else levels[-1]


def chunk_flip(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> list[int]:
    """Position by position."""
    k, _, c = numbers
    turned = 0 if "with an even number" in told else 1
    done = []
    for at in range(len(xs)):
        piece, inside = divmod(at, k)
        size = min(k, len(xs) - piece * k)
        done.append(xs[piece * k + size - 1 - inside] if piece % 2 == turned else xs[at] + c)
    return done


def long_climb(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> int:
    """Every part of the list is tried."""
    least, most, _ = numbers
    sign = 1 if "is larger than" in told else -1
    best: list[int] = []
    for start in range(len(xs)):
        for end in range(start + 1, len(xs) + 1):
            part = xs[start:end]
            steps = [sign * (part[at + 1] - part[at]) for at in range(len(part) - 1)]
            if len(part) > len(best) and all(least <= each <= most for each in steps):
                best = part
    return sum(best) if "the sum of its numbers" in told else len(best)


def timetable(told: str, numbers: list[int], quoted: list[str], xs: list[int]) -> str:
    start, k, pause, *_ = numbers
    breaks = (len(xs) - 1) // k if xs else 0
    end = datetime(2024, 5, 6, start) + timedelta(minutes=sum(xs) + pause * breaks)
    return f"{end:%H:%M}"


def letter_shift(told: str, numbers: list[int], quoted: list[str], s: str) -> str:
    (k,), (kept, *_) = numbers, quoted
    alphabet = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    ring = deque(alphabet)
    ring.rotate(-k if "places forward" in told else k)
    table = {ord(old): new for old, new in zip(alphabet, ring, strict=True) if old not in kept}
    return s.translate(table)


def run_code(told: str, numbers: list[int], quoted: list[str], s: str) -> str:
    least, cap, _ = numbers
    runs = [(letter, len(list(each))) for letter, each in groupby(s)]
    letter_first = "the letter and then the count" in told
    pieces = []
    for letter, count in runs:
        written = f"{count if count < cap else cap}"
        if count >= least:
            pieces.append(letter + written if letter_first else written + letter)
    return quoted[0].join(pieces)


def pick_words(told: str, numbers: list[int], quoted: list[str], s: str) -> str:
    (least,), (letters, separator) = numbers, quoted
    first = "begin with one" in told
    pattern = rf"[{letters}][a-z]*" if first else rf"[a-z]*[{letters}]"
    kept = [each for each in re.findall(r"[a-z]+", s) if re.fullmatch(pattern, each) and len(each) >= least]
    kept.sort()
    return separator.join(kept if "from a to z" in told else kept[::-1])


def depth_score(told: str, numbers: list[int], quoted: list[str], s: str) -> int:
    worth, more = numbers
    opening, closing, *_ = quoted
    return sum(
        worth + more * (s[:at].count(opening) - s[:at].count(closing))
        for at, letter in enumerate(s)
        if letter.isalpha()
    )


def odd_operators(told: str, numbers: list[int], quoted: list[str], s: str) -> int:
    a, b, m = numbers
    one, other = quoted[:2]
    assert f"x {one} y means {a} * x + y" in told and f"x {other} y means x + {b} * y" in told

    def value(part: str) -> int:
        if len(part) == 1:
            return int(part)
        left, sign, right = value(part[:-2]), part[-2], int(part[-1])
        return {one: a * left + right, other: left + b * right}[sign]

    return value(s) % m


def editor(told: str, numbers: list[int], quoted: list[str], s: str) -> str:
    k, again, first = numbers
    cut, copy, turn = quoted

    def press(there: list[str], key: str) -> list[str]:
        if key == cut:
            return [each for at, each in enumerate(there) if at < len(there) - k]
        if key == copy:
            return there + [each for at, each in enumerate(there) if at >= len(there) - again]
        if key == turn:
            ring = deque(there)
            ring.rotate(-min(first, len(there)))
            return list(ring)
        return [*there, key]

    return "".join(reduce(press, s, []))


def machine_steps(told: str, numbers: list[int], quoted: list[str], n: int) -> int:
    times, a, _, b, c = numbers
    if times == 0:
        return n
    whole, rest = divmod(n, a)
    return machine_steps(told, [times - 1, a, a, b, c], quoted, n * b + c if rest else whole)


def ring_leave(told: str, numbers: list[int], quoted: list[str], n: int) -> list[int]:
    start, k, left = (
        int(re.findall(pattern, told)[0])
        for pattern in (r"with person (\d+)", r"counted as (\d+)", r"only (\d+) are left")
    )
    ring = deque(range(n))
    ring.rotate(-start)
    while len(ring) > left:
        ring.rotate(-(k - 1))
        ring.popleft()
    return sorted(ring)


def base_score(told: str, numbers: list[int], quoted: list[str], n: int) -> int:
    base, a, c = numbers
    digits = [int(each) for each in np.base_repr(n, base)]
    worth = sum(digits) if "sum of the digits" in told else max(digits)
    return a * worth + sum(c for each in digits if not each)


def tier_price(told: str, numbers: list[int], quoted: list[str], n: int) -> int:
    """Unit by unit."""
    a, p, b, q, r, *_ = numbers
    return sum(p if unit < a else q if unit < a + b else r for unit in range(n))


ORACLES: dict[str, Oracle] = {
    "band-count": band_count,
    "checksum": checksum,
    "merge-spans": merge_spans,
    "window-count": window_count,
    "remainder-sort": remainder_sort,
    "grid-sum": grid_sum,
    "overflow": overflow,
    "chunk-flip": chunk_flip,
    "long-climb": long_climb,
    "timetable": timetable,
    "letter-shift": letter_shift,
    "run-code": run_code,
    "pick-words": pick_words,
    "depth-score": depth_score,
    "odd-operators": odd_operators,
    "editor": editor,
    "machine-steps": machine_steps,
    "ring-leave": ring_leave,
    "base-score": base_score,
    "tier-price": tier_price,
}
