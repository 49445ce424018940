"""OpenAI's chat completions on the wire: what a request holds, and what a reply says.

Source: OpenAI API reference, "Create chat completion"; thinking text as vLLM (`reasoning`, formerly
`reasoning_content`), DeepSeek and llama.cpp (`reasoning_content`) send it.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from fairtrial.adapters.models.events import events
from fairtrial.adapters.models.failures import Asked, bad_shape, broken_stream, refuse_inner
from fairtrial.adapters.models.http import Reply
from fairtrial.adapters.models.shape import count, words, written
from fairtrial.core.output import Output, Stop, Usage
from fairtrial.core.question import Decoding, Generate

_REASONS: Final = re.compile(r"o\d|gpt-5(?!.*-chat)")
_STOPS: Final[dict[str, Stop]] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "refused",
    "tool_calls": "tool",
    "function_call": "tool",
}

_BROKEN: Final = ("error", "abort")


def reasons(name: str) -> bool:
    """Whether OpenAI's model `name` is one of those that refuse sampling settings: `o` and a digit, or
    `gpt-5…` but for its chat variants. They take `max_completion_tokens`, and no temperature or top_p."""
    return _REASONS.match(name.rpartition("/")[2]) is not None


def request(name: str, question: Generate, *, plain: bool, stream: bool) -> str:
    """The request's text. `plain` is False for OpenAI's own reasoning models, see `reasons`."""
    body: dict[str, Any] = {
        "model": name,
        "messages": [{"role": turn.role, "content": turn.content} for turn in question.messages],
    }
    decoding = question.decoding
    if plain:
        body["max_tokens"] = decoding.max_tokens
        sampling(body, decoding)
    else:
        body["max_completion_tokens"] = decoding.max_tokens
        if decoding.seed is not None:
            body["seed"] = decoding.seed
    if decoding.effort is not None:
        body["reasoning_effort"] = decoding.effort
    if stream:
        streamed(body)
    return written(body)


def sampling(body: dict[str, Any], decoding: Decoding) -> None:
    """Add the sampling settings that the plan states; those it leaves open are not sent."""
    if decoding.temperature is not None:
        body["temperature"] = decoding.temperature
    if decoding.top_p is not None:
        body["top_p"] = decoding.top_p
    if decoding.stop:
        body["stop"] = list(decoding.stop)
    if decoding.seed is not None:
        body["seed"] = decoding.seed


def streamed(body: dict[str, Any]) -> None:
    """Ask for a stream that ends with the usage."""
    body["stream"] = True
    body["stream_options"] = {"include_usage": True}


def starts(data: str) -> bool:
    """Whether this event of a stream holds the first token, of the answer or of the thinking before it."""
    try:
        delta = json.loads(data)["choices"][0]["delta"]
        return any(
            delta.get(key) for key in ("content", "reasoning_content", "reasoning", "refusal", "tool_calls")
        )
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return False


def read(value: dict[str, Any], reply: Reply, asked: Asked) -> Output:
    """The Output of a whole reply. Raises ProviderError `bad-reply` for one without a choice."""
    choice = first_choice(value, reply, asked)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise bad_shape(reply, asked, "a choice without a message")
    return _output(
        message.get("content"),
        message.get("reasoning_content") or message.get("reasoning"),
        message.get("refusal"),
        bool(message.get("tool_calls") or message.get("function_call")),
        choice.get("finish_reason"),
        value,
        reply,
    )


def read_stream(reply: Reply, asked: Asked) -> Output:
    """The Output of a stream. Raises ProviderError `short-body` where it ends before its end."""
    content: list[str] = []
    thinking: list[str] = []
    refusal: list[str] = []
    tool = False
    finish: object = None
    done = False
    about: dict[str, Any] = {}
    for event in events(reply, asked):
        done = done or event.get("done") is True
        about.update({key: event[key] for key in ("model", "system_fingerprint", "usage") if event.get(key)})
        choices = event.get("choices")
        if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
            continue
        refuse_broken(choices[0], reply, asked)
        finish = choices[0].get("finish_reason") or finish
        delta = choices[0].get("delta")
        if isinstance(delta, dict):
            _collect(content, delta.get("content"))
            _collect(thinking, delta.get("reasoning_content") or delta.get("reasoning"))
            _collect(refusal, delta.get("refusal"))
            tool = tool or bool(delta.get("tool_calls"))
    if finish is None and not done:
        raise broken_stream(reply, asked)
    return _output(
        "".join(content) if content else None,
        "".join(thinking),
        "".join(refusal),
        tool,
        finish,
        about,
        reply,
    )


def first_choice(value: dict[str, Any], reply: Reply, asked: Asked) -> dict[str, Any]:
    """The first entry of `choices`; raises ProviderError `bad-reply` where there is none."""
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices:
        raise bad_shape(reply, asked, "an empty list of choices")
    if not isinstance(choices[0], dict):
        raise bad_shape(reply, asked, "a choice that is not an object")
    refuse_broken(choices[0], reply, asked)
    return choices[0]


def refuse_broken(choice: dict[str, Any], reply: Reply, asked: Asked) -> None:
    """Raise ProviderError for a choice that says itself that it broke off on the server's side: OpenRouter puts
    an `error` into it, vLLM finishes an aborted one with "abort". Its text is no answer."""
    if choice.get("error"):
        refuse_inner(choice["error"], reply, asked)
    if choice.get("finish_reason") in _BROKEN:
        refuse_inner({"message": f"finish_reason {choice['finish_reason']}"}, reply, asked)


def stop_of(finish: object) -> Stop:
    """OpenAI's finish_reason in our words; one nobody knows is "unknown"."""
    return _STOPS.get(finish, "unknown") if isinstance(finish, str) else "unknown"


