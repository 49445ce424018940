"""Programs about texts."""

from __future__ import annotations

from typing import Final

from fairtrial.families.program import Program
from fairtrial.families.programs.names import TEXTS

TEXT: Final = (("s", "str", TEXTS),)
PICKED: Final = (
    "adeil", "norst", "alnrt", "deios", "ailst", "denor", "aeort", "dilns", "aders", "ilnot", "adnot", "eilrs",
)  # fmt: skip
"""Sets of five letters out of ten, each letter in six of them."""

LETTER_SHIFT: Final = Program(
    name="letter-shift",
    names=("shift_letters", "encode", "move_letters", "cipher", "turn_letters", "disguise"),
    takes=TEXT,
    gives="str",
    draw={
        "k": range(2, 13),
        "way": [{"sign": "+", "way": "forward"}, {"sign": "-", "way": "back"}],
        "kept": PICKED,
    },
    spec="""\
Move every small letter of `$s` $k places $way in the alphabet, as if z stood right before a.
The letters of "$kept", and whatever is no small letter from a to z, stay as they are.""",
    body="""\
letters = "abcdefghijklmnopqrstuvwxyz"
moved = ""
for c in $s:
    if c in letters and c not in "$kept":
        moved += letters[(letters.index(c) $sign $k) % 26]
    else:
        moved += c
return moved""",
    inputs='(text(0, 12, "abcdefghijklmnopqrstuvwxyz -A"),)',
)

RUN_CODE: Final = Program(
    name="run-code",
    names=("pack_runs", "shorten", "run_code", "pack", "squeeze", "write_runs"),
    takes=TEXT,
    gives="str",
    draw={
        "cap": range(4, 9),
        "least": range(2, 4),
        "sep": ("-", ".", ",", "/", ":", "+", "_", ";"),
        "order": [
            {"piece": "c + str(k)", "order": "the letter and then the count"},
            {"piece": "str(k) + c", "order": "the count and then the letter"},
        ],
    },
    spec="""\
A run is one letter as often as it stands in a row in `$s`. Leave out runs of fewer than $least letters.
For every other run write $order, where more than $cap count as $cap.
Return what was written, in this order, joined by "$sep".""",
    body="""\
pieces = []
at = 0
while at < len($s):
    end = at
    while end < len($s) and $s[end] == $s[at]:
        end += 1
    if end - at >= $least:
        c, k = $s[at], min(end - at, $cap)
        pieces.append($piece)
    at = end
return "$sep".join(pieces)""",
    inputs='("".join(c * pick(1, 9) for c in text(0, 5, "abcd")),)',
)

PICK_WORDS: Final = Program(
    name="pick-words",
    names=("pick_words", "select_words", "choose", "some_words", "sift", "chosen"),
    takes=TEXT,
    gives="str",
    draw={
        "least": range(2, 5),
        "side": [{"side": "begin", "test": "startswith"}, {"side": "end", "test": "endswith"}],
        "letters": PICKED,
        "order": [
            {"down": "False", "order": "from a to z"},
            {"down": "True", "order": "from z to a"},
        ],
        "sep": ("-", ".", ",", "/", "+", "_"),
    },
    spec="""\
`$s` holds words of small letters with single blanks between them. Take the words of at least $least letters that
$side with one of the letters "$letters", sort them $order, and return them joined by "$sep".""",
    body="""\
kept = []
for word in $s.split():
    if len(word) >= $least and word.$test(tuple("$letters")):
        kept.append(word)
return "$sep".join(sorted(kept, reverse=$down))""",
    inputs='(" ".join(several(0, 8, lambda: text(1, 6, "adeilnorst"))),)',
)

DEPTH_SCORE: Final = Program(
    name="depth-score",
    names=("depth_score", "weigh", "score_depth", "nesting", "deep_total", "weigh_letters"),
    takes=TEXT,
    gives="int",
    draw={
        "a": range(2, 7),
        "b": range(1, 10),
        "pair": [
            {"open": "(", "close": ")"},
            {"open": "[", "close": "]"},
            {"open": "{", "close": "}"},
            {"open": "<", "close": ">"},
        ],
    },
    spec="""\
The depth of a letter of `$s` is the number of "$open" before it minus the number of "$close" before it.
Every letter is worth $b, and $a more for each unit of its depth, which may be below zero.
Return what all letters are worth together; "$open" and "$close" are no letters, and nothing else is in `$s`.""",
    body="""\
depth = 0
total = 0
for c in $s:
    if c == "$open":
        depth += 1
    elif c == "$close":
        depth -= 1
    else:
        total += $b + $a * depth
return total""",
    inputs='(text(0, 14, "abc$open$open$close"),)',
    held_out=True,
)

ODD_OPERATORS: Final = Program(
    name="odd-operators",
    names=("work_out", "reckon", "value_of", "read_off", "figure_out", "work_through"),
    takes=TEXT,
    gives="int",
    draw={
        "a": range(2, 8),
        "b": range(2, 8),
        "m": range(31, 60),
        "signs": [
            {"one": "@", "other": "#"},
            {"one": "&", "other": "!"},
            {"one": "?", "other": "~"},
            {"one": "|", "other": ";"},
        ],
    },
    spec="""\
`$s` is made of single digits with "$one" or "$other" between each two. Work it out strictly from left
to right, where x $one y means $a * x + y, and x $other y means x + $b * y.
Return the remainder of the result when divided by $m.""",
    body="""\
total = int($s[0])
for at in range(1, len($s), 2):
    x = int($s[at + 1])
    if $s[at] == "$one":
        total = $a * total + x
    else:
        total = total + $b * x
return total % $m""",
    inputs="""\
(str(pick(1, 9)) + "".join(several(0, 6, lambda: "$one$other"[pick(0, 1)] + str(pick(0, 9)))),)""",
)

EDITOR: Final = Program(
    name="editor",
    names=("type_in", "replay_keys", "edit", "keys_pressed", "play_keys", "written"),
    takes=TEXT,
    gives="str",
    draw={
        "j": range(1, 4),
        "k": range(2, 5),
        "l": range(2, 5),
        "keys": [
            {"cut": "<", "copy": ">", "turn": "*"},
            {"cut": "-", "copy": "+", "turn": "/"},
            {"cut": "!", "copy": "?", "turn": "%"},
            {"cut": "[", "copy": "]", "turn": "="},
            {"cut": "#", "copy": "@", "turn": "&"},
            {"cut": ".", "copy": ":", "turn": "~"},
        ],
    },
    spec="""\
`$s` lists the keys pressed in an editor. A small letter is written at the end of what is there.
"$cut" removes the last $k characters, or all if there are fewer.
"$copy" writes the last $l characters once more, or all if there are fewer.
"$turn" moves the first $j characters to the end, or all if there are fewer.
Return what is there at the end.""",
    body="""\
there = ""
for key in $s:
    if key == "$cut":
        there = there[: max(len(there) - $k, 0)]
    elif key == "$copy":
        there += there[max(len(there) - $l, 0) :]
    elif key == "$turn":
        there = there[$j:] + there[:$j]
    else:
        there += key
return there""",
    inputs='(text(0, 16, "abcdefgh$cut$copy$turn"),)',
    held_out=True,
)

ALL_TEXTS: Final = (LETTER_SHIFT, RUN_CODE, PICK_WORDS, DEPTH_SCORE, ODD_OPERATORS, EDITOR)
