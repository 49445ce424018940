"""`filter_list`: pipelines from a reply's text to the answer (`api/filter.py`, lm-eval 0.4.13).

A step that finds nothing puts "[invalid]", or the fallback that the file states, in the answer's place; the
steps behind it go on with that. What ends as "[invalid]" or as nothing at all is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.choice_regex import ChoiceRegex
from fairtrial.evals.lmeval.obstacles import Obstacles
from fairtrial.evals.lmeval.patterns import BoundedPattern
from fairtrial.evals.lmeval.steps import INVALID, Recast, Regex, Step, Translate
from fairtrial.evals.strict_yaml import PlainKey

GSM8K_PATTERN: Final = r"#### (\-?[0-9\.\,]+)"
"""The pattern of a regex step that states none."""
_MANY = ("take_first", "take_first_k", "majority_vote")
_TEXT = ("remove_whitespace", "lowercase", "uppercase")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "regex": ("regex_pattern", "group_select", "fallback"),
    "multi_choice_regex": (
        *("regex_pattern", "group_select", "fallback"),
        *("ignore_case", "ignore_punctuation", "regexes_to_ignore"),
    ),
    "map": ("mapping_dict", "default_value"),
    "take_first_k": ("k",),
    **dict.fromkeys(("take_first", "majority_vote", *_TEXT), ()),
}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps by name. single: a `take_first` ends them; otherwise lm-eval hands on a list of one text."""

    name: str
    steps: tuple[Step, ...]
    single: bool = True

    @property
    def form(self) -> list[JSON]:
        return [dict(step.form) for step in self.steps]

    @property
    def needs_choices(self) -> bool:
        return any(isinstance(step, ChoiceRegex) for step in self.steps)

    def apply(self, text: str, choices: tuple[str, ...]) -> tuple[str, bool]:
        """lm-eval's answer, and whether one was found. Raises UsageError where a pattern runs out of time."""
        found = True
        for step in self.steps:
            answer = step.apply(text, choices)
            if answer is None:
                text, found = step.fallback, step.fallback != INVALID
            else:
                text, found = answer, found or isinstance(step, Translate)
        return text, found and bool(text.strip())


def parse_pipelines(
    given: Any, output_type: str, repeats: int, bad: Obstacles
) -> tuple[tuple[Pipeline, ...], list[str]]:
    """The pipelines, the first of them primary, and notes for the reader of the score."""
    if given is None:
        return (Pipeline("none", ()),), _repeats(repeats)
    if not isinstance(given, list) or not given:
        bad.add("filter_list", "is no list of pipelines", "write - name: … and filter: …")
        return (), []
    found: list[Pipeline] = []
    notes = _repeats(repeats)
    for at, entry in enumerate(given):
        name = entry.get("name") if isinstance(entry, dict) else None
        steps = entry.get("filter") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name or not isinstance(steps, list):
            bad.add(
                "filter_list", f"entry {at + 1} has no name or no filter", "write - name: … and filter: …"
            )
            continue
        key = f"filter_list.{name[:60]}"
        if name in [each.name for each in found]:
            bad.add(key, "stands twice", "rename one")
            continue
        several = repeats > 1 and _needs_several(steps)
        if output_type != "generate_until" and _names(steps) != ["take_first"]:
            bad.add(key, f"{output_type} has no text to filter", "write take_first alone, or no filter_list")
        elif several and at == 0:
            bad.add(
                key,
                f"chooses among {repeats} replies to one question; replies are marked one by one here",
                "put a pipeline that takes the first reply in front, and ask several with --epochs",
            )
        elif several:
            notes.append(
                f"The pipeline {name} chooses among {repeats} replies to one question; not computed."
            )
        else:
            found.append(_pipeline(name, steps, repeats, bad))
    return tuple(found), notes


def _repeats(repeats: int) -> list[str]:
    if repeats <= 1:
        return []
    told = f"The file asks every question {repeats} times and keeps the first reply; it is asked once here "
    return [told + f"(--epochs {repeats} asks and counts them all)."]


