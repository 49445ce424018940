"""The machine's clock, behind the `Clock` port."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Wall time for records, monotonic time for durations: a clock set back does no harm to the latter."""

    def __init__(self) -> None:
        # Asked for every attempt: the second is put into words once.
        self._second, self._told = -1, ""

    def now(self) -> str:
        second, millisecond = divmod(time.time_ns() // 1_000_000, 1_000)
        if second != self._second:
            self._second, self._told = (
                second,
                datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            )
        return f"{self._told}.{millisecond:03d}Z"

    def monotonic(self) -> float:
        return time.monotonic()
