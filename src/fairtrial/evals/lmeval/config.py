"""A task file's keys, checked: what will be asked and how it is marked. Sources: lm-eval 0.4.13,
`config/task.py` (keys and defaults) and `api/task.py` (what they mean).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from fairtrial.core.question import Decoding
from fairtrial.evals.lmeval.filters import Pipeline, parse_pipelines
from fairtrial.evals.lmeval.generation import parse_generation
from fairtrial.evals.lmeval.metrics import Metric, parse_metrics
from fairtrial.evals.lmeval.obstacles import Obstacles
from fairtrial.evals.lmeval.source import NamedFunction, Source

OutputType = Literal["generate_until", "multiple_choice", "loglikelihood"]
Value = str | int | list[Any] | dict[str, Any] | NamedFunction | None

SHIPPED: Final = {
    **dict.fromkeys(("gsm8k", "openai/gsm8k"), "gsm8k"),
    **dict.fromkeys(("cais/mmlu", "hails/mmlu_no_train"), "mmlu"),
    **dict.fromkeys(("hellaswag", "Rowan/hellaswag"), "hellaswag"),
}
"""Datasets whose benchmark ships with the package, by the benchmark's name here."""

_SILENT = (
    *("task_alias", "tag", "dataset_name", "should_decontaminate", "doc_to_decontamination_query"),
    *("metadata", "group_alias", "test_split", "validation_split", "training_split", "repeats"),
    *("filter_list", "metric_list", "generation_kwargs", "num_fewshot", "output_type", "task", "description"),
    *("fewshot_split", "dataset_path"),
)
_FORMATS = ("doc_to_text", "doc_to_target", "doc_to_choice", "gen_prefix")
_DELIMITERS = {"target_delimiter": " ", "fewshot_delimiter": "\n\n"}
_UNSUPPORTED = {
    "use_prompt": ("templates of promptsource are not supported", "write doc_to_text and doc_to_target out"),
    "doc_to_image": ("images are not supported", ""),
    "doc_to_audio": ("sound is not supported", ""),
    "class": ("a task that is a Python class is not supported", ""),
}
_SHOT_KEYS = ("sampler", "split", "samples", "process_docs", *_FORMATS, *_DELIMITERS)


@dataclass(frozen=True, slots=True)
class Formats:
    """How a document is put into words. A value is a column's name, a template, a literal or a function."""

    doc_to_text: Value
    doc_to_target: Value
    doc_to_choice: Value
    gen_prefix: Value
    target_delimiter: str
    fewshot_delimiter: str


@dataclass(frozen=True, slots=True)
class Fewshot:
    """Worked examples: how many, from where, drawn how, in which words. split wins over samples, as there."""

    count: int
    split: str | None
    samples: list[Any] | NamedFunction | None
    sampler: Literal["default", "first_n"]
    process_docs: NamedFunction | None
    formats: Formats


@dataclass(frozen=True, slots=True)
class Config:
    """A task file that can be run."""

    source: Source
    name: str
    version: str
    output_type: OutputType
    dataset_path: str | None
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
    name = keys.get("task")
    if not isinstance(name, str) or not name:
        bad.add(
            "task", "has no name in text" if name is None else f"is {name!r:.60}, no name", "write task: NAME"
        )
        name = source.path.stem
    _check_keys(keys, bad)
    output_type = _output_type(keys, bad)
    formats = _formats(keys, bad)
    if formats.doc_to_text is None:
        bad.add("doc_to_text", "is missing", "write how a row is asked")
    if formats.doc_to_target is None:
        bad.add("doc_to_target", "is missing", "write what the right answer is")
    if output_type == "multiple_choice" and formats.doc_to_choice is None:
        bad.add("doc_to_choice", "is missing, and output_type multiple_choice needs it", "write the choices")
    splits = {kind: _text(keys, f"{kind}_split", bad) for kind in ("test", "validation", "training")}
    if not splits["test"] and not splits["validation"]:
        bad.add("test_split", "neither it nor validation_split is given", "name the split that is asked")
    custom = _function(keys, "custom_dataset", bad)
    dataset_path, files = _dataset(keys, bad, has_data or custom is not None)
    repeats = _whole(keys, "repeats", 1, bad)
    results = _function(keys, "process_results", bad)
    pipelines, notes = parse_pipelines(keys.get("filter_list"), repeats, bad)
    decoding, more = parse_generation(keys.get("generation_kwargs"), formats.fewshot_delimiter, bad)
    description = keys.get("description", "")
    if not isinstance(description, str):
        bad.add("description", "is no text", "write a text")
        description = ""
    fewshot = _fewshot(keys, formats, num_fewshot, bad)
    metrics = parse_metrics(keys.get("metric_list"), output_type, results is not None, bad)
    bad.raise_if_any(name)
    return Config(
        source=source,
        name=name,
        version=_version(keys),
        output_type=output_type,
        dataset_path=dataset_path,
        data_files=files,
        splits=splits,
        formats=formats,
        description=description,
        fewshot=fewshot,
        metrics=metrics,
        pipelines=pipelines,
        decoding=decoding,
        process_docs=_function(keys, "process_docs", bad),
        process_results=results,
        custom_dataset=custom,
        notes=(*notes, *more) if output_type == "generate_until" else (),
    )


