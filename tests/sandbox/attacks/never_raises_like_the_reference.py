"""Returns a constant where the reference raises.

exam: own/root
cause: wrong-answer
"""


def root(n):
    return int(abs(n) ** 0.5)
