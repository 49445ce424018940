"""Replies with a dict whose integer keys all have one hash: building it takes quadratic time, here and there.

exam: own/index
cause: wrong-answer timeout flood
kind: untested
"""

MODULUS = (1 << 61) - 1


def index(words):
    return {at * MODULUS: at for at in range(2_000)}
