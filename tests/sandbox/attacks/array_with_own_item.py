"""Returns a numpy array of no dimension, of a subclass whose every conversion and comparison lies.

exam: HumanEval/53
cause: bad-reply raised wrong-answer no-function
"""

import numpy


class Equal:
    def __eq__(self, other):
        return True

    __hash__ = None


class Lying(numpy.ndarray):
    def __eq__(self, other):
        return True

    def item(self, *place):
        return Equal()

    def tolist(self):
        return Equal()

    __hash__ = None


def add(x, y):
    return numpy.array(-1).view(Lying)
