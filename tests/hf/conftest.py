"""Run by `make test-hf`, in an environment with torch. `make test` stays light: there these files are no tests."""

import importlib.util

if importlib.util.find_spec("torch") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    import asyncio
    from collections.abc import Iterator
    from pathlib import Path

    import pytest
    import torch

    from tests.hf import made

    torch.set_num_threads(2)

    @pytest.fixture(scope="session")
    def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
        """Models made on the spot, by their kind."""
        return made.folders(tmp_path_factory.mktemp("weights"))

    @pytest.fixture(scope="session")
    def loop() -> Iterator[asyncio.AbstractEventLoop]:
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
