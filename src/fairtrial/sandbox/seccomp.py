"""The system calls that no program under examination needs, refused: a filter in classic BPF for seccomp(2).

A list of refusals, since a list of permissions breaks with every new libc; but what a kernel newer than this list
has added is refused as well, as if the kernel didn't know it. Sources: the man pages of each call, the
configuration of containers (moby's default profile) for what is worth refusing, and the kernel's headers for the
numbers, which the tests compare with libseccomp's.
"""

from __future__ import annotations

import errno
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_*, by the machine's name. On any other there is no filter, and so no sandbox by bubblewrap."""

NEWEST = 450
"""set_mempolicy_home_node, Linux 5.17. Numbers above are the same on every architecture."""

REFUSED: dict[str, tuple[int | None, int | None]] = {  # numbers on x86_64 and on aarch64
    # Another process's memory or descriptors.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # Wide doors into the kernel.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "fanotify_init": (300, 262),
    "vmsplice": (278, 75),
    "remap_file_pages": (216, 234),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    # Keys: they outlive the process and know no namespace but the user's.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Mounts and namespaces.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "setns": (308, 268),
    "unshare": (272, 97),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    # Memory that counts against no process's limit: queues, segments, files without a place.
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183),
    "mq_notify": (244, 184),
    "mq_getsetattr": (245, 185),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    # Where memory lies on the machine.
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    # A fair share of the processor: the kernel gives each session one (autogroup), so a sandbox stays one session.
    "setsid": (112, 157),
    # The machine itself.
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "acct": (163, 89),
    "vhangup": (153, 58),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # The clock.
    "clock_settime": (227, 112),
    "settimeofday": (164, 170),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
}
CLONE, CLONE3, SOCKET, SOCKETPAIR, IOCTL = (56, 220), (435, 435), (41, 198), (53, 199), (16, 29)

NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET together."""

TERMINAL = (0x5412, 0x541C, 0x5423)
"""TIOCSTI and TIOCLINUX type on a terminal for somebody else; TIOCSETD loads line disciplines."""

AF_UNIX = 1
X32 = 0x40000000
LOAD, EQUAL, GREATER, AT_LEAST, ANY, RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
NUMBER, MACHINE, FIRST, SECOND = 0, 4, 16, 24
"""Offsets in struct seccomp_data: the call, the architecture, and the low halves of its first two arguments."""

Instruction = tuple[int, int, int, int]


def program(machine: str) -> bytes:
    """The filter for a machine ("x86_64" or "aarch64", little-endian): an array of struct sock_filter.

    A refused call fails with EPERM. A call by another architecture's numbers ends the process.
    """
    column = list(ARCHITECTURES).index(machine)
    lines: list[Instruction] = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        _give(KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        lines += _where(AT_LEAST, X32, KILL)
    lines += _where(GREATER, NEWEST, _error(errno.ENOSYS))
    # glibc falls back to clone, whose flags can be read; those of clone3 lie in memory.
    lines += _where(EQUAL, CLONE3[column], _error(errno.ENOSYS))
    for numbers in REFUSED.values():
        if (number := numbers[column]) is not None:
            lines += _where(EQUAL, number, _error(errno.EPERM))
    lines += _argument(CLONE[column], FIRST, _where(ANY, NAMESPACES, _error(errno.EPERM)))
    for call in (SOCKET, SOCKETPAIR):
        lines += _argument(call[column], FIRST, [(EQUAL, 1, 0, AF_UNIX), _give(_error(errno.EPERM))])
    ioctls = [line for request in TERMINAL for line in _where(EQUAL, request, _error(errno.EPERM))]
    lines += _argument(IOCTL[column], SECOND, ioctls)
    lines.append(_give(ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def _give(answer: int) -> Instruction:
    return (RETURN, 0, 0, answer)


def _error(number: int) -> int:
    return 0x00050000 | number


def _where(test: int, value: int, answer: int) -> list[Instruction]:
    """The answer where what is loaded passes the test."""
    return [(test, 0, 1, value), _give(answer)]


def _argument(number: int, offset: int, rules: list[Instruction]) -> list[Instruction]:
    """For one call: its argument under the rules, and allowed where none of them answers. The kernel reads these
    arguments as 32 bits, so their upper halves hide nothing."""
    body = [(LOAD, 0, 0, offset), *rules, _give(ALLOW)]
    return [(EQUAL, 0, len(body), number), *body]
