"""Bad bundles, each named for its fault: the control with one thing changed, made when a test asks for it.

A row: how it is made, which check must see it, with which outcome, and the words of its own. The control passes.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairtrial.core.record import Failure, Record, Score
from fairtrial.trust import bundle
from fairtrial.trust.checkpoint import Checkpoint, SignedCheckpoint, cosign, sign_checkpoint
from fairtrial.trust.contents import entries_bytes
from fairtrial.trust.dsse import Envelope, Signature, parse_envelope
from fairtrial.trust.entry import NOBODY
from fairtrial.trust.note import Note, NoteSignature
from fairtrial.trust.note_keys import COSIGNATURE, LOG, NoteKey
from fairtrial.trust.tlog_proof import parse_tlog_proof
from fairtrial.trust.tree import tree_root
from fairtrial.trust.verification import Outcome, Verification
from tests.trust.chain import (
    LOG_KEY,
    POLICY,
    WITNESSES,
    Chain,
    edited,
    four,
    plan,
    record,
    rewritten,
    utc,
)
from tests.trust.logs import NOON, note_key
from tests.trust.signers import person

Members = Mapping[str, bytes]
LAB_ORG: Final = "Example Lab"


@dataclass(frozen=True)
class Case:
    """chain: what is built; change: which members are changed then, the list of contents left as it was signed.
    raw: the file's bytes changed. given: other policies of the reader."""

    check: str
    says: str
    outcome: Outcome = "failed"
    chain: Callable[[], Chain] = Chain
    change: Callable[[Members], Mapping[str, bytes | None]] = lambda members: {}
    raw: Callable[[bytes], bytes] = lambda data: data
    given: Mapping[str, Any] = field(default_factory=dict)

    def verified(self) -> Verification:
        chain = self.chain()
        members = chain.build()
        return chain.verified(self.raw(rewritten(members, self.change(members))), **self.given)


def member(name: str, change: Callable[[bytes], bytes]) -> Callable[[Members], Mapping[str, bytes | None]]:
    return lambda members: {name: change(members[name])}


def swapped(name: str, old: bytes, new: bytes) -> Callable[[Members], Mapping[str, bytes | None]]:
    return member(name, lambda data: data.replace(old, new, 1))


def in_json(name: str, change: Callable[[Any], None]) -> Callable[[Members], Mapping[str, bytes | None]]:
    return member(name, lambda data: edited(data, change))


