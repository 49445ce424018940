"""Takes no arguments.

exam: HumanEval/53
cause: raised
"""


def add():
    return 1
