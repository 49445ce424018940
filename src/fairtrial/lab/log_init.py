"""A log's beginning: its key, whose documents it takes, and the signed checkpoint of nothing."""

from __future__ import annotations

from pathlib import Path

from fairtrial.adapters.stores.keys import SecretKey, create_key
from fairtrial.adapters.stores.tiles import KEY, PEOPLE, POLICY, VKEY, LogFolder
from fairtrial.core.errors import StoreError
from fairtrial.trust.checkpoint import Checkpoint, sign_checkpoint
from fairtrial.trust.log_policy import parse_log_policy
from fairtrial.trust.note_keys import LOG, NoteKey, VerifierKey
from fairtrial.trust.people import parse_people
from fairtrial.trust.tree import EMPTY_ROOT


def init_log(path: Path, origin: str, *, people: bytes, policy: bytes | None = None) -> VerifierKey:
    """Make a new, empty log and its key. people: the trust policy that says whose documents it takes. policy:
    its witnesses (tlog-policy), or None. Returns the public half of the key, which is to be made known.

    Raises UsageError and IntegrityError for what is wrong with those, StoreError where a log is there already.
    """
    parse_people(people, PEOPLE)
    files = [(PEOPLE, people)]
    if policy is not None:
        parse_log_policy(policy, POLICY)
        files.append((POLICY, policy))
    if (path / KEY).exists():
        raise StoreError(
            f"{path / KEY} is there already", "choose another folder; a key is never overwritten"
        )
    VerifierKey(origin, LOG, SecretKey.new().public)  # refuses the name before anything is written
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"can't make {path}: {error.strerror}", "name another folder") from error
    key = note_key(origin, LOG, create_key(path / KEY))
    empty = sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), key)
    LogFolder.create(path, [*files, (VKEY, f"{key.public.vkey}\n".encode())], empty.data)
    return key.public


def note_key(name: str, kind: int, secret: SecretKey) -> NoteKey:
    return NoteKey(VerifierKey(name, kind, secret.public), secret.private.sign)