# --- the container --------------------------------------------------------------------------------


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A ZIP with any names in any order, by the book otherwise."""
    files, directory, at = b"", b"", 0
    for name, data in members:
        path = name.encode("latin-1")
        about = (20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(path), 0)
        directory += struct.pack("<4s6H3I5H2I", b"PK\1\2", 788, *about, 0, 0, 0, 0o100644 << 16, at) + path
        files += struct.pack("<4s5H3I2H", b"PK\3\4", *about) + path + data
        at = len(files)
    count = len(members)
    return files + directory + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), at, 0)


def with_member(name: str, data: bytes = b"x") -> Callable[[bytes], bytes]:
    return lambda good: zipped(*sorted([*bundle.read_bundle(good, "x").items(), (name, data)]))


def compressed(good: bytes) -> bytes:
    """The first member marked as deflated."""
    return good[:8] + b"\x08" + good[9:]


def central_differs(good: bytes) -> bytes:
    at = good.index(b"PK\1\2")
    return good[:at] + good[at:].replace(b"plan.json", b"plan.jsox", 1)


CONTAINER: Final = {
    "container_bytes_behind_the_end": Case(
        "container", "1 bytes follow its end", raw=lambda data: data + b"\n"
    ),
    "container_bytes_before_the_beginning": Case(
        "container", "it doesn't begin with a stored member of a ZIP file", raw=lambda data: b"\n" + data
    ),
    "container_cut_in_the_directory": Case(
        "container", "it is cut off: 30 bytes are missing at its end", raw=lambda data: data[:-30]
    ),
    "container_cut_in_a_member": Case("container", "is cut off", raw=lambda data: data[:4000]),
    "container_empty": Case("container", "it doesn't begin with a stored member", raw=lambda data: b""),
    "container_member_twice": Case(
        "container", "the member 'plan.json' stands twice", raw=with_member("plan.json")
    ),
    "container_member_compressed": Case(
        "container", "is compressed, encrypted, or has extra fields", raw=compressed
    ),
    "container_unsorted": Case(
        "container",
        "its bytes are not those that its members make",
        raw=lambda good: zipped(*reversed(bundle.read_bundle(good, "x").items())),
    ),
    "container_directory_differs_from_headers": Case(
        "container", "its bytes are not those that its members make", raw=central_differs
    ),
    "container_date_changed": Case(
        "container",
        "its bytes are not those that its members make, from byte 12 on",
        raw=lambda data: data[:12] + b"\x22" + data[13:],
    ),
    "container_name_leads_out": Case(
        "container", "'../plan.json': names are a-z", raw=with_member("../plan.json")
    ),
    "container_name_leads_out_inside": Case(
        "container", "'audit/../../x': names are a-z", raw=with_member("audit/../../x")
    ),
    "container_name_absolute": Case(
        "container", "'/etc/passwd': names are a-z", raw=with_member("/etc/passwd")
    ),
    "container_name_of_another_case": Case(
        "container", "'Plan.json': names are a-z", raw=with_member("Plan.json")
    ),
    "container_name_with_backslash": Case("container", "names are a-z", raw=with_member("audit\\x")),
    "container_member_without_a_place": Case(
        "container", "'readme.txt': it has no place in a bundle", raw=with_member("readme.txt")
    ),
    "manifest_member_not_listed": Case(
        "manifest", "audit/stray is there, and not listed in manifest.sha256", raw=with_member("audit/stray")
    ),
    "manifest_member_missing": Case(
        "manifest",
        "dataset.json is listed in manifest.sha256, and isn't there",
        raw=lambda good: zipped(
            *((name, data) for name, data in bundle.read_bundle(good, "x").items() if name != "dataset.json")
        ),
    ),
    "manifest_other_digest": Case(
        "manifest",
        "plan.json has another digest than manifest.sha256 lists",
        raw=lambda good: zipped(
            *(
                (name, data + b" " if name == "plan.json" else data)
                for name, data in bundle.read_bundle(good, "x").items()
            )
        ),
    ),
    "manifest_scores_left_out": Case(
        "manifest", "scores.json is missing", change=lambda members: {"scores.json": None}
    ),
    "manifest_records_twice": Case(
        "manifest",
        "here in 2 of them",
        change=lambda members: {"records.jsonl.gz": gzip.compress(members["records.jsonl"], mtime=0)},
    ),
}


# --- JSON -----------------------------------------------------------------------------------------


def _bomb(members: Members) -> Mapping[str, bytes | None]:
    return {"records.jsonl": None, "records.jsonl.gz": gzip.compress(bytes(50_000_000), mtime=0)}


JSON_FORMS: Final = {
    "json_duplicate_key": Case(
        "canonical",
        "scores.json is no scores: a key stands twice in one object",
        change=swapped("scores.json", b'"readings":[]', b'"readings":[],"readings":[]'),
    ),
    "json_decimal_for_integer": Case(
        "canonical",
        "1.0 is no whole number",
        change=swapped("scores.json", b'"fairtrial_scores":1', b'"fairtrial_scores":1.0'),
    ),
    "json_integer_2_to_53": Case(
        "canonical",
        "a whole number beyond 2^53 - 1",
        change=swapped("scores.json", b'"wrong":1', b'"wrong":9007199254740992'),
    ),
    "json_nan": Case(
        "canonical", "NaN is no JSON", change=swapped("scores.json", b'"wrong":1', b'"wrong":NaN')
    ),
    "json_surrogate_in_value": Case(
        "canonical",
        "half a surrogate pair is no text",
        change=swapped("scores.json", b'"task":"sums"', b'"task":"\\ud800"'),
    ),
    "json_surrogate_in_key": Case(
        "canonical",
        "half a surrogate pair is no text",
        change=swapped("scores.json", b'"task"', b'"\\ud800"'),
    ),
    "json_byte_order_mark": Case(
        "canonical",
        "it begins with a byte order mark",
        change=member("dataset.json", lambda data: b"\xef\xbb\xbf" + data),
    ),
    "json_nested_100000_deep": Case(
        "canonical",
        "nested too deeply",
        change=member("dataset.json", lambda data: b"[" * 100_000 + b"]" * 100_000),
    ),
    "json_not_canonical": Case(
        "canonical",
        "dataset.json is not written in canonical form",
        change=member("dataset.json", lambda data: data.replace(b",", b", ", 1)),
    ),
    "json_unknown_field": Case(
        "canonical",
        "the field 'more' is not known",
        change=in_json("dataset.json", lambda value: value.update(more=1)),
    ),
    "json_plan_not_canonical": Case(
        "canonical",
        "plan.json is no plan: it is not written in canonical form",
        change=member("plan.json", lambda data: data + b"\n"),
    ),
    "json_plan_duplicate_key": Case(
        "canonical",
        "plan.json is no plan: it is not written in canonical form",
        change=member("plan.json", lambda data: b'{"epochs":2,' + data[1:]),
    ),
    "records_duplicate_key": Case(
        "canonical",
        "records.jsonl, line 1: this line is no record of ours",
        change=swapped("records.jsonl", b'{"id"', b'{"id":"x","id"'),
    ),
    "records_torn": Case(
        "canonical",
        "the last line of records.jsonl is torn",
        change=member("records.jsonl", lambda data: data[:-5]),
    ),
    "records_zip_bomb": Case(
        "canonical",
        "records.jsonl.gz can't be unpacked: it unpacks to more than 100 times its size",
        change=_bomb,
    ),
    "records_gzip_with_bytes_behind": Case(
        "canonical",
        "records.jsonl.gz can't be unpacked: bytes follow its end",
        change=lambda members: {
            "records.jsonl": None,
            "records.jsonl.gz": gzip.compress(members["records.jsonl"], mtime=0) + b"x",
        },
    ),
}


# --- envelopes ------------------------------------------------------------------------------------


def payload(name: str, change: Callable[[Any], None]) -> Callable[[Members], Mapping[str, bytes | None]]:
    """A statement with another payload under its old signatures."""

    def changed(data: bytes) -> bytes:
        old = parse_envelope(data, name)
        return Envelope(edited(old.payload, change), old.payload_type, old.signatures).bytes

    return member(name, changed)


def replayed(data: bytes, source: str) -> Callable[[Members], Mapping[str, bytes | None]]:
    return lambda members: {data.decode(): members[source]}


RESULT: Final = "statements/result.dsse.json"


def signed_by(name: str, *who: str, people: tuple[Any, ...] = ()) -> Callable[[], Chain]:
    return lambda: Chain(signers={name: who}, people=people)


def _other_type(data: bytes) -> bytes:
    old = parse_envelope(data, "x")
    return Envelope(old.payload, "text/plain", old.signatures).bytes


def _two_ids(data: bytes) -> bytes:
    old = parse_envelope(data, "x")
    return replace(old, signatures=(*old.signatures, Signature("f" * 64, old.signatures[0].value))).bytes


def thresholded() -> Chain:
    return Chain(say={"plan": {"thresholds": {"result": 2, "audit": 1}}})


ENVELOPES: Final = {
    "envelope_payload_changed": Case(
        "signatures",
        "statements/result.dsse.json: the signature of key 5d3f7486a3e4b3e8… doesn't hold",
        change=payload(RESULT, lambda value: value["predicate"].update(deviations=["none"])),
    ),
    "envelope_payload_type_changed": Case(
        "canonical",
        "statements/result.dsse.json holds 'text/plain', not a statement",
        change=member(RESULT, _other_type),
    ),
    "envelope_signature_of_an_unlisted_key": Case(
        "signatures",
        "statements/result.dsse.json: signed by 0 of the keys asked for; 1 are needed",
        chain=signed_by("result", "somebody"),
    ),
    "envelope_signed_in_another_role": Case(
        "signatures",
        "statements/result.dsse.json: a result is not for the auditor to sign (Auditors)",
        chain=signed_by("result", "auditor"),
    ),
    "envelope_threshold_of_two_and_one_signer": Case(
        "signatures",
        "statements/result.dsse.json: signed by 1 of the keys asked for; 2 are needed",
        chain=thresholded,
    ),
    "envelope_one_key_under_two_ids": Case(
        "signatures",
        "statements/result.dsse.json: signed by 1 of the keys asked for; 2 are needed",
        chain=thresholded,
        change=member(RESULT, _two_ids),
    ),
    "envelope_replayed_as_another_statement": Case(
        "canonical",
        "statements/run-end.dsse.json is a run-start, not what its name says",
        change=replayed(b"statements/run-end.dsse.json", "statements/run-start.dsse.json"),
    ),
    "envelope_under_two_names": Case(
        "canonical",
        "statements/plan.dsse.json is statements/entry-0.dsse.json once more",
        change=replayed(b"statements/entry-0.dsse.json", "statements/plan.dsse.json"),
    ),
    "envelope_unknown_critical_field": Case(
        "canonical",
        "its result predicate has a critical field that isn't understood here: 'new'",
        change=payload(RESULT, lambda value: value["predicate"].update(crit=["new"], ext={"new": 1})),
    ),
    "envelope_unknown_field_in_predicate": Case(
        "canonical",
        "its result predicate: the field 'more' is not known",
        change=payload(RESULT, lambda value: value["predicate"].update(more=1)),
    ),
    "envelope_stray_base64_bits": Case(
        "canonical",
        "is not base64 as it is written canonically",
        change=in_json(
            RESULT, lambda value: value["signatures"][0].update(sig=_stray(value["signatures"][0]["sig"]))
        ),
    ),
    "envelope_result_missing": Case(
        "signatures",
        "there is no statement of the result: nobody signs this score",
        change=lambda members: {RESULT: None, "proofs/result.tlog-proof": None},
    ),
    "subject_of_the_plan_is_another_file": Case(
        "signatures",
        "statements/plan.dsse.json is not about this plan.json",
        chain=lambda: Chain(subjects={"plan": "ab" * 32}),
    ),
    "subject_of_start_is_another_file": Case(
        "signatures",
        "statements/run-start.dsse.json is not about this plan.json",
        chain=lambda: Chain(subjects={"run-start": "ab" * 32}),
    ),
    "subject_of_end_is_another_start": Case(
        "signatures",
        "statements/run-end.dsse.json is not about statements/run-start.dsse.json",
        chain=lambda: Chain(subjects={"run-end": "ab" * 32}),
    ),
    "result_of_another_run": Case(
        "signatures",
        "statements/result.dsse.json is about the run 'run-2', not this one",
        chain=lambda: Chain(say={"result": {"run": "run-2"}}),
    ),
    "result_of_another_plan": Case(
        "signatures",
        "statements/result.dsse.json is about another plan",
        chain=lambda: Chain(say={"result": {"plan": "ab" * 32}}),
    ),
    "end_by_another_key": Case(
        "campaign",
        "an END that other keys signed than its START, entry 1",
        chain=signed_by("run-end", "evaluator"),
    ),
}


def _stray(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(text.rstrip("=")) - 1
    return text[:at] + alphabet[alphabet.index(text[at]) + 1] + text[at + 1 :]


# --- keys -----------------------------------------------------------------------------------------


def lab_key(**changes: Any) -> Callable[[], Chain]:
    """The lab's key with other bounds."""
    persons = (person("lab", org=LAB_ORG, **changes), person("auditor", org="Auditors"))
    return lambda: Chain(people=persons)


