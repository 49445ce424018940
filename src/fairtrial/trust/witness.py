"""What a witness answers to `add-checkpoint` (C2SP tlog-witness): a pure function of the request and its state.

    old 20852014                                       the size that the client thinks was cosigned last
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=       a consistency proof from there, up to 63 lines
                                                       the empty line
    example.com/behind-the-sofa                        the checkpoint
    …

    1  400  malformed                                  5  409  old is not the size cosigned last
    2  404  unknown log                                6  422  the trees don't fit, or can't be shown to
    3  403  no signature by the log, or a false one    7  200  cosign
    4  400  old is above the checkpoint's size

Whoever calls must hold a lock from reading the state until the new one has reached the disk: otherwise a slower
request would roll the witness back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, is_fork, parse_checkpoint
from fairtrial.trust.documents import strict_number
from fairtrial.trust.note import MOST_BYTES
from fairtrial.trust.note_keys import VerifierKey, parse_hash, plain_base64
from fairtrial.trust.tree import MOST_HASHES, check_consistency

SIZE_TYPE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Fork:
    """Two checkpoints of one log and one size with two roots, both signed by the log: proof of misbehaviour."""

    seen: SignedCheckpoint
    shown: SignedCheckpoint

    def __str__(self) -> str:
        a, b = self.seen.checkpoint, self.shown.checkpoint
        return (
            f"the log {a.origin!r} forked at size {a.size}: it signed the root {plain_base64(a.root)} "
            f"and the root {plain_base64(b.root)}"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """status: of HTTP. text: the body, but for 200, whose body is the cosignature. accepted: only with 200."""

    status: int
    text: str = ""
    accepted: SignedCheckpoint | None = None
    fork: Fork | None = None


@dataclass(frozen=True, slots=True)
class Request:
    old: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint


def request_bytes(old: int, proof: Sequence[bytes], signed: SignedCheckpoint) -> bytes:
    """What a client posts."""
    lines = [f"old {old}", *map(plain_base64, proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + signed.data


def decide(
    body: bytes, logs: Collection[VerifierKey], cosigned: Callable[[str], SignedCheckpoint | None]
) -> Answer:
    """logs: keys of the logs that this witness serves. cosigned: by origin, the checkpoint cosigned last; its
    log signature was checked when it was. The numbers are those of the steps above."""
    try:
        request = parse_request(body)
    except IntegrityError as error:
        return Answer(400, f"{error.message}\n")
    tree = request.signed.checkpoint
    if all(key.name != tree.origin for key in logs):
        return Answer(404, "this witness doesn't serve that log\n")
    try:
        check_log_signature(request.signed, logs, "the checkpoint")
    except IntegrityError as error:
        return Answer(403, f"{error.message}\n")
    if request.old > tree.size:
        return Answer(400, f"old is {request.old}, above the checkpoint's size {tree.size}\n")
    last = cosigned(tree.origin)
    size = last.checkpoint.size if last else 0
    if request.old != size:
        # A fork is one whatever `old` says, and it is to be kept; the answer stays that of the specification.
        return Answer(409, f"{size}\n", fork=_fork(last, request.signed))
    return _step_six(request, last)


def _step_six(request: Request, last: SignedCheckpoint | None) -> Answer:
    tree = request.signed.checkpoint
    if fork := _fork(last, request.signed):
        return Answer(422, f"{fork}\n", fork=fork)
    if not tree.empty_as_it_should:
        return Answer(422, "an empty tree has the hash of nothing for a root\n")
    if last is None or request.old == 0:
        if request.proof:
            return Answer(422, "nothing needs a proof from size 0\n")
        return Answer(200, accepted=request.signed)
    known = last.checkpoint
    try:
        check_consistency(known.size, tree.size, known.root, tree.root, request.proof)
    except IntegrityError as error:
        return Answer(422, f"{error.message}\n")
    return Answer(200, accepted=request.signed)


def parse_request(body: bytes) -> Request:
    """Raises IntegrityError for a malformed body."""
    try:
        if len(body) > MOST_BYTES:
            raise ValueError(f"{len(body):,} bytes; {MOST_BYTES:,} are allowed")
        head, found, checkpoint = body.partition(b"\n\n")
        lines = head.decode("ascii").split("\n")
        if not found or not lines[0].startswith("old "):
            raise ValueError("no line `old SIZE`, or no empty line before the checkpoint")
        if len(lines) - 1 > MOST_HASHES:
            raise ValueError(f"{len(lines) - 1} lines of proof; {MOST_HASHES} are allowed")
        old, proof = strict_number(lines[0].removeprefix("old ")), tuple(map(parse_hash, lines[1:]))
    except ValueError as error:
        raise IntegrityError(f"malformed request: {error}", "see the tlog-witness specification") from error
    return Request(old, proof, parse_checkpoint(checkpoint, "the checkpoint"))


def _fork(last: SignedCheckpoint | None, shown: SignedCheckpoint) -> Fork | None:
    return Fork(last, shown) if last is not None and is_fork(last, shown) else None
