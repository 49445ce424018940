"""`metric_list`: which marks count, and how two texts are compared (`api/metrics.py`, lm-eval 0.4.13)."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.obstacles import Obstacles
from fairtrial.evals.lmeval.patterns import BoundedPattern
from fairtrial.evals.lmeval.source import NamedFunction

DEFAULT: Final = {
    "generate_until": ("exact_match",),
    "multiple_choice": ("acc", "acc_norm"),
    "loglikelihood": ("acc",),
}
"""Metrics of a file that names none. lm-eval has perplexity for loglikelihood too: no share, and left out."""
SUPPORTED: Final = {
    "generate_until": ("exact_match",),
    "multiple_choice": ("acc", "acc_norm", "acc_bytes"),
    "loglikelihood": ("acc",),
}
_OPTIONS = ("ignore_case", "ignore_punctuation", "ignore_numbers")
_PLAIN = ("metric", "aggregation", "higher_is_better", "hf_evaluate")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_DIGITS = str.maketrans("", "", string.digits)


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by name. For exact_match: what is dropped from both texts before they are compared."""

    name: str
    ignore_case: bool = False
    ignore_punctuation: bool = False
    ignore_numbers: bool = False
    regexes_to_ignore: tuple[str, ...] = ()
    _patterns: tuple[BoundedPattern, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        patterns = tuple(BoundedPattern(each) for each in self.regexes_to_ignore)
        object.__setattr__(self, "_patterns", patterns)

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "metric": self.name,
            "ignore_case": self.ignore_case,
            "ignore_punctuation": self.ignore_punctuation,
            "ignore_numbers": self.ignore_numbers,
            "regexes_to_ignore": list(self.regexes_to_ignore),
        }

    def equal(self, answer: str, targets: Sequence[str]) -> bool:
        """Whether the answer is one of the targets. Raises UsageError where a pattern runs out of time."""
        return self.plain([answer])[0] in self.plain(targets)

    def plain(self, texts: Sequence[str]) -> list[str]:
        """What is compared. Only ASCII punctuation and digits are dropped; the order is lm-eval's. It holds
        the texts in one numpy array, which drops zeros at their ends and cuts them to its width ("İ" grows
        when its case is lowered)."""
        found, width = list(texts), max(map(len, texts))
        for pattern in self._patterns:
            found = [pattern.replace(text, "") for text in found]
            width = max(map(len, found))
            found = [text.rstrip("\0") for text in found]
        found = [text.rstrip("\0") for text in found]
        if self.ignore_case:
            found = [text.lower()[:width].rstrip("\0") for text in found]
        for ignored, table in ((self.ignore_punctuation, _PUNCTUATION), (self.ignore_numbers, _DIGITS)):
            if ignored:
                found = [text.translate(table).rstrip("\0") for text in found]
        return found


def parse_metrics(
    given: Any, output_type: str, results: bool, bad: Obstacles
) -> tuple[tuple[Metric, ...], list[str]]:
    """The metrics, the first of them primary, and notes. results: the file marks by its own process_results,
    whose names are free."""
    if given is None:
        left_out = output_type == "loglikelihood" and not results
        notes = ["lm-eval reports the perplexity of the target too; it is not computed here."]
        return tuple(Metric(name) for name in DEFAULT[output_type]), notes if left_out else []
    if not isinstance(given, list) or not given:
        bad.add("metric_list", "is no list of metrics", "write - metric: NAME")
        return (), []
    found: list[Metric] = []
    for entry in given:
        name = entry.get("metric") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            bad.add("metric_list", "an entry names no metric", "write - metric: NAME")
            continue
        at = f"metric_list.{name[:60]}"
        if not results and name not in SUPPORTED[output_type]:
            known = ", ".join(SUPPORTED[output_type])
            bad.add(at, f"is not supported for {output_type}; {known} can be run")
        elif any(each.name == name for each in found):
            bad.add(at, "stands twice", "keep one of them")
        else:
            _check(entry, at, bad)
            found.append(_metric(entry, at, results, bad))
    return tuple(found), []


def _check(entry: dict[str, Any], at: str, bad: Obstacles) -> None:
    aggregation = entry.get("aggregation", "mean")
    if aggregation != "mean" and not isinstance(aggregation, NamedFunction):  # a function is told by itself
        bad.add(f"{at}.aggregation", f"{aggregation!r:.60} is not supported; mean is")
    if entry.get("higher_is_better", True) is not True:
        bad.add(f"{at}.higher_is_better", "is not true: a score here counts what is right")
    if entry.get("hf_evaluate", False) is not False:
        bad.add(f"{at}.hf_evaluate", "fetches and runs a metric's code; not supported")


def _metric(entry: dict[str, Any], at: str, results: bool, bad: Obstacles) -> Metric:
    name = entry["metric"]
    if results:
        return Metric(name)
    options: dict[str, Any] = {}
    for key, value in entry.items():
        if key in _PLAIN or value is None:
            continue
        if name != "exact_match" and key in (*_OPTIONS, "regexes_to_ignore", "weight_by_size"):
            continue  # lm-eval reads them, and marks likelihoods without them
        if name != "exact_match" or key not in (*_OPTIONS, "regexes_to_ignore"):
            bad.add(f"{at}.{key[:60]}", "is not supported")
        elif key == "regexes_to_ignore":
            options[key] = _patterns(value, f"{at}.{key}", bad)
        elif isinstance(value, bool):
            options[key] = value
        else:
            bad.add(f"{at}.{key}", f"is {value!r:.60}", "write true or false")
    return Metric(name, **options)


def _patterns(value: Any, at: str, bad: Obstacles) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        bad.add(at, "is no list of patterns", "quote each")
        return ()
    good = []
    for each in value:
        try:
            BoundedPattern(each)
        except UsageError as error:
            bad.add(at, error.message)
        else:
            good.append(each)
    return tuple(good)
