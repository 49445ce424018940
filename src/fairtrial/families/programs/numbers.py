"""Programs about one whole number."""

from __future__ import annotations

from typing import Final

from fairtrial.families.program import Program
from fairtrial.families.programs.names import NUMBER

WHOLE: Final = (("n", "int", NUMBER),)

MACHINE_STEPS: Final = Program(
    name="machine-steps",
    names=("run_machine", "machine", "after_steps", "step_through", "go_on", "crank"),
    takes=WHOLE,
    gives="int",
    draw={"a": range(2, 6), "b": range(2, 5), "c": range(1, 10), "times": range(3, 7)},
    spec="""\
Begin with `$n`, which is above zero, and do this $times times: if the number is divisible by $a, divide it by $a;
otherwise multiply it by $b and add $c. Return the number at the end.""",
    body="""\
x = $n
for _ in range($times):
    if x % $a == 0:
        x = x // $a
    else:
        x = x * $b + $c
return x""",
    inputs="(pick(1, 200),)",
)

RING_LEAVE: Final = Program(
    name="ring-leave",
    names=("left_in_ring", "ring_game", "who_stays", "last_ones", "count_out", "remaining"),
    takes=WHOLE,
    gives="list[int]",
    draw={"k": range(2, 13), "start": range(7), "left": range(1, 4)},
    spec="""\
`$n` people, 8 at least, stand in a ring, numbered from 0. They are counted off around the ring, 1, 2, 3 and so
on, in the order of their numbers, beginning with person $start. Whoever is counted as $k leaves, and counting
begins again at 1 with the next one. When only $left are left, it ends.
Return the numbers of those who are left, the smallest first.""",
    body="""\
ring = list(range($n))
at = $start
while len(ring) > $left:
    at = (at + $k - 1) % len(ring)
    ring.pop(at)
return ring""",
    inputs="(pick(8, 30),)",
)

BASE_SCORE: Final = Program(
    name="base-score",
    names=("digit_score", "score_digits", "digit_worth", "number_score", "rate", "digit_value"),
    takes=WHOLE,
    gives="int",
    draw={
        "base": range(3, 10),
        "a": range(2, 7),
        "c": range(3, 12),
        "what": [{"fold": "sum", "told": "sum of the digits"}, {"fold": "max", "told": "largest digit"}],
    },
    spec="""\
Write `$n`, which is above zero, in base $base.
Return $a times the $told, plus $c for every digit that is zero.""",
    body="""\
digits = []
x = $n
while x > 0:
    digits.append(x % $base)
    x = x // $base
return $a * $fold(digits) + $c * digits.count(0)""",
    inputs="(pick(1, 2000),)",
    held_out=True,
)

TIER_PRICE: Final = Program(
    name="tier-price",
    names=("price", "total_price", "cost", "to_pay", "bill", "invoice"),
    takes=WHOLE,
    gives="int",
    draw={
        "a": range(5, 13),
        "b": range(6, 16),
        "p": range(20, 26),
        "q": range(13, 19),
        "r": range(5, 11),
    },
    spec="""\
Of the `$n` units that somebody buys, the first $a cost $p each, the next $b cost $q each, and all further ones
$r each. Return what is to pay. `$n` may be 0.""",
    body="""\
total = min($n, $a) * $p
total += min(max($n - $a, 0), $b) * $q
total += max($n - $a - $b, 0) * $r
return total""",
    inputs="(pick(0, 60),)",
)

ALL_NUMBERS: Final = (MACHINE_STEPS, RING_LEAVE, BASE_SCORE, TIER_PRICE)
