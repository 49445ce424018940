"""Registers of attempts as files: read whole, refused whole, every problem named at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.audit.register_file import MAX_BYTES, parse_register
from fairtrial.audit.tuned import Attempt, Ledger
from fairtrial.core.errors import UsageError

GOOD = """\
attempts:
  - label: Q/A, no example
    value: 0.845
    date: 2026-11-24
    run: sha256:ab
  - {value: 0.8517}
complete: true
"""


def read(text: str) -> Ledger:
    return parse_register(text.encode(), "register.yaml")


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return caught.value.message


def test_a_register_is_read_as_question_4_weighs_it() -> None:
    found = read(GOOD)
    rows = (Attempt("Q/A, no example", 0.845, "2026-11-24", "sha256:ab"), Attempt("", 0.8517))
    assert found == Ledger(2, True, (0.845, 0.8517), False, rows)
    assert found.best_claimed(0.8517) and not found.best_claimed(0.845)


def test_what_is_not_vouched_for_is_not_complete() -> None:
    found = read("attempts: [{label: a}]\ncorrected: true")
    assert (found.complete, found.corrected) == (False, True)


def test_the_best_is_unknown_where_one_attempt_keeps_its_score() -> None:
    found = read("attempts: [{value: 0.5}, {label: stopped half way}]")
    assert (found.attempts, found.scores) == (2, ()) and not found.best_claimed(0.5)
    assert [each.value for each in found.rows] == [0.5, None]


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    told = refused(
        "attempts:\n  - value: 84.5\n  - labl: x\n  - 3\n  - {date: 7, value: yes}\ncomplete: perhaps\nbest: 1\n"
    )
    assert told.splitlines() == [
        "register.yaml has 7 problems:",
        "  line 2: value 84.5 is no fraction from 0 to 1; write 0.855 for 85.5 %",
        "  line 3: no key is called 'labl' (the nearest: label)",
        "  line 4: an attempt should be label, value, date and run, not 3",
        "  line 5: date should be a text of at most 4,000 characters; put it in quotes",
        "  line 5: value 'yes' is no fraction from 0 to 1; write 0.855 for 85.5 %",
        "  line 6: complete should be true or false, not 'perhaps'",
        "  line 7: no key is called 'best' (known: attempts, complete, corrected)",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no register"),
        ("- value: 0.5", "holds no register"),
        ("complete: true", "attempts is missing"),
        ("attempts: []", "a list of 1 to 10,000"),
        ("attempts: 12", "a list of 1 to 10,000"),
        (f"attempts: [{'{}, ' * 10_001}]", "a list of 1 to 10,000"),
        ("attempts: [{value: true}]", "no fraction"),
        ("attempts: [{value: -0.1}]", "no fraction"),
        ("attempts: [{value: .nan}]", "no number that can be used"),
        (f"attempts: [{{label: {'x' * 4_001}}}]", "at most 4,000 characters"),
        ("attempts: [{label: &a b}]", "anchors"),
        ("attempts: !!python/object:os.system [1]", "tag"),
        ("#" * (MAX_BYTES + 1), "a register has at most"),
    ],
)
def test_what_is_no_register_is_refused(text: str, told: str) -> None:
    assert told in refused(text)


def test_json_has_no_lines_so_the_place_is_named() -> None:
    told = refused('{"attempts": [{"value": 0.5}, {"value": 2}], "complete": 1}')
    assert "attempts[1].value: value 2 is no fraction" in told and "complete: complete should be" in told


def test_a_flood_of_problems_is_counted() -> None:
    told = refused("attempts:\n" + "  - value: 2\n" * 500)
    assert "500 problems" in told and "and 450 more" in told and len(told.splitlines()) == 52


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
            st.none() | st.floats(0, 1),
        ),
        min_size=1,
        max_size=9,
    ),
    st.booleans(),
    st.booleans(),
)
def test_json_is_read_alike(rows: list[tuple[str, float | None]], complete: bool, corrected: bool) -> None:
    text = json.dumps(
        {
            "attempts": [{"label": label, "value": value} for label, value in rows],
            "complete": complete,
            "corrected": corrected,
        }
    )
    found = read(text)
    assert [(each.label, each.value) for each in found.rows] == rows
    assert (found.attempts, found.complete, found.corrected) == (len(rows), complete, corrected)
