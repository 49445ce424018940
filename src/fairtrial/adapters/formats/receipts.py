"""Signed receipts as the package proofbundle writes and reads them (6.3.1; schemas proofbundle/v0.1 and
proofbundle/eval-claim/v0.1).

A receipt says: this suite was passed, or not, at this bar, over n samples; model and data set are named by salted
hashes alone. It is signed (Ed25519) and is a leaf of a tree (RFC 6962). What it proves is who said so; on reading
it becomes a claim, never a score. It has no place for outcomes, tiers, and intervals other than at 95 %.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fairtrial.adapters.formats import Draft, Drafting
from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import is_decimal, read_object, strict_base64
from fairtrial.trust.fields import (
    ANY_TEXT,
    ANYTHING,
    COUNT,
    TEXT,
    Kind,
    list_of,
    mapping_to,
    nullable,
    one_of,
    record,
)
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.tree import check_inclusion, leaf_hash

BUNDLE: Final = "proofbundle/v0.1"
CLAIM: Final = "proofbundle/eval-claim/v0.1"
LEVELS: Final = ("self_attested", "third_party", "reproduced", "enclave_attested")
SALT_BYTES: Final = 16
COMPARATORS: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    ">=": lambda score, bar: score >= bar,
    ">": lambda score, bar: score > bar,
    "<=": lambda score, bar: score <= bar,
    "<": lambda score, bar: score < bar,
}

_COMMITMENT: Final = Kind(
    "sha256: and 64 lower-case hexadecimal digits",
    lambda value: (
        None
        if isinstance(value, str) and re.fullmatch("sha256:[0-9a-f]{64}", value)
        else f": {value!r:.60} is no salted hash"
    ),
    {},
)
_NUMBER: Final = Kind(
    "a decimal as text",
    lambda value: (
        None
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,400}(\.[0-9]{1,400})?", value)
        else f": {value!r:.60} is no decimal as text"
    ),
    {},
)
_PAIR: Final = Kind(
    "two decimals",
    lambda value: list_of(_NUMBER, least=2).problem(value) or (None if len(value) == 2 else " is no pair"),
    {},
)
_TRUTH: Final = Kind(
    "true or false", lambda value: None if isinstance(value, bool) else ": no true or false", {}
)
_OPTIONAL: Final = {
    "context_binding": ANY_TEXT,
    "ci95": _PAIR,
    "multiple_testing": ANY_TEXT,
    "prereg_sha256": ANY_TEXT,
    "provenance": mapping_to(ANYTHING),
    "samples": mapping_to(ANYTHING),
    "evaluation_card_sha256": ANY_TEXT,
}
_CLAIM: Final = record(
    {
        "schema": one_of(CLAIM),
        "suite": TEXT,
        "suite_version": ANY_TEXT,
        "metric": TEXT,
        "comparator": one_of(*COMPARATORS),
        "threshold": _NUMBER,
        "passed": _TRUTH,
        "n": COUNT,
        "model_id_commit": _COMMITMENT,
        "dataset_id_commit": _COMMITMENT,
        "commit_alg": one_of("sha256-salted-v1"),
        "issuer": TEXT,
        "timestamp": ANY_TEXT,
        "assurance_level": one_of(*LEVELS),
        **_OPTIONAL,
    },
    optional=tuple(_OPTIONAL),
)
_BUNDLE: Final = record(
    {
        "schema": one_of(BUNDLE),
        "payload_b64": TEXT,
        "signature": record({"alg": one_of("ed25519"), "public_key_b64": TEXT, "sig_b64": TEXT}),
        "merkle": record(
            {
                "hash_alg": one_of("sha256-rfc6962"),
                "leaf_index": COUNT,
                "tree_size": COUNT,
                "inclusion_proof_b64": list_of(TEXT),
                "root_b64": TEXT,
            }
        ),
        "sd_jwt_vc": nullable(mapping_to(ANYTHING)),
        "anchors": ANYTHING,
    },
    optional=("sd_jwt_vc", "anchors"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a score is held against: ">=" and "0.8". Raises UsageError for another comparator, or no decimal."""

    comparator: str
    threshold: str

    def __post_init__(self) -> None:
        if self.comparator not in COMPARATORS or not is_decimal(self.threshold):
            raise UsageError(
                f"{self.comparator} {self.threshold} is no bar", 'give one such as ">=" and "0.8"'
            )

    def reached(self, score: str) -> bool:
        return COMPARATORS[self.comparator](Decimal(score), Decimal(self.threshold))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a receipt is made from. value, low, high, level: decimals as text. at: RFC 3339 UTC. plan: SHA-256 in
    hexadecimal, where the plan was there before the run; "" otherwise."""

    suite: str
    suite_version: str
    metric: str
    value: str
    low: str
    high: str
    level: str
    n: int
    model: str
    dataset: str
    at: str
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt whose signature and place in its tree hold. claim: its fields. key: who signed. unread: parts that
    were not looked into."""

    claim: Mapping[str, Any]
    key: PublicKey
    unread: tuple[str, ...]