def _check_keys(keys: Mapping[str, Any], bad: Obstacles) -> None:
    for key, (reason, remedy) in _UNSUPPORTED.items():
        if key in keys:
            bad.add(key, reason, remedy)
    if keys.get("unsafe_code", False) is not False:
        bad.add("unsafe_code", "runs code that a model wrote, outside of any sandbox; not supported")
    known = {*_SILENT, *_FORMATS, *_DELIMITERS, *_UNSUPPORTED, "unsafe_code", "dataset_kwargs"}
    known |= {"fewshot_config", "process_docs", "process_results", "custom_dataset"}
    for key, value in keys.items():
        if key not in known:
            bad.add(key[:60], "lm-eval 0.4.13 knows no such key", "correct its name")
        elif key in _SILENT:
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


def _formats(keys: Mapping[str, Any], bad: Obstacles, above: Formats | None = None, at: str = "") -> Formats:
    """The formats; those of few-shot examples inherit the task's where they state none."""
    values: dict[str, Any] = {}
    for key in _FORMATS:
        value = keys[key] if key in keys else getattr(above, key, None)
        if isinstance(value, NamedFunction):
            bad.function(f"{at}{key}", value)
        elif isinstance(value, bool | float):
            bad.add(f"{at}{key}", f"is {value!r}, neither column nor template", "quote it")
        elif isinstance(value, dict | list) and key in ("doc_to_text", "gen_prefix"):
            bad.add(f"{at}{key}", "is no text", "write a column's name or a template")
        else:
            bad.no_functions(f"{at}{key}", value)
        values[key] = value
    for key, default in _DELIMITERS.items():
        value = keys[key] if key in keys else getattr(above, key, default)
        if not isinstance(value, str):
            bad.add(f"{at}{key}", f"is {value!r:.60}, no text", "quote it")
        values[key] = value
    return Formats(**values)


def _fewshot(keys: Mapping[str, Any], formats: Formats, asked: int | None, bad: Obstacles) -> Fewshot:
    own = keys.get("fewshot_config", {})
    if not isinstance(own, dict):
        bad.add("fewshot_config", "is no mapping", "write sampler, split or samples under it")
        own = {}
    for key in own:
        if key not in _SHOT_KEYS:
            bad.add(f"fewshot_config.{key[:60]}", "is not supported")
    sampler = own.get("sampler", "default")
    if sampler not in ("default", "first_n"):
        bad.add("fewshot_config.sampler", f"{sampler!r:.60} is not supported", "take default or first_n")
        sampler = "default"
    split = own["split"] if "split" in own else keys.get("fewshot_split")
    if split is not None and not isinstance(split, str):
        bad.add("fewshot_config.split", f"is {split!r:.60}, no name of a split", "quote it")
    samples = own.get("samples")
    if isinstance(samples, NamedFunction):
        bad.function("fewshot_config.samples", samples)
    elif samples is not None and not (
        isinstance(samples, list) and all(isinstance(each, dict) for each in samples)
    ):
        bad.add("fewshot_config.samples", "is no list of rows", "write a list of mappings")
    elif samples is not None:
        bad.no_functions("fewshot_config.samples", samples)
    process = _function(own, "process_docs", bad, "fewshot_config.") or _function(keys, "process_docs", None)
    count = _whole(keys, "num_fewshot", 0, bad)
    if asked is not None and asked != count:
        if asked < 0:
            bad.add("--num-fewshot", f"is {asked}", "give a whole number of at least 0")
        elif keys.get("num_fewshot") == 0:
            bad.add(
                "num_fewshot",
                f"the file fixes it at 0, and lm-eval ignores another number, here {asked}",
                "leave --num-fewshot out",
            )
        count = asked
    inherited = {key: value for key, value in own.items() if value is not None}
    inner = _formats(inherited, bad, formats, "fewshot_config.") if inherited else formats
    return Fewshot(count, split, samples, sampler, process, inner)


