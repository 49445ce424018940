"""Files with one fault each, named for it: every one is refused, with an error of its own. The controls pass."""

from __future__ import annotations

import pytest

from fairtrial.core.errors import FairtrialError, IntegrityError, UsageError
from fairtrial.trust.checkpoint import parse_checkpoint
from fairtrial.trust.log_policy import LogPolicy, parse_log_policy
from fairtrial.trust.note import parse_note
from fairtrial.trust.tlog_proof import parse_tlog_proof, verify_entry
from tests.trust.logs import entries
from tests.trust.make_bad import BAD, files

FAULTS = {
    "checkpoint_arabic_digit.txt": "'٥' is not a whole number as it is written canonically",
    "checkpoint_cosignature_at_time_0.txt": "the cosignature of witness.example/w0 states no time",
    "checkpoint_cosignature_false.txt": "in the name of witness.example/w0 is not by that key",
    "checkpoint_cosignature_time_changed.txt": "in the name of witness.example/w0 is not by that key",
    "checkpoint_cosigned_only.txt": "is not signed by the key of 'example.org/log'",
    "checkpoint_empty_origin.txt": "it has not the three lines of origin, size and root",
    "checkpoint_extension_line.txt": "the line 'more' after the root is not allowed",
    "checkpoint_good_and_false_signature.txt": "the signature in the name of example.org/log is not by that key",
    "checkpoint_huge_size.txt": "'18446744073709551616' is not a whole number as it is written canonically",
    "checkpoint_leading_zero.txt": "'05' is not a whole number as it is written canonically",
    "checkpoint_negative_size.txt": "'-5' is not a whole number as it is written canonically",
    "checkpoint_of_another_origin.txt": "is by the log 'example.org/other', whose key is not given",
    "checkpoint_plus_sign.txt": "'+5' is not a whole number as it is written canonically",
    "checkpoint_quorum_missed.txt": "has not the quorum 'most': cosigned by witness.example/w0",
    "checkpoint_short_root.txt": "'AAAA' is a hash of 3 bytes, not 32",
    "checkpoint_signed_by_another_log.txt": "is not signed by the key of 'example.org/log'",
    "checkpoint_size_changed.txt": "the signature in the name of example.org/log is not by that key",
    "checkpoint_two_lines.txt": "it has not the three lines of origin, size and root",
    "checkpoint_underscore_in_size.txt": "'1_0' is not a whole number as it is written canonically",
    "note_65_signatures.txt": "65 signatures; 64 are allowed",
    "note_base64_stray_bits.txt": "is not base64 as it is written canonically",
    "note_base64_url_alphabet.txt": "'jxP55N9i8yW15plDxoefOGeV_kdMzfRige3qkVxE' is not base64",
    "note_base64_without_padding.txt": "'jxP55N9i8yW15plDxoefOGeV/kdMzfRige3qkVxE' is not base64",
    "note_blank_in_name.txt": "'example.org\\xa0log' is no name of a key: not empty, no blanks, no +",
    "note_carriage_returns.txt": "a control character stands in it",
    "note_hyphen_for_dash.txt": "'- example.org/log jxP55N9i8yW15plDxoefOG' is no line of a signature",
    "note_latin_1.txt": "'utf-8' codec can't decode byte 0xe9 in position 427: unexpected end of data",
    "note_plus_in_name.txt": "'example.org+log' is no name of a key: not empty, no blanks, no +",
    "note_signature_of_four_bytes.txt": "the signature of example.org/log is empty",
    "note_tab_in_text.txt": "a control character stands in it",
    "note_two_blanks_before_name.txt": "'' is no name of a key: not empty, no blanks, no +",
    "note_without_empty_line.txt": "no text, empty line and lines of signatures",
    "note_without_last_newline.txt": "no text, empty line and lines of signatures",
    "note_without_signatures.txt": "no text, empty line and lines of signatures",
    "policy_carriage_returns.txt": "too long, or with control characters in it",
    "policy_group_of_a_later_name.txt": "line 7: 'h' is the name of no earlier witness or group",
    "policy_group_without_member.txt": "line 7: a group is a name, a threshold and at least one member",
    "policy_key_id_of_another_key.txt": "line 2: the key of example.org/log has the ID 8f13f9e4, not 41092717",
    "policy_key_of_small_order.txt": "is a point of small order: anybody can sign for it",
    "policy_key_of_unknown_kind.txt": "line 2: example.org/log has a key of kind 0xff, which is not known",
    "policy_log_key_as_witness.txt": "line 3: the key of example.org/log is not a witness's",
    "policy_member_of_two_groups.txt": "line 8: 'one' is a member already",
    "policy_member_twice_in_a_group.txt": "line 7: 'one' is a member already",
    "policy_name_twice.txt": "line 4: the name 'one' is taken",
    "policy_no_break_space.txt": "line 8: 'quorumÂ\\xa0most' begins no line of a policy",
    "policy_none_as_member.txt": "line 7: 'none' is the name of no earlier witness or group",
    "policy_one_log_under_two_names.txt": "line 3: the key of example.org/log stands there already",
    "policy_one_witness_under_two_names.txt": "line 4: the key of witness.example/alias stands there already",
    "policy_quorum_before_its_group.txt": "line 1: a quorum is `none` or the name of one earlier witness or group",
    "policy_quorum_of_unknown_name.txt": "line 8: a quorum is `none` or the name of one earlier witness or group",
    "policy_threshold_0.txt": "line 7: 0 of 3 members",
    "policy_threshold_above_members.txt": "line 7: 4 of 3 members",
    "policy_threshold_leading_zero.txt": "line 7: '02' is not a whole number as it is written canonically",
    "policy_threshold_word.txt": "line 7: 'some' is not a whole number as it is written canonically",
    "policy_too_many_words.txt": "line 2: a log is a key and perhaps an address",
    "policy_two_quorums.txt": "line 9: a second quorum",
    "policy_unknown_line.txt": "line 9: 'witnesses' begins no line of a policy",
    "policy_without_quorum.txt": "names no quorum",
    "policy_witness_called_none.txt": "line 4: the name 'none' is taken",
    "policy_witness_key_as_log.txt": "line 2: the key of witness.example/w0 is not a log's",
    "proof_64_hashes.tlog-proof": "a path of 64 hashes; no tree needs more than 63",
    "proof_by_another_log.tlog-proof": "is by the log 'example.org/other', whose key is not given",
    "proof_extra_line.tlog-proof": "the line `extra` is signed by nobody and not allowed",
    "proof_index_beyond_tree.tlog-proof": "entry 5 is not in a tree of 5",
    "proof_index_leading_zero.tlog-proof": "'03' is not a whole number as it is written canonically",
    "proof_index_of_another_entry.tlog-proof": "entry 2 is not what the tree of 5 holds there",
    "proof_into_a_smaller_tree.tlog-proof": "the path of entry 3 is too long for a tree of 4",
    "proof_leaf_hash_in_path.tlog-proof": "entry 3 is not what the tree of 5 holds there",
    "proof_node_for_leaf.tlog-proof": "entry 1 is not what the tree of 5 holds there",
    "proof_path_lengthened.tlog-proof": "the path of entry 3 is too long for a tree of 5",
    "proof_path_reordered.tlog-proof": "entry 3 is not what the tree of 5 holds there",
    "proof_path_shortened.tlog-proof": "entry 3 is not what the tree of 5 holds there",
    "proof_root_of_a_fork.tlog-proof": "entry 3 is not what the tree of 5 holds there",
    "proof_short_hash.tlog-proof": "'AAAA' is a hash of 3 bytes, not 32",
    "proof_stray_bits.tlog-proof": "is not base64 as it is written canonically",
    "proof_without_checkpoint.tlog-proof": "no text, empty line and lines of signatures",
    "proof_without_index.tlog-proof": "its second line is no index",
    "proof_wrong_head.tlog-proof": "its first line is not c2sp.org/tlog-proof@v1",
}


