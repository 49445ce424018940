"""Programs about lists of numbers."""

from __future__ import annotations

from typing import Final

from fairtrial.families.program import Program
from fairtrial.families.programs.names import NUMBERS

LIST: Final = (("xs", "list[int]", NUMBERS),)

BAND_COUNT: Final = Program(
    name="band-count",
    names=("count_in_band", "band_count", "tally", "how_many", "count_matches", "number_found"),
    takes=LIST,
    gives="int",
    draw={
        "low": range(1, 10),
        "high": range(18, 27),
        "rest": [{"m": m, "r": r} for m in (2, 3, 4) for r in range(1, m)],
    },
    spec="""\
Count the numbers in `$xs` from $low to $high, both included, that leave remainder $r when divided by $m.

No number in `$xs` is below zero.""",
    body="return sum(1 for x in $xs if $low <= x <= $high and x % $m == $r)",
    inputs="(several(0, 14, lambda: pick(0, 30)),)",
)

CHECKSUM: Final = Program(
    name="checksum",
    names=("checksum", "check_number", "control_sum", "seal", "fingerprint", "check_value"),
    takes=LIST,
    gives="int",
    draw={
        "factors": [{"a": a, "b": b} for a in range(2, 10) for b in range(2, 10) if a != b],
        "m": range(17, 40),
    },
    spec="""\
Multiply the numbers at even positions of `$xs` by $a and those at odd positions by $b.
Return the remainder of the sum of all these products when divided by $m.

Positions are counted from 0. No number in `$xs` is below zero.""",
    body="""\
total = 0
for at, x in enumerate($xs):
    total += x * ($a if at % 2 == 0 else $b)
return total % $m""",
    inputs="(several(0, 10, lambda: pick(0, 40)),)",
)

MERGE_SPANS: Final = Program(
    name="merge-spans",
    names=("merge_spans", "join_spans", "unite", "combine_spans", "spans_joined", "cover"),
    takes=(("xs", "list[list[int]]", ("spans", "pieces", "ranges", "parts", "intervals", "stretches")),),
    gives="int",
    draw={
        "gap": range(1, 10),
        "least": range(3, 13),
        "what": [
            {"fold": "len", "told": "how many they are"},
            {"fold": "sum", "told": "the sum of their lengths"},
        ],
    },
    spec="""\
`$xs` holds spans [start, end] in any order, start never above end.
Join two spans into one if they overlap or touch, or if the gap between them is at most $gap; go on until no
two can be joined. Of the spans that there are then, keep those of length end - start at least $least,
and return $told.""",
    body="""\
joined = []
for start, end in sorted($xs):
    if joined and start - joined[-1][1] <= $gap:
        joined[-1][1] = max(joined[-1][1], end)
    else:
        joined.append([start, end])
kept = [end - start for start, end in joined if end - start >= $least]
return $fold(kept)""",
    inputs="([[start, start + pick(0, 12)] for start in several(0, 7, lambda: pick(0, 60))],)",
)

WINDOW_COUNT: Final = Program(
    name="window-count",
    names=("count_windows", "windows", "window_tally", "windows_found", "scan", "count_spread"),
    takes=LIST,
    gives="int",
    draw={
        "k": range(2, 6),
        "step": range(2, 5),
        "t": range(7, 14),
        "side": [{"side": "above", "op": ">"}, {"side": "below", "op": "<"}],
    },
    spec="""\
A window is $k neighbouring numbers of `$xs`. The first starts at position 0, each further one $step places
after the one before, as long as it fits in whole.
Return the number of windows in which the largest number minus the smallest is $side $t.""",
    body="""\
count = 0
for start in range(0, len($xs) - $k + 1, $step):
    window = $xs[start : start + $k]
    if max(window) - min(window) $op $t:
        count += 1
return count""",
    inputs="(several(0, 14, lambda: pick(0, 20)),)",
    held_out=True,
)

REMAINDER_SORT: Final = Program(
    name="remainder-sort",
    names=("sort_and_cut", "first_sorted", "arrange", "ordered_head", "put_in_order", "sorted_start"),
    takes=LIST,
    gives="list[int]",
    draw={
        "m": range(3, 12),
        "k": range(2, 7),
        "by": [{"first": "smallest", "down": "False"}, {"first": "largest", "down": "True"}],
        "then": [{"second": "smallest", "back": "False"}, {"second": "largest", "back": "True"}],
    },
    spec="""\
Sort `$xs` by the remainder of each number when divided by $m, the $first remainder first.
Numbers of equal remainder stand by their own size, the $second first.
Return the first $k numbers in this order, or all if there are fewer.

No number in `$xs` is below zero.""",
    body="""\
ordered = sorted($xs, reverse=$back)
ordered = sorted(ordered, key=lambda x: x % $m, reverse=$down)
return ordered[:$k]""",
    inputs="(several(0, 10, lambda: pick(0, 50)),)",
)

