"""A plan comes back from its JSON as it was, or not at all."""

from __future__ import annotations

import json

import pytest

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec, Plan

PLAN = Plan({"name": "sums"}, ModelSpec("openai", "x", {"api": "chat"}), "sha256:0", 3, 2, 5, -1)


def test_a_plan_comes_back_with_the_same_digest() -> None:
    again = Plan.from_json(json.loads(PLAN.bytes))
    assert again == PLAN and again.digest == PLAN.digest and again.total == 6


@pytest.mark.parametrize(
    "change",
    [
        {"fairtrial_plan": 2},
        {"task": None},
        {"task": {}},
        {"task": {"name": 3}},
        {"model": {"provider": "openai", "name": "x"}},
        {"model": {"provider": "openai", "name": "x", "options": {}, "key": "sk-1"}},
        {"questions": None},
        {"n": 0},
        {"n": True},
        {"n": 3.0},
        {"n": "3"},
        {"epochs": 0},
        {"epochs": None},
        {"limit": "all"},
        {"seed": None},
        {"note": "of another's"},
    ],
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="no plan of ours"):
        Plan.from_json({**json.loads(PLAN.bytes), **change})


@pytest.mark.parametrize("key", PLAN.to_json())
def test_a_plan_that_lacks_a_key_is_refused(key: str) -> None:
    with pytest.raises(IntegrityError):
        Plan.from_json({name: value for name, value in PLAN.to_json().items() if name != key})


@pytest.mark.parametrize("text", ["gpt-4", "/x", "openai/", ""])
def test_what_names_no_model_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no model"):
        ModelSpec.parse(text)


@pytest.mark.parametrize("text", ["openai/gpt-4o", "replay/runs/a/b", "python:module:function"])
def test_a_model_is_written_as_it_was_typed(text: str) -> None:
    assert str(ModelSpec.parse(text, api=None)) == text
    assert ModelSpec.parse(text, api=None).options == {}
