"""Makes symbolic links to the host, pipes, sockets and devices in the work folder, and reads through them.

exam: HumanEval/53
cause: wrong-answer
kind: untested
"""

import os
import socket
import stat

for target in ("/etc/shadow", "/root", "/proc/1/root", "/home", "/", "/dev/sda", "/dev/mem"):
    try:
        os.symlink(target, "link" + target.replace("/", "-"))
    except OSError:
        pass
for make in (
    lambda: os.mkfifo("pipe"),
    lambda: os.mknod("disk", stat.S_IFBLK | 0o666, os.makedev(8, 0)),
    lambda: socket.socket(socket.AF_UNIX).bind("socket"),
    lambda: os.link("/etc/passwd", "hard"),
):
    try:
        make()
    except OSError:
        pass
found = []
for name in os.listdir("."):
    if name.startswith("link"):
        try:
            with open(name, "rb") as file:
                found.append(file.read(100))
        except OSError:
            pass


def add(x, y):
    return -len(found) - 1
