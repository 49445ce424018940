"""What a result does not say, and what in it should make a reader pause: short sentences."""

from __future__ import annotations

from collections.abc import Mapping

from fairtrial.core.canon import JSON
from fairtrial.core.estimate import Estimate
from fairtrial.metrics.samples import model_name, number, section, text
from fairtrial.metrics.tally import Tally

LARGE_SHARE = 0.05
TINY_N = 30
_OWN_ANSWERS = ("replay", "python", "specimen", "hf")
"""Providers that don't name the model they serve, or are the model themselves."""


def not_covered(plan: Mapping[str, JSON]) -> tuple[str, ...]:
    """What nothing in a run of this plan speaks about, so that silence is never read as clearance."""
    task, model = section(plan, "task"), section(plan, "model")
    provider = text(model.get("provider"))
    found = [
        "contamination: whether these items were seen in training was not tested",
        "configuration: prompt and settings may favour this model; one configuration was run",
    ]
    if provider == "replay":
        found.append("identity: the answers were recorded earlier; who gave them rests on the recording")
    elif provider not in _OWN_ANSWERS:
        found.append("identity: the provider's word that this is the model it names; not tested")
    if _judged(task):
        found.append("judge error: a model marked the answers, and its mistakes are not in the interval")
    elif "exams" in section(task, "scorer"):
        found.append("tests and extraction: a program that passes some tests may be wrong; not measured")
    else:
        found.append(
            "labels and extraction: mistakes in the answer key or in reading answers are not measured"
        )
    if number(plan.get("epochs")) in (None, 1.0):
        found.append("repeatability: each question was asked once; how answers vary was not measured")
    if provider == "replay":
        found.append("speed: times of recorded answers say nothing about a served model")
    else:
        found.append("production latency: times were taken under this run's load, from this machine")
    found.append("other tasks: the interval is about questions like these, not about the model at large")
    return tuple(found)


def warnings(
    tally: Tally,
    plan: Mapping[str, JSON],
    metrics: tuple[Estimate, ...],
    *,
    planned: int,
    chance: float | None,
) -> tuple[str, ...]:
    """What in this very run a reader should know before quoting the score."""
    found = [*_share_warnings(tally), *_coverage_warnings(tally, planned)]
    if metrics:
        found += _score_warnings(metrics[0], chance)
    found += _identity_warnings(tally, plan)
    missing, scored = tally.without_usage, tally.counts.scored
    if missing and section(plan, "model").get("provider") not in _OWN_ANSWERS:
        found.append(f"{_count(missing, scored)} did not state their tokens; token sums are too low")
    if scored and tally.cost_usd is None:
        found.append("the price of some replies is unknown, so the cost is unknown")
    return tuple(found)


def _share_warnings(tally: Tally) -> list[str]:
    counts, found = tally.counts, []
    for state, meaning in (
        ("unparsed", "held no answer that the extractor could find"),
        ("truncated", "were cut by the length limit"),
        ("refused", "were refusals"),
    ):
        number_of = getattr(counts, state)
        if counts.scored and number_of > LARGE_SHARE * counts.scored:
            share = 100 * number_of / counts.scored
            found.append(
                f"{number_of:,} of {counts.scored:,} replies ({share:.0f} %) {meaning}; "
                "they earn no credit and may hide ability"
            )
    return found


def _coverage_warnings(tally: Tally, planned: int) -> list[str]:
    counts, found = tally.counts, []
    if counts.failed:
        found.append(f"{counts.failed:,} of {counts.total:,} questions failed and are not in the score")
    if counts.total < planned:
        found.append(
            f"only {counts.total:,} of {planned:,} questions were asked; the rest may be harder or easier"
        )
    return found


def _score_warnings(primary: Estimate, chance: float | None) -> list[str]:
    found = []
    if chance is not None and primary.low <= chance:
        found.append(f"the score is not above blind guessing ({chance:.3g}) beyond its uncertainty")
    if primary.n < TINY_N:
        found.append(f"n = {primary.n}: too few samples for more than a rough idea")
    return found


def _identity_warnings(tally: Tally, plan: Mapping[str, JSON]) -> list[str]:
    model = section(plan, "model")
    if model.get("provider") in _OWN_ANSWERS:
        return []
    asked = text(model.get("name"))
    found = []
    others = sorted(name for name in tally.models if name != asked)
    if others:
        shown = ", ".join(repr(name) for name in others[:3]) + (", …" if len(others) > 3 else "")
        found.append(f"{model_name(plan)} was asked; the replies name {shown}")
    if len(tally.fingerprints) > 1:
        found.append(f"{len(tally.fingerprints)} different build fingerprints answered during the run")
    return found


def _judged(task: Mapping[str, JSON]) -> bool:
    return "judge" in text(section(task, "scorer").get("kind")) or "judge" in section(task, "scorer")


def _count(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} replies"
