"""Raises GeneratorExit into the test's iteration.

exam: own/vowels
cause: raised
"""


def vowels(word):
    raise GeneratorExit
