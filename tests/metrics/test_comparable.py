"""Two runs are one test, or what differs is named and refused."""

from __future__ import annotations

from typing import Any

import pytest

from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.evals.planning import make_plan
from fairtrial.metrics.comparable import NAMES, check_comparable, comparable
from tests.laboratory import sums
from tests.metrics.laboratory import plan

LABELS = ("runs/a", "runs/b")
ORIGIN = {"name": "cases", "source": "cases.jsonl", "digest": "sha256:00"}
SCORER = {"metric": "accuracy", "name": "exact", "extractor": {"name": "whole"}}
DECODING = {"temperature": 0.0, "max_tokens": 100, "effort": None}


def names(**change: Any) -> list[str]:
    """Names of what differs from the usual plan."""
    n = change.pop("n", 10)
    return [each.name for each in comparable(plan(10).to_json(), plan(n, **change).to_json())]


def test_only_the_model_may_differ() -> None:
    assert names() == []
    assert names(model="anthropic/large") == []
    other = plan(10).to_json() | {
        "model": ModelSpec.parse("openai/x", base_url="http://h", api="chat").to_json()
    }
    assert comparable(plan(10).to_json(), other) == ()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("task", {"name": "others"}),
        ("version", {"version": "2"}),
        ("asks", {"asks": "loglikelihood", "decoding": {}}),
        ("items", {"n": 11}),
        ("items", {"origin": {**ORIGIN, "digest": "sha256:11"}}),
        ("items", {"origin": {**ORIGIN, "split": "train"}}),
        ("items", {"origin": {**ORIGIN, "revision": "abc"}}),
        ("prompt", {"prompt": {"template": "Q: {{ input }}", "fewshot": 0}}),
        ("few-shot", {"prompt": {"template": "{{ input }}", "fewshot": 5}}),
        ("questions", {"questions": "q1"}),
        ("scorer", {"scorer": {**SCORER, "name": "number"}}),
        ("scorer", {"scorer": {**SCORER, "tolerance": 0.1}}),
        ("extraction", {"scorer": {**SCORER, "extractor": {"name": "last number"}}}),
        ("decoding", {"decoding": {**DECODING, "temperature": 0.7}}),
        ("decoding", {"decoding": {**DECODING, "max_tokens": 50}}),
        ("decoding", {"decoding": {**DECODING, "stop": ["\n"]}}),
        ("effort", {"decoding": {**DECODING, "effort": "high"}}),
        ("system", {"system": "Be brief."}),
        ("epochs", {"epochs": 2}),
        ("cluster", {"cluster": "passage"}),
    ],
)
def test_each_difference_has_its_name_and_its_name_alone(name: str, change: dict[str, Any]) -> None:
    expected = [name] if name != "asks" else ["asks", "decoding"]
    found = names(**change)
    assert [each for each in found if each in expected] == found and name in found


def test_a_seed_is_a_difference() -> None:
    a, b = plan(10).to_json(), plan(10).to_json() | {"seed": 1}
    assert [each.name for each in comparable(a, b)] == ["seed"]


@pytest.mark.parametrize(
    "change",
    [
        {"scorer": {**SCORER, "alternatives": [{"name": "strict"}]}},
        {"notes": ["a known flaw"]},
        {"slices": ["subject"]},
        {"chance": 0.25},
        {"origin": {**ORIGIN, "name": "copy", "source": "copy.jsonl"}},
    ],
)
def test_what_touches_no_score_is_no_difference(change: dict[str, Any]) -> None:
    assert names(**change) == []


def test_a_limit_that_takes_the_same_samples_is_no_difference() -> None:
    whole, _ = make_plan(sums(5), ModelSpec("fake", "a"))
    limited, _ = make_plan(sums(5), ModelSpec("fake", "b"), limit=9)
    fewer, _ = make_plan(sums(5), ModelSpec("fake", "b"), limit=4)
    assert comparable(whole.to_json(), limited.to_json()) == ()
    assert [each.name for each in comparable(whole.to_json(), fewer.to_json())] == ["items"]


def test_the_refusal_lists_everything_that_differs_and_what_to_type() -> None:
    a, b = plan(10).to_json(), plan(12, system="Be brief.", questions="q1").to_json()
    with pytest.raises(UsageError, match="runs/a and runs/b did not answer the same test") as told:
        check_comparable(a, b, labels=LABELS)
    assert "items: n 10 against n 12" in told.value.message
    assert "system: none against 'Be brief.'" in told.value.message
    assert told.value.remedy.endswith(
        "add --allow-difference items --allow-difference system to compare them all the same"
    )


def test_each_difference_must_be_allowed_by_name() -> None:
    a, b = plan(10).to_json(), plan(12, system="Be brief.").to_json()
    with pytest.raises(UsageError, match=r"\(system: "):
        check_comparable(a, b, allow=["items"], labels=LABELS)
    found = check_comparable(a, b, allow=["items", "system", "seed"], labels=LABELS)
    assert [(each.name, each.allowed) for each in found] == [("items", True), ("system", True)]


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    a = plan(10).to_json()
    with pytest.raises(UnknownName, match="the nearest: items"):
        check_comparable(a, a, allow=["item"], labels=LABELS)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_allowed(name: str) -> None:
    a = plan(10).to_json()
    assert check_comparable(a, a, allow=[name], labels=LABELS) == ()


def test_long_values_are_cut_but_told_apart_by_key() -> None:
    long = {"prompt": {"template": "x" * 5000, "fewshot": 0}}
    a, b = plan(10).to_json(), plan(10, **long).to_json()
    (found,) = comparable(a, b)
    assert found.a.startswith("template ") and len(found.b) < 200 and found.b.endswith("…")
