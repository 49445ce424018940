"""The port to what isolates. A backend starts one program in one fresh sandbox; it never runs one without."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Protocol

from fairtrial.sandbox.limits import Limits


class Unavailable(Exception):
    """This kind of sandbox doesn't work here: why, and what would help."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


class Backend(Protocol):
    """Safe to call from several threads at once."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def python(self) -> str:
        """Path inside the sandbox of the interpreter that guests run on."""
        ...

    @property
    def packages(self) -> str:
        """Folder inside the sandbox that holds numpy, put last on the guests' path; "" where there is none."""
        ...

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        """The program in a new sandbox: raw (unbuffered) pipes on its stdin and stdout, stderr to /dev/null.

        `program` is the whole command line as it is seen inside. Nothing else of the host reaches it: no
        descriptor, environment, file or network. Killing the Popen kills everything inside.
        Raises ProviderError (cause "sandbox") where no sandbox can be had.
        """
        ...
