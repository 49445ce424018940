"""A server below HTTP: replies byte by byte as no web framework would send them.

The first part of the path names the reply: `http://HOST:PORT/gzip-bomb` as a base address. Configuration:
{"cert": PEM file, "key": PEM file} makes it a TLS server. `GET /seen` gives the heads of all requests.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import ssl
import sys
from email.utils import formatdate
from time import time
from typing import Any

MEGABYTE = 2**20
GOOD: dict[str, Any] = {
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "42"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1},
}


def answer(content: object = "42", **more: Any) -> bytes:
    """A good reply's body."""
    choice = {**GOOD["choices"][0], "message": {"role": "assistant", "content": content}}
    return json.dumps({**GOOD, "choices": [choice], **more}).encode()


def reply(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole reply; `headers` with underscores for hyphens, Content-Length unless stated."""
    told = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items() if value), "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes, **headers: str) -> bytes:
    """The head and one chunk of a chunked reply, without its end."""
    head = reply(b"", Content_Length="", Transfer_Encoding="chunked", **headers)
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n"


END = b"0\r\n\r\n"
ZIPPED = gzip.compress(answer())
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"

REPLIES: dict[str, bytes] = {
    "good": reply(answer()),
    "gzip": reply(ZIPPED, Content_Encoding="gzip"),
    "gzip-bomb": reply(gzip.compress(b" " * (64 * MEGABYTE)), Content_Encoding="gzip"),
    "gzip-cut": reply(ZIPPED[: len(ZIPPED) // 2], Content_Encoding="gzip"),
    "gzip-tail": reply(ZIPPED + b"more", Content_Encoding="gzip"),
    "gzip-not": reply(answer(), Content_Encoding="gzip"),
    "brotli": reply(answer(), Content_Encoding="br"),
    "large": reply(answer("x" * (15 * MEGABYTE))),
    "too-large": reply(b" ", Content_Length=str(17 * MEGABYTE)),
    "too-large-chunked": chunked(b" " * (17 * MEGABYTE)) + END,
    "html": reply(PAGE, Content_Type="text/html"),
    "html-502": reply(PAGE, "502 Bad Gateway", Content_Type="text/html"),
    "html-403": reply(PAGE, "403 Forbidden", Content_Type="text/html"),
    "empty": reply(b""),
    "empty-429": reply(b"", "429 Too Many Requests", Content_Encoding="gzip", Retry_After="7"),
    "half": reply(answer()[:40], Content_Length="400"),
    "half-json": reply(answer()[:40]),
    "chunk-cut": chunked(answer()),
    "latin-1": reply(answer().replace(b"42", b"\xe9t\xe9")),
    "surrogate": reply(answer("\ud83d 42")),
    "nul": reply(answer("4\x002")),
    "deep": reply(b"[" * 200_000),
    "huge-usage": reply(answer(usage={"prompt_tokens": 10**30, "completion_tokens": -5})),
    "odd-usage": reply(answer(usage={"prompt_tokens": 3.5, "completion_tokens": True})),
    "list-usage": reply(answer(usage=[3])),
    "no-usage": reply(json.dumps({key: GOOD[key] for key in ("model", "choices")}).encode()),
    "array": reply(b"[]"),
    "text": reply(b'"42"'),
    "no-choices": reply(b"{}"),
    "odd-choice": reply(json.dumps({**GOOD, "choices": [7]}).encode()),
    "no-message": reply(json.dumps({**GOOD, "choices": [{"finish_reason": "stop"}]}).encode()),
    "null-error": reply(answer(error=None)),
    "parts": reply(answer([{"type": "text", "text": "4"}, {"type": "text", "text": "2"}])),
    "number": reply(answer(42)),
    "created": reply(answer(), "201 Created"),
    "not-http": b"SSH-2.0-OpenSSH_9.0\r\n",
    "long-header": reply(answer(), X_Long="x" * 20_000),
    "limited": reply(b'{"error": {"message": "slow down"}}', "429 Too Many Requests", Retry_After="7"),
    "inner-429": reply(b'{"error": {"message": "slow", "code": 429}}'),
    "inner-text": reply(b'{"error": "it broke"}'),
    "inner-400": reply(b'{"error": {"message": "no", "code": 400}}'),
}


def _scripted(kind: str, head: str) -> list[bytes | float]:
    """Replies that depend on the request or on time: bytes to send, seconds to wait."""
    key = found[1] if (found := re.search(r"(?i)authorization: Bearer (\S+)", head)) else ""
    data = b'data: {"choices": [{"index": 0, "delta": {"content": "4"}, "finish_reason": null}]}\n\n'
    last = b'data: {"choices": [{"index": 0, "delta": {"content": "2"}, "finish_reason": "stop"}]}\n\n'
    stream = reply(b"", Content_Type="text/event-stream", Content_Length="", Connection="close")
    match kind:
        case "date":
            told = formatdate(time() + 40, usegmt=True)
            return [reply(b"{}", "429 Too Many Requests", Retry_After=told)]
        case "redirect":
            return [reply(b"", "302 Found", Location=f"/good/chat/completions?key={key}")]
        case "redirect-308":
            return [reply(b"", "308 Permanent Redirect", Location="/good/chat/completions")]
        case "echo-key":
            written = json.dumps(f"your key is {key}").replace("/", "\\/").encode()
            return [reply(answer("@").replace(b'"@"', written))]
        case "silent":
            return [30.0]
        case "trickle":
            return [reply(b"", Content_Length="500"), *[b" ", 0.1] * 100]
        case "slow-stream":
            return [stream, 0.3, data, last, b"data: [DONE]\n\n"]
        case "stalled-stream":
            return [stream, data, 30.0]
        case "cut-stream":
            return [stream, data]
        case "cut-event":
            return [stream, data, last[:40]]
    return [REPLIES[kind]]


def main() -> None:
    config = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    context = None
    if "cert" in config:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(config["cert"], config["key"])
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if length := re.search(r"(?i)content-length: (\d+)", head):
                await reader.readexactly(int(length[1]))
            kind = head.split(" ", 2)[1].split("/")[1]
            if kind == "seen":
                writer.write(reply(json.dumps(seen).encode(), Connection="close"))
            else:
                seen.append(head)
                for step in _scripted(kind, head):
                    if isinstance(step, bytes):
                        writer.write(step)
                        await writer.drain()
                    else:
                        await asyncio.sleep(step)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # The client went away: that is what many of these replies are for.
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        print(f"{'https' if context else 'http'}://127.0.0.1:{port}", flush=True)
        await server.serve_forever()

    asyncio.run(run())


if __name__ == "__main__":
    main()
