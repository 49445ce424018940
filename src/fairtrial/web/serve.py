"""Serving until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable

from aiohttp import web

from fairtrial.core.errors import UsageError
from fairtrial.core.ports import Model, Tokens
from fairtrial.web.endpoint import Endpoint


async def serve(
    model: Model, tokens: Tokens | None, *, host: str, port: int, ready: Callable[[str], None]
) -> None:
    """Answer on host:port (0: a free one) until SIGINT or SIGTERM, then let go. ready: told the base address once
    it answers. Raises UsageError where the address can't be had."""
    try:
        application = Endpoint(model, tokens).application()
        await answer(application, host=host, port=port, ready=lambda address: ready(f"{address}/v1"))
    finally:
        await model.close()


async def answer(application: web.Application, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Any application, on host:port (0: a free one) until SIGINT or SIGTERM. Raises UsageError where the address
    can't be had."""
    listening = _listen(host, port)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listening.getsockname()[1]}")
        await _interrupted()
    finally:
        await runner.cleanup()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise UsageError(
            f"can't listen on {host}:{port}: {error.strerror or error}", "choose another --port, or --port 0"
        ) from error


async def _interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await stop.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
