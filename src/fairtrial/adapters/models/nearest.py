"""The names nearest to a model that an endpoint doesn't know, from the list that the endpoint gives."""

from __future__ import annotations

import asyncio
import json
from difflib import get_close_matches
from typing import Final

from yarl import URL

from fairtrial.adapters.models.http import Transport
from fairtrial.core.errors import ProviderError

SECONDS: Final = 10.0
SHOWN: Final = 5


class Nearest:
    """Puts the nearest names into the remedy of `unknown-model` errors. Asks for the list once."""

    def __init__(self, wire: Transport, url: URL, name: str) -> None:
        self._wire = wire
        self._url = url
        self._name = name
        self._names: asyncio.Task[str] | None = None

    async def tell(self, error: ProviderError) -> None:
        """Other errors, and a list that can't be had, leave the remedy as it is."""
        if error.cause != "unknown-model":
            return
        if self._names is None:
            self._names = asyncio.ensure_future(self._nearest())
        if names := await self._names:
            error.remedy = f"the nearest: {names}"

    async def _nearest(self) -> str:
        try:
            async with asyncio.timeout(SECONDS):
                reply = await self._wire.get(self._url)
            names = listed(reply.text)
        except (ProviderError, TimeoutError):
            return ""  # The list is a courtesy; that the model is unknown has been said already.
        near = get_close_matches(self._name, names, n=3, cutoff=0.5)
        return ", ".join(near or sorted(names)[:SHOWN])


def listed(text: str) -> list[str]:
    """The models' names in a reply: OpenAI and Anthropic give `data` with an `id`, Google `models` with a
    `name`. What is not of that shape is left out."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    entries = (value.get("data") or value.get("models")) if isinstance(value, dict) else None
    if not isinstance(entries, list):
        return []
    found = [entry.get("id") or entry.get("name") for entry in entries if isinstance(entry, dict)]
    return [name.removeprefix("models/")[:200] for name in found if isinstance(name, str)]
