"""`filter_list`: pipelines from a reply's text to the answer (`filters/*.py`, lm-eval 0.4.13).

A step that finds nothing ends the pipeline without an answer; lm-eval puts "[invalid]" in its place and
counts it as wrong. Steps that choose among several replies to one question do nothing to a single one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.choice_regex import ChoiceRegex
from fairtrial.evals.lmeval.obstacles import Obstacles
from fairtrial.evals.lmeval.patterns import BoundedPattern

INVALID: Final = "[invalid]"
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


class Step(Protocol):
    """One step. `choices` are those of the row, for steps that look for their text."""

    @property
    def form(self) -> Mapping[str, JSON]: ...

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Regex:
    """The selected match: its first group that holds something, blanks around it off."""

    pattern: BoundedPattern
    select: int

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"function": "regex", "regex_pattern": self.pattern.pattern, "group_select": self.select}

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        found = self.pattern.select(text, self.select)
        if isinstance(found, tuple):
            found = next((part for part in found if part), None)
        return (found or "").strip() or None


@dataclass(frozen=True, slots=True)
class Recast:
    """remove_whitespace, lowercase or uppercase."""

    function: str

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"function": self.function}

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        if self.function == "remove_whitespace":
            return text.strip()
        return text.lower() if self.function == "lowercase" else text.upper()


@dataclass(frozen=True, slots=True)
class Translate:
    """The text that stands for the answer in a table; None where it has no entry and there is no default."""

    table: Mapping[str, str]
    default: str | None

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"function": "map", "mapping_dict": dict(self.table), "default_value": self.default}

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        return self.table.get(text, self.default)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps by name. fallback: what lm-eval would put for no answer, where the file says so itself."""

    name: str
    steps: tuple[Step, ...]
    fallback: str | None = None

    @property
    def form(self) -> list[JSON]:
        return [dict(step.form) for step in self.steps]

    @property
    def needs_choices(self) -> bool:
        return any(isinstance(step, ChoiceRegex) for step in self.steps)

    def apply(self, text: str, choices: tuple[str, ...]) -> str | None:
        """The answer, or None. Raises UsageError where a pattern runs out of time."""
        answer: str | None = text
        for step in self.steps:
            if answer is None:
                return None
            answer = step.apply(answer, choices)
        return answer


def parse_pipelines(given: Any, repeats: int, bad: Obstacles) -> tuple[tuple[Pipeline, ...], list[str]]:
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
        if name in [each.name for each in found]:
            bad.add(f"filter_list.{name[:60]}", "stands twice", "rename one")
            continue
        several = repeats > 1 and _needs_several(steps)
        if several and at == 0:
            bad.add(
                f"filter_list.{name[:60]}",
                f"chooses among {repeats} replies to one question; replies are marked one by one here",
                "put a pipeline that takes the first reply in front, and ask several with --epochs",
            )
        elif several:
            notes.append(
                f"The pipeline {name} chooses among {repeats} replies to one question; not computed."
            )
        else:
            found.append(_pipeline(name, steps, bad))
    return tuple(found), notes


def _repeats(repeats: int) -> list[str]:
    if repeats <= 1:
        return []
    told = f"The file asks every question {repeats} times and keeps the first reply; it is asked once here "
    return [told + f"(--epochs {repeats} asks and counts them all)."]


def _needs_several(steps: list[Any]) -> bool:
    """Whether more than the first reply can reach the end of the pipeline."""
    names = [step.get("function") if isinstance(step, dict) else None for step in steps]
    first = names.index("take_first") if "take_first" in names else len(names)
    return first == len(names) or "majority_vote" in names[:first]


def _pipeline(name: str, entries: list[Any], bad: Obstacles) -> Pipeline:
    steps: list[Step] = []
    fallback: str | None = None
    for entry in entries:
        function = entry.get("function") if isinstance(entry, dict) else None
        at = f"filter_list.{name[:60]}.{function!s:.60}"
        if not isinstance(function, str) or function not in _OPTIONS:
            bad.add(at, f"no such filter can be run; {', '.join(sorted(_OPTIONS))} can")
            continue
        for key in entry:
            if key != "function" and key not in _OPTIONS[function]:
                bad.add(f"{at}.{key[:60]}", "is not supported")
        stated = entry.get("fallback")
        if stated is not None and stated != INVALID:
            fallback = str(stated)
        try:
            step = _step(function, entry)
        except UsageError as error:
            bad.add(at, error.message, error.remedy)
        else:
            steps.extend(step)
    return Pipeline(name, tuple(steps), fallback)


def _step(function: str, entry: Mapping[str, Any]) -> list[Step]:
    """The step; none for one that does nothing to a single reply. Raises UsageError for bad options."""
    if function in _MANY:
        if function == "take_first_k" and (not isinstance(entry.get("k"), int) or entry["k"] < 1):
            raise UsageError(f"k is {entry.get('k')!r:.60}", "write a whole number of at least 1")
        return []
    if function in _TEXT:
        return [Recast(function)]
    if function == "map":
        return [_translate(entry)]
    pattern, select = entry.get("regex_pattern", GSM8K_PATTERN), entry.get("group_select", 0)
    if not isinstance(pattern, str):
        raise UsageError("regex_pattern is no text", "quote it")
    if not isinstance(select, int) or isinstance(select, bool) or not -1_000 <= select <= 1_000:
        raise UsageError(
            f"group_select is {select!r:.60}", "write the match's number: 0 the first, -1 the last"
        )
    if function == "regex":
        return [Regex(BoundedPattern(pattern), select)]
    ignored = entry.get("regexes_to_ignore") or []
    if not isinstance(ignored, list) or not all(isinstance(each, str) for each in ignored):
        raise UsageError("regexes_to_ignore is no list of patterns", "quote each")
    return [
        ChoiceRegex(
            BoundedPattern(pattern),
            select,
            bool(entry.get("ignore_case", False)),
            bool(entry.get("ignore_punctuation", False)),
            tuple(BoundedPattern(each) for each in ignored),
        )
    ]


def _translate(entry: Mapping[str, Any]) -> Translate:
    table, default = entry.get("mapping_dict") or {}, entry.get("default_value")
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise UsageError("mapping_dict is no mapping of texts to texts", "quote its values")
    if default is not None and not isinstance(default, str):
        raise UsageError(f"default_value is {default!r:.60}, no text", "quote it")
    return Translate(table, None if default == INVALID else default)
