"""Notes, keys, checkpoints, cosignatures: published examples, and each algorithm against cryptography's own."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    check_log_signature,
    cosign,
    cosignatures,
    is_fork,
    parse_checkpoint,
    sign_checkpoint,
)
from fairtrial.trust.note import Note, NoteSignature, parse_note
from fairtrial.trust.note_keys import COSIGNATURE, COSIGNATURE_ML_DSA, LOG, VerifierKey, parse_vkey
from fairtrial.trust.tree import EMPTY_ROOT
from tests.trust.logs import LOG_KEY, NOON, WITNESSES, checkpoint, note_key

# The example of the signed-note specification.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = """\
This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
# A checkpoint of Go's checksum database, and its key, as the go command has it built in.
GOLANG_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GOLANG = """\
go.sum database tree
35225469
vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=

— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=
"""
# The example of the cosignature specification: its form; the keys behind it are not published.
COSIGNED = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa {}
— witness.example.com/w1 {}
""".format(
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=",
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==",
)


@pytest.mark.parametrize(("vkey", "text"), [(EXAMPLE_KEY, EXAMPLE), (GOLANG_KEY, GOLANG)])
def test_published_notes(vkey: str, text: str) -> None:
    key = parse_vkey(vkey)
    note = parse_note(text.encode(), "it")
    assert key.vkey == vkey and note.data == text.encode()
    assert [each for each, _ in note.verified([key])] == [key]
    for at, letter in enumerate(text[: text.index("\n\n")]):
        changed = text[:at] + ("x" if letter != "x" else "y") + text[at + 1 :]
        with pytest.raises(IntegrityError, match="is not by that key"):
            parse_note(changed.encode(), "it").verified([key])


def test_the_published_key_id() -> None:
    assert parse_vkey(EXAMPLE_KEY).key_id.hex() == "530d903a"


def test_the_cosignature_example_has_the_stated_form() -> None:
    signed = parse_checkpoint(COSIGNED.encode(), "it")
    assert signed.checkpoint.size == 20852163 and signed.data == COSIGNED.encode()
    line = signed.note.signatures[1]
    assert len(line.key_id + line.signature) == 76
    assert int.from_bytes(line.signature[:8], "big") == 1679315147


def test_a_text_may_hold_empty_lines() -> None:
    text = "one\n\ntwo\n"
    line = NoteSignature(LOG_KEY.name, LOG_KEY.public.key_id, LOG_KEY.sign(text))
    note = parse_note(Note(text, (line,)).data, "it")
    assert note.text == text and note.verified([LOG_KEY.public])


def test_what_a_cosignature_signs() -> None:
    """By the specification's words and cryptography alone."""
    tree = Checkpoint("example.org/log", 7, bytes(32))
    line = cosign(tree, WITNESSES[0], NOON)
    assert line.signature[:8] == NOON.to_bytes(8, "big") and len(line.signature) == 72
    root = base64.b64encode(bytes(32)).decode()
    message = f"cosignature/v1\ntime {NOON}\nexample.org/log\n7\n{root}\n".encode()
    Ed25519PublicKey.from_public_bytes(WITNESSES[0].public.public).verify(line.signature[8:], message)


