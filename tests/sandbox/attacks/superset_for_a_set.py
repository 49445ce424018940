"""Replies with every letter that there is.

exam: own/letters
cause: wrong-answer
"""


def letters(words):
    return list("abcdefghijklmnopqrstuvwxyz")