def _dataset(
    keys: Mapping[str, Any], bad: Obstacles, elsewhere: bool
) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """dataset_path and the files of each split. elsewhere: --data or custom_dataset gives the rows."""
    path, kwargs = keys.get("dataset_path"), keys.get("dataset_kwargs", {})
    if path is not None and not isinstance(path, str):
        bad.add("dataset_path", f"is {path!r:.60}, no text", "quote it")
        path = None
    if not isinstance(kwargs, dict):
        bad.add("dataset_kwargs", "is no mapping", "write data_files under it")
        kwargs = {}
    if path not in ("json", "csv"):
        if not elsewhere:
            _refuse_hub(path, bad)
        return path, {}
    for key in kwargs:
        # trust_remote_code lets the hub run code; nothing here ever does, so it allows nothing.
        if key not in ("data_files", "trust_remote_code"):
            bad.add(f"dataset_kwargs.{key[:60]}", "is not supported; only data_files is")
    given = kwargs.get("data_files")
    files = given if isinstance(given, dict) else {} if given is None else {"train": given}
    named: dict[str, tuple[str, ...]] = {}
    for split, value in files.items():
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(each, str) and each for each in names):
            bad.add(f"dataset_kwargs.data_files.{split[:60]}", "names no file", "write a file's name")
            continue
        for each in names:
            if "://" in each or "*" in each:
                bad.add(f"dataset_kwargs.data_files.{split[:60]}", f"{each[:80]!r} is no local file")
        named[split] = tuple(names)
    if not named and not elsewhere:
        bad.add("dataset_kwargs.data_files", "names no file", "write {test: FILE}, or give --data FILE")
    return path, named


def _refuse_hub(path: str | None, bad: Obstacles) -> None:
    if path is None:
        bad.add("dataset_path", "is missing", "write dataset_path: json and data_files, or give --data FILE")
        return
    ships = SHIPPED.get(path)
    remedy = "get its rows and give them with --data FILE"
    if ships:
        remedy += f", or run the benchmark {ships} that ships here"
    bad.add(
        "dataset_path", f"{path[:80]!r} is a dataset of a hub, and nothing is fetched for a task file", remedy
    )


def _function(keys: Mapping[str, Any], key: str, bad: Obstacles | None, at: str = "") -> NamedFunction | None:
    value = keys.get(key)
    if isinstance(value, NamedFunction):
        if bad is not None:
            bad.function(f"{at}{key}", value)
        return value
    if value is not None and bad is not None:
        bad.add(f"{at}{key}", f"is {value!r:.60}, no function", "write !function module.name")
    return None


def _whole(keys: Mapping[str, Any], key: str, default: int, bad: Obstacles) -> int:
    value = keys.get(key, default)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000:
        return value
    bad.add(key, f"is {value!r:.60}", "write a whole number from 0 to 10,000")
    return default


def _text(keys: Mapping[str, Any], key: str, bad: Obstacles) -> str | None:
    value = keys.get(key)
    if value is None or isinstance(value, str):
        return value or None
    bad.add(key, f"is {value!r:.60}, no text", "quote it")
    return None


def _version(keys: Mapping[str, Any]) -> str:
    metadata = keys.get("metadata")
    version = metadata.get("version") if isinstance(metadata, dict) else None
    return "unstated" if version is None else str(version)
