"""Raises asyncio's CancelledError, which asynchronous runners pass on.

exam: own/vowels
cause: raised
"""

import asyncio


def vowels(word):
    raise asyncio.CancelledError
