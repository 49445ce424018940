"""Asks one of our clients one question at a stub, as the runner would: one attempt, then the connection goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from fairtrial.adapters.models.setting import TIMEOUTS, Timeouts
from fairtrial.adapters.registry import open_model
from fairtrial.core.errors import FairtrialError, ProviderError, UsageError
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Generate, Loglikelihood, Question
from fairtrial.core.sample import Message
from tests.wire.server import Server


def question(text: str, *, system: str = "", **decoding: Any) -> Generate:
    """One user turn, after a system turn where there is one."""
    turns = [Message("system", system)] if system else []
    return Generate("s1", 1, (*turns, Message("user", text)), Decoding(**decoding))


def ask(
    model: str,
    asked: Question,
    environ: Mapping[str, str],
    *,
    timeouts: Timeouts = TIMEOUTS,
    check: bool = False,
    **options: Any,
) -> Output:
    """check: put the endpoint to its test first, as the lab does."""

    async def go() -> Output:
        opened = open_model(ModelSpec.parse(model, **options), environ=environ, timeouts=timeouts)
        try:
            if isinstance(asked, Loglikelihood):
                if check:
                    await opened.check("loglikelihood")
                return await opened.loglikelihood(asked)
            return await opened.generate(asked)
        finally:
            await opened.close()

    return asyncio.run(go())


def failure(model: str, asked: Question, environ: Mapping[str, str], **more: Any) -> ProviderError:
    """The ProviderError that the question ends in."""
    with pytest.raises(ProviderError) as raised:
        ask(model, asked, environ, **more)
    return raised.value


def wrong_use(model: str, asked: Question, environ: Mapping[str, str], **more: Any) -> str:
    """The words of the UsageError that the question ends in."""
    with pytest.raises(UsageError) as raised:
        ask(model, asked, environ, **more)
    return str(raised.value)


def last_seen(stub: Server) -> dict[str, Any]:
    """The last request that the stub got: path, headers, body (its text), json (its value)."""
    seen: dict[str, Any] = stub.get("/seen")[-1]
    return {**seen, "json": json.loads(seen["body"]) if seen["body"] else None}


__all__ = ["FairtrialError", "ask", "failure", "last_seen", "question", "wrong_use"]
