"""Every key of a task file is read as lm-eval reads it, or named and refused, all of them at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.config import Config
from tests.evals.lmeval.files import BASE, config_of, function

CHOICE = {"output_type": "multiple_choice", "doc_to_choice": ["a", "b"]}


def test_what_a_file_leaves_out_has_lm_evals_defaults() -> None:
    config = config_of()
    assert config.output_type == "generate_until"
    assert (config.decoding.temperature, config.decoding.max_tokens) == (0.0, 256)
    assert config.decoding.stop == ("\n\n",)
    assert [metric.name for metric in config.metrics] == ["exact_match"]
    assert [pipeline.name for pipeline in config.pipelines] == ["none"]
    assert config.formats.target_delimiter == " "
    assert config.fewshot.count == 0 and config.fewshot.sampler == "default"
    assert config.version == "unstated"


def test_the_test_split_goes_before_the_validation_split() -> None:
    assert config_of(validation_split="val").split == "test"
    assert config_of(test_split=None, validation_split="val").split == "val"


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"dataset_path": "openai/gsm8k"}, r"dataset_path: 'openai/gsm8k' .* hub"),
        ({"dataset_path": None}, "dataset_path: is missing"),
        ({"dataset_kwargs": {"data_files": {"test": "https://x.org/a.jsonl"}}}, "no local file"),
        ({"dataset_kwargs": {"data_files": {"test": "*.jsonl"}}}, "no local file"),
        ({"dataset_kwargs": {"data_files": {"test": "rows.csv"}}}, r"none of \.json"),
        ({"dataset_kwargs": {"data_files": {"test": []}}}, "names no file"),
        ({"dataset_kwargs": {"data_files": "rows.jsonl", "field": "data"}}, r"dataset_kwargs\.field"),
        ({"task": None}, "task: has no name"),
        ({"task": ["a", "b"]}, "task: is"),
        ({"group": "g", "task": ["a"]}, "group: a group"),
        ({"task_list": []}, "task_list: several"),
        ({"class": "x"}, "class: a task that is a Python class"),
        ({"use_prompt": "promptsource:x"}, "use_prompt"),
        ({"doc_to_image": "image"}, "doc_to_image: images"),
        ({"doc_to_audio": "sound"}, "doc_to_audio: sound"),
        ({"unsafe_code": True}, "unsafe_code"),
        ({"output_type": "loglikelihood_rolling"}, "output_type: loglikelihood_rolling"),
        ({"output_type": "gen"}, "output_type: 'gen'"),
        ({"doc_to_txt": "x"}, "doc_to_txt: lm-eval 0.4.13 knows no such key"),
        ({"doc_to_text": None}, "doc_to_text: is missing"),
        ({"doc_to_target": None}, "doc_to_target: is missing"),
        ({"output_type": "multiple_choice"}, "doc_to_choice: is missing"),
        ({"test_split": None}, "test_split: neither"),
        ({"doc_to_text": "{% macro a() %}{% endmacro %}"}, "doc_to_text: .*macro"),
        ({"doc_to_text": "{{ x | tojson }}"}, "doc_to_text: .*tojson"),
        ({"doc_to_text": ["a"]}, "doc_to_text: is no text"),
        ({"doc_to_target": True}, "doc_to_target: is True"),
        ({"doc_to_target": {"a": 1}}, "doc_to_target: is a mapping"),
        ({"gen_prefix": function()}, "gen_prefix: the Python function"),
        ({"gen_prefix": 3}, "gen_prefix: is 3"),
        ({"description": function()}, "description: the Python function"),
        ({"description": "{{ a"}, "description: "),
        ({"fewshot_delimiter": 3}, "fewshot_delimiter: is 3"),
        ({"num_fewshot": -1}, "num_fewshot: is -1"),
        ({"num_fewshot": "five"}, "num_fewshot: is 'five'"),
        ({"fewshot_config": ["a"]}, "fewshot_config: is no mapping"),
        ({"fewshot_config": {"sampler": "balanced"}}, r"fewshot_config\.sampler: 'balanced'"),
        ({"fewshot_config": {"fewshot_indices": [1]}}, r"fewshot_config\.fewshot_indices"),
        ({"fewshot_config": {"samples": [1]}}, r"fewshot_config\.samples: is no list of rows"),
        ({"fewshot_config": {"split": 1}}, r"fewshot_config\.split: is 1"),
        ({"fewshot_config": {"target_delimiter": None}}, r"fewshot_config\.target_delimiter"),
        ({"generation_kwargs": {"num_beams": 4}}, r"generation_kwargs\.num_beams"),
        ({"generation_kwargs": {"until": 3}}, r"generation_kwargs\.until"),
        ({"generation_kwargs": {"max_gen_toks": 0}}, r"generation_kwargs\.max_gen_toks"),
        ({"generation_kwargs": {"do_sample": True}}, r"generation_kwargs\.do_sample: is true without"),
        ({"generation_kwargs": {"temperature": "hot"}}, r"generation_kwargs\.temperature"),
        ({"generation_kwargs": []}, "generation_kwargs: is no mapping"),
        ({"metric_list": [{"metric": "bleu"}]}, r"metric_list\.bleu: is not supported"),
        ({"metric_list": [{"metric": "acc"}]}, r"metric_list\.acc: is not supported for generate_until"),
        ({**CHOICE, "metric_list": [{"metric": "f1"}]}, r"metric_list\.f1"),
        ({"metric_list": [{"metric": function()}]}, "metric_list: an entry names no metric"),
        ({"metric_list": [{"metric": "exact_match", "aggregation": "median"}]}, "aggregation: 'median'"),
        ({"metric_list": [{"metric": "exact_match", "aggregation": function()}]}, "aggregation: the Python"),
        ({"metric_list": [{"metric": "exact_match", "higher_is_better": False}]}, "higher_is_better"),
        ({"metric_list": [{"metric": "exact_match", "hf_evaluate": True}]}, "hf_evaluate"),
        ({"metric_list": [{"metric": "exact_match", "ignore_accents": True}]}, "ignore_accents"),
        ({"metric_list": [{"metric": "exact_match", "ignore_case": "yes"}]}, "ignore_case: is 'yes'"),
        ({"metric_list": [{"metric": "exact_match", "regexes_to_ignore": ["("]}]}, "regexes_to_ignore"),
        ({"metric_list": [{"metric": "exact_match"}, {"metric": "exact_match"}]}, "stands twice"),
        ({"filter_list": [{"name": "a", "filter": [{"function": "custom"}]}]}, r"filter_list\.a\.custom"),
        ({"filter_list": [{"name": "a", "filter": [{"function": function()}]}]}, "the Python function"),
        ({**CHOICE, "filter_list": [{"name": "a", "filter": [{"function": "regex"}]}]}, "no text to filter"),
    ],
)  # fmt: skip
def test_what_is_outside_the_subset_is_named(keys: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        config_of(**keys)


def test_all_obstacles_are_told_at_once_with_what_to_do() -> None:
    with pytest.raises(UsageError) as caught:
        config_of(
            dataset_path="some/dataset",
            doc_to_image="x",
            doc_to_target=function(),
            metric_list=[{"metric": "bleu"}],
            filter_list=[{"name": "f", "filter": [{"function": "regex", "regex_pattern": "("}]}],
        )
    told = caught.value.message
    assert "for 5 reasons" in told
    for key in ("dataset_path", "doc_to_image", "doc_to_target", "metric_list.bleu", "filter_list.f.regex"):
        assert key in told
    assert "--data FILE" in caught.value.remedy and "--trust-code" in caught.value.remedy


FUNCTION_KEYS: list[dict[str, Any]] = [
    {key: function()}
    for key in (
        "doc_to_text",
        "doc_to_target",
        "doc_to_choice",
        "process_docs",
        "process_results",
        "custom_dataset",
    )
] + [
    {"fewshot_config": {key: function()}}
    for key in ("samples", "process_docs", "doc_to_text", "doc_to_target")
]


@pytest.mark.parametrize("keys", FUNCTION_KEYS, ids=str)
def test_no_python_without_trust(keys: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"runs the Python function code\.f") as caught:
        config_of(**keys)
    assert "--trust-code" in caught.value.remedy
    assert isinstance(config_of(trusted=True, **keys), Config)


def test_a_number_of_examples_is_not_overridden_where_lm_eval_would_ignore_it() -> None:
    assert config_of(num_fewshot=5, shots=2).fewshot.count == 2
    assert config_of(shots=2).fewshot.count == 2
    with pytest.raises(UsageError, match="fixes it at 0"):
        config_of(num_fewshot=0, shots=2)
    with pytest.raises(UsageError, match="--num-fewshot: is -1"):
        config_of(num_fewshot=2, shots=-1)


def test_examples_inherit_formats_and_null_means_what_it_means_there() -> None:
    task = {"gen_prefix": "So", "doc_to_choice": ["a", "b"], "target_delimiter": "\n"}
    inherited = config_of(**task).fewshot.formats
    assert (inherited.gen_prefix, inherited.doc_to_choice, inherited.target_delimiter) == (
        "So",
        ["a", "b"],
        "\n",
    )
    null = config_of(**task, fewshot_config={"gen_prefix": None, "doc_to_choice": None, "doc_to_text": None})
    formats = null.fewshot.formats
    assert formats.gen_prefix is None and formats.doc_to_choice is None
    assert formats.doc_to_text == BASE["doc_to_text"]
    process = {"process_docs": function(), "trusted": True}
    assert config_of(**process).fewshot.process_docs == function()
    assert config_of(**process, fewshot_config={"process_docs": None}).fewshot.process_docs is None


def test_a_dataset_given_elsewhere_needs_no_path() -> None:
    assert config_of(dataset_path="cais/mmlu", has_data=True).data_files == {}
    assert config_of(dataset_path=None, custom_dataset=function(), trusted=True).data_files == {}


def test_likelihood_metrics_take_options_that_lm_eval_does_not_read() -> None:
    found = config_of(**CHOICE, metric_list=[{"metric": "acc", "ignore_case": True, "weight_by_size": True}])
    assert [metric.name for metric in found.metrics] == ["acc"]
    assert [metric.name for metric in config_of(**CHOICE).metrics] == ["acc", "acc_norm"]


def test_decoding_as_stated() -> None:
    kwargs = {
        "until": "\n",
        "temperature": "0.7",
        "do_sample": True,
        "top_p": 0.9,
        "max_gen_toks": 32,
        "num_beams": 1,
    }
    decoding = config_of(generation_kwargs=kwargs).decoding
    assert (decoding.stop, decoding.temperature, decoding.top_p, decoding.max_tokens) == (
        ("\n",),
        0.7,
        0.9,
        32,
    )
    cold = config_of(generation_kwargs={"do_sample": False, "temperature": 0.7})
    assert cold.decoding.temperature == 0.0 and "do_sample: false" in cold.notes[0]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["exact_match", "regex", "{{ a }}", "{% if", "first_n", "json", "(", "a.b"])
    | st.builds(function, st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["name", "filter", "function", "metric", "split", "samples", "data_files", "until", "x"]),
        inner,
        max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
KEYS = st.sampled_from([
    "task", "include", "dataset_path", "dataset_kwargs", "test_split", "doc_to_text", "doc_to_target",
    "doc_to_choice", "gen_prefix", "description", "num_fewshot", "fewshot_config", "fewshot_split", "repeats",
    "filter_list", "metric_list", "generation_kwargs", "output_type", "process_docs", "process_results",
    "custom_dataset", "target_delimiter", "fewshot_delimiter", "metadata", "unsafe_code", "zzz",
])  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.booleans(), st.none() | st.integers(-2, 5))
def test_any_values_are_read_or_refused(keys: dict[str, Any], trusted: bool, shots: int | None) -> None:
    try:
        config = config_of(trusted=trusted, shots=shots, **keys)
    except UsageError as error:
        assert "task.yaml can't be run" in error.message
    else:
        assert config.metrics and config.pipelines
