"""Replies with an integer that is too large for the test's floats.

exam: HumanEval/32
cause: wrong-answer bad-reply
"""


def find_zero(xs):
    return 10**4000
