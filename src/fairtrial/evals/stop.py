"""When a run is to end early, and how those who wait learn of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stop:
    """Why nothing new is sent any more. Set by the first Ctrl-C, a spent budget, a breaker, a full disk."""

    reason: str = ""
    event: asyncio.Event = field(default_factory=asyncio.Event)

    def request(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.event.set()

    @property
    def wanted(self) -> bool:
        return self.event.is_set()

    async def sleep(self, seconds: float) -> bool:
        """Wait; False where a stop came meanwhile."""
        if seconds <= 0:
            return not self.wanted
        try:
            await asyncio.wait_for(self.event.wait(), seconds)
        except TimeoutError:
            return True
        return False
