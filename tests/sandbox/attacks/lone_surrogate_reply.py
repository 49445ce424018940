"""Replies with half a surrogate pair, which no UTF-8 can hold.

exam: HumanEval/10
cause: wrong-answer bad-reply
"""


def make_palindrome(string):
    return string + "\ud800"
