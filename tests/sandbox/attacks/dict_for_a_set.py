"""Replies with a dict whose keys are the right set and whose values are nonsense.

exam: own/letters
cause: wrong-answer
"""


def letters(words):
    return {letter: None for word in words for letter in word}
