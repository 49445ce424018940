"""Anthropic's messages (`anthropic/NAME`, key in ANTHROPIC_API_KEY, address in ANTHROPIC_BASE_URL).

Source: Anthropic API reference, "Messages" and "Streaming messages", version 2023-06-01. The system text
stands apart; thinking blocks are kept apart from the answer. What a model takes goes by its name, see
`generation`: since Claude Opus 4.7 temperature and top_p are refused, and thinking has an effort in place of
a budget. Settings a model refuses are left out; the recorded request shows what was sent.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

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
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import Output, Stop, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Generate, Loglikelihood

VERSION: Final = "2023-06-01"
BASE: Final = "https://api.anthropic.com"

BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384}
"""Thinking tokens an effort buys from models of the "budget" generation."""

SMALLEST_BUDGET: Final = 1024

_BUDGET: Final = re.compile(
    r"claude-(instant|v?[123](?!\d)|(opus|sonnet|haiku)-[34](-[0-5](?!\d)|-\d{8}|-latest|$))"
)
_BOTH: Final = re.compile(r"claude-(opus|sonnet|haiku)-4-6(?!\d)")
_STOPS: Final[dict[str, Stop]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
    "tool_use": "tool",
}


def generation(name: str) -> Literal["budget", "both", "adaptive"]:
    """What a model takes. "budget" (up to Claude 4.5): temperature, and a thinking budget; "both" (4.6):
    temperature, and an effort; "adaptive" (later ones, and every name not known): an effort alone."""
    if _BUDGET.match(name):
        return "budget"
    return "both" if _BOTH.match(name) else "adaptive"


class Anthropic:
    """One Claude model. Implements the `Model` port; it can't state log-likelihoods."""

    def __init__(self, spec: ModelSpec, setting: Setting) -> None:
        refuse_options(spec, "base_url", "stream")
        key = key_from(setting.environ, "ANTHROPIC_API_KEY", needed_by=str(spec))
        base = endpoint(option_text(spec, "base_url") or BASE)
        self._spec = spec
        self._stream = option_flag(spec, "stream")
        self._asked = Asked(str(spec), base.host or "", "ANTHROPIC_API_KEY")
        self._wire = Transport(str(spec), {"x-api-key": key, "anthropic-version": VERSION}, (key,), setting)
        self._url = below(base, "messages" if base.path.endswith("/v1") else "v1/messages")
        listing = "models?limit=1000" if base.path.endswith("/v1") else "v1/models?limit=1000"
        self._nearest = Nearest(self._wire, below(base, listing), spec.name)

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Raises UsageError for log-likelihood."""
        if asks == "loglikelihood":
            raise no_likelihood(self._spec)

    async def generate(self, question: Generate) -> Output:
        body = request(self._spec.name, question, stream=self._stream)
        reply = await self._wire.post(self._url, body, starts=starts if self._stream else None)
        try:
            if self._stream and is_stream(reply):
                output = read_stream(reply, self._asked)
            else:
                output = read(parse(reply, self._asked), reply, self._asked)
        except ProviderError as error:
            await self._nearest.tell(error)
            raise
        return stopped(output, question.decoding.stop)

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        raise no_likelihood(self._spec)

    async def close(self) -> None:
        await self._wire.close()


def request(name: str, question: Generate, *, stream: bool) -> str:
    """The request's text. Raises UsageError where max_tokens leaves no room for the thinking asked for."""
    body: dict[str, Any] = {
        "model": name,
        "max_tokens": question.decoding.max_tokens,
        "messages": [
            {"role": turn.role, "content": turn.content}
            for turn in question.messages
            if turn.role != "system"
        ],
    }
    system = [turn.content for turn in question.messages if turn.role == "system"]
    if system:
        body["system"] = "\n\n".join(system)
    # Blank ones are refused; the answer is cut at them here.
    if stops := [text for text in question.decoding.stop if text.strip()]:
        body["stop_sequences"] = stops
    _think(body, name, question.decoding)
    if stream:
        body["stream"] = True
    return written(body)


def _think(body: dict[str, Any], name: str, decoding: Decoding) -> None:
    """Add the thinking asked for, and the sampling settings where the model takes them beside it."""
    takes = generation(name)
    effort = decoding.effort
    thinks = effort not in (None, "none")
    if effort == "none":
        body["thinking"] = {"type": "disabled"}
    elif thinks and takes == "budget":
        body["thinking"] = {"type": "enabled", "budget_tokens": _budget(str(effort), decoding.max_tokens)}
    elif thinks:
        # "minimal" has no name of its own there. The text is asked for: some models leave it out otherwise.
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        body["output_config"] = {"effort": "low" if effort == "minimal" else effort}
    if takes != "adaptive" and not thinks:
        if decoding.temperature is not None:
            body["temperature"] = decoding.temperature
        if decoding.top_p is not None:
            body["top_p"] = decoding.top_p