def usage_of(value: dict[str, Any]) -> Usage | None:
    """The `usage` of a reply; None where it is missing: unknown, not zero."""
    usage = value.get("usage")
    if not isinstance(usage, dict):
        return None
    spent = usage.get("completion_tokens_details")
    cached = usage.get("prompt_tokens_details")
    return Usage(
        input_tokens=count(usage, "prompt_tokens"),
        output_tokens=count(usage, "completion_tokens"),
        reasoning_tokens=count(spent, "reasoning_tokens") if isinstance(spent, dict) else None,
        cached_tokens=count(cached, "cached_tokens") if isinstance(cached, dict) else None,
        cache_write_tokens=count(cached, "cache_write_tokens") if isinstance(cached, dict) else None,
    )


def part_thinking(text: str) -> tuple[str | None, str | None]:
    """Split off thinking that stands in the answer itself, before a first `</think>`.

    Returns (thinking, answer). The opening `<think>` may be missing: some templates put it at the prompt's
    end (DeepSeek-R1, Qwen). An opened tag that is never closed is thinking without an answer, None: what was
    only thought must not be marked.
    """
    head, closed, answer = text.partition("</think>")
    opened = head.lstrip()
    if opened.startswith("<think>"):
        return opened.removeprefix("<think>").strip(), answer.lstrip() if closed else None
    if not closed or "<think>" in head:
        return None, text
    return head.strip(), answer.lstrip()


def _collect(parts: list[str], piece: object) -> None:
    if isinstance(piece, str):
        parts.append(piece)


def _output(
    content: object,
    thinking: object,
    refusal: object,
    tool: bool,
    finish: object,
    about: dict[str, Any],
    reply: Reply,
) -> Output:
    stop = stop_of(finish)
    text = _text(content)
    reasoning = words(thinking)
    if text is not None and reasoning is None:
        reasoning, text = part_thinking(text)
    if words(refusal):
        stop = "refused"
    elif tool and not text:
        text, stop = None, "tool"
    return Output(
        text=text,
        stop=stop,
        reasoning=reasoning,
        refusal=words(refusal),
        usage=usage_of(about),
        request=reply.request,
        response=reply.text,
        status=reply.status,
        duration_s=reply.duration_s,
        first_token_s=reply.first_token_s,
        model=words(about.get("model")),
        fingerprint=words(about.get("system_fingerprint")),
    )


def _text(content: object) -> str | None:
    """The answer's text; a list of parts (some gateways send one) is joined from its text parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [
            part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"
        ]
        return "".join(part for part in parts if isinstance(part, str)) or None
    return None
