"""Replies with text that looks like the right numbers.

exam: own/halves
cause: wrong-answer
"""


def halves(numbers):
    return [str(number / 2) for number in numbers]