def _budget(effort: str, max_tokens: int) -> int:
    """Thinking counts towards max_tokens, so at least as much room as the smallest budget stays for it."""
    budget = min(BUDGETS[effort], max_tokens // 2)
    if budget < SMALLEST_BUDGET:
        raise UsageError(
            f"effort {effort} needs room to think, and max-tokens is {max_tokens}",
            f"give --max-tokens {2 * SMALLEST_BUDGET} or more, thinking included",
        )
    return budget


def starts(data: str) -> bool:
    """Whether this event of a stream holds the first token."""
    return '"content_block_delta"' in data


def read(value: dict[str, Any], reply: Reply, asked: Asked) -> Output:
    """The Output of a whole reply."""
    content = value.get("content")
    if not isinstance(content, list):
        raise bad_shape(reply, asked, "a message without content")
    blocks = [block for block in content if isinstance(block, dict)]
    return _output(
        "".join(_pieces(blocks, "text")) if any(block.get("type") == "text" for block in blocks) else None,
        "".join(_pieces(blocks, "thinking")),
        value,
        reply,
    )


def read_stream(reply: Reply, asked: Asked) -> Output:
    """The Output of a stream. Raises ProviderError `short-body` where it ends before `message_stop`."""
    text: list[str] = []
    thinking: list[str] = []
    about: dict[str, Any] = {}
    stopped = False
    for event in events(reply, asked):
        match event.get("type"):
            case "message_start" if isinstance(event.get("message"), dict):
                about.update(event["message"])
            case "content_block_start" | "content_block_delta":
                block = event.get("content_block") or event.get("delta")
                if isinstance(block, dict):
                    text += [block["text"]] if isinstance(block.get("text"), str) else []
                    thinking += [block["thinking"]] if isinstance(block.get("thinking"), str) else []
            case "message_delta":
                about.update(event["delta"] if isinstance(event.get("delta"), dict) else {})
                about["usage"] = _merged(about.get("usage"), event.get("usage"))
            case "message_stop":
                stopped = True
    if not stopped:
        raise broken_stream(reply, asked)
    return _output("".join(text) if text else None, "".join(thinking), about, reply)


def usage_of(value: dict[str, Any]) -> Usage | None:
    """The usage; cached tokens, which Anthropic counts beside the input, are added into it."""
    usage = value.get("usage")
    if not isinstance(usage, dict):
        return None
    read_tokens = count(usage, "cache_read_input_tokens")
    written = count(usage, "cache_creation_input_tokens")
    plain = count(usage, "input_tokens")
    details = usage.get("output_tokens_details")
    return Usage(
        input_tokens=None if plain is None else plain + (read_tokens or 0) + (written or 0),
        output_tokens=count(usage, "output_tokens"),
        reasoning_tokens=count(details, "thinking_tokens") if isinstance(details, dict) else None,
        cached_tokens=read_tokens,
        cache_write_tokens=written,
    )


def _merged(first: object, last: object) -> dict[str, Any]:
    """A stream's usage: the counts at its start, overwritten by those at its end that are not null."""
    merged = dict(first) if isinstance(first, dict) else {}
    if isinstance(last, dict):
        merged.update({key: value for key, value in last.items() if value is not None})
    return merged


def _pieces(blocks: list[dict[str, Any]], kind: str) -> list[str]:
    return [
        block[kind] for block in blocks if block.get("type") == kind and isinstance(block.get(kind), str)
    ]  # fmt: skip


def _output(text: str | None, thinking: str, about: dict[str, Any], reply: Reply) -> Output:
    reason = about.get("stop_reason")
    stop = _STOPS.get(reason, "unknown") if isinstance(reason, str) else "unknown"
    details = about.get("stop_details")
    return Output(
        text=text,
        stop=stop,
        reasoning=thinking or None,
        refusal=words(details.get("explanation")) if isinstance(details, dict) else None,
        usage=usage_of(about),
        request=reply.request,
        response=reply.text,
        status=reply.status,
        duration_s=reply.duration_s,
        first_token_s=reply.first_token_s,
        model=words(about.get("model")),
    )