def revoked(at: int) -> Callable[[], Chain]:
    return lab_key(revoked_at=at, log_origin=LOG_KEY.name)


KEYS: Final = {
    "key_revoked_at_the_index_before": Case(
        "keys",
        "statements/result.dsse.json: the key of Example Lab is revoked from entry 2 on; this is entry 3",
        chain=revoked(2),
    ),
    "key_revoked_at_the_index": Case("keys", "is revoked from entry 3 on; this is entry 3", chain=revoked(3)),
    "key_revoked_at_the_index_after": Case(
        "keys", "every key counted when it signed", "ok", chain=revoked(4)
    ),
    "key_not_yet_valid": Case(
        "keys",
        f"is valid from {utc(NOON + 90)}; the entry was witnessed at {utc(NOON)}",
        chain=lab_key(valid_from=utc(NOON + 90)),
    ),
    "key_expired": Case(
        "keys",
        f"was valid until {utc(NOON + 250)}; the entry was witnessed at {utc(NOON + 300)}",
        chain=lab_key(valid_to=utc(NOON + 250)),
    ),
    "key_of_another_log": Case(
        "keys",
        "counts in the log other.example only, not in log.example/fairtrial",
        chain=lab_key(log_origin="other.example"),
    ),
    "key_without_a_proof_of_its_time": Case(
        "keys",
        "run-end: its key is revoked, and no proof tells whether it signed before",
        "missing",
        chain=revoked(9),
        change=lambda members: {"proofs/run-end.tlog-proof": None, "log/edge.json": None},
    ),
}


