"""Returns a wrong number and leaves an object behind that exits with status 0 when it is collected.

exam: HumanEval/53
cause: bad-reply crashed wrong-answer raised
"""

import os


class Trap:
    def __del__(self):
        os._exit(0)


def add(x, y):
    raise AssertionError(Trap())
