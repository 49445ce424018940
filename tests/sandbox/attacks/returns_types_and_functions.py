"""Replies with functions, types and modules in place of values.

exam: HumanEval/42
cause: bad-reply
"""

import os


def incr_list(l):
    return [os, type, incr_list, object()]
