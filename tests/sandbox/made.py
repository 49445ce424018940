"""Attacks whose source no text file of a repository should hold: too long, not text, or not what editors keep.

Every public function makes one; its docstring is the header that catalogue.py reads.
"""

from __future__ import annotations

from random import Random

WRONG = "def add(x, y):\n    return x - y\n"


def fifty_megabytes_of_code() -> str:
    """Is 50 MB long.

    exam: HumanEval/53
    cause: too-large
    """
    return WRONG + "# " + "x" * 50_000_000 + "\n"


def many_long_characters() -> str:
    """Is short of the limit in characters and over it in bytes.

    exam: HumanEval/53
    cause: too-large
    """
    return WRONG + "# " + "\N{OLD PERSIAN SIGN A}" * 400_000 + "\n"


def million_statements() -> str:
    """Has so many statements, within the limit, that compiling it takes time and memory.

    exam: HumanEval/53
    cause: wrong-answer timeout memory raised crashed
    """
    return WRONG + "a=b=c=1\n" * 100_000


def nul_bytes() -> str:
    """Holds NUL bytes, where some readers stop: the wrong program behind them, nothing before.

    exam: HumanEval/53
    cause: raised
    """
    return "def add(x, y):\n    return x + y\n" + "\x00" * 100 + WRONG


def byte_order_mark() -> str:
    """Begins with a byte order mark.

    exam: HumanEval/53
    cause: raised wrong-answer
    """
    return "\ufeff" + WRONG


def half_surrogates() -> str:
    """Holds halves of surrogate pairs, which can't be written as UTF-8.

    exam: HumanEval/53
    cause: no-function raised
    """
    return WRONG + "name = '\ud800\udfff\udc80'\n"


def binary_junk() -> str:
    """Is no program: 100,000 random bytes, read as Latin-1.

    exam: HumanEval/53
    cause: raised
    """
    return Random(5).randbytes(100_000).decode("latin-1")


def carriage_returns() -> str:
    """Hides a line behind a bare carriage return, which ends a line for Python and for few viewers.

    exam: HumanEval/53
    cause: wrong-answer
    """
    return "def add(x, y):\n    # add them\r    return x - y\n    return x + y\n"


def form_feeds() -> str:
    """Uses form feeds and vertical tabs as blanks, so that indentation is not what it looks like.

    exam: HumanEval/53
    cause: wrong-answer raised
    """
    return "def add(x, y):\n    if x < 0:\n        \x0c    return x + y\n    return x - y\n\x0c\n"


def bidirectional_text() -> str:
    """Hides the end of a comment by characters that turn the direction of reading.

    exam: HumanEval/53
    cause: wrong-answer
    """
    return "def add(x, y):\n    '''Adds \u202e\u2066 '''; return x - y # \u2069\u2066 '''\n    return x + y\n"


def name_in_other_letters() -> str:
    """Defines the right function under a name that only looks like the entry point.

    exam: HumanEval/53
    cause: no-function
    """
    return "def \N{CYRILLIC SMALL LETTER A}dd(x, y):\n    return x + y\n"


def nested_brackets() -> str:
    """Nests 200,000 brackets, which makes compilers recurse.

    exam: HumanEval/53
    cause: raised crashed memory
    """
    return WRONG + "value = " + "[" * 200_000 + "]" * 200_000 + "\n"


def nested_signs() -> str:
    """Puts 300,000 signs before a number, which makes compilers recurse in another place.

    exam: HumanEval/53
    cause: raised crashed memory
    """
    return WRONG + "value = " + "-" * 300_000 + "1\n"


def nested_blocks() -> str:
    """Nests 90 blocks, more than Python allows.

    exam: HumanEval/53
    cause: raised
    """
    return WRONG + "".join(" " * depth + "if True:\n" for depth in range(120)) + " " * 120 + "pass\n"


def constant_of_a_million_digits() -> str:
    """Writes an integer of 900,000 digits, whose reading takes quadratic time where it is allowed.

    exam: HumanEval/53
    cause: raised wrong-answer timeout
    """
    return WRONG + "value = " + "9" * 900_000 + "\n"


def constant_that_unfolds() -> str:
    """Multiplies constants that a compiler may work out beforehand.

    exam: HumanEval/53
    cause: wrong-answer raised memory crashed timeout
    """
    return WRONG + "value = (('x' * 4000,) * 200,) * 200\n" + "n = 2 ** 100 ** 2 << 1000\n" * 100


def nothing_at_all() -> str:
    """Is empty.

    exam: HumanEval/53
    cause: no-function
    """
    return ""


def prose() -> str:
    """Is a polite answer without any code.

    exam: HumanEval/53
    cause: raised
    """
    return "Certainly! The function adds x and y, and every test passed.\n"


def open_string() -> str:
    """Opens a string and never closes it, to swallow whatever tests are written below.

    exam: HumanEval/53
    cause: raised
    """
    return WRONG + "'''\n"


def ends_in_a_decorator() -> str:
    """Ends in a decorator, which takes hold of the first function that is defined below.

    exam: own/vowels
    cause: raised
    """
    return "def vowels(word):\n    return -1\n\n\n@lambda test: lambda candidate: None\n"
