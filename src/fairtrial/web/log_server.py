"""A log over HTTP (C2SP tlog-tiles): files, read as they lie on the disk. Nothing can be written from here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from fairtrial.adapters.stores.tiles import LogFolder
from fairtrial.trust.tiles import CHECKPOINT, is_log_path

_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class LogServer:
    folder: LogFolder

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.+}", self.file)
        return app

    async def file(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        # Only names that a log has: no other file of the folder, above all not the key, can be named.
        data = await asyncio.to_thread(self.folder.public, path) if is_log_path(path) else None
        if data is None:
            raise web.HTTPNotFound(text="a log has no such file\n")
        if path == CHECKPOINT:
            headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        else:
            headers = {"Content-Type": "application/octet-stream", "Cache-Control": _FOR_EVER}
        return web.Response(body=data, headers=headers)
