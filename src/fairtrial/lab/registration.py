"""The folder of a registration: signed documents and their proofs, in the order in which they came to be.

    registration.json       what was ordered, and in which log; for convenience, signed by nobody
    plan.json               the plan; in a run's folder it stands one level up
    items.json              ids of the samples in the plan's order; in a run's folder
    plan.dsse.json          the signed plan, and plan.tlog-proof: its entry, witnessed
    run-start.dsse.json     START and its proof, made before the first question
    run-end.dsse.json       END and its proof
    result.dsse.json        the result and its proof, once a bundle was made

A document is on the disk before it goes to the log. Whoever dies in between finds it here and enters the very same
bytes, for which the log has one entry only: so no START is lost, and no END is made twice.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fairtrial.adapters.stores.durable import read_file, write_durably
from fairtrial.adapters.stores.folder import REGISTRATION
from fairtrial.core.canon import JSON, canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.lab.entering import Entered, enter, still_entered
from fairtrial.lab.log import Log
from fairtrial.trust.campaign import Document, parse_document
from fairtrial.trust.documents import MAX_BYTES
from fairtrial.trust.tlog_proof import parse_tlog_proof

PLAN, START, END, RESULT = "plan", "run-start", "run-end", "result"
ORDER: Final = "registration.json"
ITEMS: Final = "items.json"
_VERSION: Final = 1
_MOST_BYTES: Final = MAX_BYTES["envelope"]


@dataclass(frozen=True, slots=True)
class RegistrationFolder:
    """path: need not be there yet."""

    path: Path

    @classmethod
    def of_run(cls, run: Path) -> RegistrationFolder:
        return cls(run / REGISTRATION)

    def file(self, name: str) -> bytes | None:
        """None where there is none."""
        return read_file(self.path / name, _MOST_BYTES)

    def keep(self, name: str, data: bytes) -> None:
        """On the disk when this returns."""
        write_durably([(self.path / name, data)])

    def envelope(self, name: str) -> bytes | None:
        """A signed document: PLAN, START, END or RESULT."""
        return self.file(f"{name}.dsse.json")

    def proof(self, name: str) -> bytes | None:
        return self.file(f"{name}.tlog-proof")

    def document(self, name: str) -> Document | None:
        """What it says, in or out of a log. Raises IntegrityError where the file can't be read."""
        data = self.envelope(name)
        return None if data is None else parse_document(data, str(self.path / f"{name}.dsse.json"))

    def need(self, name: str) -> Document:
        """Raises UsageError where it is missing."""
        found = self.document(name)
        if found is None:
            raise UsageError(
                f"{self.path} holds no {name}.dsse.json", "name the folder that `fairtrial register` wrote"
            )
        return found

    def enter(self, name: str, log: Log, make: Callable[[], bytes]) -> Entered:
        """A document into the log, whatever of it was done before: signed, kept, entered, witnessed, proven.

        make: signs it, where nobody has yet. A proof that was kept is checked and stands: a newer one would tell a
        later time. Raises as `entering.enter`.
        """
        envelope, proof = self.envelope(name), self.proof(name)
        file = f"{name}.dsse.json"
        if envelope is not None and proof is not None:
            return still_entered(log, envelope, proof, file)
        fresh = envelope is None
        if envelope is None:
            envelope = make()
            self.keep(file, envelope)
        try:
            done = enter(log, envelope, file)
        except IntegrityError:
            # Not admitted. What was entered in an earlier life is never thrown away for it.
            if fresh and log.history.by_payload(parse_document(envelope, file).payload) is None:
                with contextlib.suppress(OSError):
                    (self.path / file).unlink()
            raise
        self.keep(f"{name}.tlog-proof", done.proof)
        return done

    def told(self) -> dict[str, JSON]:
        """Campaign, and indices in the log of plan, START and END; null for what is not proven yet."""
        planned = self.need(PLAN)
        proofs = {each: self.proof(each) for each in (PLAN, START, END)}
        index = {
            each: None if data is None else parse_tlog_proof(data, f"{each}.tlog-proof").index
            for each, data in proofs.items()
        }
        return {
            "campaign": planned.fields["campaign"] or planned.payload,
            "plan": index[PLAN],
            "start": index[START],
            "end": index[END],
        }

    def order(self) -> dict[str, Any]:
        """What `keep_order` kept: {} where nothing. Raises UsageError where the file can't be read."""
        data = self.file(ORDER)
        if data is None:
            return {}
        try:
            order = json.loads(data)
        except ValueError as error:
            raise UsageError(
                f"{self.path / ORDER} is no JSON: {error}", "name log, task and model"
            ) from error
        if not isinstance(order, dict) or order.get("fairtrial_registration") != _VERSION:
            raise UsageError(f"{self.path / ORDER} is not one of ours", "name log, task and model yourself")
        return order

    def keep_order(self, order: Mapping[str, JSON]) -> None:
        """What makes the next command short. It binds nothing: a run is held against the signed plan."""
        told = {"fairtrial_registration": _VERSION, **order}
        self.keep(ORDER, (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode())

    def drop(self, name: str) -> None:
        """Forget a document that another has taken the place of; the log remembers it."""
        for file in (f"{name}.tlog-proof", f"{name}.dsse.json"):
            (self.path / file).unlink(missing_ok=True)

    def keep_items(self, items: Sequence[str]) -> None:
        """Ids of the samples in the plan's order, which no other file of a run tells."""
        self.keep(ITEMS, canonical(list(items)))

    def items(self) -> list[str] | None:
        """None where they were not kept. Raises IntegrityError where the file can't be read."""
        data = read_file(self.path / ITEMS, MAX_BYTES["data set"])
        if data is None:
            return None
        try:
            items = json.loads(data)
        except ValueError as error:
            raise IntegrityError(
                f"{self.path / ITEMS} is no JSON: {error}", "restore it from a copy"
            ) from error
        if not isinstance(items, list) or not all(isinstance(each, str) for each in items):
            raise IntegrityError(f"{self.path / ITEMS} is no list of ids", "restore it from a copy")
        return items

    def copy_plan(self, other: RegistrationFolder) -> None:
        """The signed plan and its proof from another registration. Raises UsageError where they are missing."""
        for name in (
            f"{PLAN}.tlog-proof",
            f"{PLAN}.dsse.json",
        ):  # the proof first: both or a plan without proof
            data = other.file(name)
            if data is None:
                raise UsageError(
                    f"{other.path} holds no {name}",
                    "finish it: run `fairtrial register` again with this folder",
                )
            self.keep(name, data)


def never() -> bytes:
    """Signs nothing: for documents that are there, or nothing may go on."""
    raise IntegrityError("a signed document of this run is missing", "restore the run's folder from a copy")
