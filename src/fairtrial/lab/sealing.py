"""Items kept closed until a run is over: sealed, committed to in a log, and some of them opened there later.

sealed.json             the items and the secret behind their salts; mode 0600, for the owner alone
dataset.json            root and count: what the commitment is about
dataset-commit.dsse.json, dataset-commit.tlog-proof      the commitment, witnessed
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairtrial.adapters.stores.durable import read_file, write_durably
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.sample import Sample
from fairtrial.core.strict_json import parse_strict
from fairtrial.core.task import Task
from fairtrial.lab.entering import Entered, enter, entered, writing
from fairtrial.lab.signing import sign
from fairtrial.trust.beacon import is_hex
from fairtrial.trust.contents import content_bytes
from fairtrial.trust.dataset import MASTER_BYTES, SealedItems
from fairtrial.trust.item_leaf import LEAF_VERSION
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject

SECRET, DATASET = "sealed.json", "dataset.json"
COMMIT: Final = "dataset-commit"
SEALED: Final = "sealed"
_VERSION: Final = 1
_FIELDS: Final = {"fairtrial_sealed", "dataset", "epoch", "master", "items"}
_MOST: Final = 2**28
_MOST_ENVELOPE: Final = 5 * 2**20


@dataclass(frozen=True, slots=True)
class SealedFolder:
    """path: need not be there yet."""

    path: Path

    def items(self) -> SealedItems:
        """Raises UsageError where nothing was sealed, IntegrityError for a file that is none of ours."""
        data = read_file(self.path / SECRET, _MOST)
        if data is None:
            raise UsageError(
                f"{self.path} holds no {SECRET}", "name the folder that `attest items seal` wrote"
            )
        return _parsed(data, self.path / SECRET)

    def dataset(self) -> dict[str, JSON]:
        """As plans and bundles name the items."""
        return _dataset(self.items())

    def envelope(self) -> bytes:
        data = read_file(self.path / f"{COMMIT}.dsse.json", _MOST_ENVELOPE)
        if data is None:
            raise UsageError(f"{self.path} holds no commitment", "finish it: fairtrial attest items seal")
        return data

    def committed(self, log: str | Path) -> Entered:
        """The commitment and its entry, checked again. Raises UsageError where it isn't in the log yet."""
        proof = read_file(self.path / f"{COMMIT}.tlog-proof", _MOST_ENVELOPE)
        if proof is None:
            raise UsageError(f"{self.path} holds no proof", "finish it: fairtrial attest items seal")
        return entered(log, self.envelope(), proof, f"{COMMIT}.dsse.json")


def item_of(sample: Sample) -> dict[str, JSON]:
    """What is sealed of a sample: all that a record of it shows, and what its prompt may be made of."""
    told: dict[str, JSON] = {
        "id": sample.id,
        "input": sample.text,
        "target": list(sample.target),
        "choices": list(sample.choices),
    }
    return told | ({"metadata": dict(sample.metadata)} if sample.metadata else {})


def seal(
    task: Task, folder: SealedFolder, *, epoch: str, log: str | Path, key: SecretKey, published: str = SEALED
) -> Entered:
    """Commit to every item of a task. key: the owner's. published: "sealed", or the day they were first public.

    A commitment that was cut short is finished. Raises UsageError where the folder holds other items.
    """
    items = [item_of(each) for each in task.samples]
    if read_file(folder.path / SECRET, _MOST) is None:
        made = SealedItems(task.name, epoch, items, secrets.token_bytes(MASTER_BYTES))
        write_durably([(folder.path / SECRET, _written(made))], mode=0o600)
    kept = folder.items()
    if (list(kept.items), kept.epoch) != (items, epoch):
        raise UsageError(f"{folder.path} holds other items", "one folder an epoch: name another one with -o")
    dataset = content_bytes("data set", {"fairtrial_dataset": 1, **_dataset(kept)})
    envelope = read_file(folder.path / f"{COMMIT}.dsse.json", _MOST_ENVELOPE)
    if envelope is None:
        envelope = sign(state(COMMIT, [_subject(dataset)], _fields(kept, published)), key)
        write_durably([(folder.path / DATASET, dataset), (folder.path / f"{COMMIT}.dsse.json", envelope)])
    with writing(log) as opened:
        done = enter(opened, envelope, f"{COMMIT}.dsse.json")
    write_durably([(folder.path / f"{COMMIT}.tlog-proof", done.proof)])
    return done


def reveal(
    folder: SealedFolder, indices: Collection[int], reason: str, *, log: str | Path, key: SecretKey
) -> Entered:
    """Open some items for everybody. key: the owner's. What is opened can't be closed again."""
    items, commit = folder.items(), folder.committed(log)
    fields: dict[str, Any] = {
        "dataset": items.dataset,
        "epoch": items.epoch,
        "items": items.reveal(indices),
        "reason": reason,
    }
    subject = [Subject(f"{COMMIT}.dsse.json", commit.filed.document.payload)]
    envelope = sign(state("reveal", subject, fields), key)
    with writing(log) as opened:
        return enter(opened, envelope, "the reveal")


def _dataset(items: SealedItems) -> dict[str, JSON]:
    return {"name": items.dataset, "root": items.root, "form": "tree", "count": len(items.items)}


def _fields(items: SealedItems, published: str) -> dict[str, JSON]:
    return {
        "dataset": items.dataset,
        "epoch": items.epoch,
        "root": items.root,
        "count": len(items.items),
        "leaf_version": LEAF_VERSION,
        "generator": None,
        "recipients": [],
        "published": published,
    }


def _subject(dataset: bytes) -> Subject:
    return Subject(DATASET, hashlib.sha256(dataset).hexdigest())


def _written(items: SealedItems) -> bytes:
    told = {
        "fairtrial_sealed": _VERSION,
        "dataset": items.dataset,
        "epoch": items.epoch,
        "master": items.master.hex(),
        "items": list(items.items),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _parsed(data: bytes, path: Path) -> SealedItems:
    try:
        told: Any = parse_strict(data.decode("utf-8"))
    except ValueError as error:
        raise IntegrityError(f"{path} is no JSON: {error}", "restore it from a copy") from error
    if not isinstance(told, Mapping) or set(told) != _FIELDS or told["fairtrial_sealed"] != _VERSION:
        raise IntegrityError(f"{path} holds no sealed items of ours", "restore it from a copy")
    texts = all(isinstance(told[name], str) for name in ("dataset", "epoch", "master"))
    if not texts or not is_hex(told["master"], MASTER_BYTES) or not isinstance(told["items"], list):
        raise IntegrityError(f"{path} holds no sealed items of ours", "restore it from a copy")
    return SealedItems(told["dataset"], told["epoch"], told["items"], bytes.fromhex(told["master"]))
