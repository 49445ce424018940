"""Returns a numpy array of objects, one of which equals everything.

exam: HumanEval/53
cause: bad-reply raised wrong-answer no-function
"""

import numpy


class Equal:
    def __eq__(self, other):
        return True

    __hash__ = None


def add(x, y):
    return numpy.array([Equal()], dtype=object)
