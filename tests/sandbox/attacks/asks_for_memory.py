"""Asks for 64 GB at once, and then for as much as it gets.

exam: HumanEval/53
cause: memory crashed raised timeout
"""


def add(x, y):
    kept = []
    size = 1 << 36
    while True:
        try:
            kept.append(bytearray(size))
        except MemoryError:
            size //= 2
            if size < 4096:
                raise
