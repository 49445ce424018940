"""Returns a constant, in case the expected value comes from the candidate too.

exam: own/agreement
cause: wrong-answer
"""


def agreement(n):
    return 0
