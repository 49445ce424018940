"""Server-sent events, as far as model providers use them (WHATWG HTML, 9.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fairtrial.adapters.models.failures import Asked, bad_shape, refuse, refuse_inner
from fairtrial.adapters.models.http import Reply

DONE = "[DONE]"


def is_stream(reply: Reply) -> bool:
    """Whether the reply is an event stream: some servers answer `stream: true` with one JSON object."""
    return "text/event-stream" in reply.headers.get("Content-Type", "")


def events(reply: Reply, asked: Asked) -> Iterator[dict[str, Any]]:
    """The JSON object of every event, in order; OpenAI's closing `[DONE]` is `{"done": True}`.

    An event broken off at the end is left out: that the stream is cut shows in the missing end. Raises
    ProviderError for an error status, an error event, and for an event that is no JSON object.
    """
    if reply.status != 200:
        refuse(reply, asked)
    for data in _data(reply.text):
        if data == DONE:
            yield {"done": True}
            continue
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise bad_shape(reply, asked, "an event that is not a JSON object")
        if value.get("error"):
            refuse_inner(value["error"], reply, asked)
        yield value


def _data(text: str) -> Iterator[str]:
    """The data of each finished event; several data lines of one event are joined by line feeds."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            lines = []
    # Some servers leave out the blank line behind the very last event.
    if lines and lines[-1] == DONE:
        yield DONE
