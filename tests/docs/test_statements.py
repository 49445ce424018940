"""The reference pages say of every field what the code says."""

from __future__ import annotations

import pytest

from fairtrial.trust.method_table import GROUPS
from fairtrial.trust.predicates import PREDICATES
from tests.docs.statements import IN_METHOD, METHOD, STATEMENTS, named, written


@pytest.mark.parametrize("path", [STATEMENTS, METHOD], ids=lambda path: path.name)
def test_the_tables_are_current(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert written(text) == text, "run `python -m tests.docs.statements`"


def test_nothing_is_left_out() -> None:
    assert named(STATEMENTS.read_text()) == list(PREDICATES)
    assert named(METHOD.read_text()) == [f"{IN_METHOD}{group}" for group in GROUPS]


@pytest.mark.parametrize("name", PREDICATES)
def test_signers_and_subjects_are_told(name: str) -> None:
    text = STATEMENTS.read_text()
    section = text[text.index(f"### {name}\n") :].partition("<!-- fields")[0]
    predicate = PREDICATES[name]
    who = "anybody known" if len(predicate.signers) == 5 else " or ".join(predicate.signers)
    assert f"Signed by {who}." in section
    assert f"About {predicate.subject}." in section
