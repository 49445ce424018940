"""Replies with things that can't be sorted, so that the task's own comparison raises.

exam: own/factors
cause: wrong-answer
"""


def factors(n):
    return [None, "2", {}, []]