# --- proofs, log, witnesses -----------------------------------------------------------------------


def proof(name: str, change: Callable[[Any], Any]) -> Callable[[Members], Mapping[str, bytes | None]]:
    path = f"proofs/{name}.tlog-proof"
    return member(path, lambda data: change(parse_tlog_proof(data, path)).data)


def resigned(
    signed: SignedCheckpoint, root: bytes, size: int | None = None, key: NoteKey = LOG_KEY
) -> SignedCheckpoint:
    """Another tree, signed by the log and both witnesses all the same: operators who collude."""
    tree = Checkpoint(key.name, size or signed.checkpoint.size, root)
    note = sign_checkpoint(tree, key).note
    return SignedCheckpoint(tree, note.with_signatures(cosign(tree, each, NOON + 400) for each in WITNESSES))


OTHER_LOG: Final = note_key("log.example/other", LOG, 2)
STRANGER: Final = note_key("witness.example/stranger", COSIGNATURE, 40)
TWO_LOGS: Final = f"log {OTHER_LOG.public.vkey}\n".encode() + POLICY
END_PROOF: Final = "proofs/run-end.tlog-proof"


def with_line(name: str, line: NoteSignature) -> Callable[[Members], Mapping[str, bytes | None]]:
    def changed(found: Any) -> Any:
        note = Note(found.signed.note.text, (*found.signed.note.signatures, line))
        return replace(found, signed=replace(found.signed, note=note))

    return proof(name, changed)


def entries(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Members], Mapping[str, bytes | None]]:
    path = "log/entries/0.jsonl"
    return member(path, lambda data: entries_bytes(change(data.splitlines())))


def own_policy(text: str) -> Mapping[str, Any]:
    return {"log_policy": text.encode()}


LAB_WITNESS: Final = {WITNESSES[1].name: LAB_ORG}

