"""`python -m fairtrial.families` on files that can't be read; what it prints for good ones, the guide tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairtrial.families.__main__ import main


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "gone.yaml")]) == 2
    assert "gone.yaml can't be read: No such file" in capsys.readouterr().err


def test_no_file_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "python -m fairtrial.families FILE" in capsys.readouterr().err
