"""Signing: an envelope that leaves is one that our verifier takes; keys come from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.lab.signing import cosign, new_key, open_key, public_file, sign, told_about
from fairtrial.trust.dsse import parse_envelope, verify
from fairtrial.trust.keys import PublicKey
from fairtrial.trust.people import parse_people
from fairtrial.trust.predicates import check
from fairtrial.trust.statement import parse_statement
from tests.trust.signers import dispute, envelope, secret

NOW = "2026-06-01T12:00:00.123Z"


def test_what_was_signed_is_verified_and_read() -> None:
    lab, evaluator = SecretKey(secret("lab")), SecretKey(secret("evaluator"))
    statement = dispute()
    data = sign(statement, evaluator, lab)
    assert data == sign(statement, lab, evaluator) == envelope(statement.bytes, "lab", "evaluator").bytes
    read = parse_envelope(data, "a.json")
    assert len(verify(read, [PublicKey(lab.public), PublicKey(evaluator.public)], 2, "a.json")) == 2
    assert check(parse_statement(read, "a.json"), "a.json").name == "dispute"
    with pytest.raises(UsageError, match="without a signature"):
        sign(statement)


def test_a_second_signature_is_put_beside_the_first() -> None:
    lab, evaluator = SecretKey(secret("lab")), SecretKey(secret("evaluator"))
    statement = dispute()
    first = sign(statement, lab)
    assert cosign(first, "a.json", evaluator) == sign(statement, lab, evaluator)
    with pytest.raises(UsageError, match="is signed by key"):
        cosign(first, "a.json", lab)


def test_a_key_and_what_is_told_about_it(tmp_path: Path) -> None:
    path = tmp_path / "lab.key"
    person = new_key(path, role="lab", org="Example Lab", now=NOW)
    assert (person.role, person.org, person.valid_from) == ("lab", "Example Lab", "2026-06-01T12:00:00Z")
    key = open_key(path, {})
    assert told_about(path, key) == person
    policy = b'{"keys":[' + public_file(path).read_bytes() + b'],"operators":{}}'
    assert parse_people(policy, "trust.json").keys == (person,)
    assert b"PRIVATE" not in public_file(path).read_bytes()
    with pytest.raises(StoreError, match="is there already"):
        new_key(path, role="lab", org="Example Lab", now=NOW)
    new_key(tmp_path / "other.key", role="lab", org="Example Lab", now=NOW)
    with pytest.raises(IntegrityError, match="is about another key"):
        told_about(path, open_key(tmp_path / "other.key", {}))
    public_file(path).unlink()
    with pytest.raises(UsageError, match="there is no file"):
        told_about(path, key)


def test_nothing_is_left_where_the_holder_is_not_said(tmp_path: Path) -> None:
    for role, org, told in (("boss", "Example Lab", "no role 'boss'"), ("lab", " ", "organisation is empty")):
        with pytest.raises(UsageError, match=told):
            new_key(tmp_path / "a.key", role=role, org=org, now=NOW)
    (tmp_path / "a.key.pub").touch()
    with pytest.raises(StoreError, match=r"a\.key\.pub is there already"):
        new_key(tmp_path / "a.key", role="lab", org="Example Lab", now=NOW)
    assert [each.name for each in tmp_path.iterdir()] == ["a.key.pub"]