LOGS: Final = {
    "proof_of_another_index": Case(
        "proofs",
        "this run-end is not in the log at entry 0",
        change=proof("run-end", lambda found: replace(found, index=0)),
    ),
    "proof_path_shortened": Case(
        "proofs",
        "entry 3 is not what the tree of 4 holds there",
        change=proof("result", lambda found: replace(found, path=found.path[:-1])),
    ),
    "proof_path_lengthened": Case(
        "proofs",
        "the path of entry 3 is too long for a tree of 4",
        change=proof("result", lambda found: replace(found, path=(*found.path, bytes(32)))),
    ),
    "proof_extra_line": Case(
        "canonical",
        "the line `extra` is signed by nobody and not allowed",
        change=swapped(END_PROOF, b"index", b"extra AAAA\nindex"),
    ),
    "proof_index_with_leading_zero": Case(
        "canonical", "'02' is not a whole number", change=swapped(END_PROOF, b"index 2", b"index 02")
    ),
    "proof_index_with_sign": Case(
        "canonical", "'+2' is not a whole number", change=swapped(END_PROOF, b"index 2", b"index +2")
    ),
    "proof_by_another_log": Case(
        "proofs",
        "by the log 'log.example/other', whose key is not given",
        change=proof(
            "result",
            lambda found: replace(
                found, signed=resigned(found.signed, found.signed.checkpoint.root, key=OTHER_LOG)
            ),
        ),
    ),
    "proof_with_an_extension_line": Case(
        "canonical",
        "the line 'more' after the root is not allowed",
        change=swapped(END_PROOF, b"\n\n\xe2", b"\nmore\n\n\xe2"),
    ),
    "proof_without_a_statement": Case(
        "proofs",
        "there is a proof of entry-9, and no such statement",
        change=lambda members: {"proofs/entry-9.tlog-proof": members[END_PROOF]},
    ),
    "proofs_left_out": Case(
        "proofs",
        "there is no proof of plan",
        "missing",
        change=lambda members: {name: None for name in members if name.startswith("proofs/")},
    ),
    "checkpoint_signed_by_a_stranger_too": Case(
        "proofs",
        "a signature by 'witness.example/stranger', whom the bundle's policy doesn't know",
        change=with_line("run-end", NoteSignature(STRANGER.name, STRANGER.public.key_id, bytes(72))),
    ),
    "checkpoint_good_and_false_signature": Case(
        "proofs",
        "the signature in the name of log.example/fairtrial is not by that key",
        change=with_line("run-end", NoteSignature(LOG_KEY.name, LOG_KEY.public.key_id, bytes(64))),
    ),
    "log_fork": Case(
        "proofs",
        "a fork: proofs/result.tlog-proof and log/checkpoint show two trees of log.example/fairtrial, both of",
        change=lambda members: {
            "log/checkpoint": resigned(
                parse_tlog_proof(members["proofs/result.tlog-proof"], "x").signed, tree_root([bytes(32)] * 4)
            ).data
        },
    ),
    "log_rewritten_between_two_checkpoints": Case(
        "proofs",
        "the entries in the bundle don't make the tree of 5 that log/checkpoint shows",
        chain=lambda: Chain(between={"end": _one_more}),
        change=lambda members: {
            "log/checkpoint": resigned(
                parse_tlog_proof(members["proofs/result.tlog-proof"], "x").signed,
                tree_root([bytes(32)] * 5),
                5,
            ).data
        },
    ),
    "log_entry_dropped": Case(
        "proofs",
        "this run-end is not in the log at entry 2",
        change=entries(lambda rows: [rows[0], *rows[2:], rows[3]]),
    ),
    "log_entry_doubled": Case(
        "campaign",
        "entry 4 is in the bundle, beyond what its checkpoint covers",
        change=entries(lambda rows: [*rows, rows[3]]),
    ),
    "log_entries_reordered": Case(
        "proofs",
        "this run-end is not in the log at entry 2",
        change=entries(lambda rows: [rows[0], rows[2], rows[1], rows[3]]),
    ),
    "log_entries_left_out": Case(
        "campaign",
        "later or parallel attempts are not excluded",
        "missing",
        change=lambda members: {"log/entries/0.jsonl": None},
    ),
    "log_edge_left_out": Case(
        "campaign",
        "the bundle doesn't hold the log from the plan on",
        "missing",
        change=lambda members: {"log/edge.json": None},
    ),
    "log_checkpoint_of_another_log": Case(
        "campaign",
        "stands in the log log.example/fairtrial, and the entries are those of log.example/other",
        change=lambda members: {"log/checkpoint": other_log(members), "policy/log.policy": TWO_LOGS},
        given={"log_policy": TWO_LOGS},
        chain=lambda: Chain(operators={OTHER_LOG.name: "Log Example"}),
    ),
    "log_checkpoint_older_than_the_result": Case(
        "campaign",
        "the newest checkpoint doesn't cover",
        "missing",
        change=lambda members: {
            "log/checkpoint": parse_tlog_proof(members[END_PROOF], "x").signed.data,
        },
    ),
    "quorum_missed": Case(
        "quorum",
        "proofs/run-end.tlog-proof has not the quorum 'both'",
        "missing",
        chain=lambda: Chain(witnesses={"run-end": WITNESSES[:1]}),
    ),
    "quorum_with_a_witness_of_the_lab": Case(
        "quorum",
        "its quorum counts witnesses of an interested party",
        "missing",
        chain=lambda: Chain(operators=LAB_WITNESS),
    ),
    "quorum_with_a_witness_of_the_log": Case(
        "quorum",
        "its quorum counts witnesses of an interested party",
        "missing",
        chain=lambda: Chain(operators={WITNESSES[1].name: "Log Example"}),
    ),
    "quorum_none": Case(
        "quorum",
        "the log policy asks for no witness (quorum none)",
        "missing",
        given=own_policy(POLICY.decode().replace("quorum both", "quorum none")),
    ),
    "witness_time_to_come": Case(
        "quorum",
        "witnessed at 2026-09-21T14:13:20Z, which is still to come",
        given={"now": "2026-09-20T00:00:00Z"},
    ),
    "witness_time_changed": Case(
        "quorum",
        "the signature in the name of witness.example/b is not by that key",
        change=member(END_PROOF, lambda data: _later(data)),
    ),
}


