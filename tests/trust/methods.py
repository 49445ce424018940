"""A complete method record, and the same with one field changed."""

from __future__ import annotations

from typing import Any

from fairtrial.core.record import STATES

DIGEST = "sha256:" + "0" * 64
GOOD: dict[str, Any] = {
    "fairtrial_method": 1,
    "claim": {"claim": "it adds", "construct": "addition of small numbers", "limitations": "English only"},
    "registration": {
        "plan": DIGEST,
        "log_index": 0,
        "preregistered_at": "2026-06-01T12:00:00Z",
        "deviations": "none",
    },
    "people": {"evaluator": "Example Lab", "relationship": "none", "funding": "own", "conflicts": "none"},
    "model": {
        "provider": "Example",
        "id": "example-1",
        "revision": "not offered by the provider",
        "weights": "not-applicable: an API",
        "access": "API",
        "release": "released 2026-01-01",
        "public": "unknown",
        "system_prompt": "none",
        "tools": "not-applicable: none offered",
        "scaffold": "not-applicable: one request an item",
    },
    "data": {
        "name": "sums",
        "version": "1",
        "digest": DIGEST,
        "licence": "MIT",
        "split": "test",
        "n": 4,
        "exclusions": "none",
        "epoch": "fixed",
        "exposure": "public since 2021",
        "contamination": "not tested",
    },
    "prompting": {
        "template": "{{ input }}",
        "fewshot": [],
        "decoding": {
            "temperature": "0",
            "top_p": None,
            "seed": None,
            "max_tokens": 256,
            "stop": ["\n"],
            "effort": None,
        },
        "samples_per_item": 1,
        "aggregation": "one answer an item",
    },
    "scoring": {
        "scorer": DIGEST,
        "extraction": "last number",
        "judge": "not-applicable: a rule marks",
        "agreement": "not-applicable: a rule marks",
    },
    "environment": {
        "harness": {"name": "fairtrial", "version": "0.1.0", "digest": DIGEST},
        "container": "none",
        "sandbox": "none: no program is run",
        "hardware": "not-applicable: the provider's",
    },
    "attempts": {
        "attempts": [{"run": "r1", "variant": "primary", "status": "completed"}],
        "quota": {"primary": 1, "variants": 0},
        "sequence": [0, 1, 2],
    },
    "failures": {"errors": 0, "refusals": 0, "timeouts": 0, "truncations": 0, "treatment": "counted apart"},
    "result": {
        "counts": dict.fromkeys(STATES, 0) | {"right": 3, "wrong": 1},
        "scores": [
            {
                "metric": "accuracy",
                "credit": "3",
                "n": 4,
                "value": "0.75",
                "low": "0.30",
                "high": "0.95",
                "level": "0.95",
                "method": "wilson",
            }
        ],
        "clustering": "none",
        "multiplicity": "none: one score",
        "baselines": {"random": "0", "trivial": "0.1, the commonest answer"},
    },
    "records": {
        "digest": DIGEST,
        "access": "in the bundle",
        "cost_usd": "unknown",
        "tokens": {"input": 10, "output": None},
    },
    "comparison": {
        "human_baseline": "not-applicable: not measured",
        "audit": "not audited",
        "auditor_signature": "not audited",
    },
}


def without(group: str, field: str, value: Any = ...) -> dict[str, Any]:
    """The complete record with one field left out, or given another value."""
    part = {key: each for key, each in GOOD[group].items() if key != field or value is not ...}
    return GOOD | {group: part | ({} if value is ... else {field: value})}
