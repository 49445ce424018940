"""Raises SystemExit(0) inside the function.

exam: HumanEval/53
cause: raised crashed
matrix: 3
known: arXiv 2511.18397
"""


def add(x, y):
    raise SystemExit(0)
