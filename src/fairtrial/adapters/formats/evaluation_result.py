"""The evaluation result of in-toto, as its draft stands (attestation pull request 575, revised on 2026-09-28).

It is not merged, so its type is given by whoever exports it, and is never one under in-toto.io. Optional fields
that are left out assert nothing. Interval, outcomes and tiers stay in the bundle that the subject names.
"""

from __future__ import annotations

import re

from fairtrial.adapters.formats.receipts import Bar, Measured
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError


def evaluation_result(
    measured: Measured, bar: Bar, *, evaluator: str, model_sha256: str, dataset_sha256: str
) -> dict[str, JSON]:
    """The predicate. evaluator: URI of who ran it. The digests, in hexadecimal, name model and data set."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", evaluator):
        raise UsageError(
            f"{evaluator!r} is no URI", "name the evaluator by one, such as https://example.org/lab"
        )
    predicate: dict[str, JSON] = {
        "evaluator": {"id": evaluator},
        "evaluatedAt": measured.at,
        "suite": {"name": measured.suite, "version": measured.suite_version},
        "claims": [
            {
                "metric": measured.metric,
                "comparator": bar.comparator,
                "threshold": bar.threshold,
                "passed": bar.reached(measured.value),
            }
        ],
        "sampleSize": measured.n,
        "model": {"name": measured.model, "digest": {"sha256": model_sha256}},
        "dataset": {"name": measured.dataset, "digest": {"sha256": dataset_sha256}},
        "assuranceLevel": "self_attested",
        "subjectProfile": "public-model",
    }
    return predicate | (
        {"preRegistration": {"alg": "sha256", "value": measured.plan}} if measured.plan else {}
    )


def check_draft_type(uri: str) -> str:
    """A predicate type under which the draft may be written. Raises UsageError for one under in-toto.io: it would
    claim a place in a list in which it doesn't stand."""
    if not uri.startswith("https://") or "in-toto.io" in uri.lower():
        raise UsageError(
            f"{uri[:120]!r} can't be the type of a draft",
            "the evaluation result is not merged at in-toto: give a type under a domain of your own",
        )
    return uri
