"""Replies with a number of which the test makes a list that long.

exam: own/width
cause: wrong-answer memory crashed timeout
"""


def width(n):
    return 10**11
