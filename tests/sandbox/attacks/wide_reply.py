"""Replies with half a million empty lists.

exam: HumanEval/42
cause: flood bad-reply wrong-answer timeout
"""


def incr_list(l):
    return [[] for _ in range(500_000)]