def other_log(members: Members) -> bytes:
    signed = parse_tlog_proof(members["proofs/result.tlog-proof"], "x").signed
    return resigned(signed, signed.checkpoint.root, key=OTHER_LOG).data


def _one_more(chain: Chain) -> None:
    chain.enter(
        "entry-4", "dispute", chain.made["result"].digest, {"reason": "no", "evidence": []}, proven=False
    )
    chain.members[bundle.CHECKPOINT] = chain.log.checkpoint(5, NOON + 500).data


def _later(data: bytes) -> bytes:
    found = parse_tlog_proof(data, "x")
    *rest, last = found.signed.note.signatures
    moved = replace(last, signature=(NOON + 900).to_bytes(8, "big") + last.signature[8:])
    note = Note(found.signed.note.text, (*rest, moved))
    return replace(found, signed=replace(found.signed, note=note)).data


# --- the run --------------------------------------------------------------------------------------


def second_start(chain: Chain) -> None:
    chain.enter(
        "entry-other", "run-start", chain.sha(bundle.PLAN), chain.start_fields(0, "run-0"), proven=False
    )


def listed_second(chain: Chain) -> None:
    second_start(chain)
    chain.attempts = [
        {"run": "run-0", "variant": "primary", "index": chain.at["entry-other"], "status": "open"}
    ]


def ended_twice(chain: Chain) -> None:
    fields = chain._run_end() | {"status": "failed", "reason": "again"}
    chain.enter("entry-again", "run-end", chain.made["run-start"].digest, fields, proven=False)


