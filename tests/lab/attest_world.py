"""A lab that published a bundle, and an auditor with a key: real log, two witnesses in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.plan import ModelSpec
from fairtrial.core.task import Task
from fairtrial.lab import Lab, Pace
from fairtrial.lab.attest_case import Access
from fairtrial.lab.attesting import Attested, Auditor, Chance, attest
from fairtrial.lab.bundling import Terms, bundled
from fairtrial.lab.coins import commit_coin, reveal_coin
from fairtrial.lab.registering import Terms as Registered
from fairtrial.lab.twin import open_twin
from fairtrial.trust.verification import Verification
from fairtrial.trust.verify import verify
from tests.lab.log_world import AUDITOR, LAB
from tests.lab.registered_world import NAMES, World
from tests.lab.test_bundling import method

NOW = "2026-11-30T12:00:00Z"
ORGS = {"example.org/log": "The log's", NAMES[0]: "A", NAMES[1]: "B"}
PARTIES = ("lab", "auditor")
HONEST = "specimen/honest"


def published(n: int) -> list[dict[str, str]]:
    """The first rows of the arithmetic family's published form."""
    twin = open_twin("arithmetic", None, fresh=1, items=n)
    asked = sorted(
        (each for each in twin.answers.samples if each.metadata["form"] == "published"),
        key=lambda each: each.id,
    )
    return [{"id": each.id, "input": each.text, "target": each.target[0]} for each in asked]


def problems(path: Path, n: int = 24) -> Task:
    file = path / f"problems{n}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in published(n)))
    return Lab(path / "runs").task(file, scorer="number", template="Q: {{ input }}\nA:", max_tokens=40)


def bundle_of(
    place: World,
    name: str,
    model: str = HONEST,
    *,
    task: Task | None = None,
    access: str | None = None,
    **more: Any,
) -> bytes:
    """Registered, run and published by the lab."""
    terms = Registered(name, "2030-01-01T00:00:00Z", claim="it adds", construct="addition", **more)
    asked = problems(place.path) if task is None else task
    run = place.lab().run(asked, model, life=place.life(terms=terms))
    return bundled(run, Terms(method(run), access=access), log=place.log, key=LAB).data


def toss(place: World, campaign: str, keys: dict[str, SecretKey] | None = None) -> None:
    """Both commit, then both show."""
    for step in (commit_coin, None):
        for party, key in (keys or {"lab": LAB, "auditor": AUDITOR}).items():
            file = place.path / f"{campaign[:8]}-{party}.coin"
            if step is None:
                reveal_coin(file, log=place.log, key=key, parties=tuple(keys or PARTIES))
            else:
                commit_coin(file, campaign, party, log=place.log, key=key)


def audited(
    place: World, data: bytes, chance: Chance | None = None, *, records: bytes | None = None, **access: Any
) -> Attested:
    given: dict[str, Any] = {"model": ModelSpec.parse(HONEST), "pace": Pace(connections=4)} | access
    auditor = Auditor("Auditor", AUDITOR, "none", "the auditor's own")
    return attest(
        Lab(place.path / "audit"),
        data,
        "a.bundle",
        auditor,
        Access(**given),
        log=place.log,
        chance=chance,
        records=records,
        time=NOW,
    )


def outcomes(done: Attested) -> dict[str, str]:
    return {each.test: each.outcome for each in done.tests}


def read(place: World, data: bytes) -> Verification:
    """By a reader with policies of their own, who knows who runs what."""
    people = json.loads((place.log / "trust.json").read_bytes()) | {"operators": ORGS}
    return verify(
        data,
        "a.bundle",
        trust=json.dumps(people).encode(),
        log_policy=(place.log / "log.policy").read_bytes(),
    )


@contextmanager
def keeping(keep: str, seconds: float = 0.05) -> Iterator[str]:
    """The address of an endpoint in a process of its own; see `keeping_server`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.keeping_server", keep, str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)
