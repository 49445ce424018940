"""Yields the right answer and goes on yielding, without ever returning.

exam: HumanEval/42
cause: bad-reply
"""


def incr_list(l):
    while True:
        yield from (item + 1 for item in l)
