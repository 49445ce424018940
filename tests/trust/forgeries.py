"""Five forged bundles and the genuine one, as `fairtrial demo --tamper` shows them.

    .venv/bin/python -m tests.trust.forgeries        writes them into the package

Every forger redoes all lists of digests. Four of them hold the lab's own key, one the log's as well: what stops
them is what others have seen, not what they can't sign.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fairtrial.core.codec import record_line
from fairtrial.core.record import STATES
from fairtrial.trust import bundle
from fairtrial.trust.bundle import content_list
from fairtrial.trust.checkpoint import SignedCheckpoint
from tests.trust.chain import (
    NOON,
    POLICY,
    SUMS,
    WITNESSED,
    WITNESSES,
    Chain,
    figures,
    four,
    record,
    rewritten,
)

FOLDER = Path(__file__).parents[2] / "src" / "fairtrial" / "lab" / "forgeries"


def genuine() -> bytes:
    return Chain().data


def answer() -> bytes:
    """No key at all: the one wrong answer is made right in the records, the scores and the method record."""
    members = dict(Chain().build())
    right = record("sum-4", *SUMS["sum-4"], "10", seconds=NOON + 73)
    lines = members[bundle.RECORDS].splitlines(keepends=True)
    members[bundle.RECORDS] = b"".join([*lines[:-1], record_line(right)])
    perfect = Chain(records=[*four()[:-1], right])
    perfect.build()
    members |= {name: perfect.members[name] for name in (bundle.SCORES, bundle.METHOD)}
    return rewritten(members, {bundle.CONTENT_LIST: content_list(members)})


def score() -> bytes:
    """The lab's own key: a better score is signed over the same records."""
    counts = {name: 4 if name == "right" else 0 for name in STATES}
    return Chain(score=figures("accuracy", [1.0] * 4), scores={"counts": counts}).data


def best_of_two() -> bytes:
    """The lab's own key: it ran twice, and lists one attempt. Both STARTs are in the log."""
    return Chain(between={"run-start": _first_attempt}).data


def plan_afterwards() -> bytes:
    """The lab's own key: another plan is signed once the answers are known, and put in the place of the first."""
    members = dict(Chain().build())
    other = Chain(
        say={"plan": {"claim": "it adds three numbers of four", "quota": {"primary": 1, "variants": 9}}}
    )
    members["statements/plan.dsse.json"] = other.build()["statements/plan.dsse.json"]
    return rewritten(members, {})


def rewritten_log() -> bytes:
    """The keys of lab and log: the log is written anew without a first attempt. The witnesses sign no second
    history, so their lines are taken from the first."""
    told = Chain(between={"run-start": _first_attempt})
    told.build()
    other = Chain()
    members = dict(other.build())
    for name in other.order[1:]:
        index = other.at[name]
        seen = told.log.checkpoint(index + 2, WITNESSED[name])
        own = other.log.checkpoint(index + 1, WITNESSED[name], witnesses=())
        lines = [*own.note.signatures, *seen.note.signatures[-len(WITNESSES) :]]
        grafted = SignedCheckpoint(own.checkpoint, own.note.with_signatures(lines[1:]))
        members[f"proofs/{name}.tlog-proof"] = replace(other.log.prove(index, own), signed=grafted).data
        members[bundle.CHECKPOINT] = grafted.data
    return rewritten(members, {})


def _first_attempt(chain: Chain) -> None:
    """Begun before the one that is shown."""
    fields = chain.start_fields(chain.at["plan"], "run-0")
    index = len(chain.log.entries)
    chain.enter(f"entry-{index}", "run-start", chain.sha(bundle.PLAN), fields, proven=False)


FORGERIES: dict[str, Any] = {
    "genuine": genuine,
    "answer": answer,
    "score": score,
    "best-of-two": best_of_two,
    "plan-afterwards": plan_afterwards,
    "rewritten-log": rewritten_log,
}


def files() -> dict[str, bytes]:
    made = {f"{name}.bundle": make() for name, make in FORGERIES.items()}
    return made | {"trust.json": Chain().trust, "log.policy": POLICY}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, data in files().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
