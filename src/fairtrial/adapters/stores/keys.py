"""Secret keys in files: Ed25519 as PKCS#8, one key a file, mode 0600, optionally under a passphrase.

A locked file is the PKCS#8 text encrypted with age, whose passphrases go through scrypt: the encryption that
PKCS#8 itself offers here stretches them by PBKDF2 alone, and doesn't notice a changed file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from fairtrial.core.errors import StoreError, UsageError

MODE: Final = 0o600
MAX_BYTES: Final = 16_384
_AGE: Final = b"age-encryption.org/v1\n"


class SecretKey:
    """A key that signs. Printing or pickling it shows nothing: the secret half has no text form here."""

    __slots__ = ("_private",)

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def new(cls) -> SecretKey:
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def private(self) -> Ed25519PrivateKey:
        """For the packages that sign; never printed."""
        return self._private

    def __repr__(self) -> str:
        return f"SecretKey(public={self.public.hex()})"

    def __reduce__(self) -> str:
        raise TypeError("a secret key is not copied into other files")


def create_key(path: Path, passphrase: str = "") -> SecretKey:
    """A new key in a new file; a file that is there is never overwritten. passphrase: "" leaves it unlocked.

    Raises StoreError where the file can't be made, or is there already.
    """
    key = SecretKey.new()
    data = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write_new(path, pyrage.passphrase.encrypt(data, passphrase) if passphrase else data)
    return key


def load_key(path: Path, passphrase: Callable[[], str]) -> SecretKey:
    """The key in a file. passphrase: asked only where the file is locked.

    Raises UsageError where others may read the file, where it holds no such key, or the passphrase is wrong;
    StoreError where it can't be read.
    """
    data = _read(path)
    if data.startswith(_AGE):
        data = _unlocked(data, passphrase(), path)
    try:
        private = load_pem_private_key(data, None)
    except (ValueError, TypeError) as error:  # TypeError: PKCS#8 under a passphrase of its own
        raise UsageError(
            f"{path} holds no key of ours", "a key file is made by `fairtrial key new`; name that file"
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise UsageError(f"{path} holds another kind of key, not Ed25519", "make one: `fairtrial key new`")
    return SecretKey(private)


def _unlocked(data: bytes, passphrase: str, path: Path) -> bytes:
    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as error:
        # The reason too: on a machine much slower than the one that locked it, the stretching is refused.
        raise UsageError(
            f"{path} can't be unlocked: the passphrase is another, or the file was changed ({error})",
            "type the passphrase again, or restore the file from a copy",
        ) from error


def _read(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            # Of the opened file, not of the name: what is checked is what is read.
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{path} is no file", "name the file that `fairtrial key new` made")
            if status.st_mode & 0o077:
                raise UsageError(
                    f"{path} can be read or written by others (mode {stat.S_IMODE(status.st_mode):04o})",
                    f"chmod 600 {path}; if others use this machine, make a new key and revoke this one",
                )
            data = os.read(descriptor, MAX_BYTES + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise UsageError(f"there is no file {path}", "make a key: `fairtrial key new`") from error
    except OSError as error:
        raise StoreError(f"can't read {path}: {error.strerror}", "see the reason above") from error
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} is too large for a key", "name the file that `fairtrial key new` made")
    return data


def _write_new(path: Path, data: bytes) -> None:
    """The mode is given at creation, so there is no moment at which others could read the file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    except FileExistsError as error:
        raise StoreError(
            f"{path} is there already", "name another file; a key is never overwritten"
        ) from error
    except OSError as error:
        raise StoreError(
            f"can't make {path}: {error.strerror}", "name a folder that you may write to"
        ) from error
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, MODE)  # whatever the umask
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        raise StoreError(f"can't write {path}: {why}", "free some space, then try again") from error