@pytest.mark.parametrize("name", FAULTS)
def test_refused_for_its_own_fault(name: str) -> None:
    with pytest.raises(UsageError if name.startswith("policy") else IntegrityError) as caught:
        _read(name.partition("_")[0], name)
    assert FAULTS[name] in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("kind", ["note.txt", "policy.txt", "proof.tlog-proof"])
def test_the_control_passes(kind: str) -> None:
    _read(kind.partition(".")[0], f"control_{kind}")


def test_the_folder_holds_exactly_what_is_made() -> None:
    made = files()
    kinds = ("note_", "checkpoint_", "proof_", "policy_")
    there = {each.name for each in BAD.iterdir() if each.name.startswith(kinds)}
    assert there == set(FAULTS) == {name for name in made if not name.startswith("control_")}
    for name, data in made.items():
        assert (BAD / name).read_bytes() == data, f"{name}: python -m tests.trust.make_bad"


def test_every_flipped_bit_of_a_proof_is_refused() -> None:
    """But for those that turn a cosignature's name or ID into an unknown one, and so miss the quorum."""
    policy, good = _policy(), (BAD / "control_proof.tlog-proof").read_bytes()
    for at in range(len(good)):
        for bit in range(8):
            bad = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
            with pytest.raises(FairtrialError):
                proof = parse_tlog_proof(bad, "it")
                policy.check_quorum(proof.signed, "it")
                verify_entry(proof, entries(5)[3], policy.log_keys, "it")


def _read(kind: str, name: str) -> None:
    data, policy = (BAD / name).read_bytes(), _policy()
    if kind == "policy":
        parse_log_policy(data, name)
    elif kind == "proof":
        proof = parse_tlog_proof(data, name)
        verify_entry(proof, entries(5)[3], policy.log_keys, name)
        assert proof.data == data
    else:
        parse_note(data, name)
        policy.check_quorum(parse_checkpoint(data, name), name)


def _policy() -> LogPolicy:
    return parse_log_policy((BAD / "control_policy.txt").read_bytes(), "the policy")
