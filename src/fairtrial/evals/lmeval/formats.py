"""How a document is put into words, and which worked examples stand before it: the keys, checked.

Sources: lm-eval 0.4.13, `config/task.py` (`FewshotConfig.from_dict`) and `api/task.py` (`fewshot_docs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.obstacles import Obstacles, read_function, read_whole
from fairtrial.evals.lmeval.source import NamedFunction
from fairtrial.evals.lmeval.templates import compile_template

Value = str | int | list[Any] | dict[str, Any] | NamedFunction | None

FORMATS = ("doc_to_text", "doc_to_target", "doc_to_choice", "gen_prefix")
DELIMITERS = {"target_delimiter": " ", "fewshot_delimiter": "\n\n"}
_SHOT_KEYS = ("sampler", "split", "samples", "process_docs", *FORMATS, *DELIMITERS)
_INHERITED_IF_NULL = ("doc_to_text", "doc_to_target")
"""lm-eval reads null here as "the task's"; for any other format it means "none"."""


@dataclass(frozen=True, slots=True)
class Formats:
    """A value is a column's name, a template, a literal or a function."""

    doc_to_text: Value
    doc_to_target: Value
    doc_to_choice: Value
    gen_prefix: Value
    target_delimiter: str
    fewshot_delimiter: str


@dataclass(frozen=True, slots=True)
class Fewshot:
    """How many, from where, drawn how, in which words. split wins over samples, as there; with neither, the
    examples come from the training split, or the first of validation and test that there is."""

    count: int
    split: str | None
    samples: list[Any] | NamedFunction | None
    sampler: Literal["default", "first_n"]
    process_docs: NamedFunction | None
    formats: Formats


def parse_formats(
    keys: Mapping[str, Any], bad: Obstacles, above: Formats | None = None, at: str = ""
) -> Formats:
    """The formats. above: those of the task, which the formats of its examples inherit."""
    values: dict[str, Any] = {}
    for key in FORMATS:
        value = keys[key] if key in keys else getattr(above, key, None)
        if value is None and key in _INHERITED_IF_NULL:
            value = getattr(above, key, None)
        values[key] = value
        if key in keys or above is None:
            _check(f"{at}{key}", key, value, bad)
    for key, default in DELIMITERS.items():
        value = keys[key] if key in keys else getattr(above, key, default)
        if not isinstance(value, str):
            bad.add(f"{at}{key}", f"is {value!r:.60}, no text", "quote it")
            value = default
        values[key] = value
    return Formats(**values)


def _check(name: str, key: str, value: Any, bad: Obstacles) -> None:
    if isinstance(value, NamedFunction):
        if key == "gen_prefix":
            bad.no_functions(name, value)
        else:
            bad.function(name, value)
    elif isinstance(value, bool | float):
        bad.add(name, f"is {value!r}, neither column nor template", "quote it")
    elif isinstance(value, int) and key == "gen_prefix":
        bad.add(name, f"is {value!r}, no text", "quote it")
    elif isinstance(value, dict | list) and key in ("doc_to_text", "gen_prefix"):
        bad.add(name, "is no text", "write a column's name or a template")
    elif isinstance(value, dict) and key == "doc_to_target":
        bad.add(name, "is a mapping", "write a column's name or a template")
    elif isinstance(value, str):
        check_template(name, value, bad)
    else:
        bad.no_functions(name, value)


def check_template(name: str, text: str, bad: Obstacles) -> None:
    """A text that can't be compiled is an obstacle. The name of a column always can."""
    try:
        compile_template(text, name)
    except UsageError as error:
        bad.add(name, error.message.removeprefix(f"{name}: "), error.remedy)


def parse_fewshot(keys: Mapping[str, Any], formats: Formats, asked: int | None, bad: Obstacles) -> Fewshot:
    """asked: the number that --num-fewshot gives."""
    own = {} if keys.get("fewshot_config") is None else keys["fewshot_config"]
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
        split = None
    process = read_function(own, "process_docs", bad, "fewshot_config.")
    if "process_docs" not in own and isinstance(keys.get("process_docs"), NamedFunction):
        process = keys["process_docs"]
    inner = parse_formats(own, bad, formats, "fewshot_config.")
    return Fewshot(_count(keys, asked, bad), split, _samples(own, bad), sampler, process, inner)


def _samples(own: Mapping[str, Any], bad: Obstacles) -> list[Any] | NamedFunction | None:
    samples = own.get("samples")
    if isinstance(samples, NamedFunction):
        bad.function("fewshot_config.samples", samples)
        return samples
    if samples is None:
        return None
    if not isinstance(samples, list) or not all(isinstance(each, dict) for each in samples):
        bad.add("fewshot_config.samples", "is no list of rows", "write a list of mappings")
        return None
    bad.no_functions("fewshot_config.samples", samples)
    return samples


def _count(keys: Mapping[str, Any], asked: int | None, bad: Obstacles) -> int:
    stated = read_whole(keys, "num_fewshot", 0, bad)
    if asked is None or asked == stated:
        return stated
    if asked < 0:
        bad.add("--num-fewshot", f"is {asked}", "give a whole number of at least 0")
    elif keys.get("num_fewshot") == 0:
        bad.add(
            "num_fewshot",
            f"the file fixes it at 0, and lm-eval ignores another number, here {asked}",
            "leave --num-fewshot out",
        )
    return asked