RUNS: Final = {
    "run_start_without_end": Case(
        "order",
        "no statement run-end",
        "missing",
        chain=lambda: Chain(
            order=("plan", "run-start", "result"), scores={"attempts": [_attempt(status="open")]}
        ),
    ),
    "run_end_twice": Case(
        "campaign",
        "entry 3 ends the run of entry 1 again",
        chain=lambda: Chain(between={"result": ended_twice}),
    ),
    "run_end_without_start": Case(
        "canonical",
        "statements/run-start.dsse.json is no envelope",
        change=member("statements/run-start.dsse.json", lambda data: b"{}"),
    ),
    "run_status_failed": Case(
        "order",
        "the run failed: its END says so",
        "missing",
        chain=lambda: Chain(
            say={"run-end": {"status": "failed", "reason": "power"}},
            scores={"attempts": [_attempt(status="failed")]},
        ),
    ),
    "run_plan_after_start": Case(
        "order",
        "the order in the log is plan 1, START 0, END 2",
        chain=lambda: _plan_last(),
    ),
    "run_plan_changed": Case(
        "signatures",
        "statements/plan.dsse.json is not about this plan.json",
        change=in_json("plan.json", lambda value: value.update(seed=1)),
    ),
    "run_start_names_another_plan": Case(
        "order",
        "START names the plan of entry 0, and the plan is entry 0",
        chain=lambda: Chain(say={"run-start": {"plan": {"index": 0, "entry": "ab" * 32}}}),
    ),
    "run_over_quota": Case(
        "campaign",
        "2 attempts; the plan allows 1",
        "missing",
        chain=lambda: Chain(between={"run-end": listed_second}),
    ),
    "run_attempt_left_out": Case(
        "campaign",
        "the result leaves out the attempt of entry 2",
        chain=lambda: Chain(between={"run-end": second_start}),
    ),
    "run_attempt_said_otherwise": Case(
        "campaign",
        "the result says otherwise of the attempt of entry 1 than the log",
        chain=lambda: Chain(scores={"attempts": [_attempt(variant="variant")]}),
    ),
    "run_attempt_invented": Case(
        "campaign",
        "the result lists an attempt of entry 9, which starts no run",
        chain=lambda: Chain(scores={"attempts": [_attempt(), _attempt(run="run-9", index=9)]}),
    ),
    "run_attempt_without_its_statement": Case(
        "campaign",
        "the statement of entry 2 (run-start) is not in the bundle",
        "missing",
        chain=lambda: Chain(between={"run-end": listed_second}),
        change=lambda members: {"statements/entry-other.dsse.json": None},
    ),
    "run_sequence_gap": Case(
        "campaign",
        "entry 2 is number 4 of its campaign, and 3 was due",
        chain=lambda: Chain(entry={"run-end": {"seq": 4}}),
    ),
    "run_previous_hash_broken": Case(
        "campaign",
        "entry 2 doesn't follow the one before it in its campaign",
        chain=lambda: Chain(entry={"run-end": {"previous": "ab" * 32}}),
    ),
    "run_first_request_before_start": Case(
        "order",
        f"run-start was witnessed at {utc(NOON + 100)}, and the first request went out at {utc(NOON + 70)}",
        chain=lambda: Chain(seen={"run-start": NOON + 100}),
    ),
    "run_last_request_after_end": Case(
        "order",
        f"the last one at {utc(NOON + 73)}, and run-end was witnessed at {utc(NOON + 72)}",
        chain=lambda: Chain(seen={"run-end": NOON + 72}),
    ),
    "run_requests_outside_what_end_says": Case(
        "order",
        f"the records tell of requests from {utc(NOON + 70)} to {utc(NOON + 73)}, and END of others",
        chain=lambda: Chain(say={"run-end": {"requests": {"first": utc(NOON + 71), "last": utc(NOON + 73)}}}),
    ),
    "run_start_unseen_before_end": Case(
        "order",
        "the first quorum checkpoint with START in it has 3 entries, and END is among them",
        "missing",
        chain=lambda: Chain(witnesses={"run-start": ()}),
    ),
}


def _attempt(**changes: Any) -> dict[str, Any]:
    return {"run": "run-1", "variant": "primary", "index": 1, "status": "completed"} | changes


def _plan_last() -> Chain:
    """START is in the log before its plan, whose digest the lab knows before it shows it."""
    first = Chain()
    first.build()
    chain = Chain(
        order=("run-start", "plan", "run-end", "result"), entry={"plan": {"seq": 1, "previous": NOBODY}}
    )
    chain.made["plan"] = first.made["plan"]
    return chain


# --- figures, method, items -----------------------------------------------------------------------


def records(change: Callable[[list[Record]], list[Record]]) -> Callable[[], Chain]:
    return lambda: Chain(records=change(four()), plan=plan(4))


def marked_right(rows: list[Record]) -> list[Record]:
    """The wrong answer recorded as a right one, and everything after it consistent."""
    wrong = rows[3]
    assert isinstance(wrong.result, Score)
    return [*rows[:3], replace(wrong, result=replace(wrong.result, state="right", value=1.0))]


def hidden_as_failed(rows: list[Record]) -> list[Record]:
    return [*rows[:3], replace(rows[3], result=Failure("timeout", "it took too long"))]


def asked_twice(rows: list[Record]) -> list[Record]:
    again = record("sum-4", "5+5?", "10", "10", seconds=NOON + 80)
    return [*rows, again]


def target_changed(rows: list[Record]) -> list[Record]:
    return [*rows[:3], record("sum-4", "5+5?", "11", "11", seconds=NOON + 73)]


def unfinished(rows: list[Record]) -> list[Record]:
    return rows[:3]


