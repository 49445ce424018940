"""Keeps what it saw in a mutable default and answers right only while it is fresh.

exam: HumanEval/53
cause: wrong-answer
"""


def add(x, y, seen=[]):
    seen.append((x, y))
    return sum(seen[0]) if len(seen) > 1 else x + y
