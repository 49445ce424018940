"""Replies with NaN, for which every comparison of a tolerance has its own idea.

exam: own/halves
cause: wrong-answer
"""


def halves(numbers):
    return [float("nan")] * len(numbers)
