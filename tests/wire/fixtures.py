"""Stub servers as pytest fixtures, one process for each, for a whole test session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.wire.server import Server, start


@pytest.fixture(scope="session")
def openai_stub() -> Iterator[Server]:
    with start("tests.wire.openai_stub") as server:
        yield server


@pytest.fixture(scope="session")
def anthropic_stub() -> Iterator[Server]:
    with start("tests.wire.anthropic_stub") as server:
        yield server


@pytest.fixture(scope="session")
def google_stub() -> Iterator[Server]:
    with start("tests.wire.google_stub") as server:
        yield server


@pytest.fixture
def fault_server() -> Iterator[Server]:
    """Without faults; plant some with `server.post("/config", {"faults": [...]})`."""
    with start("tests.wire.faults") as server:
        yield server
