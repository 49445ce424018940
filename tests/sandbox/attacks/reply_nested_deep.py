"""Replies with a list nested 100,000 deep.

exam: HumanEval/42
cause: bad-reply crashed
kind: denial
"""


def incr_list(l):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested
