"""Rules on programs that nobody trusts: the port `core.execution.Sandbox`, over any backend."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.execution import Exam, Ruling, Trial
from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.channel import Breach
from fairtrial.sandbox.hearing import Hearing, Unfit, exam_fields
from fairtrial.sandbox.limits import Limits

KNOWN_GOOD = Exam(
    "same", "def same(x):\n    return x\n", "def check(candidate):\n    assert candidate(7) == 7\n"
)
"""Passes wherever a sandbox works at all."""

REHEARSALS = 3

Doubt = Literal["", "late", "broke"]
"""Whether something else than the program may have caused a ruling: silence until the time was up, or a death."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Implements core.execution.Sandbox. Blocking; any number of threads may judge at once."""

    backend: Backend
    limits: Limits = field(default_factory=Limits)

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"backend": self.backend.name, "version": self.backend.version, "limits": self.limits.form}

    def judge(self, trial: Trial) -> Ruling:
        """Whatever the program causes is a ruling against it.

        What may have another cause (a death, a silence, an oracle that breaks after an answer) is put to the
        reference in new sandboxes: if that passes here and now, the program is to blame; if not, nobody knows.
        On a busy machine a program that ran out of time is tried once more: it learns nothing from the first
        time, so a wrong one gains nothing, and a right one may have had no processor.
        Raises ProviderError (cause "sandbox") for a fault of ours, and UsageError for an exam that can't be sent.
        """
        began = time.monotonic()
        size = self.limits.source_bytes
        exam_fields(trial.exam)
        if len(trial.program) > size or len(trial.program.encode("utf-8", "surrogatepass")) > size:
            return Ruling(False, "too-large", f"a program of more than {size:,} bytes")
        if not encodable(trial.program):
            return Ruling(False, "no-function", "its text has half a surrogate pair")
        found, doubt = self._attempt(trial)
        if doubt:
            self._vouch(trial.exam, found)
        if doubt == "late" and busy():
            found, _ = self._attempt(trial)
        return replace(found, seconds=time.monotonic() - began)

    def _attempt(self, trial: Trial) -> tuple[Ruling, Doubt]:
        calls = 0
        try:
            with self._hearing(trial.exam) as hearing:
                try:
                    return hearing.run(trial.program), ""
                finally:
                    calls = hearing.calls
        except Unfit as unfit:
            if not calls:
                raise fault(f"the exam of {trial.exam.entry_point} can't be held: {unfit}", False) from None
            return Ruling(False, "wrong-answer", f"its answers broke the exam: {unfit}", calls), "broke"
        except Breach as breach:
            found = Ruling(False, breach.cause, breach.detail, calls)
            if breach.late:
                return found, "late"
            if breach.side == "oracle" and not calls:
                raise fault(f"the oracle: {breach.detail}", True) from None
            return found, "" if breach.side == "program" and breach.plain else "broke"

    def _vouch(self, exam: Exam, found: Ruling) -> None:
        """Raises ProviderError unless the reference passes here and now: then what was found is the program's."""
        try:
            with self._hearing(replace(exam, further=0)) as hearing:
                ruling = hearing.run(exam.reference)
        except (Breach, Unfit) as error:
            raise fault(f"{found.detail}; but the reference itself: {error}", True) from None
        if not ruling.passed:
            why = f"the reference fails its own exam ({ruling.cause}: {ruling.detail})"
            raise fault(f"{exam.entry_point}: {why}", False)

    def try_exam(self, exam: Exam) -> None:
        """Holds an exam to this: its reference passes, no constant answer does, and it calls something.

        Raises UsageError where it doesn't, ProviderError where no sandbox works.
        """
        limits = replace(self.limits, wall_s=REHEARSALS * self.limits.wall_s)
        try:
            with Judge(self.backend, limits)._hearing(replace(exam, further=0)) as hearing:
                ruling = hearing.run(exam.reference, rehearse=True)
            if ruling.passed:
                return
            why = f"its reference fails it: {ruling.cause}, {ruling.detail}"
        except Unfit as unfit:
            why = str(unfit)
        except Breach as breach:
            why = f"its {'reference' if breach.side == 'program' else 'oracle'}: {breach.cause}, {breach.detail}"
            self._vouch(KNOWN_GOOD, Ruling(False, breach.cause, breach.detail))
        raise UsageError(
            f"the exam of {exam.entry_point} can't be used: {why}", "mend the row, or leave it out"
        )

    @contextmanager
    def _hearing(self, exam: Exam) -> Iterator[Hearing]:
        try:
            with Hearing(self.backend, self.limits, exam) as hearing:
                yield hearing
        except subprocess.TimeoutExpired:
            raise fault("a sandbox doesn't end when it is killed", True) from None
        except OSError as error:
            raise fault(f"a sandbox can't be run: {error}", True) from error


def busy() -> bool:
    """Whether this machine has had far more to do than it can, lately."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def fault(what: str, retryable: bool) -> ProviderError:
    return ProviderError(what, "see `fairtrial doctor`", cause="sandbox", retryable=retryable)
