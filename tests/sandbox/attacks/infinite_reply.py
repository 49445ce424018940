"""Replies with infinities, for which a relative tolerance is infinite too.

exam: own/halves
cause: wrong-answer
"""


def halves(numbers):
    return [float("inf")] * len(numbers)