def claim_bytes(measured: Measured, bar: Bar, *, public: bytes, salts: tuple[bytes, bytes]) -> bytes:
    """The claim to be signed, canonical. public: the signer's key. salts: of model and data set, 16 random bytes
    each or more, which the issuer keeps; who is shown one can check the name. Raises UsageError for what the
    format refuses."""
    if min(map(len, salts)) < SALT_BYTES:
        raise UsageError(f"a salt of less than {SALT_BYTES} bytes can be guessed", "draw random ones")
    fields: dict[str, JSON] = {
        "schema": CLAIM,
        "suite": measured.suite,
        "suite_version": measured.suite_version,
        "metric": measured.metric,
        "comparator": bar.comparator,
        "threshold": bar.threshold,
        "passed": bar.reached(measured.value),
        "n": measured.n,
        "model_id_commit": commitment(measured.model, salts[0]),
        "dataset_id_commit": commitment(measured.dataset, salts[1]),
        "commit_alg": "sha256-salted-v1",
        "issuer": _issuer(public),
        "timestamp": measured.at,
        "assurance_level": "self_attested",
    }
    if Decimal(measured.level) == Decimal("0.95"):
        fields["ci95"] = [measured.low, measured.high]
    if measured.plan:
        fields["prereg_sha256"] = measured.plan
    if problem := _CLAIM.problem(fields):
        raise UsageError(f"no receipt can say this{problem}")
    if wrong := [key for key, value in fields.items() if isinstance(value, str) and not _composed(value)]:
        raise UsageError(f"{wrong[0]} is not in Unicode's composed form (NFC), which receipts ask for")
    return canonical(fields)


def receipt_bytes(payload: bytes, signature: bytes, public: bytes) -> bytes:
    """The receipt's file: the signed payload as the only leaf of a tree."""
    return canonical(
        {
            "schema": BUNDLE,
            "payload_b64": _base64(payload),
            "signature": {"alg": "ed25519", "public_key_b64": _base64(public), "sig_b64": _base64(signature)},
            "merkle": {
                "hash_alg": "sha256-rfc6962",
                "leaf_index": 0,
                "tree_size": 1,
                "inclusion_proof_b64": [],
                "root_b64": _base64(leaf_hash(payload)),
            },
        }
    )


def is_receipt(value: object) -> bool:
    """Whether a parsed JSON file looks like one."""
    return isinstance(value, Mapping) and value.get("schema") == BUNDLE


def read_receipt(data: bytes, name: str) -> Receipt:
    """An evaluation receipt, its signature, its issuer and its place in the tree checked. Whose key it is, and
    whether the tree is anybody's, is not in the file. Raises IntegrityError."""
    bundle = read_object(data, "receipt", name)
    if problem := _BUNDLE.problem(bundle):
        raise IntegrityError(f"{name} is no receipt{problem}", "get the file as it was published")
    merkle = bundle["merkle"]
    try:
        payload = strict_base64(bundle["payload_b64"])
        key = PublicKey(strict_base64(bundle["signature"]["public_key_b64"]))
        signature = strict_base64(bundle["signature"]["sig_b64"])
        path = tuple(map(strict_base64, merkle["inclusion_proof_b64"]))
        root = strict_base64(merkle["root_b64"])
    except ValueError as error:
        raise IntegrityError(f"{name} is no receipt: {error}", "get the file as it was published") from error
    if not key.made(signature, payload):
        raise IntegrityError(f"{name}: its signature doesn't hold", "don't rely on this receipt")
    check_inclusion(merkle["leaf_index"], merkle["tree_size"], leaf_hash(payload), path, root)
    claim = read_object(payload, "receipt", f"{name}, its claim")
    if problem := _CLAIM.problem(claim):
        raise IntegrityError(
            f"{name}: its claim is no evaluation claim{problem}", "don't rely on this receipt"
        )
    if claim["issuer"] != _issuer(key.raw):
        raise IntegrityError(
            f"{name}: its issuer is another than the key that signed", "don't rely on this receipt"
        )
    unread = tuple(part for part in ("sd_jwt_vc", "anchors") if bundle.get(part) is not None)
    return Receipt(claim, key, unread)


def draft(receipt: Receipt, *, model: str | None = None) -> Draft:
    """A receipt as the draft of a claim: what its issuer says, and nothing more."""
    claim, made = receipt.claim, Drafting()
    bar = f"{claim['metric']} {claim['comparator']} {claim['threshold']}"
    made.text("model", model, "model")
    if model is None:
        made.notes["model"] = "the receipt names it by a salted hash alone"
    made.subject(claim["suite"], "suite")
    made.text("metric", claim["metric"], "metric")
    if claim["n"]:
        made.given["n"] = claim["n"]
    made.notes["value"] = (
        f"not in the receipt, which says only: {bar} was {'' if claim['passed'] else 'not '}reached"
    )
    made.lose("value-unstated", "passed", "a verdict at a threshold is no score", bar)
    made.text("date", claim["timestamp"][:10], "timestamp")
    made.text("source", f"a receipt signed by {claim['issuer']}, {claim['assurance_level']}", "issuer")
    made.lose("aggregate-only", "passed", "no rows: nothing to pair with, or to read again")
    made.lose("identity-hidden", "dataset_id_commit", "a salted hash: whoever has the salt can check a name")
    for key in (*_OPTIONAL, "suite_version"):
        if key in claim:
            made.lose("not-carried", key, "a claim has no place for it", claim[key])
    for part in receipt.unread:
        made.lose("not-carried", part, "not looked into")
    return made.done()


def commitment(name: str, salt: bytes) -> str:
    """A name hidden behind a salt, as receipts write it."""
    return "sha256:" + hashlib.sha256(salt + name.encode("utf-8")).hexdigest()


def _issuer(public: bytes) -> str:
    return f"ed25519:{_base64(public)}"


def _composed(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
