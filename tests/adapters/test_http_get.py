"""Small requests against real sockets that behave badly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from fairtrial.adapters.http_get import Answer, get, post
from fairtrial.core.errors import ProviderError, UsageError


@contextmanager
def _peer(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def work() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                with suppress(OSError):  # the client has had enough, as it should
                    answer(connection)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/log"


def _says(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def test_a_whole_answer_of_any_status() -> None:
    with _peer(
        _says(b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n3\n")
    ) as url:
        assert post(url, b"body", most=10) == Answer(409, "text/x.tlog.size", b"3\n")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with _peer(
        _says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    ) as url:
        assert get(url, most=10).status == 302


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100, "more than 10 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "was cut 8 bytes before its end"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "gave no answer"),
        (b"nonsense\r\n\r\n", "gave no answer"),
        (b"", "gave no answer"),
    ],
)
def test_answers_that_are_none(text: bytes, told: str) -> None:
    with _peer(_says(text)) as url, pytest.raises(ProviderError, match=told):
        get(url, most=10)


def test_an_answer_that_drips_ends_at_the_limit() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with _peer(drip) as url, pytest.raises(ProviderError, match=r"longer than 0\.5 s"):
        get(url, most=10_000, seconds=0.5)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "url",
    [
        "",
        "log.example",
        "ftp://a/b",
        "file:///etc/passwd",
        "http://",
        "http://u@h/",
        "http://h/a b",
        "http://h:x/",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        get(url, most=10)
