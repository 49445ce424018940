"""Defines the entry point as a coroutine function; its result is an object, and true.

exam: HumanEval/0
cause: bad-reply
"""


async def has_close_elements(numbers, threshold):
    return True
