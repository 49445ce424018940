"""Google's wire: generateContent and streamGenerateContent, thoughts, blocks, errors.

What a reply is like goes by a word in square brackets in the last turn, see `_chunks`. `GET /seen` gives the
last requests.
"""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from tests.wire.seen import Seen
from tests.wire.server import serve

KEY = "AIza-stub-0123456789"
MODELS = ("gemini-2.5-flash", "gemini-3-pro")

_WORD = re.compile(r"\[([a-z0-9-]+)\]")


def answer_to(prompt: str) -> str:
    """What a well-behaved reply says."""
    return f"You wrote {len(prompt)} characters: {prompt[:20]}"


def _error(code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> web.Response:
    value = {"error": {"code": code, "message": message, "status": status, "details": details or []}}
    return web.json_response(value, status=code)


def _refused(request: web.Request, model: str, word: str) -> web.Response | None:
    if request.headers.get("x-goog-api-key") != KEY:
        return _error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
    if model not in MODELS:
        said = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
        return _error(404, "NOT_FOUND", said)
    match word:
        case "429":
            info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "4.5s"}
            return _error(429, "RESOURCE_EXHAUSTED", "You exceeded your current rate", [info])
        case "503":
            return _error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
        case "context":
            said = "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."
            return _error(400, "INVALID_ARGUMENT", said)
    return None


async def generate(request: web.Request) -> web.StreamResponse:
    model, _, verb = request.match_info["call"].partition(":")
    body = json.loads(await request.text())
    prompt = "".join(part["text"] for part in body["contents"][-1]["parts"])
    word = found[1] if (found := _WORD.search(prompt)) else ""
    if (refused := _refused(request, model, word)) is not None:
        return refused
    chunks = _chunks(word, prompt, model, body)
    if verb == "generateContent":
        parts = [part for chunk in chunks for part in _parts(chunk)]
        last = chunks[-1]
        if last.get("candidates"):
            last["candidates"][0].setdefault("content", {})["parts"] = parts
        return web.json_response(last)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for chunk in chunks[:1] if word == "cut" else chunks:
        await response.write(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n")
    await response.write_eof()
    return response


def _parts(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for one in chunk.get("candidates", ()) for part in one.get("content", {}).get("parts", ())]


def _chunks(word: str, prompt: str, model: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The reply in pieces; the last one tells the finish reason and the final usage."""
    usage: dict[str, Any] = {"promptTokenCount": 12, "candidatesTokenCount": 9, "totalTokenCount": 21}
    about = {"usageMetadata": usage, "modelVersion": f"{model}-001", "responseId": "r7"}
    if word == "block":
        return [{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **about}]
    if word == "no-candidates":
        return [about]
    text, reason = answer_to(prompt), "STOP"
    pieces: list[dict[str, Any]] = [{"text": text[:9]}, {"text": text[9:]}]
    thinking = body.get("generationConfig", {}).get("thinkingConfig", {})
    # The endpoint reads JSON as protobuf does: either spelling of a name. The SDK sends the second one here.
    if thinking.get("includeThoughts") or thinking.get("include_thoughts"):
        pieces.insert(0, {"text": "They want to be counted.", "thought": True})
        usage |= {"thoughtsTokenCount": 40, "cachedContentTokenCount": 4, "totalTokenCount": 61}
    match word:
        case "safety" | "recitation":
            pieces, reason = [], word.upper()
        case "length":
            pieces, reason = [{"text": "You wro"}], "MAX_TOKENS"
        case "tool":
            pieces = [{"functionCall": {"name": "f", "args": {}}}]
    chunks = [
        {"candidates": [{"content": {"role": "model", "parts": [piece]}, "index": 0}], **about}
        for piece in pieces
    ]
    if not chunks:
        chunks = [{"candidates": [{"index": 0}], **about}]
    chunks[-1]["candidates"][0]["finishReason"] = reason
    return chunks


async def models(_: web.Request) -> web.Response:
    listed = [{"name": f"models/{name}", "displayName": name, "version": "001"} for name in MODELS]
    return web.json_response({"models": listed})


def make(_: dict[str, Any]) -> web.Application:
    seen = Seen()
    app = web.Application(middlewares=[seen.middleware])
    # Older SDKs and we say v1beta, the SDK since its release 3 says v1.
    app.router.add_post("/{version:v1|v1beta}/models/{call}", generate)
    app.router.add_get("/{version:v1|v1beta}/models", models)
    app.router.add_get("/seen", seen.show)
    return app


if __name__ == "__main__":
    serve(make)
