"""Writes the bad notes, checkpoints, proofs and policies in `tests/trust/bad`, each named for its fault.

    .venv/bin/python -m tests.trust.make_bad

Each is a good file with one thing changed; the good ones are `control_*`, which must pass.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fairtrial.trust.checkpoint import Checkpoint, cosign, sign_checkpoint
from fairtrial.trust.note import Note, NoteSignature
from fairtrial.trust.note_keys import COSIGNATURE, LOG
from fairtrial.trust.tree import leaf_hash
from tests.trust.logs import LOG_KEY, NOON, OTHER_LOG_KEY, WITNESSES, checkpoint, note_key, proof

BAD = Path(__file__).with_name("bad")
SIGNED = checkpoint(5, *WITNESSES[:2])
PROOF = proof(3, 5, *WITNESSES[:2])
POLICY = f"""# Whose word counts
log {LOG_KEY.public.vkey} https://log.example
witness one {WITNESSES[0].public.vkey} https://one.example
witness two {WITNESSES[1].public.vkey}
witness three {WITNESSES[2].public.vkey}

group\tmost 2 one two three
quorum most
"""


def files() -> dict[str, bytes]:
    return {**notes(), **checkpoints(), **proofs(), **policies()}


def notes() -> dict[str, bytes]:
    good = SIGNED.data.decode()
    first = good.split("\n\n")[1].split("\n")[0]
    return {
        "control_note.txt": good.encode(),
        "note_without_empty_line.txt": good.replace("\n\n", "\n").encode(),
        "note_without_signatures.txt": good.split("\n\n")[0].encode() + b"\n\n",
        "note_without_last_newline.txt": good[:-1].encode(),
        "note_carriage_returns.txt": good.replace("\n", "\r\n").encode(),
        "note_tab_in_text.txt": good.replace("/log\n", "/log\t\n", 1).encode(),
        "note_latin_1.txt": good.replace("—", "-").encode() + "é".encode("latin-1"),
        "note_hyphen_for_dash.txt": good.replace("—", "-").encode(),
        "note_two_blanks_before_name.txt": good.replace("— ", "—  ").encode(),
        "note_plus_in_name.txt": good.replace(first, first.replace("/log", "+log")).encode(),
        "note_blank_in_name.txt": good.replace(first, first.replace("/log", "\u00a0log")).encode(),
        "note_base64_stray_bits.txt": _stray(good, first),
        "note_base64_url_alphabet.txt": good.replace(
            first, first.replace("/", "_", 2).replace("_", "/", 1)
        ).encode(),
        "note_base64_without_padding.txt": good.replace("=", "").encode(),
        "note_signature_of_four_bytes.txt": _with_line(
            NoteSignature(LOG_KEY.name, LOG_KEY.public.key_id, b"")
        ),
        "note_65_signatures.txt": SIGNED.note.text.encode() + b"\n" + (first + "\n").encode() * 65,
    }


def checkpoints() -> dict[str, bytes]:
    tree = SIGNED.checkpoint
    return {
        "checkpoint_leading_zero.txt": _signed(tree.text.replace("\n5\n", "\n05\n")),
        "checkpoint_plus_sign.txt": _signed(tree.text.replace("\n5\n", "\n+5\n")),
        "checkpoint_underscore_in_size.txt": _signed(tree.text.replace("\n5\n", "\n1_0\n")),
        "checkpoint_arabic_digit.txt": _signed(tree.text.replace("\n5\n", "\n٥\n")),
        "checkpoint_huge_size.txt": _signed(tree.text.replace("\n5\n", f"\n{2**64}\n")),
        "checkpoint_negative_size.txt": _signed(tree.text.replace("\n5\n", "\n-5\n")),
        "checkpoint_short_root.txt": _signed(tree.text.replace(tree.text.split("\n")[2], "AAAA")),
        "checkpoint_two_lines.txt": _signed("example.org/log\n5\n"),
        "checkpoint_empty_origin.txt": _signed("\n5\n" + tree.text.split("\n", 2)[2]),
        "checkpoint_extension_line.txt": _signed(tree.text + "more\n"),
        "checkpoint_of_another_origin.txt": _signed(tree.text.replace("/log", "/other")),
        "checkpoint_signed_by_another_log.txt": _signed(tree.text, OTHER_LOG_KEY),
        "checkpoint_cosigned_only.txt": Note(tree.text, SIGNED.note.signatures[1:]).data,
        "checkpoint_size_changed.txt": SIGNED.data.replace(b"\n5\n", b"\n6\n"),
        "checkpoint_good_and_false_signature.txt": _with_line(
            NoteSignature(LOG_KEY.name, LOG_KEY.public.key_id, bytes(64)), SIGNED.note.signatures
        ),
        "checkpoint_cosignature_false.txt": _with_line(
            replace(SIGNED.note.signatures[1], signature=bytes(7) + b"\1" + bytes(64)),
            SIGNED.note.signatures[:1],
        ),
        "checkpoint_cosignature_at_time_0.txt": _timeless(),
        "checkpoint_cosignature_time_changed.txt": _with_line(_later(), SIGNED.note.signatures[:1]),
        "checkpoint_quorum_missed.txt": checkpoint(5, WITNESSES[0]).data,
    }


def proofs() -> dict[str, bytes]:
    good = PROOF.data
    lines = good.split(b"\n")
    other = sign_checkpoint(Checkpoint(OTHER_LOG_KEY.name, 5, SIGNED.checkpoint.root), OTHER_LOG_KEY)
    return {
        "control_proof.tlog-proof": good,
        "proof_wrong_head.tlog-proof": good.replace(b"@v1", b"@v2"),
        "proof_extra_line.tlog-proof": good.replace(b"index", b"extra AAAA\nindex"),
        "proof_without_index.tlog-proof": good.replace(b"index 3\n", b""),
        "proof_index_leading_zero.tlog-proof": good.replace(b"index 3", b"index 03"),
        "proof_index_beyond_tree.tlog-proof": good.replace(b"index 3", b"index 5"),
        "proof_index_of_another_entry.tlog-proof": good.replace(b"index 3", b"index 2"),
        "proof_path_shortened.tlog-proof": b"\n".join([*lines[:4], *lines[5:]]),
        "proof_path_lengthened.tlog-proof": b"\n".join([*lines[:4], lines[4], *lines[4:]]),
        "proof_path_reordered.tlog-proof": b"\n".join([*lines[:2], lines[3], lines[2], *lines[4:]]),
        "proof_short_hash.tlog-proof": b"\n".join([*lines[:2], b"AAAA", *lines[3:]]),
        "proof_stray_bits.tlog-proof": b"\n".join(
            [*lines[:2], lines[2][:-2] + _next(lines[2][-2:]), *lines[3:]]
        ),
        "proof_64_hashes.tlog-proof": b"\n".join([*lines[:2], *[lines[2]] * 64, *lines[5:]]),
        "proof_without_checkpoint.tlog-proof": good.split(b"\n\n")[0] + b"\n\n",
        "proof_by_another_log.tlog-proof": replace(PROOF, signed=other).data,
        "proof_into_a_smaller_tree.tlog-proof": replace(PROOF, signed=checkpoint(4)).data,
        "proof_root_of_a_fork.tlog-proof": replace(PROOF, signed=checkpoint(5, salt="other")).data,
        "proof_node_for_leaf.tlog-proof": replace(PROOF, index=1, path=PROOF.path[1:]).data,
        "proof_leaf_hash_in_path.tlog-proof": replace(PROOF, path=(leaf_hash(b"x"), *PROOF.path[1:])).data,
    }


def policies() -> dict[str, bytes]:
    log, one = LOG_KEY.public.vkey, WITNESSES[0].public.vkey
    renamed = note_key("witness.example/alias", COSIGNATURE, 10).public.vkey
    relogged = note_key("example.org/alias", LOG, 1).public.vkey
    return {
        "control_policy.txt": POLICY.encode(),
        "policy_without_quorum.txt": POLICY.replace("quorum most\n", "").encode(),
        "policy_two_quorums.txt": f"{POLICY}quorum none\n".encode(),
        "policy_quorum_of_unknown_name.txt": POLICY.replace("quorum most", "quorum all").encode(),
        "policy_quorum_before_its_group.txt": f"quorum most\n{POLICY}".encode(),
        "policy_group_of_a_later_name.txt": POLICY.replace(
            "group", "group g any h\ngroup h any one\ngroup"
        ).encode(),
        "policy_member_twice_in_a_group.txt": POLICY.replace("one two three", "one one three").encode(),
        "policy_member_of_two_groups.txt": POLICY.replace("quorum", "group g any one\nquorum").encode(),
        "policy_none_as_member.txt": POLICY.replace("one two three", "one two none").encode(),
        "policy_name_twice.txt": POLICY.replace("witness two", "witness one").encode(),
        "policy_witness_called_none.txt": POLICY.replace("witness two", "witness none").encode(),
        "policy_one_witness_under_two_names.txt": POLICY.replace(
            f"witness two {WITNESSES[1].public.vkey}", f"witness two {renamed}"
        ).encode(),
        "policy_one_log_under_two_names.txt": f"log {relogged}\n{POLICY}".encode(),
        "policy_threshold_0.txt": POLICY.replace("most 2", "most 0").encode(),
        "policy_threshold_above_members.txt": POLICY.replace("most 2", "most 4").encode(),
        "policy_threshold_leading_zero.txt": POLICY.replace("most 2", "most 02").encode(),
        "policy_threshold_word.txt": POLICY.replace("most 2", "most some").encode(),
        "policy_group_without_member.txt": POLICY.replace("most 2 one two three", "most 2").encode(),
        "policy_log_key_as_witness.txt": POLICY.replace(one, log).encode(),
        "policy_witness_key_as_log.txt": POLICY.replace(log, one).encode(),
        "policy_key_id_of_another_key.txt": POLICY.replace(
            LOG_KEY.public.key_id.hex(), OTHER_LOG_KEY.public.key_id.hex()
        ).encode(),
        "policy_key_of_unknown_kind.txt": POLICY.replace(log, "example.org/log+00000000+/wAA").encode(),
        "policy_key_of_small_order.txt": POLICY.replace(log, _small_order()).encode(),
        "policy_unknown_line.txt": f"{POLICY}witnesses all\n".encode(),
        "policy_carriage_returns.txt": POLICY.replace("\n", "\r\n").encode(),
        "policy_too_many_words.txt": POLICY.replace(
            "https://log.example", "https://log.example more"
        ).encode(),
        "policy_no_break_space.txt": POLICY.replace("quorum most", "quorum\u00a0most").encode(),
    }


def _signed(text: str, key: object = LOG_KEY) -> bytes:
    assert isinstance(key, type(LOG_KEY))
    return Note(text, (NoteSignature(key.name, key.public.key_id, key.sign(text)),)).data


def _with_line(line: NoteSignature, others: tuple[NoteSignature, ...] = ()) -> bytes:
    return Note(SIGNED.note.text, (*others, line)).data


def _stray(good: str, line: str) -> bytes:
    return good.replace(line, line[:-2] + _next(line[-2:].encode()).decode()).encode()


def _next(end: bytes) -> bytes:
    """The last letter before one `=` with a bit set that stands for nothing."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return bytes([alphabet[alphabet.index(end[0]) + 1]]) + end[1:]


def _timeless() -> bytes:
    witness = WITNESSES[0]
    message = f"cosignature/v1\ntime 0\n{SIGNED.note.text}".encode()
    line = NoteSignature(witness.name, witness.public.key_id, bytes(8) + witness.sign_bytes(message))
    return _with_line(line, SIGNED.note.signatures[:1])


def _later() -> NoteSignature:
    line = cosign(SIGNED.checkpoint, WITNESSES[0], NOON)
    return replace(line, signature=(NOON + 1).to_bytes(8, "big") + line.signature[8:])


def _small_order() -> str:
    import base64
    import hashlib

    public = bytes([1]) + bytes(31)
    key_id = hashlib.sha256(b"example.org/log\n\1" + public).digest()[:4].hex()
    return f"example.org/log+{key_id}+{base64.b64encode(bytes([1]) + public).decode()}"


if __name__ == "__main__":
    for name, data in files().items():
        (BAD / name).write_bytes(data)
