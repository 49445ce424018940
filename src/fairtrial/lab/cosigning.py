"""Asking witnesses to cosign a checkpoint (C2SP tlog-witness, the client's side)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fairtrial.adapters.http_get import Answer, post
from fairtrial.core.errors import IntegrityError, ProviderError, UsageError
from fairtrial.trust.checkpoint import SignedCheckpoint, cosignatures
from fairtrial.trust.documents import strict_number
from fairtrial.trust.log_policy import LogPolicy, Party
from fairtrial.trust.note import Note, NoteSignature, parse_signatures
from fairtrial.trust.note_keys import VerifierKey, cosigned_at
from fairtrial.trust.witness import SIZE_TYPE, request_bytes

MOST_ANSWER: Final = 64 * 1024
Prove = Callable[[int, int], tuple[bytes, ...]]
"""old size, new size -> consistency proof."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """signed: the checkpoint with the lines gathered. times: POSIX seconds by witness key. missing: witnesses that
    gave none, and why. met: whether the policy's quorum is there."""

    signed: SignedCheckpoint
    times: dict[VerifierKey, int]
    missing: tuple[tuple[str, str], ...]
    met: bool


def gather(
    signed: SignedCheckpoint, policy: LogPolicy, prove: Prove, last: Callable[[Party], int]
) -> Cosigned:
    """Ask every witness that has an address, also those whose line is there: they may have seen more since. last:
    the size that a witness is thought to have cosigned.

    A witness that can't be reached is missing, and no more. Raises IntegrityError where one has seen another tree:
    the log has forked or was rolled back, and nothing may be built on it.
    """
    lines: list[NoteSignature] = []
    missing = []
    there = cosignatures(signed, policy.witness_keys)
    for party in policy.witnesses:
        try:
            fresh = ask(party, signed, prove, last(party))
        except (ProviderError, UsageError) as error:
            if party.key not in there:
                missing.append((party.name, error.message))
            continue
        # One line a witness: the note stays small however often it is asked, and the earliest time counts.
        lines += () if party.key in there else fresh
    whole = SignedCheckpoint(signed.checkpoint, signed.note.with_signatures(lines))
    times = cosignatures(whole, policy.witness_keys)
    return Cosigned(whole, times, tuple(missing), policy.met_by(times))


def ask(party: Party, signed: SignedCheckpoint, prove: Prove, last: int) -> tuple[NoteSignature, ...]:
    """One witness's lines, verified. Raises ProviderError where none came, IntegrityError for another tree."""
    if not party.url:
        raise UsageError(f"the policy gives no address of {party.name}", "add it to the witness's line")
    tree = signed.checkpoint
    old = last if last <= tree.size else 0
    answer = _posted(party, signed, prove, old)
    if answer.status == 409:
        size = _size(party, answer)
        if size > tree.size:
            raise IntegrityError(
                f"{party.name} has cosigned {size} entries of {tree.origin}, and this log has {tree.size}: "
                "it was rolled back",
                "restore the newest copy of the log; never append to this one",
            )
        answer = _posted(party, signed, prove, size)
    if answer.status == 422:
        told = answer.body.decode("utf-8", "replace").strip()[:400]
        raise IntegrityError(
            f"{party.name} refuses the tree of {tree.origin}: {told}", "stop: the log may be forked"
        )
    if answer.status != 200:
        raise _unusable(party, f"answered {answer.status}", f"http-{answer.status}")
    return _verified(party, signed, answer.body)


def _posted(party: Party, signed: SignedCheckpoint, prove: Prove, old: int) -> Answer:
    body = request_bytes(old, prove(old, signed.checkpoint.size), signed)
    return post(f"{party.url.rstrip('/')}/add-checkpoint", body, most=MOST_ANSWER)


def _size(party: Party, answer: Answer) -> int:
    try:
        text = answer.body.decode("ascii")
        if answer.content_type != SIZE_TYPE or not text.endswith("\n"):
            raise ValueError("not the size that it cosigned last")
        return strict_number(text[:-1])
    except ValueError as error:
        raise _unusable(party, f"answered 409 with {error}", "bad-reply") from error


def _verified(party: Party, signed: SignedCheckpoint, body: bytes) -> tuple[NoteSignature, ...]:
    try:
        note = Note(signed.note.text, parse_signatures(body.decode("utf-8")))
    except ValueError as error:
        raise _unusable(party, f"answered no cosignature: {error}", "bad-reply") from error
    try:
        lines = tuple(line for _, line in note.verified([party.key]))
    except IntegrityError as error:
        raise _unusable(party, "answered a cosignature that fails", "bad-reply") from error
    if not lines or any(cosigned_at(line.signature) == 0 for line in lines):
        raise _unusable(party, "answered no cosignature by the key in the policy", "bad-reply")
    return lines


def _unusable(party: Party, what: str, cause: str) -> ProviderError:
    return ProviderError(f"the witness {party.name} {what}", "ask its operator", cause=cause, retryable=True)