def test_an_ml_dsa_cosignature() -> None:
    """Made by cryptography over the specification's structure, built here by hand."""
    private = MLDSA44PrivateKey.generate()
    name, origin = "witness.example/pq", "example.org/log"
    key = VerifierKey(name, COSIGNATURE_ML_DSA, private.public_key().public_bytes_raw())
    tree = Checkpoint(origin, 7, bytes(range(32)))
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name.encode() + NOON.to_bytes(8, "big")
    message += bytes([len(origin)]) + origin.encode() + bytes(8) + (7).to_bytes(8, "big") + bytes(range(32))
    line = NoteSignature(name, key.key_id, NOON.to_bytes(8, "big") + private.sign(message))
    signed = SignedCheckpoint(tree, sign_checkpoint(tree, LOG_KEY).note.with_signatures([line]))
    assert cosignatures(parse_checkpoint(signed.data, "it"), [key]) == {key: NOON}
    assert parse_vkey(key.vkey) == key
    later = NoteSignature(name, key.key_id, (NOON + 1).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(IntegrityError, match="not by that key"):
        cosignatures(SignedCheckpoint(tree, Note(tree.text, (later,))), [key])


def test_unknown_keys_are_passed_over_even_with_a_known_name_or_id() -> None:
    signed = checkpoint(3)
    same_name = NoteSignature(LOG_KEY.name, b"\0\0\0\0", bytes(64))
    same_id = NoteSignature("example.org/elsewhere", LOG_KEY.public.key_id, bytes(64))
    note = signed.note.with_signatures([same_name, same_id])
    check_log_signature(SignedCheckpoint(signed.checkpoint, note), [LOG_KEY.public], "it")


def test_a_log_key_is_no_witness_and_a_witness_no_log() -> None:
    signed = checkpoint(3, WITNESSES[0])
    assert cosignatures(signed, [LOG_KEY.public]) == {}
    with pytest.raises(IntegrityError, match="whose key is not given"):
        check_log_signature(signed, [WITNESSES[0].public], "it")
    as_witness = VerifierKey(LOG_KEY.name, COSIGNATURE, LOG_KEY.public.public)
    assert as_witness.key_id != LOG_KEY.public.key_id


def test_the_earliest_cosignature_counts() -> None:
    signed = checkpoint(3, WITNESSES[0])
    note = signed.note.with_signatures([cosign(signed.checkpoint, WITNESSES[0], NOON - 60)])
    found = cosignatures(SignedCheckpoint(signed.checkpoint, note), [each.public for each in WITNESSES])
    assert found == {WITNESSES[0].public: NOON - 60}


def test_forks_and_what_is_none() -> None:
    assert is_fork(checkpoint(5), checkpoint(5, salt="other"))
    assert not is_fork(checkpoint(5), checkpoint(5, WITNESSES[0]))
    assert not is_fork(checkpoint(5), checkpoint(6, salt="other"))


def test_sixteen_signatures_are_tolerated() -> None:
    crowd = [note_key(f"witness.example/{number}", COSIGNATURE, 100 + number) for number in range(40)]
    signed = parse_checkpoint(checkpoint(3, *crowd).data, "it")
    assert len(cosignatures(signed, [each.public for each in crowd])) == 40


def test_keys_that_are_none() -> None:
    with pytest.raises(IntegrityError, match="is no name of a key"):
        VerifierKey("two words", LOG, LOG_KEY.public.public)
    with pytest.raises(IntegrityError, match="has 31 bytes"):
        VerifierKey("a", LOG, bytes(31))
    with pytest.raises(IntegrityError, match="kind 0x02"):
        VerifierKey("a", 2, bytes(32))
    for text in ("", "a", "a+b", EXAMPLE_KEY.upper(), EXAMPLE_KEY + "=", EXAMPLE_KEY.replace("530d", "530e")):
        with pytest.raises(IntegrityError):
            parse_vkey(text)


def test_a_signature_without_a_time_it_needs_or_with_one_it_has_not() -> None:
    with pytest.raises(UsageError):
        WITNESSES[0].sign("text\n")
    with pytest.raises(UsageError):
        LOG_KEY.sign("text\n", NOON)
    with pytest.raises(UsageError, match="can't sign for"):
        sign_checkpoint(Checkpoint("example.org/other", 0, EMPTY_ROOT), LOG_KEY)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_written_back_the_same(data: bytes) -> None:
    try:
        note = parse_note(data, "it")
    except IntegrityError:
        return
    assert note.data == data


@given(st.text(max_size=60), st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back(origin: str, size: int, root: bytes) -> None:
    text = Checkpoint(origin, size, root).text
    line = NoteSignature("k", b"1234", b"x")
    try:
        read = parse_checkpoint(Note(text, (line,)).data, "it")
    except (IntegrityError, UnicodeEncodeError):
        assert not origin or any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in origin)
        return
    assert read.checkpoint == Checkpoint(origin, size, root)
