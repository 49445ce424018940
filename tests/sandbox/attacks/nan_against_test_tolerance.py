"""Replies with NaN to a test of HumanEval that takes an absolute difference.

exam: HumanEval/4
cause: wrong-answer
"""


def mean_absolute_deviation(numbers):
    return float("nan")
