"""Envelopes: one form of ours, DSSE's own rules for others', and signatures that others accept, both ways."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import MAX_BYTES
from fairtrial.trust.dsse import (
    Envelope,
    Signature,
    pae,
    parse_envelope,
    parse_foreign_envelope,
    verify,
    verify_foreign,
)
from tests.trust.signers import envelope, public, secret

BAD = Path(__file__).parent / "bad"
PAYLOAD = b'{"a":"some payload"}'

# file -> what is said when it is parsed, or (with "lab" and "evaluator" known and both asked for) verified
FILES = {
    "envelope_base64_line_break.json": "is not base64",
    "envelope_base64_stray_bits.json": "is not base64 as it is written canonically",
    "envelope_base64_url_safe.json": "is not base64",
    "envelope_keyid_twice.json": "a key id stands twice",
    "envelope_known_key_with_a_bad_signature.json": "doesn't hold",
    "envelope_no_signature.json": "0 signatures; 1 to 64 are read",
    "envelope_one_key_under_two_ids.json": "signed by 1 of the keys asked for; 2 are needed",
    "envelope_payload_changed.json": "doesn't hold",
    "envelope_payload_type_changed.json": "doesn't hold",
    "envelope_signature_changed.json": "doesn't hold",
    "envelope_signature_of_63_bytes.json": "a signature of 63 bytes; Ed25519 has 64",
    "envelope_signatures_unsorted.json": "its signatures are not sorted by key id",
    "envelope_unknown_field.json": "its fields are extra, payload, payloadType, signatures, not payload",
    "envelope_unknown_field_in_signature.json": "a signature is no keyid and sig",
    "envelope_unlisted_key_only.json": "signed by 0 of the keys asked for; 2 are needed",
    "envelope_upper_case_keyid.json": "is no key id",
    "envelope_without_keyid.json": "a signature is no keyid and sig",
}


def keys(*who: str) -> list[Any]:
    return [public(each) for each in who]


def test_every_bad_envelope_has_its_test() -> None:
    assert {path.name for path in BAD.glob("envelope_*")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_envelope_is_refused_for_its_own_fault(name: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        verify(parse_envelope((BAD / name).read_bytes(), name), keys("lab", "evaluator"), 2, name)
    assert name in refused.value.message
    assert FILES[name] in refused.value.message


def test_the_published_encoding() -> None:
    """DSSE, protocol.md, "Test Vectors"."""
    assert (
        pae("http://example.com/HelloWorld", b"hello world")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("é", "ü".encode()) == "DSSEv1 2 é 2 ü".encode()


def test_the_good_one() -> None:
    signed = envelope(PAYLOAD, "lab", "evaluator")
    read = parse_envelope(signed.bytes, "a.json")
    assert read == signed
    assert set(verify(read, keys("evaluator", "lab", "owner"), 2, "a.json")) == set(keys("lab", "evaluator"))
    with pytest.raises(UsageError, match="a threshold of 0"):
        verify(read, keys("lab"), 0, "a.json")
    with pytest.raises(UsageError, match="a threshold of 0"):
        verify_foreign(read, keys("lab"), 0, "a.json")


@given(st.binary(max_size=80), st.text(st.characters(codec="utf-8"), max_size=20))
def test_what_was_written_comes_back(payload: bytes, kind: str) -> None:
    signed = envelope(payload, "lab", payload_type=kind)
    assert parse_envelope(signed.bytes, "a.json") == signed
    assert verify(signed, keys("lab"), 1, "a.json")


def test_every_flipped_bit_of_a_payload_is_found() -> None:
    signed = envelope(PAYLOAD, "lab")
    for at in range(8 * len(PAYLOAD)):
        changed = bytearray(PAYLOAD)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(IntegrityError, match="doesn't hold"):
            verify(Envelope(bytes(changed), signed.payload_type, signed.signatures), keys("lab"), 1, "a.json")


def test_every_flipped_byte_of_an_envelope_is_found() -> None:
    """Of the file: in a bundle, no byte is free. Both signers are asked for, so neither can be made unknown."""
    written = envelope(PAYLOAD, "lab", "evaluator").bytes
    for at in range(len(written)):
        for flip in (1, 0x20, 0x80, 0xFF):
            changed = bytearray(written)
            changed[at] ^= flip
            with pytest.raises(IntegrityError):
                verify(parse_envelope(bytes(changed), "a.json"), keys("lab", "evaluator"), 2, "a.json")


def test_the_largest_statement_fits_into_an_envelope() -> None:
    signed = envelope(b"x" * MAX_BYTES["statement"], *(f"signer {each}" for each in range(64)))
    assert parse_envelope(signed.bytes, "a.json") == signed
    with pytest.raises(IntegrityError, match="65 signatures; 1 to 64 are read"):
        parse_envelope(envelope(b"x", *(f"signer {each}" for each in range(65))).bytes, "a.json")


@given(st.binary(max_size=100) | st.text(max_size=60).map(str.encode))
def test_other_bytes_are_no_envelope(data: bytes) -> None:
    for read in (parse_envelope, parse_foreign_envelope):
        with pytest.raises(IntegrityError, match=r"a\.json"):
            read(data, "a.json")


def test_ours_is_accepted_by_securesystemslib() -> None:
    signed = envelope(PAYLOAD, "lab", "evaluator")
    theirs = TheirEnvelope.from_dict(json.loads(signed.bytes))
    known = [SSlibKey.from_crypto(secret(each).public_key()) for each in ("lab", "evaluator")]
    assert set(theirs.verify(known, 2)) == {each.keyid for each in keys("lab", "evaluator")}
    theirs.payload += b" "
    with pytest.raises(VerificationError):
        theirs.verify(known, 1)


def test_theirs_is_accepted_here() -> None:
    theirs = TheirEnvelope(PAYLOAD, "application/vnd.in-toto+json", {})
    signers = sorted(
        (CryptoSigner(secret(each)) for each in ("lab", "evaluator")), key=lambda each: each.public_key.keyid
    )
    for each in signers:
        theirs.sign(each)
    read = parse_envelope(canonical(theirs.to_dict()), "a.json")
    assert read.bytes == envelope(PAYLOAD, "evaluator", "lab").bytes
    assert len(verify(read, keys("lab", "evaluator"), 2, "a.json")) == 2


def test_where_securesystemslib_counts_one_key_twice_and_we_do_not() -> None:
    message = pae("t", PAYLOAD)
    signature = secret("lab").sign(message)
    twice = Envelope(
        PAYLOAD, "t", (Signature("a" * 64, signature), Signature(public("lab").keyid, signature))
    )
    raw = secret("lab").public_key()
    known = [SSlibKey.from_crypto(raw), SSlibKey.from_crypto(raw, keyid="a" * 64)]
    assert len(TheirEnvelope.from_dict(json.loads(twice.bytes)).verify(known, 2)) == 2
    for check in (verify, verify_foreign):
        with pytest.raises(IntegrityError, match="signed by 1 of"):
            check(twice, [public("lab"), public("lab")], 2, "a.json")


def test_foreign_envelopes_are_read_as_dsse_allows() -> None:
    fields = json.loads(envelope(b"\xfb\xff\xfe", "lab").bytes)
    sig = fields["signatures"][0]["sig"].translate(str.maketrans("+/", "-_"))
    fields |= {
        "payload": "-__-",
        "signatures": [{"sig": sig, "cert": "x"}, {"keyid": 7, "sig": ""}],
        "more": 0.5,
    }
    data = json.dumps(fields, indent=1).encode()
    read = parse_foreign_envelope(data, "a.json")
    assert read.payload == b"\xfb\xff\xfe" == base64.urlsafe_b64decode("-__-")
    assert verify_foreign(read, keys("owner", "lab"), 1, "a.json") == tuple(keys("lab"))
    with pytest.raises(IntegrityError, match="signed by 0 of"):
        verify_foreign(read, keys("owner"), 1, "a.json")


@pytest.mark.parametrize(
    "change",
    [
        {"payload": "YQ"},
        {"payload": "YR=="},
        {"payload": 7},
        {"payloadType": None},
        {"signatures": []},
        {"signatures": [{}]},
        {"signatures": [{"sig": "!"}]},
        {"signatures": 65 * [{"sig": ""}]},
    ],
)
def test_foreign_envelopes_that_are_none(change: dict[str, Any]) -> None:
    fields = json.loads(envelope(PAYLOAD, "lab").bytes) | change
    with pytest.raises(IntegrityError, match="is no envelope"):
        parse_foreign_envelope(json.dumps(fields).encode(), "a.json")
