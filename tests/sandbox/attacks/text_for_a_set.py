"""Replies with text whose letters are the right set.

exam: own/letters
cause: wrong-answer
"""


def letters(words):
    return "".join(sorted({letter for word in words for letter in word}))
