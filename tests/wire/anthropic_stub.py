"""Anthropic's wire: messages, streamed or not, thinking blocks, refusals, errors.

What a reply is like goes by a word in square brackets in the last message, see `_message`. Rules that the
real endpoint keeps are kept here: the version header, max_tokens, a budget below it, no sampling settings
for later models. `GET /seen` gives the last requests.
"""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from tests.wire.seen import Seen
from tests.wire.server import serve

KEY = "sk-ant-stub-0123456789"
VERSIONS = ("2023-06-01", "2026-10-21")
"""Versions of the wire in use: ours, and the one that the SDK names since its release 2."""

MODELS = ("claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-5")

_WORD = re.compile(r"\[([a-z0-9-]+)\]")


def answer_to(prompt: str) -> str:
    """What a well-behaved reply says."""
    return f"You wrote {len(prompt)} characters: {prompt[:20]}"


def _error(status: int, kind: str, message: str, **headers: str) -> web.Response:
    value = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_7"}
    return web.json_response(value, status=status, headers=headers)


def _bearer(request: web.Request) -> str:
    """The key as the SDK sends it since its release 2; before, and from us, it is `x-api-key`."""
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _refused(request: web.Request, body: dict[str, Any], word: str) -> web.Response | None:
    bad = "invalid_request_error"
    thinking, model = body.get("thinking", {}), body.get("model", "")
    if KEY not in (request.headers.get("x-api-key"), _bearer(request)):
        return _error(401, "authentication_error", "invalid x-api-key")
    if request.headers.get("anthropic-version") not in VERSIONS or "max_tokens" not in body:
        return _error(400, bad, "anthropic-version: header is required; max_tokens: Field required")
    if model not in MODELS:
        return _error(404, "not_found_error", f"model: {model}")
    if any(turn["role"] not in ("user", "assistant") for turn in body["messages"]):
        return _error(400, bad, "messages: Unexpected role")
    if model == "claude-opus-5" and (
        {"temperature", "top_p"} & set(body) or thinking.get("type") == "enabled"
    ):
        return _error(400, bad, "`temperature` is deprecated for this model.")
    if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        return _error(400, bad, "`max_tokens` must be greater than `thinking.budget_tokens`")
    if thinking.get("type") == "enabled" and "temperature" in body:
        return _error(400, bad, "`temperature` may only be set to 1 when thinking is enabled.")
    if not all(text.strip() for text in body.get("stop_sequences", ())):
        return _error(400, bad, "stop_sequences: each stop sequence must contain non-whitespace")
    match word:
        case "429":
            return _error(429, "rate_limit_error", "Too many requests", **{"retry-after": "3"})
        case "529":
            return _error(529, "overloaded_error", "Overloaded")
        case "context":
            return _error(400, bad, "prompt is too long: 210000 tokens > 200000 maximum")
        case "credit":
            return _error(400, bad, "Your credit balance is too low to access the Anthropic API.")
    return None


async def messages(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.text())
    prompt = body["messages"][-1]["content"]
    if not isinstance(prompt, str):
        prompt = "".join(block["text"] for block in prompt)
    word = found[1] if (found := _WORD.search(prompt)) else ""
    if (refused := _refused(request, body, word)) is not None:
        return refused
    message = _message(word, prompt, body)
    if body.get("stream"):
        return await _stream(request, message, word)
    return web.json_response(message)


def _message(word: str, prompt: str, body: dict[str, Any]) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": answer_to(prompt)}]
    usage: dict[str, Any] = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 7,
        "output_tokens": 30,
    }
    if body.get("thinking", {}).get("type") in ("enabled", "adaptive"):
        content.insert(0, {"type": "thinking", "thinking": "They want to be counted.", "signature": "c2ln"})
        usage["output_tokens_details"] = {"thinking_tokens": 21}
    reason, details = "end_turn", None
    match word:
        case "refuse":
            content, reason = [], "refusal"
            details = {"type": "refusal", "category": None, "explanation": "It is against the policy."}
        case "length":
            content, reason = [{"type": "text", "text": "You wro"}], "max_tokens"
        case "tool":
            content, reason = [{"type": "tool_use", "id": "toolu_7", "name": "f", "input": {}}], "tool_use"
        case "empty":
            content = []
    return {
        "id": "msg_7",
        "type": "message",
        "role": "assistant",
        "model": f"{body['model']}-20260101",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "stop_details": details,
        "usage": usage,
    }


async def _stream(request: web.Request, message: dict[str, Any], word: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for event in _events(message, word):
        await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    await response.write_eof()
    return response


def _events(message: dict[str, Any], word: str) -> list[dict[str, Any]]:
    usage = message["usage"]
    start = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        kind = block["type"]
        empty = {**block, kind: ""} if kind in ("text", "thinking") else block
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        for i in range(0, len(block.get(kind, "")), 6):
            delta = {"type": f"{kind}_delta", kind: block[kind][i : i + 6]}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        if kind == "thinking":
            delta = {"type": "signature_delta", "signature": block["signature"]}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    if word == "cut":
        return events[:-2]
    if word == "stream-error":
        return [
            *events[:3],
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        ]
    delta = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    last = {key: usage[key] for key in ("output_tokens", "output_tokens_details") if key in usage}
    return [*events, {"type": "message_delta", "delta": delta, "usage": last}, {"type": "message_stop"}]


async def models(_: web.Request) -> web.Response:
    made = "2026-01-01T00:00:00Z"
    listed = [{"type": "model", "id": name, "display_name": name, "created_at": made} for name in MODELS]
    return web.json_response(
        {"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
    )


def make(_: dict[str, Any]) -> web.Application:
    seen = Seen()
    app = web.Application(middlewares=[seen.middleware])
    app.router.add_post("/v1/messages", messages)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/seen", seen.show)
    return app


if __name__ == "__main__":
    serve(make)
