"""A plan in a few lines for the provenance: data, prompt, decoding, scorer. All of it stands in plan.json."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from fairtrial.core.canon import JSON


def conditions(plan: Mapping[str, JSON]) -> dict[str, JSON]:
    """What was decided before the first question, by name. plan: as in `plan.json`; a part that an older or
    foreign plan lacks is left out."""
    task = _part(plan, "task")
    origin, scorer = _part(task, "origin"), _part(task, "scorer")
    named = [origin.get(key) for key in ("name", "source", "split", "revision")]
    found: dict[str, JSON] = {
        "dataset": ", ".join(dict.fromkeys(str(each) for each in named if each)),
        "licence": origin.get("licence"),
        "dataset_digest": origin.get("digest"),
        "questions_digest": plan.get("questions"),
        "samples": plan.get("n"),
        "epochs": plan.get("epochs"),
        "system_text": task.get("system"),
        "prompt": _told(_part(task, "prompt")),
        "decoding": _told({"asks": task.get("asks"), **_part(task, "decoding")}),
        "scorer": _told({key: scorer.get(key) for key in ("name", "metric", "extractor")}),
    }
    return {name: value for name, value in found.items() if value not in (None, "", {})}


def _part(whole: Mapping[str, JSON], name: str) -> Mapping[str, JSON]:
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}


def _told(part: Mapping[str, JSON]) -> str:
    """`temperature 0, max tokens 256, stop ["Question:"]`: what is set, on one line."""
    set_ = {name.replace("_", " "): value for name, value in part.items() if value not in (None, "", [], {})}
    return ", ".join(f"{name} {_shown(value)}" for name, value in set_.items())


def _shown(value: JSON) -> str:
    """A word as it is, anything else as JSON: in a prompt, blanks and line feeds count."""
    if isinstance(value, str) and re.fullmatch(r"[\w.:/-]+", value):
        return value
    return json.dumps(value, ensure_ascii=False)
