"""Check of the proofs: each statement is an entry of the log, and no two checkpoints contradict each other."""

from __future__ import annotations

from fairtrial.core.errors import FairtrialError, IntegrityError
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, is_fork
from fairtrial.trust.checks_signed import Reader
from fairtrial.trust.entry import NOBODY, OF_EITHER
from fairtrial.trust.parts import MAIN, Parts, Signed
from fairtrial.trust.tree import leaf_hash
from fairtrial.trust.verification import Check, judged


def proofs(parts: Parts, reader: Reader) -> tuple[Check, dict[str, tuple[str, int]]]:
    """That each statement with a proof is the entry it says, in a tree that the log signed; that no two
    checkpoints contradict each other. Also: origin and index of each that holds."""
    faults, missing = [], [f"there is no proof of {name}" for name in MAIN if name not in parts.proofs]
    found: dict[str, tuple[str, int]] = {}
    if reader.policy is None:
        return Check("proofs", "unknown", "no log policy: no log is known"), found
    for name, proof in parts.proofs.items():
        try:
            _check_entry(parts, name)
            check_log_signature(proof.signed, reader.policy.log_keys, f"the checkpoint of {name}")
            found[name] = (proof.signed.checkpoint.origin, proof.index)
        except _Absent as absent:
            missing.append(str(absent))
        except IntegrityError as error:
            faults.append(error.message)
    faults += _unknown_lines(parts) + _contradictions(parts)
    return judged("proofs", f"{len(found)} statements stand in the log", faults, missing), found


class _Absent(Exception):
    """Something that a proof needs is not in the bundle."""


def _check_entry(parts: Parts, name: str) -> None:
    proof, signed = parts.proofs[name], parts.statements.get(name)
    if signed is None:
        raise IntegrityError(f"there is a proof of {name}, and no such statement")
    logged = parts.entries.get(proof.index)
    if logged is None:
        raise _Absent(f"entry {proof.index}, of {name}, is not in the bundle")
    entry = logged.entry
    same = (entry.type, entry.payload, entry.signers) == (
        signed.type,
        signed.document.payload,
        signed.document.signers,
    )
    if not same or (signed.type not in OF_EITHER and entry.campaign != _campaign_of(signed)):
        raise IntegrityError(f"this {name} is not in the log at entry {proof.index}")
    proof.check_entry(parts.entry_bytes[proof.index])


def _campaign_of(signed: Signed) -> str:
    if "campaign" not in signed.fields:
        return NOBODY
    named: str | None = signed.fields["campaign"]
    return named or signed.document.payload


def _unknown_lines(parts: Parts) -> list[str]:
    """Lines of checkpoints that the bundle's own policy doesn't know: a changed name would pass unseen."""
    if parts.policy is None:
        return ["policy/log.policy can't be read: nothing tells whose signatures the checkpoints carry"]
    known = [*parts.policy.log_keys, *parts.policy.witness_keys]
    faults = []
    for file, signed in parts.checkpoints().items():
        try:
            named = {(key.name, key.key_id) for key, _ in signed.note.verified(known)}
        except FairtrialError as error:
            faults.append(f"{file}: {error.message}")
            continue
        lines = [(each.name, each.key_id) for each in signed.note.signatures]
        if strange := [name for name, key_id in lines if (name, key_id) not in named]:
            faults.append(
                f"{file}: a signature by {strange[0][:80]!r}, whom the bundle's policy doesn't know"
            )
        elif len(set(lines)) != len(lines):
            faults.append(f"{file}: a signature stands twice")
    return faults


def _contradictions(parts: Parts) -> list[str]:
    """Forks, and roots that the entries in the bundle don't make."""
    faults = []
    trees: dict[tuple[str, int], tuple[str, SignedCheckpoint]] = {}
    for file, signed in parts.checkpoints().items():
        tree = signed.checkpoint
        other_file, other = trees.setdefault((tree.origin, tree.size), (file, signed))
        if is_fork(signed, other):
            faults.append(
                f"a fork: {other_file} and {file} show two trees of {tree.origin}, both of size {tree.size}"
            )
    return faults or _wrong_roots(parts)


def _wrong_roots(parts: Parts) -> list[str]:
    if parts.edge is None or parts.checkpoint is None:
        return []
    sizes = {each.checkpoint.size: (file, each) for file, each in parts.checkpoints().items()}
    tree, faults = parts.edge, []
    for size in sorted(sizes):
        file, signed = sizes[size]
        wanted = range(tree.size, size)
        if size < tree.size or signed.checkpoint.origin != parts.checkpoint.checkpoint.origin:
            continue
        if any(index not in parts.entry_bytes for index in wanted):
            break
        tree = tree.extended(leaf_hash(parts.entry_bytes[index]) for index in wanted)
        if tree.root != signed.checkpoint.root:
            faults.append(f"the entries in the bundle don't make the tree of {size} that {file} shows")
    return faults
