"""One at a time, and those who come meanwhile may be served by whoever goes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turns:
    """A lock that can be given up on: who waits may find that somebody else has done the work."""

    def __init__(self) -> None:
        self._changed, self._busy = threading.Condition(), False

    @contextmanager
    def taken(self, unless: Callable[[], bool] = lambda: False) -> Iterator[bool]:
        """Wait until nobody else has the turn, then have it (True); or until `unless` holds (False)."""
        with self._changed:
            self._changed.wait_for(lambda: unless() or not self._busy)
            mine = not unless()
            self._busy = self._busy or mine
        try:
            yield mine
        finally:
            if mine:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
