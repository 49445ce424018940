"""Logs and witnesses in real processes, as people start them."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.lab.log_world import ORIGIN, new_log


@contextmanager
def served(*words: str | Path) -> Iterator[str]:
    """`fairtrial WORDS… serve` on a free port; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fairtrial", *map(str, words), "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield json.loads(line)["url"]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, "Ctrl-C ends it in order"


def request(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str, bytes]:
    """Status, content type, body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request(method, parts.path, body=body)
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()
    finally:
        connection.close()


def add_checkpoint(url: str, body: bytes) -> tuple[int, str, bytes]:
    return request(f"{url}/add-checkpoint", "POST", body)


def new_witness(path: Path, name: str, *logs: str) -> str:
    """Its public key."""
    words = [word for log in logs for word in ("--log", log)]
    done = subprocess.run(
        [sys.executable, "-m", "fairtrial", "witness", "init", str(path), "--name", name, *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def vkey(log: Path) -> str:
    return (log / "log.vkey").read_text().strip()


__all__ = ["ORIGIN", "add_checkpoint", "new_log", "new_witness", "request", "served", "vkey"]
