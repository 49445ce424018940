"""Google's generateContent (`google/NAME`, key in GOOGLE_API_KEY or GEMINI_API_KEY, sent as a header).

Source: Gemini API reference, "Generating content" (v1beta). The system text is the systemInstruction;
parts marked `thought` are kept apart. Thinking goes by the name: Gemini 2.5 takes a thinkingBudget in
tokens, later ones a thinkingLevel. `candidatesTokenCount` leaves the thinking out, our output_tokens don't.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from fairtrial.adapters.models.address import below, endpoint
from fairtrial.adapters.models.events import events, is_stream
from fairtrial.adapters.models.failures import Asked, bad_shape, broken_stream, parse
from fairtrial.adapters.models.http import Reply, Transport
from fairtrial.adapters.models.nearest import Nearest
from fairtrial.adapters.models.setting import (
    Setting,
    key_from,
    no_likelihood,
    option_flag,
    option_text,
    refuse_options,
)
from fairtrial.adapters.models.shape import count, stopped, words, written
from fairtrial.core.errors import ProviderError
from fairtrial.core.output import Output, Stop, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Generate, Loglikelihood

BASE: Final = "https://generativelanguage.googleapis.com"

BUDGETS: Final = {"none": 0, "minimal": 512, "low": 2048, "medium": 8192, "high": 16384}
"""Thinking tokens an effort buys from Gemini 2.5; 0 switches thinking off where the model allows it."""

_BY_BUDGET: Final = re.compile(r"gemini-2\.5")
_STOPS: Final[dict[str, Stop]] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "refused",
    "RECITATION": "refused",
    "LANGUAGE": "refused",
    "BLOCKLIST": "refused",
    "PROHIBITED_CONTENT": "refused",
    "SPII": "refused",
    "IMAGE_SAFETY": "refused",
    "MODEL_ARMOR": "refused",
    "ESCALATION": "refused",
    "MALFORMED_FUNCTION_CALL": "tool",
    "UNEXPECTED_TOOL_CALL": "tool",
    "TOO_MANY_TOOL_CALLS": "tool",
}


class Google:
    """One Gemini model. Implements the `Model` port; it can't state log-likelihoods."""

    def __init__(self, spec: ModelSpec, setting: Setting) -> None:
        refuse_options(spec, "base_url", "stream")
        key = key_from(setting.environ, "GOOGLE_API_KEY", "GEMINI_API_KEY", needed_by=str(spec))
        base = endpoint(option_text(spec, "base_url") or BASE)
        self._spec = spec
        self._stream = option_flag(spec, "stream")
        self._asked = Asked(str(spec), base.host or "", "GOOGLE_API_KEY")
        self._wire = Transport(str(spec), {"x-goog-api-key": key}, (key,), setting)
        name = spec.name if "/" in spec.name else f"models/{spec.name}"
        verb = "streamGenerateContent?alt=sse" if self._stream else "generateContent"
        version = "" if base.path.endswith(("/v1", "/v1beta")) else "v1beta/"
        self._url = below(base, f"{version}{quote(name)}:{verb}")
        self._nearest = Nearest(self._wire, below(base, f"{version}models?pageSize=1000"), spec.name)

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Raises UsageError for log-likelihood."""
        if asks == "loglikelihood":
            raise no_likelihood(self._spec)

    async def generate(self, question: Generate) -> Output:
        body = request(self._spec.name, question)
        reply = await self._wire.post(self._url, body, starts=starts if self._stream else None)
        try:
            if self._stream and is_stream(reply):
                output = read_stream(reply, self._asked)
            else:
                output = read([parse(reply, self._asked)], reply, self._asked)
        except ProviderError as error:
            await self._nearest.tell(error)
            raise
        return stopped(output, question.decoding.stop)

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        raise no_likelihood(self._spec)

    async def close(self) -> None:
        await self._wire.close()


def request(name: str, question: Generate) -> str:
    """The request's text; whether it is streamed stands in the address, not here."""
    body: dict[str, Any] = {
        "contents": [
            {"role": "model" if turn.role == "assistant" else "user", "parts": [{"text": turn.content}]}
            for turn in question.messages
            if turn.role != "system"
        ],
        "generationConfig": _settings(name, question.decoding),
    }
    system = [turn.content for turn in question.messages if turn.role == "system"]
    if system:
        body["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    return written(body)


def _settings(name: str, decoding: Decoding) -> dict[str, Any]:
    settings: dict[str, Any] = {"maxOutputTokens": decoding.max_tokens}
    if decoding.temperature is not None:
        settings["temperature"] = decoding.temperature
    if decoding.top_p is not None:
        settings["topP"] = decoding.top_p
    if decoding.stop:
        settings["stopSequences"] = list(decoding.stop)
    if decoding.seed is not None:
        settings["seed"] = decoding.seed
    if decoding.effort is not None:
        settings["thinkingConfig"] = _thinking(name, decoding.effort)
    return settings


def _thinking(name: str, effort: str) -> dict[str, Any]:
    if _BY_BUDGET.search(name):
        return {"thinkingBudget": BUDGETS[effort], "includeThoughts": effort != "none"}
    # Later models can't switch thinking off: the lowest level stands in for "none".
    level = "minimal" if effort == "none" else effort
    return {"thinkingLevel": level.upper(), "includeThoughts": effort != "none"}


def starts(data: str) -> bool:
    """Whether this event of a stream holds the first token."""
    return '"text"' in data or '"functionCall"' in data


def read_stream(reply: Reply, asked: Asked) -> Output:
    """The Output of a stream. Raises ProviderError `short-body` where it ends without a finish reason."""
    chunks = list(events(reply, asked))
    if not any(_finish(chunk) or _blocked(chunk) for chunk in chunks):
        raise broken_stream(reply, asked)
    return read(chunks, reply, asked)


def read(chunks: list[dict[str, Any]], reply: Reply, asked: Asked) -> Output:
    """The Output of a whole reply (one chunk) or of a stream's chunks."""
    blocked = next((reason for reason in map(_blocked, chunks) if reason), None)
    if blocked is None and not any(_candidate(chunk) for chunk in chunks):
        raise bad_shape(reply, asked, "an empty list of candidates")
    parts = [part for chunk in chunks for part in _parts(chunk)]
    answer = [part["text"] for part in parts if isinstance(part.get("text"), str) and not part.get("thought")]
    thoughts = [part["text"] for part in parts if isinstance(part.get("text"), str) and part.get("thought")]
    reason = next((reason for reason in map(_finish, reversed(chunks)) if reason), None)
    stop: Stop = "refused" if blocked else _STOPS.get(reason or "", "unknown")
    if not answer and any("functionCall" in part for part in parts):
        stop = "tool"
    about: dict[str, Any] = {}
    for chunk in chunks:
        about.update(chunk)
    return Output(
        text="".join(answer) if answer else None,
        stop=stop,
        reasoning="".join(thoughts) or None,
        refusal=f"blocked: {blocked}" if blocked else (reason if stop == "refused" else None),
        usage=usage_of(about),
        request=reply.request,
        response=reply.text,
        status=reply.status,
        duration_s=reply.duration_s,
        first_token_s=reply.first_token_s,
        model=words(about.get("modelVersion")),
    )


def usage_of(value: dict[str, Any]) -> Usage | None:
    """The usageMetadata; its prompt count holds the cached tokens already."""
    usage = value.get("usageMetadata")
    if not isinstance(usage, dict):
        return None
    answer, thoughts = count(usage, "candidatesTokenCount"), count(usage, "thoughtsTokenCount")
    return Usage(
        input_tokens=count(usage, "promptTokenCount"),
        output_tokens=None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0),
        reasoning_tokens=thoughts,
        cached_tokens=count(usage, "cachedContentTokenCount"),
    )


def _candidate(chunk: dict[str, Any]) -> dict[str, Any] | None:
    candidates = chunk.get("candidates")
    if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict):
        return candidates[0]
    return None


def _parts(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    content = (_candidate(chunk) or {}).get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _finish(chunk: dict[str, Any]) -> str | None:
    return words((_candidate(chunk) or {}).get("finishReason"))


def _blocked(chunk: dict[str, Any]) -> str | None:
    feedback = chunk.get("promptFeedback")
    return words(feedback.get("blockReason")) if isinstance(feedback, dict) else None
