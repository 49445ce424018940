"""Prints without end while it is being imported.

exam: HumanEval/53
cause: timeout
"""

while True:
    print("passed " * 1000)


def add(x, y):
    return x + y
