"""Right answers to HumanEval items, written here from the prompts and another way than the canonical ones.

They show what derived inputs must not do: fail a right program. `item_N` answers HumanEval/N.
"""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

IMPORTS = (
    "import itertools, math, re\nfrom collections import Counter\n"
    "from decimal import Decimal, ROUND_HALF_UP\nfrom fractions import Fraction\n"
)


def program(number: int, entry_point: str) -> str:
    """The answer as a model would send it: one source that defines the entry point."""
    return f"{IMPORTS}{inspect.getsource(globals()[f'item_{number}'])}\n{entry_point} = item_{number}\n"


def numbers() -> list[int]:
    return sorted(int(name[5:]) for name in globals() if name.startswith("item_"))


def item_0(numbers, threshold):
    return any(b - a < threshold for a, b in itertools.pairwise(sorted(numbers)))


def item_1(paren_string):
    text = re.sub(r"\s", "", paren_string)
    depths = list(itertools.accumulate(1 if char == "(" else -1 for char in text))
    ends = [at + 1 for at, depth in enumerate(depths) if depth == 0]
    return [text[a:b] for a, b in itertools.pairwise([0, *ends])]


def item_3(operations):
    return min(itertools.accumulate(operations), default=0) < 0


def item_4(numbers):
    middle = Fraction(sum(map(Fraction, numbers)), len(numbers))
    return float(sum(abs(Fraction(each) - middle) for each in numbers) / len(numbers))


def item_6(paren_string):
    def depth(group):
        turns = 0
        while group:
            group = group.replace("()", "")
            if group and "()" not in group:
                return None
            turns += 1
        return turns

    def deepest(group):
        best = now = 0
        for char in group:
            now += {"(": 1, ")": -1}[char]
            best = max(best, now)
        return best

    return [deepest(group) for group in paren_string.split()]


def item_9(numbers):
    return [max(numbers[: at + 1]) for at in range(len(numbers))]


def item_10(string):
    for start in range(len(string) + 1):
        made = string + string[:start][::-1]
        if made == made[::-1]:
            return made
    return string


def item_11(a, b):
    return format(int(a, 2) ^ int(b, 2), f"0{len(a)}b")


def item_12(strings):
    return max(strings, key=len, default=None)


def item_17(music_string):
    found = re.findall(r"o\||\.\||o", music_string)
    return [{"o": 4, "o|": 2, ".|": 1}[note] for note in found]


def item_19(numbers):
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    counts = Counter(numbers.split())
    return " ".join(word for word in words for _ in range(counts[word]))


def item_20(numbers):
    ordered = sorted(numbers)
    at = min(range(len(ordered) - 1), key=lambda i: ordered[i + 1] - ordered[i])
    return ordered[at], ordered[at + 1]


def item_25(n):
    if n == 1:
        return []
    least = next((d for d in range(2, math.isqrt(n) + 1) if n % d == 0), n)
    rest, factors = n, []
    while rest % least == 0:
        rest //= least
        factors.append(least)
    return factors + item_25(rest)


def item_26(numbers):
    counts = Counter(numbers)
    return list(filter(lambda each: counts[each] == 1, numbers))


def item_33(l):  # noqa: E741
    thirds = iter(sorted(l[::3]))
    return [each if at % 3 else next(thirds) for at, each in enumerate(l)]


def item_40(l):  # noqa: E741
    return any(sum(three) == 0 for three in itertools.combinations(l, 3))


def item_44(x, base):
    digits = ""
    while True:
        x, digit = divmod(x, base)
        digits = str(digit) + digits
        if not x:
            return digits


def item_47(l):  # noqa: E741
    ordered = sorted(l)
    half = len(l) // 2
    return (ordered[half] + ordered[~half]) / 2 if len(l) % 2 == 0 else ordered[half]


def item_57(l):  # noqa: E741
    steps = {(b > a) - (b < a) for a, b in itertools.pairwise(l)}
    return not {1, -1} <= steps


def item_58(l1, l2):
    return sorted(set(l1) & set(l2))


def item_61(brackets):
    while "()" in brackets:
        brackets = brackets.replace("()", "")
    return not brackets


def item_65(x, shift):
    text = str(x)
    if shift > len(text):
        return "".join(reversed(text))
    return "".join(text[(at - shift) % len(text)] for at in range(len(text)))


def item_67(s, n):
    apples, oranges = map(int, re.findall(r"\d+", s))
    return n - (apples + oranges)


def item_68(arr):
    evens = [(value, at) for at, value in enumerate(arr) if not value & 1]
    return list(min(evens)) if evens else []


def item_69(lst):
    fit = [value for value, times in Counter(lst).items() if times >= value]
    return max(fit, default=-1)


def item_70(lst):
    ordered, low = sorted(lst), True
    found = []
    while ordered:
        found.append(ordered.pop(0 if low else -1))
        low = not low
    return found


def item_72(q, w):
    return list(reversed(q)) == q and not sum(q) > w


def item_74(lst1, lst2):
    return min(lst1, lst2, key=lambda words: len("".join(words)))


