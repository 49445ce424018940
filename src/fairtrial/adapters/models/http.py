"""The one way bytes leave for a model: a pool of connections, one attempt a call, everything bounded.

Retries, pauses and circuit breaking belong to the runner. Redirects are not followed: a key must not travel
to a host that nobody named. Compressed replies are inflated here and not by aiohttp, because only then does
the size limit hold for what a small body expands to.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final, NoReturn
from urllib.parse import quote

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from fairtrial.adapters.models.address import proxy_of
from fairtrial.adapters.models.setting import Setting
from fairtrial.core.errors import ProviderError

LIMIT: Final = 16 * 1024 * 1024
"""Largest reply that is read, in bytes, also after inflating."""

AGENT: Final = "fairtrial"
SHORTEST_SECRET: Final = 8
"""A shorter key is a placeholder ("EMPTY", "none"): blotting it out would spoil ordinary words."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one attempt brought. `request` and `text` are the exact texts on the wire. Times in seconds."""

    status: int
    text: str
    request: str
    headers: Mapping[str, str]
    duration_s: float
    first_token_s: float | None = None


class Transport:
    """A pool of connections to one provider. `secrets` never show in anything it hands out."""

    def __init__(
        self, who: str, headers: Mapping[str, str], secrets: tuple[str, ...], setting: Setting
    ) -> None:
        self._who = who
        self._headers = CIMultiDict({"Content-Type": "application/json", "User-Agent": AGENT, **headers})
        self._headers["Accept-Encoding"] = "gzip"
        self._secrets = tuple(
            form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in _forms(secret)
        )
        self._setting = setting
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Transport({self._who})"

    async def post(self, url: URL, body: str, *, starts: Callable[[str], bool] | None = None) -> Reply:
        """Send `body`, read the whole reply, whatever its status.

        starts: for a streamed reply; called with the data of each event until it says that this one holds
        the answer's first token, whose time is then `first_token_s`. Raises ProviderError with cause
        connection, certificate, timeout, short-body or bad-reply.
        """
        return await self._send("POST", url, body, starts)

    async def get(self, url: URL) -> Reply:
        """Fetch `url`; raises as `post` does."""
        return await self._send("GET", url, "", None)

    async def close(self) -> None:
        """Let go of every connection. A later call opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def clean(self, text: str) -> str:
        """`text` with every key blotted out, should a server have echoed one."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "[key]")
        return text

    def _clean_headers(self, response: aiohttp.ClientResponse) -> Mapping[str, str]:
        # Only those of a refusal are ever shown (where a redirect points to).
        if response.status == 200:
            return response.headers
        return CIMultiDict((name, self.clean(value)) for name, value in response.headers.items())

    def _open(self, url: URL) -> aiohttp.ClientSession:
        limits = self._setting.timeouts
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._setting.connections, ttl_dns_cache=300),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(
                total=limits.whole, sock_connect=limits.connect, sock_read=limits.first_byte
            ),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=proxy_of(url, self._setting.environ),
        )

    async def _send(self, method: str, url: URL, body: str, starts: Callable[[str], bool] | None) -> Reply:
        if self._session is None:
            self._session = self._open(url)
        started = perf_counter()
        answered = False
        try:
            async with self._session.request(
                method, url, data=body.encode() if body else None, allow_redirects=False
            ) as response:
                answered = True
                reading = _Reading(started, starts, self._setting.timeouts.between)
                await reading.take(response)
                text = reading.text()
        except (aiohttp.ClientError, OSError, TimeoutError, UnicodeError) as error:
            self._fail(error, url, body, answered)
        except _BadBody as error:
            raise self._error("bad-reply", f"{url.host} sent {error}", body, retryable=True) from error
        return Reply(
            response.status,
            self.clean(text),
            self.clean(body),
            self._clean_headers(response),
            perf_counter() - started,
            reading.first_token_s,
        )

    def _error(
        self, cause: str, message: str, body: str, *, retryable: bool, remedy: str = ""
    ) -> ProviderError:
        return ProviderError(
            f"{self._who}: {self.clean(message)}",
            remedy,
            cause=cause,
            retryable=retryable,
            request=self.clean(body),
        )

    def _fail(self, error: Exception, url: URL, body: str, answered: bool) -> NoReturn:
        cause, message, remedy = _explain(error, url, answered, self._setting)
        raise self._error(cause, message, body, retryable=cause != "certificate", remedy=remedy) from error


class _BadBody(Exception):
    """The reply's bytes can't be taken as text."""


