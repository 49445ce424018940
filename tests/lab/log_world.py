"""A lab with a key, a log that takes its documents, and the documents of a campaign."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.lab.log import Log
from fairtrial.lab.log_init import init_log
from fairtrial.lab.signing import holder, sign
from fairtrial.trust.campaign import Filed
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject

ORIGIN = "example.org/log"
SINCE = "2026-01-01T00:00:00Z"
LAB, OTHER_LAB, AUDITOR = SecretKey.new(), SecretKey.new(), SecretKey.new()
PLAN_FILE = hashlib.sha256(b"the plan's file").hexdigest()
ZERO = "0" * 64


def people(**changes: object) -> bytes:
    keys = [
        holder(key, role=role, org=org, now=SINCE).to_json()
        for key, role, org in [
            (LAB, "lab", "Lab"),
            (OTHER_LAB, "lab", "Other lab"),
            (AUDITOR, "auditor", "Auditor"),
        ]
    ]
    keys[0] |= changes  # type: ignore[arg-type]
    return json.dumps({"keys": keys, "operators": {}}).encode()


def new_log(path: Path, *, policy: bytes | None = None) -> Path:
    init_log(path, ORIGIN, people=people(), policy=policy)
    return path


def plan(name: str = "one", campaign: str | None = None, *, variants: int = 1, key: SecretKey = LAB) -> bytes:
    fields: dict[str, Any] = {
        "campaign": campaign,
        "name": name,
        "claim": "better than chance",
        "construct": "sums",
        "model": {"id": "specimen/honest", "revision": "1", "weights": None},
        "dataset": {"name": "sums", "root": ZERO, "form": "file", "count": 10},
        "scorer": ZERO,
        "analysis": {
            "metric": "accuracy",
            "interval": "wilson",
            "level": "0.95",
            "margin": None,
            "multiplicity": "none",
        },
        "quota": {"primary": 1, "variants": variants},
        "deadline": "2026-12-31T00:00:00Z",
        "draw": None,
        "thresholds": {"result": 1, "audit": 1},
    }
    return sign(state("plan", [Subject("plan.json", PLAN_FILE)], fields), key)


def start(planned: Filed, run: str = "run-1", *, key: SecretKey = LAB, **changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "campaign": planned.entry.campaign,
        "plan": {"index": planned.index, "entry": planned.entry.leaf.hex()},
        "run": run,
        "nonce": "0" * 32,
        "variant": "primary",
        "model": "specimen/honest",
        "harness": {"name": "fairtrial", "version": "0.1.0", "digest": None},
        "container": None,
        "sandbox": None,
        "deadline": "2026-12-01T00:00:00Z",
    }
    return sign(state("run-start", [Subject("plan.json", PLAN_FILE)], fields | changes), key)


def end(started: Filed, status: str = "completed", *, key: SecretKey = LAB, **changes: Any) -> bytes:
    counts = dict.fromkeys(("right", "wrong", "partial", "unparsed", "truncated", "refused", "failed"), 0)
    fields: dict[str, Any] = {
        "campaign": started.entry.campaign,
        "run": started.document.fields["run"],
        "status": status,
        "reason": "",
        "records": {"root": ZERO, "n": 10},
        "counts": counts | {"right": 10},
        "usage": {"input_tokens": None, "output_tokens": None, "cost_usd": None},
        "requests": None,
    }
    about = [Subject("run-start", started.document.payload)]
    return sign(state("run-end", about, fields | changes), key)


def append(log: Log, envelope: bytes) -> Filed:
    filed = log.history.at(log.append(envelope).index)
    assert filed is not None
    return filed
