"""Scoring once more: the scorer that a plan names, made again from the plan's own words.

Only rules of `core` come back. A judge, a program that was run, a user's own function or pattern does not: such
scores are recounted, and said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fairtrial.core.choices import choice_letter, letter_alone
from fairtrial.core.errors import FairtrialError, UsageError
from fairtrial.core.extractors import (
    first_line,
    gsm8k_cot_strict,
    gsm8k_flexible,
    gsm8k_strict,
    last_number,
    number_after_marker,
    whole_text,
)
from fairtrial.core.readings import Choice, FirstLine, Includes, Json, Number, Reading, Same, SameFigure
from fairtrial.core.record import Failure, Record
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import LIKELIHOOD_METRICS, LikelihoodChoice, TextScorer
from fairtrial.core.strict_json import json_answer

Marker = TextScorer | LikelihoodChoice
Form = Mapping[str, Any]

_EXTRACTORS: Final[Mapping[str, Callable[..., str | None]]] = {
    each.__name__: each
    for each in (
        choice_letter,
        first_line,
        gsm8k_cot_strict,
        gsm8k_flexible,
        gsm8k_strict,
        json_answer,
        last_number,
        letter_alone,
        number_after_marker,
        whole_text,
    )
}
_READINGS: Final[Mapping[str, Callable[[Form, Any], Reading]]] = {
    "text, runs of blanks as one": lambda form, extract: Same(form["name"], extract),
    "text, runs of blanks as one, case and final full stop aside": lambda form, extract: Same(
        form["name"], extract, loose=True
    ),
    "target in text": lambda form, extract: Includes(form["name"], form["case"]),
    "number": lambda form, extract: Number(
        form["name"], extract, _tolerance(form["absolute"]), _tolerance(form["relative"])
    ),
    "text without , $ and final full stop": lambda form, extract: SameFigure(form["name"], extract),
    "letter": lambda form, extract: Choice(form["name"], extract),
    "letter, case and punctuation aside": lambda form, extract: FirstLine(form["name"]),
    "JSON value": lambda form, extract: Json(form["name"], extract),
}


def pure_scorer(form: Form) -> Marker | None:
    """The scorer whose `form` this is, to the letter; None where it is none of `core`'s."""
    try:
        scorer = _likelihood(form) if form.get("name") == "likelihood" else _text(form)
        return scorer if scorer.form == form else None
    except (KeyError, TypeError, ValueError, AttributeError, UsageError):
        return None


def difference(record: Record, scorer: Marker) -> str | None:
    """What a record says otherwise than the scorer says of the same answer; None where nothing.

    A failure may hide an answer that was wrong: one that can be scored is no failure.
    """
    output, said = record.output, record.result
    if output is None or (isinstance(said, Failure) and output.text is None and not output.logliks):
        return None if isinstance(said, Failure) else "a score without an answer"
    sample = Sample(record.sample_id, record.input, record.target, record.choices)
    try:
        found = scorer(output, sample)
    except FairtrialError:  # no score comes of this answer
        return None if isinstance(said, Failure) else f"scored {said.state}, and no score comes of its answer"
    if isinstance(said, Failure):
        return f"kept as failed ({said.cause}), though its answer is {found.state}"
    if found != said:
        return f"recorded as {said.state}, {said.value:g}; its answer gives {found.state}, {found.value:g}"
    return None


def _text(form: Form) -> TextScorer:
    readings = [_reading(each) for each in (form["extractor"], *form["alternatives"])]
    return TextScorer(readings[0], tuple(readings[1:]), form["short_answers"], form["metric"])


def _reading(form: Form) -> Reading:
    return _READINGS[form["equal"]](form, _EXTRACTORS[form["extract"]])


def _tolerance(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError("a tolerance is a number")
    return float(value)


def _likelihood(form: Form) -> LikelihoodChoice:
    named = {metric: name for name, metric in LIKELIHOOD_METRICS.items()}
    others = tuple(named[each] for each in form["alternatives"])
    return LikelihoodChoice(form["extractor"]["normalise"], others)
