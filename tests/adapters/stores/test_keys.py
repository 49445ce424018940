"""Key files: made once, read by their owner alone, and never shown."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from fairtrial.adapters.stores.keys import MAX_BYTES, SecretKey, create_key, load_key
from fairtrial.core.errors import StoreError, UsageError


def nobody() -> NoReturn:
    raise AssertionError("asked for a passphrase")


def write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_what_was_made_is_loaded_and_signs(tmp_path: Path) -> None:
    made = create_key(tmp_path / "lab.key")
    loaded = load_key(tmp_path / "lab.key", nobody)
    assert loaded.public == made.public
    assert loaded.private.sign(b"x") == made.private.sign(b"x")
    other = load_pem_private_key((tmp_path / "lab.key").read_bytes(), None)
    assert isinstance(other, Ed25519PrivateKey)
    assert create_key(tmp_path / "other.key").public != made.public


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_the_file_is_for_its_owner_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        create_key(tmp_path / "lab.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "lab.key").stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path / "lab.key")
    before = (tmp_path / "lab.key").read_bytes()
    with pytest.raises(StoreError, match="is there already"):
        create_key(tmp_path / "lab.key")
    (tmp_path / "link.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is there already"):
        create_key(tmp_path / "link.key")
    assert (tmp_path / "lab.key").read_bytes() == before
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o610, 0o644])
def test_a_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    create_key(tmp_path / "lab.key")
    (tmp_path / "lab.key").chmod(mode)
    with pytest.raises(UsageError, match=f"mode {mode:04o}") as refused:
        load_key(tmp_path / "lab.key", nobody)
    assert "chmod 600" in refused.value.remedy


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    ec = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(UsageError, match="another kind of key"):
        load_key(write(tmp_path / "ec.key", ec), nobody)
    locked = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    )
    with pytest.raises(UsageError, match="holds no key of ours"):
        load_key(write(tmp_path / "pkcs8.key", locked), nobody)
    with pytest.raises(UsageError, match="holds no key of ours"):
        load_key(write(tmp_path / "junk.key", b"junk"), nobody)
    with pytest.raises(UsageError, match="too large"):
        load_key(write(tmp_path / "large.key", bytes(MAX_BYTES + 1)), nobody)
    with pytest.raises(UsageError, match="there is no file"):
        load_key(tmp_path / "none.key", nobody)
    with pytest.raises(UsageError, match="is no file"):
        load_key(tmp_path, nobody)
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    with pytest.raises(UsageError, match="is no file"):
        load_key(tmp_path / "pipe.key", nobody)
    with pytest.raises(StoreError, match="can't make"):
        create_key(tmp_path / "no" / "folder.key")


def test_a_locked_file_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    made = create_key(tmp_path / "lab.key", "correct horse")
    data = (tmp_path / "lab.key").read_bytes()
    assert b"PRIVATE" not in data
    assert load_key(tmp_path / "lab.key", lambda: "correct horse").public == made.public
    with pytest.raises(UsageError, match=r"can't be unlocked.*Decryption failed"):
        load_key(tmp_path / "lab.key", lambda: "another")
    with pytest.raises(UsageError, match="can't be unlocked"):
        load_key(write(tmp_path / "cut.key", data[:60]), lambda: "correct horse")


def test_nothing_shows_the_secret() -> None:
    key = SecretKey.new()
    secret = key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    for text in (repr(key), str(key), f"{key}"):
        assert secret.hex() not in text and key.public.hex() in text
    with pytest.raises(TypeError):
        pickle.dumps(key)
