"""Keeps the last requests that a stub got, word by word, so that tests can hold them against records."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import web


class Seen:
    """The last 50 requests: path with query, headers, body text."""

    def __init__(self) -> None:
        self._requests: deque[dict[str, object]] = deque(maxlen=50)

        @web.middleware
        async def middleware(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            await self._note(request)
            return await handler(request)

        self.middleware = middleware

    async def _note(self, request: web.Request) -> None:
        if request.path != "/seen":
            headers = {name.lower(): value for name, value in request.headers.items()}
            self._requests.append({"path": request.path_qs, "headers": headers, "body": await request.text()})

    async def show(self, _: web.Request) -> web.Response:
        return web.json_response(list(self._requests))
