"""OpenAI's wire: chat and completions, streamed or not, models, errors, and echoed log-probabilities.

What a reply is like goes by a word in square brackets in the last message ("[refuse]", "[length]", …, see
`_chat`); for log-probabilities by the model's name ("ngram", or one of the broken kinds in `BROKEN`). Only
`MODELS` exist. `GET /seen` gives the last requests as they came in.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from aiohttp import web

from tests.wire import ngram
from tests.wire.seen import Seen
from tests.wire.server import serve

BROKEN = (
    "ngram-no-echo",
    "ngram-zero",
    "ngram-constant",
    "ngram-context-free",
    "ngram-noncausal",
    "ngram-positive",
    "ngram-none",
    "ngram-content",
    "ngram-same",
    "ngram-nan",
    "ngram-shifted",
)
"""Servers whose log-probabilities are wrong, each in its own way."""

FINE = ("ngram", "ngram-bos", "ngram-reordered", "ngram-silent")
"""Right ones: plain; with a special first token (vLLM); choices out of order; without top_logprobs."""

MODELS = ("gpt-4o-mini", "gpt-5-mini", "o3", *FINE, *BROKEN)
KEY = "sk-stub-0123456789abcdef"

_WORD = re.compile(r"\[([a-z0-9-]+)\]")


def answer_to(prompt: str) -> str:
    """What a well-behaved reply says."""
    return f"You wrote {len(prompt)} characters: {prompt[:20]}"


def _usage(inp: int, out: int, reasoning: int = 0, cached: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": inp,
        "completion_tokens": out,
        "total_tokens": inp + out,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def _error(status: int, message: str, kind: str, code: str | None, **headers: str) -> web.Response:
    value = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return web.json_response(value, status=status, headers=headers)


def _refused(request: web.Request, body: dict[str, Any], word: str) -> web.Response | None:
    """The error reply due, if any."""
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        said = f"Incorrect API key provided: {request.headers.get('Authorization')}."
        return _error(401, said, "invalid_request_error", "invalid_api_key")
    if body["model"] not in MODELS:
        said = f"The model `{body['model']}` does not exist or you do not have access to it."
        return _error(404, said, "invalid_request_error", "model_not_found")
    match word:
        case "429":
            return _error(
                429, "Rate limit reached", "requests", "rate_limit_exceeded", **{"retry-after-ms": "1500"}
            )
        case "quota":
            return _error(429, "You exceeded your current quota", "insufficient_quota", "insufficient_quota")
        case "500":
            return _error(500, "The server had an error", "server_error", None)
        case "context":
            return _error(
                400, "maximum context length is 10", "invalid_request_error", "context_length_exceeded"
            )
    return None


async def chat(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.text())
    prompt = body["messages"][-1]["content"]
    word = found[1] if (found := _WORD.search(prompt)) else ""
    if (refused := _refused(request, body, word)) is not None:
        return refused
    reasons = body["model"].startswith(("o3", "gpt-5"))
    if reasons and ("temperature" in body or "max_tokens" in body):
        said = "Unsupported parameter: use 'max_completion_tokens' instead."
        return _error(400, said, "invalid_request_error", "unsupported_parameter")
    message, finish, usage = _chat(word, prompt, reasons)
    head = {
        "id": "chatcmpl-7",
        "created": 1,
        "model": f"{body['model']}-2026-01-01",
        "system_fingerprint": "fp_7",
    }
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        return web.json_response({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    head["object"] = "chat.completion.chunk"
    return await _stream(request, _chat_chunks(head, message, finish, usage, body), word)


def _chat(word: str, prompt: str, reasons: bool) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """(message, finish_reason, usage) of a reply."""
    message: dict[str, Any] = {"role": "assistant", "content": answer_to(prompt), "refusal": None}
    finish, usage = "stop", _usage(20, 30, 24 if reasons else 0, 8)
    match word:
        case "refuse":
            message |= {"content": None, "refusal": "I'm sorry, I can't assist with that."}
        case "filter":
            message["content"], finish = None, "content_filter"
        case "length":
            message["content"], finish = "You wro", "length"
        case "null":
            message["content"] = None
        case "tool":
            call = {"id": "call_7", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            message |= {"content": None, "tool_calls": [call]}
            finish = "tool_calls"
        case "think":
            message["reasoning_content"] = "They want to be counted."
        case "reasoning":
            message["reasoning"] = "They want to be counted."
        case "think-tag":
            message["content"] = "<think>\nThey want it.\n</think>\n\nForty-two"
        case "think-open":
            message["content"], finish = "<think>\nThey want", "length"
    return message, finish, usage


def _chat_chunks(
    head: dict[str, Any], message: dict[str, Any], finish: str, usage: dict[str, Any], body: dict[str, Any]
) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for key in ("reasoning_content", "reasoning", "refusal", "content"):
        text = message.get(key) or ""
        deltas += [{key: text[i : i + 7]} for i in range(0, len(text), 7)]
    if calls := message.get("tool_calls"):
        deltas.append({"tool_calls": [{"index": 0, **calls[0]}]})
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if body.get("stream_options", {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": usage})
    return chunks


async def _stream(request: web.Request, chunks: list[dict[str, Any]], word: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    if word == "cut":
        chunks = chunks[:3]
    if word == "stream-error":
        chunks = [
            *chunks[:2],
            {"error": {"message": "The engine broke", "type": "server_error", "code": None}},
        ]
    for chunk in chunks:
        await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    if word not in ("cut", "stream-error"):
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def completions(request: web.Request) -> web.StreamResponse:
    body = json.loads(await request.text())
    if (refused := _refused(request, body, "")) is not None:
        return refused
    model = body["model"]
    prompts = [body["prompt"]] if isinstance(body["prompt"], str) else body["prompt"]
    head = {
        "id": "cmpl-7",
        "object": "text_completion",
        "created": 1,
        "model": model,
        "system_fingerprint": "fp_7",
    }
    if not body.get("echo"):
        text = answer_to(prompts[0])
        chunks = [
            {**head, "choices": [{"index": 0, "text": text[:9], "logprobs": None, "finish_reason": None}]},
            {**head, "choices": [{"index": 0, "text": text[9:], "logprobs": None, "finish_reason": "stop"}]},
        ]
        if body.get("stream"):
            return await _stream(request, [*chunks, {**head, "choices": [], "usage": _usage(5, 9)}], "")
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}
        return web.json_response({**head, "choices": [choice], "usage": _usage(5, 9)})
    if not model.startswith("ngram"):
        said = "Setting 'echo' and 'logprobs' at the same time is not supported for this model."
        return _error(400, said, "invalid_request_error", None)
    choices = [_echo(model, index, prompt) for index, prompt in enumerate(prompts)]
    if model == "ngram-reordered":
        choices.reverse()
    return web.json_response(
        {**head, "choices": choices, "usage": _usage(sum(map(len, prompts)), len(prompts))}
    )


def _echo(model: str, index: int, prompt: str) -> dict[str, Any]:
    """One choice: the prompt and one generated byte, with the log-probabilities of both."""
    data = prompt.encode()
    generated, generated_lp = ngram.best(data, len(data))
    whole = data + bytes([generated])
    values: list[float | None] = [*ngram.logprobs(data), generated_lp]
    tokens = [_token(byte) for byte in whole]
    tops: list[dict[str, float] | None] = [None]
    for place in range(1, len(whole)):
        byte, value = ngram.best(whole, place)
        tops.append({tokens[place]: float(values[place] or 0), _token(byte): value})
    match model:
        case "ngram-zero":
            values = [0.0] * len(values)
        case "ngram-constant":
            values = [None] + [-1.5] * (len(values) - 1)
        case "ngram-context-free":
            values = [None, *(ngram.distribution(b"")[byte] for byte in whole[1:])]
        case "ngram-noncausal":
            values = [None, *((value or 0) - len(data) / 10 for value in values[1:])]
        case "ngram-same":
            values = [None, *[0.0] * (len(data) - 2), -9.0, -1.0]
        case "ngram-nan":
            values[-2] = math.nan
        case "ngram-shifted":
            values = [None, -2.0, *values[1:-1]]
        case "ngram-positive":
            values = [None, *(-(value or 0) for value in values[1:])]
    told: dict[str, Any] | None = {
        "tokens": tokens,
        "token_logprobs": values,
        "top_logprobs": None if model == "ngram-silent" else tops,
        "text_offset": _offsets(whole),
    }
    text = prompt + _token(generated)
    if model == "ngram-bos":
        told = {
            "tokens": ["<s>", *tokens],
            "token_logprobs": [None, ngram.distribution(b"")[data[0]], *values[1:]],
            "top_logprobs": [None, {tokens[0]: ngram.best(data, 0)[1]}, *tops[1:]],
            "text_offset": [0, *(offset + 3 for offset in _offsets(whole))],
        }
    elif model == "ngram-no-echo":
        text, told = text[len(prompt) :], {key: value[-1:] for key, value in (told or {}).items() if value}
    elif model == "ngram-none":
        told = None
    elif model == "ngram-content":
        told = {"content": [{"token": tokens[-1], "logprob": values[-1], "top_logprobs": []}]}
    return {"index": index, "text": text, "logprobs": told, "finish_reason": "length"}


def _token(byte: int) -> str:
    """A byte as a token's text; one that is no character by itself gets OpenAI's stand-in."""
    return chr(byte) if byte < 128 else f"bytes:\\x{byte:02x}"


def _offsets(data: bytes) -> list[int]:
    """Where each byte's character begins, in characters."""
    return [len(data[:place].decode(errors="ignore")) for place in range(len(data))]


async def models(_: web.Request) -> web.Response:
    listed = [{"id": name, "object": "model", "created": 1, "owned_by": "stub"} for name in MODELS]
    return web.json_response({"object": "list", "data": listed})


def make(_: dict[str, Any]) -> web.Application:
    seen = Seen()
    app = web.Application(middlewares=[seen.middleware], client_max_size=64 * 2**20)
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/completions", completions)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/seen", seen.show)
    return app


if __name__ == "__main__":
    serve(make)
