"""Keys in files and statements in envelopes: where what `trust` defines meets the disk and the signing package."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from securesystemslib.dsse import Envelope as Signing
from securesystemslib.signer import CryptoSigner

from fairtrial.adapters.stores.folder import write_file
from fairtrial.adapters.stores.keys import SecretKey, create_key, load_key
from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.trust.dsse import parse_envelope, verify
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.people import People, Person, parse_person
from fairtrial.trust.predicates import ROLES
from fairtrial.trust.statement import PAYLOAD_TYPE, Statement

PASSPHRASE: Final = "FAIRTRIAL_KEY_PASSPHRASE"
"""Environment variable that unlocks key files where nobody sits at a terminal."""


def sign(statement: Statement, *keys: SecretKey) -> bytes:
    """The envelope of a statement, signed by every key: canonical bytes, ready to be written, logged or bundled.

    Signed by securesystemslib and verified by our own verifier, over cryptography alone, before anybody gets it:
    two implementations agree on every envelope that leaves. Raises UsageError without a key.
    """
    if not keys:
        raise UsageError("a statement without a signature", "name the key that signs it")
    data = _signed(statement.bytes, PAYLOAD_TYPE, keys)
    public = [PublicKey(key.public) for key in keys]
    verify(parse_envelope(data, "the new envelope"), public, len(set(public)), "the new envelope")
    return data


def cosign(envelope: bytes, name: str, *keys: SecretKey) -> bytes:
    """An envelope of ours with more signatures over the same bytes. name: of the file, for messages.

    The signatures that are there are kept as they are; whether they hold is for `verify` to say.
    """
    read = parse_envelope(envelope, name)
    fresh = parse_envelope(_signed(read.payload, read.payload_type, keys), name)
    if twice := set(fresh.keyids) & set(read.keyids):
        raise UsageError(f"{name} is signed by key {min(twice)[:16]}… already", "name another key")
    return replace(read, signatures=(*read.signatures, *fresh.signatures)).bytes


def new_key(path: Path, *, role: str, org: str, now: str, passphrase: str = "") -> Person:
    """A new key in `path`, and beside it, in `path`.pub, the entry for other people's trust policies.

    now: RFC 3339; the key is valid from then on. Raises StoreError where either file is there already.
    """
    beside = public_file(path)
    if beside.exists():
        raise StoreError(f"{beside} is there already", "name another file; a key is never overwritten")
    _check_holder(role, org)
    person = holder(create_key(path, passphrase), role=role, org=org, now=now)
    write_file(beside, entry_text(person).encode())
    return person


def holder(key: SecretKey, *, role: str, org: str, now: str) -> Person:
    """The entry of a key for other people's trust policies; valid from now on."""
    _check_holder(role, org)
    return Person(role, org, PublicKey(key.public), f"{now[:19]}Z")


def _check_holder(role: str, org: str) -> None:
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}", f"roles: {', '.join(ROLES)}")
    if not org.strip():
        raise UsageError("the organisation is empty", "say who holds the key: --org 'Example Lab'")


def open_key(path: Path, environ: Mapping[str, str], ask: Callable[[], str] | None = None) -> SecretKey:
    """The key in a file. A locked one takes its passphrase from the environment, else from `ask`.

    Raises UsageError where it is locked and neither tells.
    """

    def passphrase() -> str:
        if given := environ.get(PASSPHRASE):
            return given
        if ask is None:
            raise UsageError(f"{path} is locked", f"set {PASSPHRASE}, or type it at a terminal")
        return ask()

    return load_key(path, passphrase)


def told_about(path: Path, key: SecretKey) -> Person:
    """What the file beside a key says of it. Raises UsageError where there is none, IntegrityError where it is
    about another key."""
    beside = public_file(path)
    try:
        data = beside.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            f"there is no file {beside}, which says who holds the key", "give --role and --org"
        ) from error
    except OSError as error:
        raise StoreError(f"can't read {beside}: {error.strerror}", "see the reason above") from error
    person = parse_person(data, beside.name)
    if person.key.raw != key.public:
        raise IntegrityError(
            f"{beside} is about another key than {path}",
            f"make it anew: fairtrial key show {path} --role … --org …",
        )
    return person


def trust_policy(entries: Sequence[Path], operators: Mapping[str, str]) -> People:
    """Whose keys count: what .pub files say, and who runs each log and witness. Raises UsageError for a file that
    can't be read, IntegrityError for one that is no entry."""
    people = []
    for each in entries:
        try:
            people.append(parse_person(each.read_bytes(), each.name))
        except OSError as error:
            raise UsageError(f"can't read {each}: {error.strerror}", "name .pub files") from error
    return People(tuple(people), operators)


def public_file(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def entry_text(person: Person) -> str:
    """One entry of a trust policy's `keys`, laid out for people."""
    return json.dumps(person.to_json(), indent=2, ensure_ascii=False) + "\n"


def _signed(payload: bytes, payload_type: str, keys: Sequence[SecretKey]) -> bytes:
    signing = Signing(payload, payload_type, {})
    # In the order of their ids, as an envelope of ours holds them.
    for signer in sorted((CryptoSigner(key.private) for key in keys), key=lambda each: each.public_key.keyid):
        signing.sign(signer)
    return canonical(signing.to_dict())
