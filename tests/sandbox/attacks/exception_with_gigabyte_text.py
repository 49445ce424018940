"""Raises an exception whose text takes a gigabyte, and whose printing never ends.

exam: HumanEval/53
cause: raised
"""


class Heavy(Exception):
    def __str__(self):
        return "x" * (1 << 30)

    def __repr__(self):
        while True:
            pass


def add(x, y):
    raise Heavy
