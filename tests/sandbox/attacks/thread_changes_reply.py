"""A thread goes on changing the list that was returned.

exam: HumanEval/42
cause: wrong-answer bad-reply raised
"""

import threading
import time


def incr_list(l):
    out = list(l)

    def change():
        until = time.monotonic() + 3
        while time.monotonic() < until:
            for at in range(len(out)):
                out[at] = out[at] + 1 if out[at] == l[at] else l[at] - 1
            out.append(0)
            out.pop()

    threading.Thread(target=change, daemon=True).start()
    return out
