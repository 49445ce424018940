"""Disclosed: every condition that repeating takes, one by one."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from fairtrial.audit.disclosed import WORDS, disclosed
from fairtrial.core.claim import Claim, Conditions

TOLD = Claim(
    "it holds", "a/model", "gsm8k", 0.5, 0.02, "a card", n=1319, date="2026-01-30",
    conditions=Conditions(5, "default", "", 0.0, 256, "flexible-extract", 1),
)  # fmt: skip


def test_a_claim_that_states_everything() -> None:
    assert disclosed(TOLD).answer == "yes"


@pytest.mark.parametrize("name", [each.name for each in fields(Conditions)])
def test_each_condition_that_is_left_out_is_named(name: str) -> None:
    found = disclosed(replace(TOLD, conditions=replace(TOLD.conditions, **{name: None})))
    assert found.answer == "no"
    assert found.sentence == f"the claim doesn't state: {WORDS[name]}"


@pytest.mark.parametrize(("name", "nothing"), [("value", None), ("n", None), ("source", ""), ("date", "")])
def test_each_field_that_is_left_out_is_named(name: str, nothing: Any) -> None:
    found = disclosed(replace(TOLD, **{name: nothing}))
    assert found.answer == "no" and WORDS[name] in found.sentence
