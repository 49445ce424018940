"""A server of the OpenAI chat shape whose answers are known, and whose faults are planted.

The prompt holds "ticket 0123"; the right answer is a function of that number, so any score below 1 is the
harness's fault, and any request beyond one a ticket is a retry it must own. Configuration:

    {"faults": [{"kind": "http-500", "ids": [3, 14], "when": "once"},
                {"kind": "hang", "share": 0.03, "when": "always"}],
     "latency_s": 0.0, "key": "", "retry_after": "1", "hang_s": 3600}

ids: ticket numbers; share: tickets chosen by a hash of kind and number, the same in every run. "once" strikes
the first request of a ticket, "always" each. `GET /stats` tells requests, requests a ticket, good answers,
most in flight, and of each request its ticket, second of arrival and how many were in flight with it;
`POST /config` takes a new configuration and forgets the counts.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import socket
import struct
from collections import Counter
from time import monotonic
from typing import Any

from aiohttp import web

from tests.wire.server import serve

KINDS = (
    "http-500",
    "rate-limited",
    "reset",
    "short-body",
    "malformed",
    "hang",
    "context-length",
    "content-null",
    "empty-choices",
    "error-object",
    "length",
    "wrong-key",
    "html",
    "refusal",
    "content-filter",
    "tool-call",
    "quota",
    "unknown-model",
    "no-usage",
    "other-model",
    "server-busy",
    "disconnect",
    "bad-request",
)
"""What can be planted. The first twelve but `hang` are answers on the wire; see `_strike`."""

_TICKET = re.compile(r"ticket (\d+)")
_USAGE = {"prompt_tokens": 40, "completion_tokens": 6, "total_tokens": 46}


def right_answer(ticket: int) -> int:
    """The one right answer to a ticket."""
    return (ticket * 37 + 11) % 1000


def question(ticket: int) -> str:
    """A prompt about a ticket."""
    return f"What number belongs to ticket {ticket:04d}? End with the number."


def rows(n: int) -> list[dict[str, str]]:
    """n rows of own data: id, input, target."""
    return [
        {"id": f"t{ticket:04d}", "input": question(ticket), "target": str(right_answer(ticket))}
        for ticket in range(n)
    ]


def strikes(fault: dict[str, Any], ticket: int) -> bool:
    """Whether a planted fault hits this ticket at all."""
    if "ids" in fault:
        return ticket in fault["ids"]
    share = float(fault.get("share", 1.0))
    hashed = hashlib.sha256(f"{fault['kind']}:{ticket}".encode()).digest()
    return int.from_bytes(hashed[:8]) / 2**64 < share


class Faults:
    """The server's state: what is planted, and what was seen."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.configure(config)

    def configure(self, config: dict[str, Any]) -> None:
        unknown = {fault["kind"] for fault in config.get("faults", ())} - set(KINDS)
        assert not unknown, f"no such fault: {unknown}"
        self.config = config
        self.per_id: Counter[int] = Counter()
        self.requests = self.good = self.in_flight = self.most_in_flight = 0
        self.arrivals: list[tuple[int, float, int]] = []

    def stats(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "good": self.good,
            "distinct": len(self.per_id),
            "most_per_id": max(self.per_id.values(), default=0),
            "per_id": {str(ticket): n for ticket, n in sorted(self.per_id.items())},
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "arrivals": self.arrivals,
        }

    async def chat(self, request: web.Request) -> web.StreamResponse:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._answer(request)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        text = "\n".join(str(turn["content"]) for turn in body["messages"])
        found = _TICKET.findall(text)
        ticket = int(found[-1]) if found else -1
        self.requests += 1
        self.per_id[ticket] += 1
        self.arrivals.append((ticket, monotonic(), self.in_flight))
        if latency := self.config.get("latency_s"):
            await asyncio.sleep(latency)
        if (key := self.config.get("key")) and request.headers.get("Authorization") != f"Bearer {key}":
            return _error(401, "Incorrect API key provided", "invalid_api_key", "invalid_request_error")
        for fault in self.config.get("faults", ()):
            first_only = fault.get("when", "always") == "once"
            if strikes(fault, ticket) and not (first_only and self.per_id[ticket] > 1):
                struck = await self._strike(fault["kind"], request, body, ticket)
                if struck is not None:
                    return struck
        self.good += 1
        return await reply(request, body, f"The number is {right_answer(ticket)}")

    async def _strike(
        self, kind: str, request: web.Request, body: dict[str, Any], ticket: int
    ) -> web.StreamResponse | None:
        """The faulty reply of one kind. Connections are broken on the socket itself."""
        told = self.config.get("retry_after", "1")
        good = f"The number is {right_answer(ticket)}"
        match kind:
            case "http-500":
                return _error(500, "The server had an error", "server_error", "server_error")
            case "server-busy":
                return _error(503, "Overloaded", "overloaded", "server_error")
            case "rate-limited":
                return _error(
                    429, "Rate limit reached", "rate_limit_exceeded", "requests", {"Retry-After": told}
                )
            case "quota":
                return _error(
                    429, "You exceeded your current quota", "insufficient_quota", "insufficient_quota"
                )
            case "reset":
                return _reset(request)
            case "disconnect":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case "short-body":
                return await _short(request, body, good)
            case "malformed":
                return web.Response(
                    text='{"choices": [{"message": {"content": "42"', content_type="application/json"
                )
            case "hang":
                await asyncio.sleep(self.config.get("hang_s", 3600))
                return web.Response()
            case "context-length":
                message = (
                    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."
                )
                return _error(400, message, "context_length_exceeded", "invalid_request_error")
            case "bad-request":
                return _error(400, "Unrecognized request argument", None, "invalid_request_error")
            case "wrong-key":
                return _error(401, "Incorrect API key provided", "invalid_api_key", "invalid_request_error")
            case "unknown-model":
                message = f"The model `{body['model']}` does not exist or you do not have access to it."
                return _error(404, message, "model_not_found", "invalid_request_error")
            case "html":
                page = "<!DOCTYPE html><html><body>Please sign in to the network</body></html>"
                return web.Response(text=page, content_type="text/html")
            case "empty-choices":
                return web.json_response({**_head(body), "choices": [], "usage": _USAGE})
            case "error-object":
                return web.json_response({"error": {"message": "Upstream failed", "code": 502}})
        return await _poor(kind, request, body, good)


