"""A whole chain in memory, as small as one can be: four sums, a lab, a log, two witnesses, a bundle.

Every key has a known seed and time is moved by hand, so the same chain makes the same bytes. What a test wants to
be wrong is said in one place: other fields of a statement, other signers, another order, other records.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fairtrial.core.canon import canonical, digest
from fairtrial.core.codec import record_line
from fairtrial.core.output import Output, Usage
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.record import STATES, Attempt, Failure, Record
from fairtrial.core.sample import Sample
from fairtrial.core.scorers import TextScorer, parse_scorer
from fairtrial.stats.intervals import wilson
from fairtrial.trust import bundle
from fairtrial.trust.bundle import content_list, write_bundle
from fairtrial.trust.checkpoint import Checkpoint, SignedCheckpoint, cosign, sign_checkpoint
from fairtrial.trust.contents import content_bytes, edge_bytes, entries_bytes
from fairtrial.trust.documents import decimal_text, signed_bytes
from fairtrial.trust.dsse import Envelope
from fairtrial.trust.entry import NOBODY, OF_NO_CAMPAIGN, Entry
from fairtrial.trust.note_keys import COSIGNATURE, LOG, NoteKey
from fairtrial.trust.people import People, Person
from fairtrial.trust.predicates import state
from fairtrial.trust.records import records_root
from fairtrial.trust.statement import Subject
from fairtrial.trust.tlog_proof import TlogProof
from fairtrial.trust.tree import Frontier, Levels, inclusion_proof, leaf_hash, tree_root
from fairtrial.trust.verification import Verification
from fairtrial.trust.verify import verify
from tests.trust.logs import NOON, note_key
from tests.trust.methods import GOOD
from tests.trust.signers import envelope, person

LOG_KEY = note_key("log.example/fairtrial", LOG, 1)
WITNESSES = (note_key("witness.example/a", COSIGNATURE, 11), note_key("witness.example/b", COSIGNATURE, 12))
OPERATORS = {LOG_KEY.name: "Log Example", WITNESSES[0].name: "Witness A", WITNESSES[1].name: "Witness B"}
POLICY = (
    f"log {LOG_KEY.public.vkey}\nwitness a {WITNESSES[0].public.vkey}\nwitness b {WITNESSES[1].public.vkey}\n"
    "group both all a b\nquorum both\n"
).encode()
ORDER = ("plan", "run-start", "run-end", "result")
WITNESSED = {"plan": NOON, "run-start": NOON + 60, "run-end": NOON + 200, "result": NOON + 300}
SCORER = parse_scorer("number")
SUMS = {"sum-1": ("2+2?", "4"), "sum-2": ("3+3?", "6"), "sum-3": ("4+4?", "8"), "sum-4": ("5+5?", "10")}
ANSWERS = {"sum-1": "It is 4.", "sum-2": "6", "sum-3": "8", "sum-4": "11"}


def utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class MemoryLog:
    """Entries in order. Nothing is refused here: what a log would refuse is what a verifier must find."""

    entries: list[bytes] = field(default_factory=list)
    last: dict[str, Entry] = field(default_factory=dict)

    def append(self, type_: str, campaign: str, made: Envelope, **changes: Any) -> Entry:
        last = self.last.get(campaign)
        seq, previous = (last.seq + 1, last.leaf.hex()) if last else (1, NOBODY)
        place: dict[str, Any] = {"seq": seq, "previous": previous} | changes
        entry = Entry(type_, campaign, payload=made.digest, signers=made.keyids, **place)
        self.entries.append(entry.data)
        self.last[campaign] = entry
        return entry

    def checkpoint(
        self, size: int, seconds: int, witnesses: Iterable[NoteKey] = WITNESSES, key: NoteKey = LOG_KEY
    ) -> SignedCheckpoint:
        tree = Checkpoint(key.name, size, tree_root(map(leaf_hash, self.entries[:size])))
        signed = sign_checkpoint(tree, key)
        lines = [cosign(tree, each, seconds) for each in witnesses]
        return SignedCheckpoint(tree, signed.note.with_signatures(lines))

    def prove(self, index: int, signed: SignedCheckpoint) -> TlogProof:
        size = signed.checkpoint.size
        levels = Levels(map(leaf_hash, self.entries[:size]))
        return TlogProof(index, inclusion_proof(index, size, levels), signed)


@dataclass
class Chain:
    """say: other fields of a statement's predicate, by name. signers: by name. order: of the entries. seen: when
    each entry's checkpoint was witnessed; witnesses: by whom. records: in place of the four. between: what comes
    before a statement, or at the "end". method, scores, score, dataset: other content. entry: other fields of an
    entry. proof_of: another entry's index to be proven. subjects: other digests to be about. elsewhere: keeps the
    records out of the bundle, with other fields of what tells about them."""

    say: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    signers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: Sequence[str] = ORDER
    seen: Mapping[str, int] = field(default_factory=dict)
    witnesses: Mapping[str, Sequence[NoteKey]] = field(default_factory=dict)
    records: Sequence[Record] | None = None
    plan: Plan | None = None
    between: Mapping[str, Callable[[Chain], None]] = field(default_factory=dict)
    method: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)
    score: Mapping[str, Any] = field(default_factory=dict)
    entry: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    proof_of: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Mapping[str, Any] | None = None
    people: Sequence[Person] = ()
    operators: Mapping[str, str] = field(default_factory=dict)
    log: MemoryLog = field(default_factory=MemoryLog)
    made: dict[str, Envelope] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, bytes] = field(default_factory=dict)

    def build(self) -> dict[str, bytes]:
        """The members, without the manifest."""
        self.plan = self.plan or plan(len(SUMS))
        self.records = list(four() if self.records is None else self.records)
        self.members = {
            bundle.PLAN: self.plan.bytes,
            bundle.RECORDS: b"".join(map(record_line, self.records)),
        }
        self.members[bundle.DATASET] = content_bytes("data set", self._dataset())
        for name in self.order:
            if name in self.between:
                self.between[name](self)
            self.step(name)
        if "end" in self.between:
            self.between["end"](self)
        self._close()
        return self.members

    def step(self, name: str) -> None:
        """One statement: made, signed, entered, proven."""
        subject = self._subject(name)
        fields = getattr(self, "_" + name.replace("-", "_"))() | dict(self.say.get(name, {}))
        self.enter(name, name, subject, fields)

    def enter(
        self, name: str, type_: str, subject: str, fields: Mapping[str, Any], *, proven: bool = True
    ) -> int:
        made = envelope(
            state(type_, [Subject("subject", subject)], fields).bytes,
            *self.signers.get(name, (role_of(type_),)),
        )
        self.made[name] = made
        index = len(self.log.entries)
        self.at[name] = index
        campaign = NOBODY if type_ in OF_NO_CAMPAIGN else self.campaign
        self.log.append(type_, campaign, made, **self.entry.get(name, {}))
        self.members[f"statements/{name}.dsse.json"] = made.bytes
        if proven:
            seconds = self.seen.get(name, WITNESSED.get(name, NOON + 400))
            signed = self.log.checkpoint(index + 1, seconds, self.witnesses.get(name, WITNESSES))
            proof = self.log.prove(self.proof_of.get(name, index), signed)
            self.members[f"proofs/{name}.tlog-proof"] = proof.data
            self.members[bundle.CHECKPOINT] = signed.data
        return index

    @property
    def campaign(self) -> str:
        return self.made["plan"].digest

    def sha(self, member: str) -> str:
        return hashlib.sha256(self.members[member]).hexdigest()

    def _subject(self, name: str) -> str:
        if name == "result":
            self._content()
        if name in self.subjects:
            return self.subjects[name]
        if name == "result":
            return self.sha(bundle.CONTENT_LIST)
        return self.made["run-start"].digest if name == "run-end" else self.sha(bundle.PLAN)

    def _dataset(self) -> dict[str, Any]:
        told = {"fairtrial_dataset": 1, "name": "sums", "root": "11" * 32, "form": "file", "count": 4}
        return told | {"items": sorted({each.sample_id for each in self.records or ()})} | dict(self.dataset)

    def _plan(self) -> dict[str, Any]:
        told = json.loads(self.members[bundle.DATASET])
        return {
            "campaign": None,
            "name": "sums",
            "claim": "it adds",
            "construct": "addition of small numbers",
            "model": {"id": "replay/sums", "revision": "1", "weights": None},
            "dataset": {key: told[key] for key in ("name", "root", "form", "count")},
            "scorer": digest(dict(SCORER.form)).removeprefix("sha256:"),
            "analysis": {
                "metric": "accuracy",
                "interval": "wilson",
                "level": "0.95",
                "margin": None,
                "multiplicity": "none",
            },
            "quota": {"primary": 1, "variants": 0},
            "deadline": utc(NOON + 3600),
            "draw": None,
            "thresholds": {"result": 1, "audit": 1},
        }

    def _run_start(self) -> dict[str, Any]:
        at = self.at.get("plan", 0)
        return self.start_fields(at)

    def start_fields(self, plan_at: int, run: str = "run-1") -> dict[str, Any]:
        entry = leaf_hash(self.log.entries[plan_at]).hex() if self.log.entries else "00" * 32
        return {
            "campaign": self.campaign if "plan" in self.made else "00" * 32,
            "plan": {"index": plan_at, "entry": entry},
            "run": run,
            "nonce": "ab" * 16,
            "variant": "primary",
            "model": "replay/sums",
            "harness": {"name": "fairtrial", "version": "0", "digest": None},
            "container": None,
            "sandbox": None,
            "deadline": utc(NOON + 3600),
        }

    def _run_end(self) -> dict[str, Any]:
        lines = self.members[bundle.RECORDS].splitlines()
        tries = [attempt.at for each in self.records or () for attempt in each.attempts]
        return {
            "campaign": self.campaign,
            "run": "run-1",
            "status": "completed",
            "reason": "",
            "records": {"root": records_root(lines), "n": len({each.key for each in self.records or ()})},
            "counts": self.counts(),
            "usage": {"input_tokens": 8, "output_tokens": 4, "cost_usd": None},
            "requests": {"first": min(tries), "last": max(tries)},
        }

    def counts(self) -> dict[str, int]:
        states = [each.state for each in {each.key: each for each in self.records or ()}.values()]
        return {name: states.count(name) for name in STATES}

    def _content(self) -> None:
        """Scores, method and the list of contents: made when the result is due."""
        self.attempts = [
            {"run": "run-1", "variant": "primary", "index": self.at["run-start"], "status": "completed"},
            *self.attempts,
        ]
        scored = [each.result.value for each in self.records or () if not isinstance(each.result, Failure)]
        told = {
            "fairtrial_scores": 1,
            "task": "sums",
            "model": "replay/sums",
            "counts": self.counts(),
            "scores": [figures("accuracy", scored) | dict(self.score)],
            "readings": [],
            "attempts": self.attempts,
        } | dict(self.scores)
        lines = self.members[bundle.RECORDS]
        if self.elsewhere is not None:
            kept = {
                "fairtrial_records": 1,
                "root": records_root(lines.splitlines()),
                "n": len(self.records or ()),
            }
            kept |= {"sha256": self.sha(bundle.RECORDS), "bytes": len(lines), "access": "on request"}
            self.members[bundle.RECORDS_DIGEST] = content_bytes(
                "digest of records", kept | dict(self.elsewhere)
            )
        self.members[bundle.SCORES] = content_bytes("scores", told)
        self.members[bundle.METHOD] = signed_bytes(self._method(told))
        if self.elsewhere is not None:
            del self.members[bundle.RECORDS]
        self.members[bundle.CONTENT_LIST] = content_list(self.members)

    def _method(self, told: Mapping[str, Any]) -> dict[str, Any]:
        score = {
            key: told["scores"][0][key]
            for key in ("metric", "credit", "n", "value", "low", "high", "level", "method")
        }
        ours: dict[str, Any] = {
            "registration": {"plan": f"sha256:{self.sha(bundle.PLAN)}", "log_index": self.at.get("plan", 0)},
            "data": {"n": self.plan.n if self.plan else 0},
            "result": {"counts": told["counts"], "scores": [score]},
            "records": {"digest": f"sha256:{self.sha(bundle.RECORDS)}"},
            "scoring": {"scorer": digest(dict(self.plan.task["scorer"]))},  # type: ignore[index, call-overload]
        }
        groups = set(GOOD) - {"fairtrial_method"}
        whole = {
            group: GOOD[group] | ours.get(group, {}) | dict(self.method.get(group, {})) for group in groups
        }
        kept = {group: {k: v for k, v in part.items() if v is not None} for group, part in whole.items()}
        return {"fairtrial_method": 1} | kept

    def _result(self) -> dict[str, Any]:
        told = json.loads(self.members[bundle.SCORES])
        return {
            "campaign": self.campaign,
            "run": "run-1",
            "plan": self.sha(bundle.PLAN),
            "counts": told["counts"],
            "scores": told["scores"],
            "method": self.sha(bundle.METHOD),
            "deviations": [],
            "attempts": told["attempts"],
        }

    def _close(self) -> None:
        self.members[f"{bundle.ENTRIES}0.jsonl"] = entries_bytes(self.log.entries)
        self.members[bundle.EDGE] = edge_bytes(Frontier())
        self.members[bundle.TRUST] = self.trust
        self.members[bundle.LOG_POLICY] = POLICY

    @property
    def trust(self) -> bytes:
        return People(tuple(self.people) or PERSONS, {**OPERATORS, **self.operators}).bytes

    @property
    def data(self) -> bytes:
        """The bundle."""
        return write_bundle(self.members or self.build())

    def verified(self, data: bytes | None = None, **given: Any) -> Verification:
        """By a reader who trusts the same keys, log and witnesses."""
        mine = {"trust": self.trust, "log_policy": POLICY} | given
        return verify(self.data if data is None else data, "a.bundle", **mine)


PERSONS = (
    person("lab", org="Example Lab"),
    person("evaluator", org="Elsewhere"),
    person("auditor", org="Auditors"),
)


def role_of(type_: str) -> str:
    return {"audit": "auditor", "dataset-commit": "owner", "reveal": "owner"}.get(type_, "lab")


def plan(n: int, records: Sequence[Record] = (), **changes: Any) -> Plan:
    task = {
        "name": "sums",
        "version": "1",
        "asks": "generate",
        "origin": {"digest": "sha256:" + "11" * 32, "name": "sums"},
        "scorer": dict(SCORER.form),
        "cluster": "",
        "macro": "",
    }
    hasher = hashlib.sha256()
    for each in sorted(records or four(), key=lambda each: each.sample_id):
        hasher.update(f"{each.sample_id}\n{each.question}\n".encode() + "\n".join(each.target).encode())
    return Plan(
        task | changes, ModelSpec("replay", "sums"), "sha256:" + hasher.hexdigest(), len(records) or n
    )


def four() -> list[Record]:
    return [
        record(key, *SUMS[key], ANSWERS[key], seconds=NOON + 70 + number) for number, key in enumerate(SUMS)
    ]


def record(
    key: str,
    question: str,
    target: str,
    answer: str,
    *,
    seconds: int = NOON + 70,
    scorer: TextScorer = SCORER,
    **changes: Any,
) -> Record:
    output = Output(answer, "stop", usage=Usage(2, 1), request=f'{{"ask":"{question}"}}', response=answer)
    given: dict[str, Any] = {
        "sample_id": key,
        "epoch": 1,
        "input": question,
        "target": (target,),
        "question": hashlib.sha256(question.encode()).hexdigest()[:32],
        "result": scorer(output, Sample(key, question, (target,))),
        "output": output,
        "attempts": (Attempt(utc(seconds), 0.5, 200),),
    }
    return Record(**(given | changes))


def figures(metric: str, values: Sequence[float]) -> dict[str, Any]:
    """Written from the definition, for the verifier to be held against."""
    right, n = sum(values), len(values)
    low, high = wilson(right, n)
    return {
        "metric": metric,
        "value": decimal_text(right / n),
        "low": decimal_text(low),
        "high": decimal_text(high),
        "level": "0.95",
        "n": n,
        "credit": decimal_text(Decimal(str(right)).normalize()),
        "method": "wilson",
        "recomputable": "re-scored",
    }


def rewritten(members: Mapping[str, bytes], changes: Mapping[str, bytes | None]) -> bytes:
    """The bundle of other members; None leaves one out. Its list of contents stays as it was signed."""
    kept = {name: data for name, data in {**members, **changes}.items() if data is not None}
    kept.pop(bundle.MANIFEST, None)
    return bundle.zipped({**kept, bundle.MANIFEST: bundle.manifest(kept)})


def edited(data: bytes, change: Callable[[Any], None]) -> bytes:
    """A canonical JSON file with a change in it."""
    value = json.loads(data)
    change(value)
    return canonical(value)
