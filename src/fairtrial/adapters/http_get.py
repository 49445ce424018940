"""One small request and its whole answer, or none: for logs and witnesses, whose answers are bytes to be checked.

No redirects, no proxies, no cookies; a limit of bytes, and a limit of time over all.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fairtrial.core.errors import ProviderError, UsageError

SECONDS: Final = 20.0
_BLOCK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: bytes


def get(url: str, *, most: int, seconds: float = SECONDS) -> Answer:
    """most: bytes the body may have. Raises ProviderError where no whole answer came; UsageError for no address.

    Any status is an answer.
    """
    return _ask("GET", url, None, most, seconds)


def post(url: str, body: bytes, *, most: int, content_type: str = "", seconds: float = SECONDS) -> Answer:
    """content_type: of the body; "" sends none."""
    return _ask("POST", url, body, most, seconds, content_type)


def _ask(
    method: str, url: str, body: bytes | None, most: int, seconds: float, content_type: str = ""
) -> Answer:
    connection, path = _connection(url, seconds)
    until = time.monotonic() + seconds
    headers: Mapping[str, str] = {"Accept-Encoding": "identity", "User-Agent": "fairtrial"} | (
        {"Content-Type": content_type} if content_type else {}
    )
    try:
        connection.request(method, path, body=body, headers=dict(headers))
        response = connection.getresponse()
        received = bytearray()
        # Piece by piece: a limit on each wait alone would let an answer drip for ever.
        while block := response.read1(_BLOCK):
            received += block
            if len(received) > most:
                raise _failed(url, f"answered more than {most:,} bytes", "too-long")
            if time.monotonic() > until:
                raise _failed(url, f"took longer than {seconds:g} s", "timeout")
        if response.length:  # `read1` ends in silence where the body was cut
            raise _failed(url, f"was cut {response.length:,} bytes before its end", "short-body")
        return Answer(response.status, response.headers.get_content_type(), bytes(received))
    except TimeoutError as error:
        raise _failed(url, f"took longer than {seconds:g} s", "timeout") from error
    except (OSError, http.client.HTTPException) as error:
        raise _failed(url, f"gave no answer: {error or type(error).__name__}", "connection") from error
    finally:
        connection.close()


def _connection(url: str, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{url[:80]!r} is no address", "write http(s)://host[:port]/path") from error
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    if parts.scheme not in kinds or not host or parts.username or any(letter <= " " for letter in url):
        raise UsageError(f"{url[:80]!r} is no address", "write http(s)://host[:port]/path")
    return kinds[parts.scheme](host, port, timeout=seconds), parts.path or "/"


def _failed(url: str, what: str, cause: str) -> ProviderError:
    return ProviderError(f"{url} {what}", "check the address, and that it is up", cause=cause, retryable=True)
