"""Replies with text on which the test's regular expression backtracks for ever.

exam: own/slug
cause: timeout
"""


def slug(title):
    return "a" * 60 + "!"
