"""Other people's results: nothing guessed, what is lost told, hostile shapes refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.adapters.formats import DATASETS, Draft, every_eval_ever, hugging_face
from fairtrial.benchmarks import BENCHMARKS
from fairtrial.core.errors import UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.evals.strict_yaml import parse_yaml

HF = """\
- dataset: {id: openai/gsm8k, task_id: gsm8k, revision: abc}
  value: 20.90
  verifyToken: SECRET-TOKEN
  date: 2026-01-15
  source: {url: https://example.org/x, name: Card}
  notes: with tools
"""
RECORD: dict[str, Any] = {
    "schema_version": "0.3.0",
    "evaluation_id": "gsm8k/m/1",
    "retrieved_timestamp": "1767225600.5",
    "source_metadata": {
        "source_type": "documentation",
        "source_organization_name": "Org",
        "evaluator_relationship": "first_party",
    },
    "eval_library": {"name": "lm_eval", "version": "0.4.9"},
    "model_info": {"name": "M", "id": "vendor/m"},
    "evaluation_results": [
        {
            "evaluation_name": "GSM8K",
            "source_data": {"dataset_name": "GSM8K", "source_type": "hf_dataset", "hf_repo": "openai/gsm8k"},
            "metric_config": {
                "metric_id": "accuracy",
                "metric_unit": "percent",
                "lower_is_better": False,
                "score_type": "continuous",
                "min_score": 0,
                "max_score": 100,
            },
            "score_details": {"score": 85.50, "uncertainty": {"num_samples": 1319}},
            "generation_config": {"generation_args": {"temperature": 0.0, "max_tokens": 256, "top_p": 0.9}},
        }
    ],
}


def hub(text: str = HF, **told: Any) -> tuple[Draft, ...]:
    return hugging_face.drafts(parse_yaml(text.encode(), "x.yaml").value, unit=told.pop("unit", None), **told)


def eee(change: Any = None, unit: Any = None, **top: Any) -> Draft:
    record = json.loads(json.dumps(RECORD)) | top
    if change is not None:
        change(record["evaluation_results"][0])
    return every_eval_ever.drafts(parse_strict(json.dumps(record)), unit=unit)[0]


def codes(draft: Draft) -> set[str]:
    return {each.code for each in draft.losses}


def test_the_hubs_unit_is_never_guessed() -> None:
    for value in ("20.90", "0.412", "1"):
        (draft,) = hub(HF.replace("20.90", value))
        assert (
            "value" not in draft.given and "units-unknown" in codes(draft) and value in draft.notes["value"]
        )
    (percent,) = hub(unit="percent")
    assert percent.given["value"] == 0.209 and percent.decimals == 4 and "units-unknown" not in codes(percent)
    with pytest.raises(UsageError, match=r"20\.90, which can't be a fraction"):
        hub(unit="fraction")


def test_the_hubs_entry_gives_what_it_states_and_no_token() -> None:
    (draft,) = hub(model="vendor/m")
    assert draft.given == {
        "model": "vendor/m",
        "benchmark": "gsm8k",
        "date": "2026-01-15",
        "source": "https://example.org/x",
    }
    assert {"aggregate-only", "config-partial", "not-carried"} <= codes(draft) and not draft.conditions
    assert "SECRET" not in repr(draft)
    (unknown,) = hub(HF.replace("openai/gsm8k", "who/knows"))
    assert "benchmark" not in unknown.given and "subject-unknown" in codes(unknown)


@pytest.mark.parametrize(
    "text",
    ["a: 1", "- 1", "[]", "- {dataset: 1, value: 2}", HF + "  scores: 1", "- {dataset: {id: x}, value: yes}"],
)
def test_another_shape_than_the_hubs_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        hub(text, unit="percent")


def test_a_record_states_unit_items_and_some_conditions() -> None:
    draft = eee()
    assert draft.given == {
        "model": "vendor/m",
        "benchmark": "gsm8k",
        "metric": "accuracy",
        "value": 0.855,
        "n": 1319,
        "source": "Org",
        "date": "2026-01-01",
    }
    assert draft.conditions == {"temperature": 0.0, "max_tokens": 256} and draft.decimals == 3
    lost = {each.field for each in draft.losses}
    assert "generation_args.top_p" in lost and "aggregate-only" in codes(draft)


@pytest.mark.parametrize(
    ("metric", "score", "value"),
    [
        ({"metric_unit": "proportion", "min_score": 0.0, "max_score": 1.0}, 0.855, 0.855),
        ({"metric_unit": None}, 85.5, 0.855),
        ({"metric_unit": "percent", "min_score": None, "max_score": None}, 0.5, 0.005),
        ({"metric_unit": "percent", "max_score": 1}, 0.5, None),
        ({"metric_unit": "points"}, 0.5, None),
        ({"metric_unit": None, "max_score": "Infinity"}, 0.5, None),
        ({"metric_unit": None, "max_score": 5}, 0.5, None),
    ],
)
def test_a_records_unit_is_what_it_says_and_unknown_where_it_says_two_things(
    metric: dict[str, Any], score: float, value: float | None
) -> None:
    def change(result: dict[str, Any]) -> None:
        result["metric_config"].update(metric)
        result["score_details"]["score"] = score

    draft = eee(change)
    assert draft.given.get("value") == value and ("units-unknown" in codes(draft)) is (value is None)


def test_a_record_that_is_none_of_ours_is_refused_by_name() -> None:
    for top in ({"schema_version": "1.0.0"}, {"surprise": 1}, {"evaluation_results": []}, {"model_info": 3}):
        with pytest.raises(UsageError):
            eee(**top)
    for update in ({"lower_is_better": True}, {"score_type": "levels"}):
        with pytest.raises(UsageError, match="--entry"):
            eee(lambda result, update=update: result["metric_config"].update(update))
    with pytest.raises(UsageError, match="the file states percent, not fraction"):
        eee(unit="fraction")


def test_odd_values_are_left_out_and_told() -> None:
    def change(result: dict[str, Any]) -> None:
        args = {"temperature": "hot", "max_tokens": True, "prompt_template": ""}
        result["generation_config"]["generation_args"] = args
        result["score_details"]["uncertainty"] = {"num_samples": -3}

    draft = eee(change, model_info={"id": 7})
    assert not draft.conditions and "n" not in draft.given and "model" not in draft.given
    assert "generation_args.temperature" in {each.field for each in draft.losses}


def test_every_data_set_is_a_benchmark_of_ours() -> None:
    assert set(DATASETS.values()) <= set(BENCHMARKS) and all(name == name.lower() for name in DATASETS)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=80)
@given(data=st.data())
def test_any_value_anywhere_is_a_draft_or_a_refusal(data: st.DataObject) -> None:
    record = json.loads(json.dumps(RECORD))
    where = record
    for key in data.draw(st.sampled_from(PATHS))[:-1]:
        where = where[key]
    last = data.draw(st.sampled_from(sorted(map(str, where)) if isinstance(where, dict) else [0]))
    where[last] = data.draw(values)
    entry = {"dataset": {"id": data.draw(values)}, "value": data.draw(values), "source": data.draw(values)}
    for read in (
        lambda: every_eval_ever.drafts(parse_strict(json.dumps(record)), unit=None),
        lambda: hugging_face.drafts([entry], unit=data.draw(st.sampled_from([None, "percent"]))),
    ):
        try:
            for draft in read():
                value = draft.given.get("value", 0)
                assert isinstance(value, float | int) and 0 <= value <= 1
        except UsageError:
            continue


RESULT = ("evaluation_results", 0)
PATHS: list[tuple[Any, ...]] = [
    ("x",),
    (*RESULT, "x"),
    (*RESULT, "metric_config", "x"),
    (*RESULT, "score_details", "x"),
    (*RESULT, "source_data", "x"),
    (*RESULT, "generation_config", "generation_args", "x"),
]