async def _poor(
    kind: str, request: web.Request, body: dict[str, Any], good: str
) -> web.StreamResponse | None:
    """Whole replies that hold no whole answer."""
    match kind:
        case "content-null":
            return await reply(request, body, None)
        case "length":
            return await reply(request, body, "The number is", finish="length")
        case "refusal":
            return await reply(request, body, None, refusal="I can't help with that.")
        case "content-filter":
            return await reply(request, body, None, finish="content_filter")
        case "tool-call":
            call = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
            return await reply(request, body, None, finish="tool_calls", tool_calls=[call])
        case "no-usage":
            return await reply(request, body, good, usage=None)
        case "other-model":
            return await reply(request, {**body, "model": "another-model-2"}, good)
    return None


async def reply(
    request: web.Request,
    body: dict[str, Any],
    content: str | None,
    *,
    finish: str = "stop",
    usage: dict[str, int] | None = _USAGE,
    **more: Any,
) -> web.StreamResponse:
    """A chat completion, streamed where the request asks for a stream."""
    message = {"role": "assistant", "content": content, "refusal": None, **more}
    if body.get("stream"):
        return await _stream(request, body, message, finish, usage)
    value = {**_head(body), "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    return web.json_response(value if usage is None else {**value, "usage": usage})


async def _stream(
    request: web.Request,
    body: dict[str, Any],
    message: dict[str, Any],
    finish: str,
    usage: dict[str, int] | None,
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    head = {**_head(body), "object": "chat.completion.chunk"}

    async def send(value: dict[str, Any]) -> None:
        await response.write(b"data: " + json.dumps(value).encode() + b"\n\n")

    pieces = [message["content"][i : i + 5] for i in range(0, len(message["content"] or ""), 5)]
    for delta in ({**message, "content": None}, *({"content": piece} for piece in pieces), {}):
        last = finish if delta == {} else None
        await send({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": last}], "usage": None})
    if usage is not None and body.get("stream_options", {}).get("include_usage"):
        await send({**head, "choices": [], "usage": usage})
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _short(request: web.Request, body: dict[str, Any], good: str) -> web.StreamResponse:
    """Half of a right reply, then the end: less than the stated length, or half of a stream."""
    if body.get("stream"):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        first = {
            **_head(body),
            "choices": [{"index": 0, "delta": {"content": good[:8]}, "finish_reason": None}],
        }
        await response.write(b"data: " + json.dumps(first).encode() + b"\n\n")
    else:
        whole = json.dumps({**_head(body), "choices": [{"message": {"content": good}}]}).encode()
        response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Content-Length": str(len(whole))}
        )
        await response.prepare(request)
        await response.write(whole[: len(whole) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


def _reset(request: web.Request) -> web.Response:
    """Close with a reset in place of an orderly end."""
    assert request.transport is not None
    connection: socket.socket = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()


def _head(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "system_fingerprint": "fp_stub",
    }


def _error(
    status: int, message: str, code: str | None, kind: str, headers: dict[str, str] | None = None
) -> web.Response:
    value = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return web.json_response(value, status=status, headers=headers)


def make(config: dict[str, Any]) -> web.Application:
    """The application, for `serve` or a test of its own."""
    faults = Faults(config)

    async def stats(_: web.Request) -> web.Response:
        return web.json_response(faults.stats())

    async def configure(request: web.Request) -> web.Response:
        faults.configure(json.loads(await request.text()))
        return web.json_response({"ok": True})

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "stub-model", "object": "model"}]})

    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_post("/v1/chat/completions", faults.chat)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/stats", stats)
    app.router.add_post("/config", configure)
    return app


if __name__ == "__main__":
    serve(make)
