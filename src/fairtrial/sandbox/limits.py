"""What one trial may use. Exceeding any of it is the program's fault, never a crash of ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """wall_s: the whole trial, held by the parent's clock. cpu_s: per process, held by the kernel.

    memory: bytes of address space per process; all of one sandbox together may have twice that. processes, files:
    most at once in one sandbox, per user and per process. file_bytes: one file. scratch_bytes: each writable
    folder. source_bytes: a program's text, in UTF-8. frame_bytes: one message from inside.
    """

    wall_s: float = 6.0
    cpu_s: int = 5
    memory: int = 1024 * MIB
    processes: int = 64
    files: int = 32
    file_bytes: int = MIB
    scratch_bytes: int = 16 * MIB
    source_bytes: int = MIB
    frame_bytes: int = MIB

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise UsageError(f"a limit of {value} for {name} leaves nothing to run in")

    @property
    def form(self) -> dict[str, JSON]:
        """For the record of a run: a number of seconds is text, the rest are whole."""
        return {name: str(v) if isinstance(v, float) else v for name, v in asdict(self).items()}
