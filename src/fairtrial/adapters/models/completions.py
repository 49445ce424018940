"""OpenAI's (legacy) completions on the wire, asked to generate: one raw prompt in, text out.

Source: OpenAI API reference, "Create completion"; vLLM, llama.cpp and Ollama serve the same.
"""

from __future__ import annotations

import json
from typing import Any

from fairtrial.adapters.models.chat import (
    first_choice,
    part_thinking,
    refuse_broken,
    sampling,
    stop_of,
    streamed,
    usage_of,
)
from fairtrial.adapters.models.events import events
from fairtrial.adapters.models.failures import Asked, broken_stream
from fairtrial.adapters.models.http import Reply
from fairtrial.adapters.models.shape import words, written
from fairtrial.core.output import Output
from fairtrial.core.question import Generate


def request(name: str, question: Generate, *, stream: bool) -> str:
    """The request's text: the turns' contents as one prompt, see `Generate.prompt`."""
    body: dict[str, Any] = {
        "model": name,
        "prompt": question.prompt,
        "max_tokens": question.decoding.max_tokens,
    }
    sampling(body, question.decoding)
    if stream:
        streamed(body)
    return written(body)


def starts(data: str) -> bool:
    """Whether this event of a stream holds the first token."""
    try:
        return bool(json.loads(data)["choices"][0]["text"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return False


def read(value: dict[str, Any], reply: Reply, asked: Asked) -> Output:
    """The Output of a whole reply. Raises ProviderError `bad-reply` for one without a choice."""
    choice = first_choice(value, reply, asked)
    text = choice.get("text")
    return _output(text if isinstance(text, str) else None, choice.get("finish_reason"), value, reply)


def read_stream(reply: Reply, asked: Asked) -> Output:
    """The Output of a stream. Raises ProviderError `short-body` where it ends before its end."""
    parts: list[str] = []
    finish: object = None
    done = False
    about: dict[str, Any] = {}
    for event in events(reply, asked):
        done = done or event.get("done") is True
        about.update({key: event[key] for key in ("model", "system_fingerprint", "usage") if event.get(key)})
        choices = event.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            refuse_broken(choices[0], reply, asked)
            finish = choices[0].get("finish_reason") or finish
            if isinstance(choices[0].get("text"), str):
                parts.append(choices[0]["text"])
    if finish is None and not done:
        raise broken_stream(reply, asked)
    return _output("".join(parts) if parts else None, finish, about, reply)


def _output(text: str | None, finish: object, about: dict[str, Any], reply: Reply) -> Output:
    reasoning, answer = (None, None) if text is None else part_thinking(text)
    return Output(
        text=answer,
        stop=stop_of(finish),
        reasoning=reasoning,
        usage=usage_of(about),
        request=reply.request,
        response=reply.text,
        status=reply.status,
        duration_s=reply.duration_s,
        first_token_s=reply.first_token_s,
        model=words(about.get("model")),
        fingerprint=words(about.get("system_fingerprint")),
    )
