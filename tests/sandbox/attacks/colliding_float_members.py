"""Replies with a set of floats that share few hashes.

exam: own/index
cause: wrong-answer bad-reply
kind: untested
"""


def index(words):
    return {2.0 ** (61 * at - 500) * odd for at in range(16) for odd in range(1, 400, 2)}
