"""Every Eval Ever, the aggregate record (schemas 0.2 and 0.3): a model, and one or more results.

Read strictly as far as a claim needs it. The unit is taken from `metric_unit`, or from the range of a continuous
score, 0 to 1 or 0 to 100; where the two disagree or neither stands there, it is unknown and stays so.
Source: github.com/evaleval/every_eval_ever, `eval.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from fairtrial.adapters.formats import (
    MAX_CHARACTERS,
    MAX_ENTRIES,
    Draft,
    Drafting,
    Unit,
    agreed,
    clean,
    mapping,
)
from fairtrial.core.errors import UsageError

VERSIONS: Final = ("0.2.", "0.3.")
UNITS: Final[Mapping[str, Unit]] = {
    "proportion": "fraction",
    "fraction": "fraction",
    "percent": "percent",
    "percentage": "percent",
    "%": "percent",
}
RECORD: Final = frozenset(
    {
        "schema_version", "evaluation_id", "evaluation_timestamp", "retrieved_timestamp", "source_metadata",
        "eval_library", "model_info", "evaluation_results", "detailed_evaluation_results", "dedupe_identity",
    }
)  # fmt: skip


def is_record(value: object) -> bool:
    """Whether parsed JSON looks like one."""
    return isinstance(value, Mapping) and {"schema_version", "evaluation_results"} <= value.keys()


def drafts(value: object, *, unit: Unit | None) -> tuple[Draft, ...]:
    """A draft a result. unit: what the user says where the file doesn't. Raises UsageError for an unknown version,
    an unknown key at the top, or another shape."""
    record = mapping(value, "the file")
    version = record.get("schema_version")
    if not isinstance(version, str) or not version.startswith(VERSIONS):
        raise UsageError(
            f"Every Eval Ever version {version!r:.40} is not known; 0.2 and 0.3 are",
            "convert the file with its own tools",
        )
    unknown = sorted(record.keys() - RECORD)
    if unknown:
        raise UsageError(f"the key {unknown[0][:60]!r} is not known in version {version}", "check the file")
    results = record.get("evaluation_results")
    if not isinstance(results, Sequence) or isinstance(results, str) or not 0 < len(results) <= MAX_ENTRIES:
        raise UsageError("evaluation_results is no list of results", "check the file")
    return tuple(
        _draft(record, mapping(result, f"result {at}"), f"result {at}", unit)
        for at, result in enumerate(results, start=1)
    )


def _draft(record: Mapping[str, Any], result: Mapping[str, Any], at: str, told: Unit | None) -> Draft:
    made = Drafting()
    model = mapping(record.get("model_info"), "model_info")
    made.text("model", model.get("id") or model.get("name"), "model_info.id")
    data = mapping(result.get("source_data"), f"{at}, source_data")
    made.subject(data.get("hf_repo") or data.get("dataset_name"), "source_data")
    metric = mapping(result.get("metric_config"), f"{at}, metric_config")
    details = mapping(result.get("score_details"), f"{at}, score_details")
    made.text("metric", metric.get("metric_id") or metric.get("metric_name"), "metric_config")
    _value(made, metric, details, at, told)
    _items(made, details, data)
    _conditions(made, result.get("generation_config"), at)
    _origin(made, record, result)
    if record.get("detailed_evaluation_results") is None:
        made.lose("aggregate-only", "detailed_evaluation_results", "no rows: nothing to pair with")
    else:
        made.lose(
            "aggregate-only", "detailed_evaluation_results", "rows stand in another file, not read here"
        )
    made.lose("no-raw", "evaluation_results", "exact requests and answers are absent")
    return made.done()


def _value(
    made: Drafting, metric: Mapping[str, Any], details: Mapping[str, Any], at: str, told: Unit | None
) -> None:
    if metric.get("lower_is_better") is not False:
        raise UsageError(
            f"{at}: a score of which less is better is no claim here, nor one that leaves it open",
            "choose a result whose lower_is_better is false with --entry",
        )
    if metric.get("score_type") == "levels":
        raise UsageError(f"{at}: levels have no share of right answers", "choose another result with --entry")
    where = "score_details.score"
    made.value(details.get("score"), agreed(_unit(metric), told, where), where)


def _unit(metric: Mapping[str, Any]) -> Unit | None:
    """What the record says of its unit; None where it says nothing, or two things."""
    named = metric.get("metric_unit")
    by_name = UNITS.get(named.lower()) if isinstance(named, str) else None
    ends = tuple(metric.get(key) for key in ("min_score", "max_score"))
    numbers = all(isinstance(each, (int, Decimal)) and not isinstance(each, bool) for each in ends)
    by_range: Unit | None = None
    if numbers:
        by_range = "fraction" if ends == (0, 1) else "percent" if ends == (0, 100) else None
    if isinstance(named, str) and by_name is None:
        return None
    if by_name is not None and numbers and by_range != by_name:
        return None
    return by_name or by_range


def _items(made: Drafting, details: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    uncertainty = details.get("uncertainty")
    count = uncertainty.get("num_samples") if isinstance(uncertainty, Mapping) else None
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        made.given["n"] = count
        return
    size = data.get("samples_number")
    made.notes["n"] = "not stated in the file" + (
        f"; its data set has {size}" if isinstance(size, int) else ""
    )
    made.lose("config-partial", "score_details.uncertainty.num_samples", "how many items isn't stated")


def _conditions(made: Drafting, config: object, at: str) -> None:
    known = mapping(config, f"{at}, generation_config") if config is not None else {}
    stated = known.get("generation_args")
    args = mapping(stated, f"{at}, generation_args") if stated is not None else {}
    temperature, limit, template = (args.get(key) for key in ("temperature", "max_tokens", "prompt_template"))
    if isinstance(temperature, (int, Decimal)) and not isinstance(temperature, bool):
        made.conditions["temperature"] = float(temperature)
    if isinstance(limit, int) and not isinstance(limit, bool):
        made.conditions["max_tokens"] = limit
    if isinstance(template, str) and 0 < len(template) <= MAX_CHARACTERS:
        made.conditions["prompt"] = clean(template)
    told = {"temperature", "max_tokens"} & made.conditions.keys()
    told |= {"prompt_template"} if "prompt" in made.conditions else set()
    for key in sorted(key for key in args.keys() - told if args[key] is not None):
        made.lose("not-carried", f"generation_args.{key}", "a claim has no place for it", args[key])
    made.lose(
        "config-partial", "generation_config", "shots, extraction and samples have no field of their own"
    )


def _origin(made: Drafting, record: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    source = mapping(record.get("source_metadata"), "source_metadata")
    name = source.get("source_name") or source.get("source_organization_name")
    made.text("source", name, "source_metadata")
    for key, stamp in (
        ("evaluation_timestamp", result.get("evaluation_timestamp") or record.get("evaluation_timestamp")),
        ("retrieved_timestamp", record.get("retrieved_timestamp")),
    ):
        day = _day(stamp)
        if day:
            made.given["date"] = day
            if key == "retrieved_timestamp":
                made.notes["date"] = "when the record was made; the score may be older"
            return


def _day(stamp: object) -> str:
    """The day of a Unix time written as text, or the text itself; "" for neither."""
    if not isinstance(stamp, str) or not stamp or len(stamp) > 100:
        return ""
    try:
        seconds = float(stamp)
    except ValueError:
        return stamp
    if not 0 < seconds < 253_402_300_800:  # the year 10000
        return ""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