class _Reading:
    """Takes one reply piece by piece, inflates it, and stops at the size limit."""

    def __init__(self, started: float, starts: Callable[[str], bool] | None, between_s: float) -> None:
        self._started = started
        self._starts = starts
        self._between_s = between_s
        self._parts: list[bytes] = []
        self._size = 0
        self._line = b""
        self._inflating: zlib._Decompress | None = None
        self.first_token_s: float | None = None

    async def take(self, response: aiohttp.ClientResponse) -> None:
        length = response.content_length
        if length is not None and length > LIMIT:
            raise _BadBody(f"a reply of {length:,} bytes; at most {LIMIT:,} are read")
        self._inflating = _inflater(response.headers.get("Content-Encoding", ""))
        async for piece in self._pieces(response):
            data = self._inflated(piece)
            self._size += len(data)
            if self._size > LIMIT:
                raise _BadBody(f"a reply that grows beyond {LIMIT:,} bytes")
            self._parts.append(data)
            if self._starts is not None and self.first_token_s is None:
                self._look(data, self._starts)

    def text(self) -> str:
        if self._inflating is not None and self._parts and not self._inflating.eof:
            raise aiohttp.ClientPayloadError("the compressed reply is cut")
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise _BadBody("a reply that is not UTF-8 text") from error

    def _inflated(self, piece: bytes) -> bytes:
        """The piece as it was before compression, at most one byte more than there is room for."""
        if self._inflating is None:
            return piece
        try:
            data = self._inflating.decompress(piece, LIMIT + 1 - self._size)
        except zlib.error as error:
            raise _BadBody("a compressed reply that can't be inflated") from error
        if self._inflating.unused_data:
            raise _BadBody("a compressed reply with something behind its end")
        return data

    def _pieces(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        if self._starts is None:
            return response.content.iter_any()
        return self._bounded(response.content)

    async def _bounded(self, content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
        # The first piece may take as long as a model thinks (sock_read); the next ones may not.
        if piece := await content.readany():
            yield piece
        while not content.at_eof():
            async with asyncio.timeout(self._between_s):
                piece = await content.readany()
            if piece:
                yield piece

    def _look(self, data: bytes, starts: Callable[[str], bool]) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data:") and starts(line[5:].decode(errors="replace").strip()):
                self.first_token_s = perf_counter() - self._started
                return


def _inflater(encoding: str) -> zlib._Decompress | None:
    """What inflates the body; None for a plain one."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip"):
        raise _BadBody(f"a reply in the encoding {encoding[:40]!r}, which nobody asked for")
    return zlib.decompressobj(zlib.MAX_WBITS + 16)  # 16 added: gzip and nothing else.


def _forms(secret: str) -> set[str]:
    """A key as it may come back: as it is, as JSON writes it (slashes escaped or not), as an address does."""
    written = json.dumps(secret)[1:-1]
    return {secret, written, written.replace("/", "\\/"), quote(secret, safe="")}


def _explain(error: Exception, url: URL, answered: bool, setting: Setting) -> tuple[str, str, str]:
    """(cause, message, remedy) of a failure below HTTP."""
    where = f"{url.host}:{url.port}"
    told = setting.timeouts
    check = "check the address and that the server is running"
    match error:
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            reason = getattr(error, "certificate_error", error)
            return (
                "certificate",
                f"the certificate of {where} is not trusted ({_short(reason)})",
                "name its authority with SSL_CERT_FILE=…, or mend the server; it is never skipped",
            )
        case aiohttp.ConnectionTimeoutError():
            return "connection", f"{where} took no connection within {told.connect:g} s (dead host?)", check
        case TimeoutError():
            return (
                "timeout",
                f"{where} is silent (limits: first byte {told.first_byte:g} s, whole {told.whole:g} s)",
                "give --timeout more seconds, or ask a faster endpoint",
            )
        case aiohttp.ClientConnectorDNSError() | UnicodeError():
            return "connection", f"the name {url.host} can't be resolved", "check the address and the network"
        case aiohttp.ClientConnectorError():
            return "connection", f"{where} can't be reached ({_short(error.os_error)})", check
        case aiohttp.ClientResponseError():
            return "bad-reply", f"{where} does not speak HTTP as it should ({_short(error.message)})", check
        case aiohttp.ClientPayloadError():
            return "short-body", f"{where} broke off in the middle of its reply", ""
        case _ if answered:
            return "short-body", f"{where} broke off in the middle of its reply ({_short(error)})", ""
        case _:
            return "connection", f"{where} closed the connection before it answered ({_short(error)})", ""


def _short(error: object) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:159] + "…"
