"""--max-cost across sessions: a run that is continued remembers what it spent, told or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.lab import Run
from tests.lab.cases import lab_in, lines, write_lines, write_rows

N = 50


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fifty rows; every other recorded answer tells its tokens: 100 in, 10 out, 0.02 dollars."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "cases.jsonl", N)
    told = {"input_tokens": 100, "output_tokens": 10}
    write_lines(
        tmp_path / "a.jsonl",
        ({"id": f"s{i}", "output": str(i + 1), **(told if i % 2 else {})} for i in range(N)),
    )
    (tmp_path / "prices.yaml").write_text("replay/a.jsonl:\n  input: 100\n  output: 1000\n")
    return tmp_path


def spend(folder: Path, limit: str) -> Run:
    lab = lab_in(folder, price_table="prices.yaml")
    return lab.run(
        "cases.jsonl", "replay/a.jsonl", scorer="exact", max_tokens=20, max_cost=limit, resume=True
    )


def test_a_limit_that_is_spent_stays_spent(here: Path) -> None:
    first = spend(here, "0.3")
    assert first.summary.status == "incomplete" and "--max-cost 0.3" in str(
        first.summary.provenance["stopped"]
    )
    asked = len(lines(first.path))
    assert 5 < asked < 20, "an untold answer counts with all that it may have cost, about 0.027"
    again = spend(here, "0.3")
    assert again.path == first.path and len(lines(again.path)) == asked, "nothing more was asked"
    more = spend(here, "0.6")
    assert more.path == first.path and asked < len(lines(more.path)) < N
    assert more.summary.cost_usd is None, "half the answers told no usage"
    assert spend(here, "100").summary.status == "complete"


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "much"])
def test_a_limit_that_is_no_amount_leaves_nothing_behind(limit: str, here: Path) -> None:
    with pytest.raises(UsageError, match="max-cost"):
        spend(here, limit)
    assert not (here / "runs").exists()
