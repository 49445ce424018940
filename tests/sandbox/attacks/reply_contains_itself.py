"""Replies with a list that contains itself.

exam: HumanEval/42
cause: bad-reply
"""


def incr_list(l):
    out = list(l)
    out.append(out)
    return out