GRID_SUM: Final = Program(
    name="grid-sum",
    names=("grid_sum", "sum_cells", "marked_total", "add_cells", "pattern_sum", "cell_total"),
    takes=(("xs", "list[list[int]]", ("grid", "rows", "table", "matrix", "board", "field")),),
    gives="int",
    draw={
        "a": range(2, 5),
        "b": range(2, 5),
        "rest": [{"m": m, "r": r} for m in (5, 7) for r in range(m)],
        "t": range(5, 21),
    },
    spec="""\
`$xs` is a list of rows, all of the same length.
Return the sum of the numbers above $t whose row i and column j, both counted from 0, are such that
$a * i + $b * j leaves remainder $r when divided by $m.""",
    body="""\
total = 0
for i, row in enumerate($xs):
    for j, x in enumerate(row):
        if x > $t and ($a * i + $b * j) % $m == $r:
            total += x
return total""",
    inputs="""\
([several(width, width, lambda: pick(1, 50)) for width in [pick(3, 6)] for _ in range(pick(3, 6))],)""",
)

OVERFLOW: Final = Program(
    name="overflow",
    names=("fill_tank", "tank", "watch_level", "pour", "follow_level", "run_tank"),
    takes=LIST,
    gives="int",
    draw={
        "start": range(10),
        "top": range(20, 41),
        "out": range(5, 20),
        "what": [
            {"result": "level", "told": "how many litres are in the tank at the end"},
            {"result": "times", "told": "how many times water was let out"},
        ],
    },
    spec="""\
A tank holds $start litres. The numbers of `$xs` say how many litres are poured in, one after the other.
If there are more than $top litres in the tank after one of them, $out litres are let out, once, before the next.
Return $told.""",
    body="""\
level = $start
times = 0
for x in $xs:
    level += x
    if level > $top:
        level -= $out
        times += 1
return $result""",
    inputs="(several(0, 12, lambda: pick(0, 18)),)",
)

CHUNK_FLIP: Final = Program(
    name="chunk-flip",
    names=("flip_pieces", "rework", "turn_pieces", "pieces_turned", "fold_back", "weave"),
    takes=LIST,
    gives="list[int]",
    draw={
        "k": range(2, 7),
        "c": range(2, 20),
        "which": [{"odd": 0, "turned": "even"}, {"odd": 1, "turned": "odd"}],
    },
    spec="""\
Cut `$xs` into pieces of $k numbers; the last one may be shorter. The pieces are numbered from 0.
Turn every piece with an $turned number back to front, and add $c to every number of the other pieces.
Return all numbers in one list, the pieces in their order.""",
    body="""\
done = []
for at in range(0, len($xs), $k):
    piece = $xs[at : at + $k]
    if at // $k % 2 == $odd:
        done += piece[::-1]
    else:
        done += [x + $c for x in piece]
return done""",
    inputs="(several(0, 13, lambda: pick(0, 30)),)",
)

LONG_CLIMB: Final = Program(
    name="long-climb",
    names=("longest_stretch", "longest_run", "best_stretch", "stretch", "steady_part", "longest_part"),
    takes=LIST,
    gives="int",
    draw={
        "d": range(1, 6),
        "e": range(7, 15),
        "way": [
            {"step": "x - before", "way": "larger"},
            {"step": "before - x", "way": "smaller"},
        ],
        "what": [
            {"fold": "len", "told": "how many numbers it has"},
            {"fold": "sum", "told": "the sum of its numbers"},
        ],
    },
    spec="""\
In a stretch of neighbouring numbers of `$xs`, each number is $way than the one before it, by at least $d
and at most $e. A single number is a stretch as well.
Find the longest stretch, of several the first one, and return $told; return 0 if `$xs` is empty.""",
    body="""\
best = run = $xs[:1]
for before, x in zip($xs, $xs[1:]):
    if $d <= $step <= $e:
        run = run + [x]
    else:
        run = [x]
    if len(run) > len(best):
        best = run
return $fold(best)""",
    inputs="(several(0, 12, lambda: pick(0, 16)),)",
)

TIMETABLE: Final = Program(
    name="timetable",
    names=("end_of_day", "finish_time", "closing_time", "when_done", "last_minute", "end_time"),
    takes=(("xs", "list[int]", ("minutes_each", "tasks", "durations", "lengths", "jobs", "lessons")),),
    gives="str",
    draw={"start": range(6, 12), "k": range(2, 5), "b": range(5, 25)},
    spec="""\
`$xs` holds how many minutes each task takes. They are done one after the other, beginning at $start o'clock in
the morning. After every $k tasks there is a break of $b minutes, but none after the last task of all.
Return the time at which the last task ends, "HH:MM" on a 24-hour clock; it may be on the next day.
Without a task, return the time of the beginning.""",
    body="""\
minutes = $start * 60
for at, x in enumerate($xs):
    if at > 0 and at % $k == 0:
        minutes += $b
    minutes += x
return str(minutes // 60 % 24).zfill(2) + ":" + str(minutes % 60).zfill(2)""",
    inputs="(several(0, 12, lambda: pick(5, 120)),)",
)

LISTS: Final = (
    BAND_COUNT,
    CHECKSUM,
    MERGE_SPANS,
    WINDOW_COUNT,
    REMAINDER_SORT,
    GRID_SUM,
    OVERFLOW,
    CHUNK_FLIP,
    LONG_CLIMB,
    TIMETABLE,
)
