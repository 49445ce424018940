"""One sum for many runs, kept together and across sessions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fairtrial.core.errors import ProviderError
from fairtrial.lab.purse import SPENT, Purse
from tests.lab.cases import lab_in, write_lines, write_rows

N = 20
EACH = Decimal("0.02")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty rows; every recorded answer costs two cents."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "cases.jsonl", N)
    told = {"input_tokens": 100, "output_tokens": 10}
    write_lines(tmp_path / "a.jsonl", ({"id": f"s{i}", "output": str(i + 1), **told} for i in range(N)))
    (tmp_path / "prices.yaml").write_text("replay/a.jsonl:\n  input: 100\n  output: 1000\n")
    return tmp_path


def spend(purse: Purse, seed: int) -> str:
    run = purse.run("cases.jsonl", "replay/a.jsonl", scorer="exact", max_tokens=20, seed=seed, resume=True)
    return run.summary.status


def test_the_second_run_gets_what_the_first_has_left(here: Path) -> None:
    limit = N * EACH + 3 * EACH
    purse = Purse.of(lab_in(here, price_table="prices.yaml"), here / "audit", limit)
    assert spend(purse, 0) == "complete" and purse.spent == N * EACH
    assert spend(purse, 1) == "incomplete" and purse.spent == limit
    with pytest.raises(ProviderError, match="is spent") as caught:
        spend(purse, 2)
    assert caught.value.cause == SPENT and len(list((here / "audit").iterdir())) == 2
    # Another session counts what the first has paid, and asks it nothing again.
    again = Purse.of(lab_in(here, price_table="prices.yaml"), here / "audit", 2 * N * EACH + 3 * EACH)
    assert spend(again, 0) == "complete" and again.spent == N * EACH
    assert spend(again, 1) == "complete" and again.spent == 2 * N * EACH


def test_without_a_limit_nothing_is_counted(here: Path) -> None:
    purse = Purse.of(lab_in(here), here / "audit", None)
    assert spend(purse, 0) == spend(purse, 1) == "complete" and purse.spent == 0
