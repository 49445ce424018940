"""Dataset files from a hub, pinned by revision and digest: the `Datasets` port.

A file is fetched once and kept under HF_HOME (or the user's cache folder) by its SHA-256, which is checked at
every read. HF_HUB_OFFLINE=1 is honoured: then only what is already there is used.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from fairtrial.core.errors import IntegrityError, StoreError, UsageError

LIMIT = 512 * 2**20
"""Bytes a dataset file may have."""


class Hub:
    """environ: HF_HOME, HF_HUB_OFFLINE, HF_ENDPOINT, HF_TOKEN are read from it, nothing else."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def fetch(self, repo: str, path: str, revision: str, sha256: str) -> bytes:
        """The file's bytes. Raises UsageError where it can't be had, IntegrityError where it is another file,
        StoreError where it can't be kept."""
        kept = self._cache() / sha256
        if kept.is_file():
            return _checked(kept.read_bytes(), sha256, str(kept), kept=True)
        remedy = f"download {path} of the dataset {repo} (revision {revision}) and give it with --data FILE"
        if self._environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
            raise UsageError(f"the dataset {repo} is not on this machine and HF_HUB_OFFLINE is set", remedy)
        data = _checked(self._download(repo, path, revision, remedy), sha256, f"{path} of {repo}")
        _keep(kept, data)
        return data

    def _download(self, repo: str, path: str, revision: str, remedy: str) -> bytes:
        base = self._environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        url = f"{base}/datasets/{quote(repo)}/resolve/{quote(revision)}/{quote(path)}"
        if not url.startswith(("https://", "http://")):
            raise UsageError(f"HF_ENDPOINT {base} is no web address", "unset it, or give https://…")
        request = urllib.request.Request(url)
        if token := self._environ.get("HF_TOKEN"):
            # urllib sends unredirected headers to the hub alone, not to the storage host it points to.
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                data: bytes = reply.read(LIMIT + 1)
        except (OSError, http.client.HTTPException) as error:
            raise UsageError(f"the dataset {repo} can't be fetched: {error}", remedy) from error
        if len(data) > LIMIT:
            raise UsageError(f"{path} of {repo} is larger than {LIMIT // 2**20} MiB", remedy)
        return data

    def _cache(self) -> Path:
        home = self._environ.get("HF_HOME")
        if home:
            return Path(home) / "fairtrial"
        cache = self._environ.get("XDG_CACHE_HOME") or os.path.join(self._environ.get("HOME", "."), ".cache")
        return Path(cache) / "fairtrial"


def _keep(path: Path, data: bytes) -> None:
    """Whole or not at all. Raises StoreError."""
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        raise StoreError(
            f"the dataset file can't be kept in {path.parent}: {error.strerror}",
            "name another folder with HF_HOME, or make room",
        ) from error


def _checked(data: bytes, sha256: str, name: str, *, kept: bool = False) -> bytes:
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise IntegrityError(
            f"{name} has SHA-256 {found}, not {sha256}",
            f"it is not the pinned file; delete {name} and run again"
            if kept
            else "it is not the pinned file",
        )
    return data
