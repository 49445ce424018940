"""How many requests are on the wire, and when none may start.

A 429 pauses the whole provider, not the one worker that met it, and halves the limit; every round of
successes gives one connection back (additive increase, multiplicative decrease).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Gate:
    """Workers `enter` before a request and `leave` after it.

    ceiling: the most connections ever. now: a monotonic clock in seconds.
    """

    def __init__(self, ceiling: int, now: Callable[[], float]) -> None:
        self.limit = ceiling
        self.active = 0
        self._ceiling = ceiling
        self._now = now
        self._resume_at = 0.0
        self._successes = 0
        self._halved_at = -1.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._open = True

    async def enter(self) -> float:
        """Wait for a place. Returns the time of entry, which `throttled` wants if the provider says 429."""
        while self._open and (self.active >= self.limit or self._now() < self._resume_at):
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            self._schedule()
            await place
        self.active += 1
        return self._now()

    def leave(self) -> None:
        self.active -= 1
        self._wake()

    def succeeded(self) -> None:
        """One more answer: after a full round of them the limit grows by one."""
        self._successes += 1
        if self._successes >= self.limit:
            self._successes = 0
            if self.limit < self._ceiling:
                self.limit += 1
                self._wake()

    def throttled(self, wait_s: float, entered_at: float) -> None:
        """The provider said 429 to a request that entered at `entered_at`: nobody starts for `wait_s`.

        Requests already under way when the limit was last halved don't halve it again: a burst of 50 refusals
        is one message, not fifty.
        """
        self._resume_at = max(self._resume_at, self._now() + wait_s)
        if entered_at > self._halved_at:
            self.limit = max(1, self.limit // 2)
            self._halved_at = self._now()
        self._successes = 0

    def open_wide(self) -> None:
        """Let everybody through, since they only come to learn that the run is stopping."""
        self._open = False
        self._resume_at = 0.0
        while self._waiting:
            self._release()

    def _wake(self) -> None:
        if self._waiting and self.active < self.limit:
            if self._now() >= self._resume_at:
                self._release()
            else:
                self._schedule()

    def _release(self) -> None:
        place = self._waiting.popleft()
        if not place.done():
            place.set_result(None)

    def _schedule(self) -> None:
        delay = self._resume_at - self._now()
        if delay > 0 and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(delay, self._resume)

    def _resume(self) -> None:
        self._timer = None
        if self._now() < self._resume_at:
            self._schedule()
            return
        for _ in range(min(len(self._waiting), max(1, self.limit - self.active))):
            self._release()
