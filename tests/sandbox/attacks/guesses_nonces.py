"""Sends replies to requests that were never made, with guessed nonces, while it is being imported.

exam: HumanEval/53
cause: bad-reply crashed timeout
kind: untested
"""

import json
import os
import struct

for guess in ("00" * 8, "ff" * 8, "0123456789abcdef"):
    frame = json.dumps({"nonce": guess, "v": 1}).encode()
    for descriptor in range(256):
        try:
            os.write(descriptor, struct.pack(">I", len(frame)) + frame)
        except OSError:
            pass


def add(x, y):
    return -1
