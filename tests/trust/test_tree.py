"""The tree: held against the definitions written out, another implementation's vectors, and tampering."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError
from fairtrial.trust.tree import (
    EMPTY_ROOT,
    Frontier,
    Levels,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
)
from tests.trust.logs import entries, levels

MOST = 70
LEAVES = [leaf_hash(entry) for entry in entries(MOST)]
VECTORS = json.loads(Path(__file__).with_name("vectors").joinpath("merkle.json").read_text())
RFC_6962_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
RFC_6962_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def _mth(leaves: list[bytes]) -> bytes:
    """The definition of RFC 9162, section 2.1.1, word for word; shares nothing with the code under test."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _k(len(leaves))
    return hashlib.sha256(b"\1" + _mth(leaves[:k]) + _mth(leaves[k:])).digest()


def _path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = _k(len(leaves))
    if m < k:
        return [*_path(m, leaves[:k]), _mth(leaves[k:])]
    return [*_path(m - k, leaves[k:]), _mth(leaves[:k])]


def _sub(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """Section 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [_mth(leaves)]
    k = _k(len(leaves))
    if m <= k:
        return [*_sub(m, leaves[:k], whole), _mth(leaves[k:])]
    return [*_sub(m - k, leaves[k:], False), _mth(leaves[:k])]


def _k(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def test_known_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    hashes = [leaf_hash(bytes.fromhex(each)) for each in RFC_6962_LEAVES]
    assert [tree_root(hashes[:size]).hex() for size in range(1, 9)] == RFC_6962_ROOTS


def test_a_committed_data_set_has_the_stated_root() -> None:
    """Three salted items, their salts by HKDF from the bytes 00 to 1f: figures from another implementation."""
    leaves = []
    for index, (question, answer) in enumerate([("2+2?", "4"), ("3+3?", "6"), ("4+4?", "8")]):
        place = {"dataset": "demo", "epoch": "2026-1", "index": index}
        info = b"item-salt/v1\0" + canonical(place)
        salt = HKDF(SHA256(), 32, None, info).derive(bytes(range(32))).hex()
        item = {"question": question, "answer": answer}
        leaves.append(leaf_hash(canonical({"v": 1, **place, "salt": salt, "item": item})))
    assert leaves[0].hex() == "e29a62fad88f6e58fe3663481d60a49f5e4ca030d6faf107822948397d84bcd9"
    assert tree_root(leaves).hex() == "8a49ee3b6af1d4f1d979792d17dcd41aae71f1052cbfe7734b9209e33bcf62a3"


def test_every_proof_of_a_small_tree_is_the_definitions() -> None:
    lookup = Levels(LEAVES)
    for size in range(MOST + 1):
        root = _mth(LEAVES[:size])
        assert tree_root(LEAVES[:size]) == root == frontier(size, lookup).root
        for index in range(size):
            path = inclusion_proof(index, size, lookup)
            assert list(path) == _path(index, LEAVES[:size])
            check_inclusion(index, size, LEAVES[index], path, root)
        for old in range(1, size + 1):
            proof = consistency_proof(old, size, lookup)
            assert list(proof) == _sub(old, LEAVES[:size])
            check_consistency(old, size, _mth(LEAVES[:old]), root, proof)


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: case["file"])
def test_another_implementations_inclusion_vectors(case: dict) -> None:
    path, leaf, root = _hashes(case["proof"]), *_hashes([case["leafHash"], case["root"]])
    with _expecting(case["wantErr"]):
        check_inclusion(case["leafIdx"], case["treeSize"], leaf, path, root)


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: case["file"])
def test_another_implementations_consistency_vectors(case: dict) -> None:
    proof, one, two = _hashes(case["proof"]), *_hashes([case["root1"], case["root2"]])
    # One vector writes "don't care" for a root; here every hash has 32 bytes.
    with _expecting(case["wantErr"] or len(one) != 32):
        check_consistency(case["size1"], case["size2"], one, two, proof)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_altered_inclusion_proof_is_accepted(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    path = list(inclusion_proof(index, size, Levels(LEAVES)))
    leaf, root = LEAVES[index], _mth(LEAVES[:size])
    other = data.draw(st.integers(0, MOST))
    if other != index:
        _refused(other, size, leaf, path, root)
    _refused(index, size, leaf_hash(b"other"), path, root)
    _refused(index, size, leaf, path, leaf_hash(b"other"))
    _refused(index, size, leaf, [*path, root], root)
    _refused(index, size, leaf, [root, *path], root)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        _refused(index, size, leaf, path[:at] + path[at + 1 :], root)
        _refused(index, size, leaf, [*path[:at], _flipped(path[at], data), *path[at + 1 :]], root)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_altered_consistency_proof_is_accepted(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, MOST))
    old = data.draw(st.integers(1, new - 1))
    proof = list(consistency_proof(old, new, Levels(LEAVES)))
    one, two = _mth(LEAVES[:old]), _mth(LEAVES[:new])
    at = data.draw(st.integers(0, len(proof) - 1))
    for sizes, roots, hashes in [
        ((old, new), (two, one), proof),
        ((old, new), (_flipped(one, data), two), proof),
        ((old, new), (one, _flipped(two, data)), proof),
        ((old, new), (one, two), proof[:at] + proof[at + 1 :]),
        ((old, new), (one, two), [*proof[:at], _flipped(proof[at], data), *proof[at + 1 :]]),
        ((old, new), (one, two), [*proof, two]),
        ((new, old), (two, one), proof),
        ((new, new), (one, two), []),
        ((0, new), (one, two), []),
    ]:
        with pytest.raises(IntegrityError):
            check_consistency(*sizes, *roots, hashes)


def test_leaf_and_node_never_pass_for_each_other() -> None:
    """Second preimage: a node's two children as an entry's bytes, and an entry of 64 bytes as a node."""
    left, right = LEAVES[:2]
    root = node_hash(left, right)
    with pytest.raises(IntegrityError):
        check_inclusion(0, 1, leaf_hash(left + right), [], root)
    assert leaf_hash(left + right) != root


def test_equal_sizes_and_the_empty_tree_need_no_proof() -> None:
    check_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    check_consistency(0, 5, EMPTY_ROOT, _mth(LEAVES[:5]), [])
    check_consistency(5, 5, _mth(LEAVES[:5]), _mth(LEAVES[:5]), [])
    assert consistency_proof(0, 5, Levels(LEAVES)) == consistency_proof(5, 5, Levels(LEAVES)) == ()
    with pytest.raises(IntegrityError):
        check_consistency(5, 5, _mth(LEAVES[:5]), _mth(LEAVES[:5]), [LEAVES[0]])


def test_what_is_no_proof_at_all() -> None:
    with pytest.raises(IntegrityError, match="is not in a tree of 5"):
        inclusion_proof(5, 5, Levels(LEAVES))
    with pytest.raises(IntegrityError, match="can't begin"):
        consistency_proof(6, 5, Levels(LEAVES))
    with pytest.raises(IntegrityError, match="no tree needs more than 63"):
        check_inclusion(0, 2**62, LEAVES[0], [LEAVES[0]] * 70, LEAVES[0])
    with pytest.raises(IntegrityError, match="has not 32 bytes"):
        check_inclusion(0, 2, LEAVES[0], [b"short"], LEAVES[0])
    with pytest.raises(IntegrityError, match="no edge"):
        Frontier(3, (LEAVES[0],))


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_a_frontier_goes_on_where_it_stood(one: int, two: int) -> None:
    low, high = sorted((one, two))
    assert frontier(low, Levels(LEAVES)).extended(LEAVES[low:high]) == frontier(high, Levels(LEAVES))


def test_proofs_among_a_million_read_twenty_hashes() -> None:
    """A tree of equal leaves has one hash a level: a million entries without making a million."""
    same = [LEAVES[0]]
    for _ in range(20):
        same.append(node_hash(same[-1], same[-1]))
    asked: list[tuple[int, int]] = []

    def subtree(level: int, number: int) -> bytes:
        asked.append((level, number))
        return same[level]

    path = inclusion_proof(777_777, 2**20, subtree)
    assert len(path) == len(asked) == 20
    check_inclusion(777_777, 2**20, LEAVES[0], path, same[20])
    assert len(consistency_proof(777_777, 2**20, subtree)) <= 21


def test_the_other_implementations_check_accepts_our_proofs() -> None:
    """Ours there: sigstore's own verification of a Rekor entry, fed with our proofs."""
    merkle = pytest.importorskip("sigstore._internal.merkle", reason="pip install 'fairtrial[test]'")
    errors = pytest.importorskip("sigstore.errors")
    for size in (1, 2, 3, 7, 8, 64, 65):
        for index in range(size):
            shown = SimpleNamespace(
                log_index=index,
                tree_size=size,
                hashes=list(inclusion_proof(index, size, levels(size))),
                root_hash=_mth(LEAVES[:size]),
            )
            inner = SimpleNamespace(inclusion_proof=shown, canonicalized_body=entries(size)[index])
            merkle.verify_merkle_inclusion(SimpleNamespace(_inner=inner))
            shown.root_hash = LEAVES[0] if size > 1 else LEAVES[1]
            with pytest.raises(errors.VerificationError):
                merkle.verify_merkle_inclusion(SimpleNamespace(_inner=inner))


def _hashes(coded: list[str] | None) -> list[bytes]:
    return [base64.b64decode(each) for each in coded or ()]


def _expecting(wrong: bool) -> AbstractContextManager[object]:
    return pytest.raises(IntegrityError) if wrong else nullcontext()


def _flipped(hash_: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 255))
    return (int.from_bytes(hash_, "big") ^ 1 << bit).to_bytes(32, "big")


def _refused(*arguments: object) -> None:
    with pytest.raises(IntegrityError):
        check_inclusion(*arguments)  # type: ignore[arg-type]
