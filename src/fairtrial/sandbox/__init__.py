"""Untrusted code: a program and its exam, each in a fresh sandbox of its own, and a parent that believes neither.

judge.py rules; backend.py is the port to what isolates (bubblewrap.py, container.py), and probe.py finds one that
works; guest/ holds the two programs that run inside; values.py and frames.py are all that crosses.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.probe import backend


def find(environ: Mapping[str, str]) -> Judge:
    """A judge over the first sandbox that works here, or the one that FAIRTRIAL_SANDBOX names.

    Raises UsageError where none works, with what was tried, why it doesn't work and what to install.
    """
    return Judge(backend(environ))