def _names(steps: list[Any]) -> list[Any]:
    return [step.get("function") if isinstance(step, dict) else None for step in steps]


def _needs_several(steps: list[Any]) -> bool:
    """Whether more than the first reply can reach the end of the pipeline."""
    names = _names(steps)
    first = names.index("take_first") if "take_first" in names else len(names)
    return first == len(names) or "majority_vote" in names[:first]


def _pipeline(name: str, entries: list[Any], repeats: int, bad: Obstacles) -> Pipeline:
    steps: list[Step] = []
    names = _names(entries)
    for at, (entry, function) in enumerate(zip(entries, names, strict=True)):
        key = f"filter_list.{name[:60]}.{function!s:.60}"
        if not isinstance(function, str) or function not in _OPTIONS:
            bad.add(key, f"no such filter can be run; {', '.join(sorted(_OPTIONS))} can")
            continue
        for option in entry:
            if option != "function" and option not in _OPTIONS[function]:
                bad.add(f"{key}.{option[:60]}", "is not supported")
        if "take_first" in names[:at]:
            bad.add(key, "stands behind take_first: there lm-eval reads single letters", "put it in front")
        try:
            if function in _MANY:
                _check_many(function, entry, repeats)
            else:
                steps.append(_step(function, entry))
        except UsageError as error:
            bad.add(key, error.message, error.remedy)
    tables = [at for at, step in enumerate(steps) if isinstance(step, Translate) and step.fallback == INVALID]
    if tables and tables[0] < len(steps) - 1:
        bad.add(
            f"filter_list.{name[:60]}.map",
            "has no default_value, and lm-eval's next step has no text to go on with",
            "write default_value",
        )
    return Pipeline(name, tuple(steps), "take_first" in names)


def _check_many(function: str, entry: Mapping[str, Any], repeats: int) -> None:
    """A step that chooses among replies does nothing to a single one."""
    k = entry.get("k")
    if function == "take_first_k" and not (isinstance(k, int) and 1 <= k <= max(repeats, 1)):
        raise UsageError(
            f"k is {k!r:.60}, and {max(repeats, 1)} replies are asked for", "write a whole number up to it"
        )


def _step(function: str, entry: Mapping[str, Any]) -> Step:
    """Raises UsageError for bad options."""
    if function in _TEXT:
        return Recast(function)
    if function == "map":
        return _translate(entry)
    pattern, select = entry.get("regex_pattern", GSM8K_PATTERN), entry.get("group_select", 0)
    fallback = entry.get("fallback", INVALID)
    if not isinstance(pattern, str):
        raise UsageError("regex_pattern is no text", "quote it")
    if not isinstance(fallback, str):
        raise UsageError(f"fallback is {fallback!r:.60}, no text", "quote it")
    if not isinstance(select, int) or isinstance(select, bool) or not -1_000 <= select <= 1_000:
        raise UsageError(
            f"group_select is {select!r:.60}", "write the match's number: 0 the first, -1 the last"
        )
    if function == "regex":
        return Regex(BoundedPattern(pattern), select, fallback)
    ignored = entry.get("regexes_to_ignore") or []
    if not isinstance(ignored, list) or not all(isinstance(each, str) for each in ignored):
        raise UsageError("regexes_to_ignore is no list of patterns", "quote each")
    return ChoiceRegex(
        BoundedPattern(pattern),
        select,
        bool(entry.get("ignore_case", False)),
        bool(entry.get("ignore_punctuation", False)),
        tuple(BoundedPattern(each) for each in ignored),
        fallback,
    )


def _translate(entry: Mapping[str, Any]) -> Translate:
    table, default = entry.get("mapping_dict") or {}, entry.get("default_value")
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise UsageError("mapping_dict is no mapping of texts to texts", "quote its values")
    for key in table:
        if isinstance(key, PlainKey):
            raise UsageError(
                f"mapping_dict: YAML 1.1 reads the key {key:.40} as no text, and no reply equals it",
                "quote it",
            )
    if default is not None and not isinstance(default, str):
        raise UsageError(f"default_value is {default!r:.60}, no text", "quote it")
    return Translate(table, INVALID if default is None else default)