FIGURES: Final = {
    "score_of_another_task": Case(
        "scores",
        "scores.json names the task 'harder sums', the plan 'sums'",
        chain=lambda: Chain(scores={"task": "harder sums"}),
    ),
    "score_of_another_model": Case(
        "scores",
        "scores.json names the model 'replay/others', the plan 'replay/sums'",
        chain=lambda: Chain(scores={"model": "replay/others"}),
    ),
    "score_count_changed_by_one": Case(
        "scores",
        "scores.json counts 4 right; the records hold 3",
        chain=lambda: Chain(scores={"counts": {**dict.fromkeys(_STATES, 0), "right": 4}}),
    ),
    "score_value_altered": Case(
        "scores",
        "accuracy: the value is given as 0.76; the records make it 0.75",
        chain=lambda: Chain(score={"value": "0.76"}),
    ),
    "score_interval_altered": Case(
        "scores",
        "accuracy: the low is given as 0.4; the records make it 0.300641842582402",
        chain=lambda: Chain(score={"low": "0.4"}),
    ),
    "score_level_altered": Case(
        "scores",
        "accuracy: the low is given as 0.300641842582402; the records make it",
        chain=lambda: Chain(score={"level": "0.9"}),
    ),
    "score_level_impossible": Case(
        "scores", "accuracy: a level of 3.0 is no coverage", chain=lambda: Chain(score={"level": "3"})
    ),
    "score_n_altered": Case(
        "scores", "accuracy is over 5 samples; 4 are scored", chain=lambda: Chain(score={"n": 5})
    ),
    "score_method_renamed": Case(
        "scores",
        "accuracy: the interval 'clustered' doesn't fit its scores",
        chain=lambda: Chain(score={"method": "clustered"}),
    ),
    "score_of_another_metric": Case(
        "scores",
        "fluency is said to be re-scored; here it is stated, not recomputed",
        "missing",
        chain=lambda: Chain(score={"metric": "fluency"}),
    ),
    "score_wrong_answer_marked_right": Case(
        "scores",
        "records.jsonl: line 4: sample 'sum-4' is recorded as right, 1; its answer gives wrong, 0",
        chain=records(marked_right),
    ),
    "score_wrong_answer_hidden_as_failed": Case(
        "scores",
        "line 4: sample 'sum-4' is kept as failed (timeout), though its answer is wrong",
        chain=records(hidden_as_failed),
    ),
    "score_best_of_two_answers": Case(
        "scores", "line 5: sample 'sum-4' was answered before", chain=records(asked_twice)
    ),
    "score_records_left_out": Case(
        "scores", "the plan asks 4 questions; 3 have a record", chain=records(unfinished)
    ),
    "score_records_not_those_of_end": Case(
        "scores",
        "END states another root of the records than records.jsonl has",
        chain=lambda: Chain(say={"run-end": {"records": {"root": "ab" * 32, "n": 4}}}),
    ),
    "score_result_about_other_files": Case(
        "scores",
        "statements/result.dsse.json is about other files: not about this content.sha256",
        chain=lambda: Chain(subjects={"result": "ab" * 32}),
    ),
    "score_content_changed_after_signing": Case(
        "scores",
        "content.sha256 is not the list of the files in this bundle",
        change=in_json("scores.json", lambda value: value.update(task="other sums")),
    ),
    "score_result_differs_from_scores": Case(
        "scores",
        "scores.json and statements/result.dsse.json differ in their counts",
        chain=lambda: Chain(say={"result": {"counts": {**dict.fromkeys(_STATES, 0), "right": 4}}}),
    ),
    "method_of_another_result": Case(
        "scores",
        "statements/result.dsse.json is about another method record",
        chain=lambda: Chain(say={"result": {"method": "ab" * 32}}),
    ),
    "method_field_absent": Case(
        "method",
        "people.funding is absent: Who paid for the evaluation.",
        "missing",
        chain=lambda: Chain(method={"people": {"funding": None}}),
    ),
    "method_field_to_be_done": Case(
        "method",
        "people.funding is absent",
        "missing",
        chain=lambda: Chain(method={"people": {"funding": "TBD"}}),
    ),
    "method_not_applicable_without_reason": Case(
        "method",
        "model.weights is wrong: not-applicable needs its reason",
        "missing",
        chain=lambda: Chain(method={"model": {"weights": "not-applicable:"}}),
    ),
    "method_of_another_plan": Case(
        "method",
        "the method record gives registration.plan as sha256:abab",
        chain=lambda: Chain(method={"registration": {"plan": "sha256:" + "ab" * 32}}),
    ),
    "method_at_another_entry": Case(
        "method",
        "the method record gives registration.log_index as 7, and it is 0",
        chain=lambda: Chain(method={"registration": {"log_index": 7}}),
    ),
    "data_count_changed": Case(
        "dataset",
        "dataset.json gives the count '5', the plan '4'",
        chain=lambda: Chain(dataset={"count": 5}, say={"plan": {"dataset": _planned()}}),
    ),
    "data_target_changed_after_the_plan": Case(
        "dataset",
        "the questions and right answers in the records are not those that were planned",
        chain=records(target_changed),
    ),
    "data_leaf_twice": Case(
        "dataset",
        "dataset.json: a leaf stands twice, so a salt was used again",
        chain=lambda: Chain(dataset={"leaves": ["11" * 32] * 4}),
    ),
    "data_leaves_of_another_root": Case(
        "dataset",
        "dataset.json: its leaves don't make its root",
        chain=lambda: Chain(dataset={"form": "tree", "leaves": [f"{at:02x}" * 32 for at in range(4)]}),
    ),
}
_STATES: Final = ("right", "wrong", "partial", "unparsed", "truncated", "refused", "failed")


def _planned() -> dict[str, Any]:
    return {"name": "sums", "root": "11" * 32, "form": "file", "count": 4}


CASES: Final[Mapping[str, Case]] = {**CONTAINER, **JSON_FORMS, **ENVELOPES, **KEYS, **LOGS, **RUNS, **FIGURES}
