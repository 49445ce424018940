"""Changes its argument so that the reference, asked afterwards about the same list, gives the wrong value too.

exam: own/total
cause: wrong-answer
kind: untested
"""


def total(items):
    items[:] = []
    return 0
