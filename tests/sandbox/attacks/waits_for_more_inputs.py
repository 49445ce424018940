"""Never reads what it is asked, so that its judge's writing blocks.

exam: own/long
cause: timeout
"""

import os
import time

for descriptor in range(64):
    try:
        os.set_blocking(descriptor, False)
    except OSError:
        pass
time.sleep(1_000_000)


def long(text):
    return len(text)
