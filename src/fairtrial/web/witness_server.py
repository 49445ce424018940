"""A witness over HTTP (C2SP tlog-witness): add-checkpoint, and the checkpoint cosigned last for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from fairtrial.core.errors import StoreError
from fairtrial.lab.witness import Witness
from fairtrial.trust.note import MOST_BYTES
from fairtrial.trust.witness import SIZE_TYPE


@dataclass(frozen=True, slots=True)
class WitnessServer:
    """tell: told of every fork, and of a disk that fails."""

    witness: Witness
    tell: Callable[[str], None]

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_post("/add-checkpoint", self.add_checkpoint)
        app.router.add_get("/{log:[0-9a-f]{64}}/checkpoint", self.checkpoint)
        return app

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=400, text="the body is too long\n")
        try:
            # In a thread: it waits for the disk, and its lock keeps requests apart.
            reply = await asyncio.to_thread(self.witness.add_checkpoint, body)
        except StoreError as error:
            self.tell(error.message)
            return web.Response(status=500, text="the new state can't be kept\n")
        if reply.fork is not None:
            self.tell(str(reply.fork))
        kind = SIZE_TYPE if reply.status == 409 else "text/plain"
        return web.Response(status=reply.status, text=reply.body, content_type=kind)

    async def checkpoint(self, request: web.Request) -> web.Response:
        data = await asyncio.to_thread(self.witness.checkpoint, request.match_info["log"])
        if data is None:
            return web.Response(status=404, text="no checkpoint of that log was cosigned here\n")
        return web.Response(body=data, headers={"Content-Type": "text/plain; charset=utf-8"})
