"""`.eval_results/*.yaml` in a model's repository on Hugging Face: a list of values without rows.

    - dataset: {id: openai/gsm8k, task_id: gsm8k, revision: …}
      value: 0.412
      date: 2026-01-15
      source: {url: …, name: …, user: …, org: …}
      notes: …

The format doesn't say whether `value` is a fraction or percent, and its official examples show both: nothing is
guessed. `verifyToken` is issued for somebody else's run and is neither read nor carried over. Format: Hugging Face
hub documentation, "Evaluation results", as read in the second half of 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fairtrial.adapters.formats import MAX_ENTRIES, Draft, Drafting, Unit, mapping
from fairtrial.core.errors import UsageError

ENTRY: Final = frozenset({"dataset", "value", "verifyToken", "date", "source", "notes"})


def is_eval_results(value: object) -> bool:
    """Whether a parsed YAML file looks like one."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) and {"dataset", "value"} <= each.keys() for each in value)
    )


def drafts(value: object, *, unit: Unit | None, model: str | None = None) -> tuple[Draft, ...]:
    """A draft an entry. unit: what the user says the values are. model: whose repository it is, which the file
    doesn't say. Raises UsageError for another shape."""
    if not is_eval_results(value):
        raise UsageError("this is no list of dataset and value", "name a file of .eval_results")
    assert isinstance(value, Sequence)
    if len(value) > MAX_ENTRIES:
        raise UsageError(f"{len(value):,} entries; {MAX_ENTRIES:,} are read")
    return tuple(_draft(entry, f"entry {at}", unit, model) for at, entry in enumerate(value, start=1))


def _draft(entry: dict[str, Any], at: str, unit: Unit | None, model: str | None) -> Draft:
    unknown = sorted(entry.keys() - ENTRY)
    if unknown:
        raise UsageError(
            f"{at}: the key {unknown[0][:60]!r} is not known", "known: " + ", ".join(sorted(ENTRY))
        )
    dataset = mapping(entry["dataset"], f"{at}, dataset")
    made = Drafting()
    made.text("model", model, "model")
    if model is None:
        made.notes["model"] = "the repository that the file is from"
    made.subject(dataset.get("id"), "dataset.id")
    made.value(entry["value"], unit, "value")
    made.text("date", entry.get("date"), "date")
    _source(made, entry.get("source"), at)
    made.notes["n"] = "not stated in the file"
    made.notes["metric"] = "not stated in the file"
    made.lose("aggregate-only", "value", "no rows: nothing to pair with, or to read again")
    made.lose(
        "config-partial", "dataset", "metric, n and every condition are undisclosed", dataset.get("task_id")
    )
    for key in ("revision", "task_id"):
        if dataset.get(key) is not None:
            made.lose("not-carried", f"dataset.{key}", "a claim names the benchmark alone", dataset[key])
    if entry.get("notes") is not None:
        made.lose("not-carried", "notes", "read them: they may state a condition", entry["notes"])
    if entry.get("verifyToken") is not None:
        made.lose("not-carried", "verifyToken", "it vouches for another run")
    return made.done()


def _source(made: Drafting, source: object, at: str) -> None:
    if source is None:
        return
    parts = mapping(source, f"{at}, source")
    for key in ("url", "name", "org", "user"):
        if isinstance(parts.get(key), str) and "source" not in made.given:
            made.text("source", parts[key], f"source.{key}")
