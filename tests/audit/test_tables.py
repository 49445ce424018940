"""Tables beside the findings: what a person reads and what a program reads say the same."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from fairtrial.audit.format_task import FormatScores
from fairtrial.audit.reproduces import Setting
from fairtrial.audit.tables import (
    MOST_ATTEMPTS,
    attempts_table,
    formats_table,
    settings_table,
    weak_rows,
)
from fairtrial.audit.tuned import Attempt, Ledger, judge_tuned
from fairtrial.audit.weak import WeakRow
from fairtrial.core.claim import Claim
from fairtrial.core.evidence import Effect

CLAIM = Claim("a claim", "a/model", "a task", 0.9, 0.05, n=40)


def test_settings_give_the_effect_or_the_reason() -> None:
    effect = Effect(-3.0, -5.0, -1.0, "points", 0.95, "paired")
    rows = (
        Setting("shots", "5", "0", effect, 200, True),
        Setting("system", "none", "some", why_not="refused"),
    )
    table = settings_table(rows)
    assert table is not None and settings_table(()) is None
    assert table.rows[0] == ("shots", "5", "0", "-3.0", "-5.0 to -1.0", "200", "would explain the difference")
    assert table.rows[1][3] == "not measured" and table.rows[1][-1] == "refused"
    assert table.data == [each.to_json() for each in rows] and len(table.columns) == len(table.rows[0])


def scores() -> FormatScores:
    rng = np.random.default_rng(3)
    table = (rng.random((20, 40)) < np.linspace(0.1, 0.8, 20)[:, None]).astype(float)
    return FormatScores(table, np.ones(40), (), (), (), {"own": table}, {}, "sha256:0")


def test_formats_place_the_claimed_one() -> None:
    told = judge_tuned(CLAIM, formats=scores())
    table = formats_table(told)
    assert table is not None and table.tier == "strong" and "20 formats on the same 40 items" in table.title
    data: Any = table.data
    assert table.rows[0][:2] == ("claimed configuration", "100.0") and data["claimed"]["value"] == 1.0
    shares = {each["share"]: each["value"] for each in data["quantiles"]}
    assert shares[0.5] == np.median(scores().scores.mean(axis=1)) and "above 100.0 % of them" in table.note
    assert formats_table(judge_tuned(CLAIM)) is None


def test_attempts_are_listed_the_best_first_and_not_without_end() -> None:
    rows = tuple(Attempt(f"seed {at}", at / 100) for at in range(60))
    ledger = Ledger(60, True, tuple(each.value or 0.0 for each in rows), False, rows)
    table = attempts_table(ledger, judge_tuned(CLAIM, ledger=ledger))
    assert table is not None and table.rows[0] == ("seed 59", "59.0")
    assert table.rows[MOST_ATTEMPTS] == (f"… and {60 - MOST_ATTEMPTS} more, none higher", "")
    assert "vouches that it is complete" in table.note and attempts_table(None, judge_tuned(CLAIM)) is None


def test_weak_signals_are_marked_and_say_why_they_don_t_count() -> None:
    rows = (
        WeakRow("loss", 1.5, 100, "nats", "a reason"),
        WeakRow("Min-K%", None, 0, "nats", "another", "no tokens"),
    )
    table = weak_rows(rows)
    assert table is not None and table.tier == "weak" and "never counted" in table.title
    assert table.rows[0] == ("loss", "1.5", "nats", "100", "a reason")
    assert table.rows[1][1] == "not possible" and table.rows[1][-1] == "no tokens; another"
    assert json.dumps(table.data) and weak_rows(()) is None
