"""Can two runs be held against each other at all? What their plans don't share, by name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from fairtrial.core.canon import JSON
from fairtrial.core.comparison import Difference
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.metrics.samples import section

NAMES = (
    "task",
    "version",
    "asks",
    "items",
    "prompt",
    "few-shot",
    "questions",
    "scorer",
    "extraction",
    "decoding",
    "effort",
    "system",
    "epochs",
    "seed",
    "cluster",
)
"""What --allow-difference takes. The model is no difference but what is compared; its options (base_url, api)
say where it is reached, not what it is asked."""

_SHOWN = 160
_UNDECISIVE = ("alternatives",)
"""Keys of a scorer's form that add figures beside the score and don't touch it."""


def comparable(a: Mapping[str, JSON], b: Mapping[str, JSON]) -> tuple[Difference, ...]:
    """Everything besides the model that is not the same in two plans (the JSON of `plan.json`).

    Empty where the runs can be compared as they stand. "questions" appears where the rendered words differ
    though no setting explains it. Every entry has allowed = False.
    """
    first, second = _settings(a), _settings(b)
    found = [
        Difference(name, *_shown(first[name], second[name]), allowed=False)
        for name in NAMES
        if name != "questions" and first[name] != second[name]
    ]
    explained = {"task", "version", "items", "prompt", "few-shot", "system", "seed", "asks"}
    if a.get("questions") != b.get("questions") and not explained & {each.name for each in found}:
        found.append(Difference("questions", *_shown(a.get("questions"), b.get("questions")), allowed=False))
    return tuple(sorted(found, key=lambda each: NAMES.index(each.name)))


def check_comparable(
    a: Mapping[str, JSON], b: Mapping[str, JSON], *, allow: Collection[str] = (), labels: tuple[str, str]
) -> tuple[Difference, ...]:
    """The differences, each marked allowed. Raises UsageError naming those that are not, and what to type."""
    for name in allow:
        if name not in NAMES:
            raise UnknownName("difference", name, NAMES)
    found = comparable(a, b)
    barred = [each for each in found if each.name not in allow]
    if barred:
        listed = "; ".join(f"{each.name}: {each.a} against {each.b}" for each in barred)
        options = " ".join(f"--allow-difference {each.name}" for each in barred)
        raise UsageError(
            f"{labels[0]} and {labels[1]} did not answer the same test ({listed})",
            f"run both alike, or add {options} to compare them all the same",
        )
    return tuple(Difference(each.name, each.a, each.b, allowed=True) for each in found)


def _settings(plan: Mapping[str, JSON]) -> dict[str, JSON]:
    """The plan, sorted under the names of differences."""
    task = section(plan, "task")
    prompt, scorer, decoding = section(task, "prompt"), section(task, "scorer"), section(task, "decoding")
    origin = section(task, "origin")
    likelihood = task.get("asks") == "loglikelihood"
    return {
        "task": task.get("name"),
        "version": task.get("version"),
        "asks": task.get("asks"),
        "items": {
            # Not the limit: with the same bytes and rules, n says which samples were taken.
            **{key: origin.get(key) for key in ("digest", "split", "revision")},
            "n": plan.get("n"),
        },
        "prompt": {key: value for key, value in prompt.items() if not _few_shot(key)},
        "few-shot": {key: value for key, value in prompt.items() if _few_shot(key)},
        "scorer": {
            key: value for key, value in scorer.items() if key not in (*_UNDECISIVE, "extractor", "extract")
        },
        "extraction": {key: scorer.get(key) for key in ("extractor", "extract")},
        # Nothing is decoded where likelihoods are asked.
        "decoding": {} if likelihood else {key: decoding[key] for key in decoding if key != "effort"},
        "effort": None if likelihood else decoding.get("effort"),
        "system": task.get("system"),
        "epochs": plan.get("epochs"),
        "seed": plan.get("seed"),
        "cluster": task.get("cluster") or "",
        "questions": None,
    }


def _few_shot(key: str) -> bool:
    return "shot" in key or key == "examples"


def _shown(a: JSON, b: JSON) -> tuple[str, str]:
    """Both values as short text; of two mappings only the keys that differ."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        keys = [key for key in sorted({*a, *b}) if a.get(key) != b.get(key) or (key in a) != (key in b)]
        return _pairs(a, keys), _pairs(b, keys)
    return _short(a), _short(b)


def _pairs(mapping: Mapping[str, JSON], keys: Collection[str]) -> str:
    return ", ".join(f"{key} {_short(mapping[key])}" if key in mapping else f"no {key}" for key in keys)


def _short(value: JSON) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        text = repr(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=list)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
