"""A model behind OpenAI's endpoints: /v1/models, /v1/chat/completions, /v1/completions.

The model answers to its name with and without the provider (`specimen/honest`, `honest`). A stream is sent in
pieces once the answer is whole: the port has no finer grain, and a broken answer never looks like a whole one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from fairtrial.core.errors import FairtrialError, ProviderError, UsageError
from fairtrial.core.output import Output, Usage
from fairtrial.core.ports import Model, Tokens
from fairtrial.web import wire

MOST_BYTES: Final = 16 * 1024 * 1024
PIECE: Final = 16
"""Characters in one piece of a stream."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """tokens: the same model where its tokens can be seen, else None, and then neither echo nor token ids go."""

    model: Model
    tokens: Tokens | None = None

    @property
    def names(self) -> tuple[str, str]:
        return str(self.model.spec), self.model.spec.name

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MOST_BYTES, middlewares=[_told])
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/v1/models/{name:.+}", self.one_model)
        app.router.add_post("/v1/chat/completions", self.chat)
        app.router.add_post("/v1/completions", self.completions)
        app.router.add_get("/health", self.health)
        return app

    async def health(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [_model(self.names[0])]})

    async def one_model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._check_name(name)
        return web.json_response(_model(name))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        asked = wire.parse_chat(await _body(request))
        self._check_name(asked.model)
        output = await self.model.generate(asked.question())
        head = _head("chatcmpl", asked.model, output)
        total = wire.usage([output.usage])
        if not asked.stream:
            body = {**head, "object": "chat.completion", "choices": [wire.chat_choice(output)]}
            return web.json_response({**body, "usage": total})
        head["object"] = "chat.completion.chunk"
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": piece} for piece in _pieces(output.reasoning)]
        deltas += [{"content": piece} for piece in _pieces(output.text)]
        if output.refusal:
            deltas.append({"refusal": output.refusal})
        choices: list[dict[str, Any]] = [
            {"index": 0, "delta": delta, "finish_reason": None} for delta in deltas
        ]
        choices.append({"index": 0, "delta": {}, "finish_reason": wire.finish(output)})
        return await _stream(request, asked, head, choices, total)

    async def completions(self, request: web.Request) -> web.StreamResponse:
        asked = wire.parse_completion(await _body(request))
        self._check_name(asked.model)
        if asked.stream:
            output = await self._generated(asked, self._text(asked.prompts[0]))
            head = _head("cmpl", asked.model, output) | {"object": "text_completion"}
            pieces = [wire.text_choice(0, piece, "", None) for piece in _pieces(output.text)]
            choices = [{**each, "finish_reason": None} for each in pieces]
            choices.append(wire.text_choice(0, "", wire.finish(output), None))
            return await _stream(request, asked, head, choices, wire.usage([output.usage]))
        choices, counted, last = [], [], Output(None)
        for index, prompt in enumerate(asked.prompts):
            text = self._text(prompt)
            choice, last = await (self._echoed if asked.echo else self._plain)(asked, index, text)
            choices.append(choice)
            counted.append(last.usage)
        head = _head("cmpl", asked.model, last)
        body = {**head, "object": "text_completion", "choices": choices, "usage": wire.usage(counted)}
        return web.json_response(body)

    async def _generated(self, asked: wire.CompletionRequest, text: str) -> Output:
        if asked.max_tokens == 0:
            raise UsageError("max_tokens is 0 without echo: nothing would come back", "give at least 1")
        return await self.model.generate(asked.question(text))

    async def _plain(
        self, asked: wire.CompletionRequest, index: int, text: str
    ) -> tuple[dict[str, Any], Output]:
        output = await self._generated(asked, text)
        return wire.text_choice(index, output.text or "", wire.finish(output), None), output

    async def _echoed(
        self, asked: wire.CompletionRequest, index: int, text: str
    ) -> tuple[dict[str, Any], Output]:
        """The prompt again, with what came after it; log-probabilities of both where they are asked for.

        A model that finishes before `max_tokens` did so by its end token, which is told like any other: a reader
        that cuts the generated tokens off by counting them must find them.
        """
        prompt = self._seen.encode(text)
        if asked.max_tokens == 0:
            output = Output("", "length", usage=Usage(len(prompt), 0))
        else:
            output = await self.model.generate(asked.question(text))
        after = self._seen.encode(output.text or "")
        if asked.max_tokens != 0 and output.stop == "stop":
            after.append(self._seen.end)
        told = None
        if asked.logprobs is not None:
            tokens = prompt + after
            entries = await self._seen.echo(tokens)
            best = [self._seen.decode([each.best])[0] for each in entries]
            told = wire.echoed(self._seen.decode(tokens), entries, best)
        return wire.text_choice(index, text + (output.text or ""), wire.finish(output), told), output

    @property
    def _seen(self) -> Tokens:
        if self.tokens is None:
            raise UsageError(
                f"{self.model.spec} shows no tokens: it can't echo or read token ids",
                "send text without `echo`, or serve local weights",
            )
        return self.tokens

    def _text(self, prompt: str | list[int]) -> str:
        if isinstance(prompt, str):
            return prompt
        text = "".join(self._seen.decode(prompt))
        if self._seen.encode(text) != prompt:
            raise UsageError(
                "these token ids are not those of a text", "encode whole texts, without a first token"
            )
        return text

    def _check_name(self, name: str) -> None:
        if name not in self.names:
            raise web.HTTPNotFound(
                text=json.dumps(
                    wire.error(
                        f"the model {name[:100]!r} is not served here; {self.names[0]} is",
                        "invalid_request_error",
                        "model_not_found",
                    )
                ),
                content_type="application/json",
            )


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Our errors in OpenAI's shape. Anything unforeseen stays a plain 500: no detail of ours leaves."""
    try:
        return await handler(request)
    except UsageError as error:
        return _refusal(400, str(error), "invalid_request_error", None)
    except ProviderError as error:
        status = 429 if error.cause == "rate-limited" else 502
        return _refusal(status, error.message, "server_error", error.cause)
    except FairtrialError as error:
        return _refusal(500, error.message, "server_error", None)
    except web.HTTPException as error:
        if error.content_type == "application/json":
            raise
        return _refusal(error.status, error.reason, "invalid_request_error", None)


def _refusal(status: int, message: str, kind: str, code: str | None) -> web.Response:
    return web.json_response(wire.error(message, kind, code), status=status)


async def _body(request: web.Request) -> object:
    try:
        value = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise UsageError("the body is no JSON", "send a JSON object") from error
    if not isinstance(value, dict):
        raise UsageError("the body is no JSON object", "see OpenAI's API reference")
    return value


async def _stream(
    request: web.Request,
    asked: wire.ChatRequest | wire.CompletionRequest,
    head: dict[str, Any],
    choices: list[dict[str, Any]],
    total: dict[str, Any] | None,
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage
    chunks = [{**head, "choices": [choice]} | ({"usage": None} if with_usage else {}) for choice in choices]
    if with_usage:
        chunks.append({**head, "choices": [], "usage": total})
    for chunk in chunks:
        await response.write(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _pieces(text: str | None) -> Iterator[str]:
    for at in range(0, len(text or ""), PIECE):
        yield (text or "")[at : at + PIECE]


def _head(kind: str, name: str, output: Output) -> dict[str, Any]:
    now = time.time_ns()
    made = {"id": f"{kind}-{now:x}", "created": now // 1_000_000_000, "model": name}
    return made | ({"system_fingerprint": output.fingerprint} if output.fingerprint else {})


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "fairtrial"}
