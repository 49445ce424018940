"""The answering server as a process: compiled at first use; a fresh one, on its own port, for each tool."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).parent / "server.c"
FLAGS = ("-O2", "-std=c11", "-Wall", "-Wextra")


class NoCompiler(Exception):
    """There is no C compiler here."""


def build(cache: Path) -> Path:
    """The server's binary, named by its source's digest. Raises NoCompiler, CalledProcessError."""
    name = hashlib.sha256(SOURCE.read_bytes() + " ".join(FLAGS).encode()).hexdigest()[:12]
    binary = cache / f"server-{name}"
    if binary.exists():
        return binary
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("perf/server.c needs a C compiler (cc): install gcc or clang, then run this again")
    cache.mkdir(parents=True, exist_ok=True)
    beside = binary.with_suffix(".new")
    subprocess.run([compiler, *FLAGS, "-o", str(beside), str(SOURCE)], check=True)
    beside.rename(binary)
    return binary


class Server:
    """A running server; a context manager. Times in seconds."""

    def __init__(self, binary: Path, *, latency_s: float, jitter_s: float) -> None:
        argv = [str(binary), "--latency-ms", f"{latency_s * 1000:g}", "--jitter-ms", f"{jitter_s * 1000:g}"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.address = f"http://127.0.0.1:{int(self._process.stdout.readline().split()[1])}"

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    def stats(self) -> Mapping[str, float]:
        """What the server saw so far: requests, distinct, extra, most_in_flight, span_s, cpu_s, …"""
        with urllib.request.urlopen(f"{self.address}/stats", timeout=10) as reply:
            figures: Mapping[str, float] = json.load(reply)
        return figures

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)
