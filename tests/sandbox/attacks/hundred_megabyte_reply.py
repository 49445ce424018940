"""Replies with 100 MB of text.

exam: HumanEval/10
cause: flood bad-reply timeout
kind: denial
"""


def make_palindrome(string):
    return "x" * 100_000_000
