"""A task file's keys, checked: what will be asked and how it is marked. Sources: lm-eval 0.4.13,
`config/task.py` (keys and defaults) and `api/task.py` (what they mean).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from fairtrial.core.question import Decoding
from fairtrial.evals.lmeval.datasets import parse_dataset
from fairtrial.evals.lmeval.filters import Pipeline, parse_pipelines
from fairtrial.evals.lmeval.formats import (
    DELIMITERS,
    FORMATS,
    Fewshot,
    Formats,
    check_template,
    parse_fewshot,
    parse_formats,
)
from fairtrial.evals.lmeval.generation import parse_generation
from fairtrial.evals.lmeval.metrics import Metric, parse_metrics
from fairtrial.evals.lmeval.obstacles import Obstacles, read_function, read_text, read_whole
from fairtrial.evals.lmeval.source import NamedFunction, Source

OutputType = Literal["generate_until", "multiple_choice", "loglikelihood"]

_PLAIN = (
    *("task_alias", "tag", "dataset_name", "should_decontaminate", "doc_to_decontamination_query"),
    *("metadata", "group_alias", "test_split", "validation_split", "training_split", "repeats"),
    *("filter_list", "metric_list", "generation_kwargs", "num_fewshot", "output_type", "task", "description"),
    *("fewshot_split", "dataset_path"),
)
"""Keys in which a Python function is never read."""
_UNSUPPORTED = {
    "use_prompt": ("templates of promptsource are not supported", "write doc_to_text and doc_to_target out"),
    "doc_to_image": ("images are not supported", ""),
    "doc_to_audio": ("sound is not supported", ""),
    "class": ("a task that is a Python class is not supported", ""),
    "group": ("a group of tasks is not supported", "name the files of its tasks one by one"),
    "task_list": ("several tasks in one file are not supported", "write a file for each, with an include"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """A task file that can be run."""

    source: Source
    name: str
    version: str
    output_type: OutputType
    data_files: Mapping[str, tuple[str, ...]]
    splits: Mapping[str, str | None]
    formats: Formats
    description: str
    fewshot: Fewshot
    metrics: tuple[Metric, ...]
    pipelines: tuple[Pipeline, ...]
    decoding: Decoding
    process_docs: NamedFunction | None
    process_results: NamedFunction | None
    custom_dataset: NamedFunction | None
    notes: tuple[str, ...]

    @property
    def split(self) -> str:
        """The split that is asked: the test split, otherwise the validation split."""
        return self.splits["test"] or self.splits["validation"] or ""


def parse_config(source: Source, *, trusted: bool, has_data: bool, num_fewshot: int | None) -> Config:
    """Check every key. Raises one UsageError that names all keys that stand in the way."""
    keys = {key: value for key, value in source.keys.items() if value is not None}
    bad = Obstacles(source.name, trusted)
    name = _name(source, keys, bad)
    _check_keys(keys, bad)
    output_type = _output_type(keys, bad)
    formats = _formats(keys, output_type, bad)
    splits = {kind: read_text(keys, f"{kind}_split", bad) for kind in ("test", "validation", "training")}
    if not splits["test"] and not splits["validation"]:
        bad.add("test_split", "neither it nor validation_split is given", "name the split that is asked")
    custom = read_function(keys, "custom_dataset", bad)
    process = read_function(keys, "process_docs", bad)
    results = read_function(keys, "process_results", bad)
    files = parse_dataset(keys, bad, has_data=has_data, custom=custom is not None)
    pipelines, notes = parse_pipelines(
        keys.get("filter_list"), output_type, read_whole(keys, "repeats", 1, bad), bad
    )
    decoding, more = parse_generation(keys.get("generation_kwargs"), formats.fewshot_delimiter, bad)
    fewshot = parse_fewshot(keys, formats, num_fewshot, bad)
    metrics, told = parse_metrics(keys.get("metric_list"), output_type, results is not None, bad)
    description = read_text(keys, "description", bad) or ""
    check_template("description", description, bad)
    bad.raise_if_any(name)
    return Config(
        source=source,
        name=name,
        version=_version(keys),
        output_type=output_type,
        data_files=files,
        splits=splits,
        formats=formats,
        description=description,
        fewshot=fewshot,
        metrics=metrics,
        pipelines=pipelines,
        decoding=decoding,
        process_docs=process,
        process_results=results,
        custom_dataset=custom,
        notes=(*notes, *more, *told) if output_type == "generate_until" else (*notes, *told),
    )


def _name(source: Source, keys: Mapping[str, Any], bad: Obstacles) -> str:
    name = keys.get("task")
    if isinstance(name, str) and name:
        return name
    if "group" not in keys and "task_list" not in keys:
        told = "has no name in text" if name is None else f"is {name!r:.60}, no name"
        bad.add("task", told, "write task: NAME")
    return source.path.stem


def _check_keys(keys: Mapping[str, Any], bad: Obstacles) -> None:
    for key, (reason, remedy) in _UNSUPPORTED.items():
        if key in keys:
            bad.add(key, reason, remedy)
    if keys.get("unsafe_code", False) is not False:
        bad.add("unsafe_code", "runs code that a model wrote, outside of any sandbox; not supported")
    known = {*_PLAIN, *FORMATS, *DELIMITERS, *_UNSUPPORTED, "unsafe_code", "dataset_kwargs"}
    known |= {"fewshot_config", "process_docs", "process_results", "custom_dataset"}
    for key, value in keys.items():
        if key not in known:
            bad.add(key[:60], "lm-eval 0.4.13 knows no such key", "correct its name")
        elif key in _PLAIN:
            bad.no_functions(key, value)


def _output_type(keys: Mapping[str, Any], bad: Obstacles) -> OutputType:
    found = keys.get("output_type", "generate_until")
    if found in ("generate_until", "multiple_choice", "loglikelihood"):
        return cast(OutputType, found)
    if found == "loglikelihood_rolling":
        bad.add(
            "output_type", "loglikelihood_rolling gives perplexities of a text, no share of right answers"
        )
    else:
        bad.add("output_type", f"{found!r:.60} is none of lm-eval's")
    return "generate_until"


def _formats(keys: Mapping[str, Any], output_type: OutputType, bad: Obstacles) -> Formats:
    formats = parse_formats(keys, bad)
    if formats.doc_to_text is None:
        bad.add("doc_to_text", "is missing", "write how a row is asked")
    if formats.doc_to_target is None:
        bad.add("doc_to_target", "is missing", "write what the right answer is")
    if output_type == "multiple_choice" and formats.doc_to_choice is None:
        bad.add("doc_to_choice", "is missing, and output_type multiple_choice needs it", "write the choices")
    return formats


def _version(keys: Mapping[str, Any]) -> str:
    metadata = keys.get("metadata")
    version = metadata.get("version") if isinstance(metadata, dict) else None
    return "unstated" if version is None else str(version)
