"""The method record's table: what must be disclosed before a score is published, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.record import STATES
from fairtrial.trust.fields import (
    ANY_TEXT,
    COUNT,
    DECIMAL,
    ONE,
    POSITIVE,
    SHA256,
    TEXT,
    TIME,
    WHOLE,
    Kind,
    Problem,
    list_of,
    nullable,
    one_of,
    record,
)

NOT_APPLICABLE: Final = "not-applicable:"

ABSENT: Final = frozenset(
    {"", "-", "?", "...", "…", "n/a", "na", "null", "tba", "tbc", "tbd", "to do", "todo", "xxx"}
)
"""Texts that say nothing, in lower case and without blanks around them."""


@dataclass(frozen=True, slots=True)
class Field:
    """asks: what to write, in a sentence. optional: whether "not-applicable: reason" is a value."""

    name: str
    kind: Kind
    asks: str
    optional: bool = False

    @property
    def schema(self) -> dict[str, JSON]:
        """In JSON Schema, as far as that language goes."""
        if not self.optional:
            return {**self.kind.schema, "description": self.asks}
        reason: JSON = {"type": "string", "pattern": f"^{NOT_APPLICABLE}\\s*\\S"}
        return {"anyOf": [dict(self.kind.schema), reason], "description": self.asks}


def says_something(value: Any) -> bool:
    """Whether a value is one at all: not null, not blank, not "TBD", not an object without content."""
    if isinstance(value, str):
        return value.strip().rstrip(".").strip().lower() not in ABSENT
    return value is not None and value != {}


def _told(value: Any) -> Problem:
    return TEXT.problem(value) or (None if says_something(value) else f": {value!r:.60} says nothing")


def _digest(value: Any) -> Problem:
    if isinstance(value, str) and value.startswith("sha256:"):
        return SHA256.problem(value.removeprefix("sha256:"))
    return f": {value!r:.60} is not sha256: and 64 lower-case hexadecimal digits"


SAID: Final = Kind("a text that says something", _told, TEXT.schema)
DIGEST: Final = Kind(
    "sha256: and 64 lower-case hexadecimal digits",
    _digest,
    {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
)
_DECODING: Final = record(
    {
        "temperature": nullable(DECIMAL),
        "top_p": nullable(DECIMAL),
        "seed": nullable(WHOLE),
        "max_tokens": nullable(POSITIVE),
        "stop": list_of(ANY_TEXT),
        "effort": nullable(TEXT),
    }
)
_SCORE: Final = record(
    {
        "metric": TEXT,
        "credit": DECIMAL,
        "n": POSITIVE,
        "value": DECIMAL,
        "low": DECIMAL,
        "high": DECIMAL,
        "level": DECIMAL,
        "method": TEXT,
    }
)
_ATTEMPT: Final = record({"run": TEXT, "variant": TEXT, "status": TEXT})

GROUPS: Final[Mapping[str, tuple[Field, ...]]] = {
    "claim": (
        Field("claim", SAID, "The sentence that the score is to support."),
        Field("construct", SAID, "The ability that the score is meant to measure."),
        Field("limitations", SAID, "What the score doesn't show."),
    ),
    "registration": (
        Field("plan", DIGEST, "The plan's digest."),
        Field("log_index", COUNT, "Index of the plan's entry in the transparency log."),
        Field("preregistered_at", TIME, "When the plan's entry was witnessed, UTC."),
        Field("deviations", SAID, 'Where the run departs from the plan, and why; or "none".'),
    ),
    "people": (
        Field("evaluator", SAID, "Who ran the evaluation: person or organisation."),
        Field("relationship", SAID, 'Of the evaluator to the developer of the model; or "none".'),
        Field("funding", SAID, "Who paid for the evaluation."),
        Field("conflicts", SAID, 'Interests that a reader would want to know; or "none".'),
    ),
    "model": (
        Field("provider", SAID, "Who serves the model."),
        Field("id", SAID, "The exact name that was asked for."),
        Field(
            "revision",
            SAID,
            'Version, commit or returned fingerprint; "not offered by the provider" is a value.',
        ),
        Field("weights", DIGEST, "Digest of the weights.", optional=True),
        Field("access", SAID, "How it was reached: API, local weights, the developer's own system."),
        Field("release", SAID, "Released, limited, or not released; since when."),
        Field(
            "public",
            one_of("yes", "no", "unknown"),
            "Is it the model that the public gets? yes, no or unknown.",
        ),
        Field("system_prompt", SAID, 'The system text; or "none".'),
        Field("tools", SAID, "Tools the model could call.", optional=True),
        Field("scaffold", SAID, "Program around the model that chains its calls.", optional=True),
    ),
    "data": (
        Field("name", SAID, "Name of the data set."),
        Field("version", SAID, "Its version or revision."),
        Field("digest", DIGEST, "Digest of its items, or root of their tree."),
        Field("licence", SAID, "Its licence."),
        Field("split", SAID, "Which part of it."),
        Field("n", POSITIVE, "Items that were asked."),
        Field("exclusions", SAID, 'Items left out, with the reason; or "none".'),
        Field("epoch", SAID, 'Which draw of the items; of a fixed data set "fixed".'),
        Field("exposure", SAID, "Public since when, or sealed; against the model's training cut-off."),
        Field(
            "contamination", SAID, 'Which test for items seen in training, with its result; or "not tested".'
        ),
    ),
    "prompting": (
        Field("template", SAID, "The prompt's template, to the letter."),
        Field("fewshot", list_of(TEXT), "Which worked examples stand before a question; [] for none."),
        Field("decoding", _DECODING, "How answers were sampled; null leaves a setting to the provider."),
        Field("samples_per_item", POSITIVE, "Answers a question."),
        Field("aggregation", SAID, "How several answers to a question became one score."),
    ),
    "scoring": (
        Field("scorer", DIGEST, "Digest of the scorer."),
        Field("extraction", SAID, "How the answer is read out of the reply."),
        Field("judge", SAID, "Model and prompt that judge.", optional=True),
        Field("agreement", SAID, "How far the judge agrees with people, on how many items.", optional=True),
    ),
    "environment": (
        Field(
            "harness", record({"name": TEXT, "version": TEXT, "digest": DIGEST}), "The program that ran it."
        ),
        Field("container", SAID, 'Digest of the container; or "none".'),
        Field("sandbox", SAID, 'Sandbox of programs that were run; or "none: no program is run".'),
        Field("hardware", SAID, "Hardware and number format the model ran on.", optional=True),
    ),
    "attempts": (
        Field("attempts", list_of(_ATTEMPT, least=1), "Every attempt of the campaign, failed ones included."),
        Field("quota", record({"primary": ONE, "variants": COUNT}), "How many were allowed."),
        Field("sequence", list_of(COUNT, least=1), "Indices of the campaign's entries in the log."),
    ),
    "failures": (
        Field("errors", COUNT, "Questions without an answer, by any cause."),
        Field("refusals", COUNT, "Answers that the model or its provider refused."),
        Field("timeouts", COUNT, "Of the errors, those by time-out."),
        Field("truncations", COUNT, "Answers cut by the length limit."),
        Field("treatment", SAID, "How each of them enters the score."),
    ),
    "result": (
        Field("counts", record(dict.fromkeys(STATES, COUNT)), "Answers by outcome."),
        Field("scores", list_of(_SCORE, least=1), "Every score, with counts, interval and method."),
        Field("clustering", SAID, 'What items share that makes them alike; or "none".'),
        Field("multiplicity", SAID, 'Correction for several comparisons; or "none".'),
        Field(
            "baselines",
            record({"random": SAID, "trivial": SAID}),
            "Score of guessing, and of a trivial rule.",
        ),
    ),
    "records": (
        Field("digest", DIGEST, "Digest of the raw answers, item by item."),
        Field("access", SAID, "Who gets the raw answers, and how."),
        Field("cost_usd", SAID, 'What the answers cost, US dollars; "unknown" is a value.'),
        Field(
            "tokens",
            record({"input": nullable(COUNT), "output": nullable(COUNT)}),
            "Tokens, null where no reply told.",
        ),
    ),
    "comparison": (
        Field(
            "human_baseline", SAID, "What people score on the same items, and who they were.", optional=True
        ),
        Field("audit", SAID, 'Who audited with which result; "not audited" is a value.'),
        Field("auditor_signature", SAID, 'Key id of the auditor\'s statement; or "not audited".'),
    ),
}


def fields() -> Iterator[tuple[str, Field]]:
    """Every field with its group, in order."""
    for group, members in GROUPS.items():
        for each in members:
            yield group, each
