"""Starts a stub server in a process of its own and gives its address.

with start("tests.wire.faults", {"faults": [...]}) as server:
    server.base_url, server.get("/stats")
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """A running stub. `root` is scheme, host and port."""

    root: str

    @property
    def base_url(self) -> str:
        """What `--base-url` of an OpenAI-compatible endpoint takes."""
        return f"{self.root}/v1"

    def get(self, path: str) -> Any:
        """The JSON at `path`."""
        with urllib.request.urlopen(self.root + path, timeout=10) as reply:
            return json.load(reply)

    def post(self, path: str, value: object) -> Any:
        """Send JSON to `path`, and give back the JSON that comes."""
        request = urllib.request.Request(self.root + path, json.dumps(value).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)


@contextmanager
def start(module: str, config: dict[str, Any] | None = None) -> Iterator[Server]:
    """Run `python -m module` with `config` until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(config or {})], stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"{module} did not start"
        yield Server(line.decode().strip())
    finally:
        # Killed, not asked: a planted hang would hold up an orderly end for a minute.
        process.kill()
        process.wait(10)


def serve(make: Callable[[dict[str, Any]], web.Application]) -> None:
    """A stub's `__main__`: serve on a free port, and print the address once it answers."""
    config = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    listening = socket.create_server(("127.0.0.1", int(config.get("port", 0))), backlog=2048)
    port = listening.getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    web.run_app(make(config), sock=listening, print=None, access_log=None, handle_signals=True)
