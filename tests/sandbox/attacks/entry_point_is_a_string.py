"""Defines the entry point as text.

exam: HumanEval/53
cause: no-function raised
"""

add = "lambda x, y: x + y"
