"""Raises its own limits as far as it may, and then asks for memory.

exam: HumanEval/53
cause: memory crashed raised timeout
"""

import resource

for name in dir(resource):
    if name.startswith("RLIMIT_"):
        for limit in ((-1, -1), (1 << 40, 1 << 40)):
            try:
                resource.setrlimit(getattr(resource, name), limit)
            except (OSError, ValueError):
                pass


def add(x, y):
    return len(bytearray(3 << 30))