def item_87(lst, x):
    spots = [(row, column) for row, line in enumerate(lst) for column in range(len(line))]
    spots.sort(key=lambda spot: (spot[0], -spot[1]))
    return [spot for spot in spots if lst[spot[0]][spot[1]] == x]


def item_88(array):
    if not array:
        return []
    return sorted(array, reverse=not (array[0] + array[-1]) & 1)


def item_90(lst):
    distinct = sorted(dict.fromkeys(lst))
    return None if len(distinct) < 2 else distinct[1]


def item_99(value):
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def item_105(arr):
    names = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"]
    return [names[digit - 1] for digit in range(9, 0, -1) for _ in range(arr.count(digit))]


def item_108(arr):
    def signed(n):
        digits = [int(digit) for digit in str(abs(n))]
        if n < 0:
            digits[0] = -digits[0]
        return sum(digits)

    return len([n for n in arr if signed(n) > 0])


def item_109(arr):
    return not arr or any(arr[at:] + arr[:at] == sorted(arr) for at in range(len(arr)))


def item_111(test):
    counts = Counter(test.split())
    top = max(counts.values(), default=0)
    return {letter: times for letter, times in counts.items() if times == top}


def item_114(nums):
    return min(sum(nums[a:b]) for a in range(len(nums)) for b in range(a + 1, len(nums) + 1))


def item_115(grid, capacity):
    return sum(-(-sum(well) // capacity) for well in grid)


def item_117(s, n):
    return [word for word in s.split() if len(re.findall(r"[^aeiouAEIOU]", word)) == n]


def item_119(lst):
    def good(text):
        depths = list(itertools.accumulate((1 if char == "(" else -1 for char in text), initial=0))
        return min(depths) >= 0 and depths[-1] == 0

    return "Yes" if good("".join(lst)) or good("".join(reversed(lst))) else "No"


def item_120(arr, k):
    return sorted(sorted(arr, reverse=True)[:k])


def item_122(arr, k):
    return sum(each for each in arr[:k] if -100 < each < 100)


def item_124(date):
    if not re.fullmatch(r"\d{2}-\d{2}-\d{4}", date):
        return False
    month, day = int(date[:2]), int(date[3:5])
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    return 1 <= month <= 12 and 1 <= day <= longest.get(month, 31)


def item_127(interval1, interval2):
    length = min(interval1[1], interval2[1]) - max(interval1[0], interval2[0])
    return "YES" if length > 1 and all(length % d for d in range(2, length)) else "NO"


def item_128(arr):
    if not arr:
        return None
    sign = math.prod((each > 0) - (each < 0) for each in arr)
    return sign * sum(map(abs, arr))


def item_129(grid, k):
    size = len(grid)
    row, column = next((r, c) for r in range(size) for c in range(size) if grid[r][c] == 1)
    around = [(row + r, column + c) for r, c in ((0, 1), (1, 0), (0, -1), (-1, 0))]
    least = min(grid[r][c] for r, c in around if 0 <= r < size and 0 <= c < size)
    return ([1, least] * k)[:k]


def item_136(lst):
    below, above = [n for n in lst if n < 0], [n for n in lst if n > 0]
    return max(below, default=None), min(above, default=None)


def item_142(lst):
    powers = [2 if at % 3 == 0 else 3 if at % 4 == 0 else 1 for at in range(len(lst))]
    return sum(map(pow, lst, powers))


def item_144(x, n):
    return (Fraction(x) * Fraction(n)).denominator == 1


def item_145(nums):
    def points(n):
        first, *rest = [int(digit) for digit in str(abs(n))]
        return (-first if n < 0 else first) + sum(rest)

    places = sorted(range(len(nums)), key=lambda at: (points(nums[at]), at))
    return [nums[at] for at in places]


def item_148(planet1, planet2):
    order = ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"]
    if not {planet1, planet2} <= set(order):
        return ()
    a, b = sorted((order.index(planet1), order.index(planet2)))
    return tuple(order[a + 1 : b])


def item_149(lst):
    even = [word for word in lst if len(word) % 2 == 0]
    return sorted(sorted(even), key=len)


def item_153(class_name, extensions):
    def strength(name):
        return len(re.findall(r"[A-Z]", name)) - len(re.findall(r"[a-z]", name))

    return f"{class_name}.{max(extensions, key=strength)}"


def item_154(a, b):
    turned = {b[at:] + b[:at] for at in range(len(b))} or {""}
    return any(each in a for each in turned)


def item_158(words):
    return min(words, key=lambda word: (-len(set(word)), word))


def item_160(operator, operand):
    values, marks = list(operand), list(operator)
    while "**" in marks:
        at = len(marks) - 1 - marks[::-1].index("**")
        values[at : at + 2] = [values[at] ** values[at + 1]]
        del marks[at]
    for group in (("*", "//"), ("+", "-")):
        at = 0
        while at < len(marks):
            if marks[at] in group:
                a, b = values[at : at + 2]
                values[at : at + 2] = [
                    {"*": a * b, "+": a + b, "-": a - b, "//": a // b if b else 0}[marks[at]]
                ]
                del marks[at]
            else:
                at += 1
    return values[0]
