"""Runs in the oracle's place where an exam asks for further inputs: the exam, and then inputs like those it used.

What comes of them is told beside the verdict and never changes it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

from fairtrial.sandbox.guest.derive import derive
from fairtrial.sandbox.guest.oracle import Desk, Exam, Outcome, OutOfTime, Unfit, coded_call, within
from fairtrial.sandbox.guest.oracle import main as hold
from fairtrial.sandbox.values import decode

REFERENCE_S = 0.1  # on one input
DERIVATION_S = 1.5  # on them all


def main() -> None:
    hold(go_further)


def go_further(exam: Exam, desk: Desk) -> bool | None:
    """Whether the program agrees with the reference on inputs like those seen; None where there are none."""
    cases = list(further_cases(exam, [decode(coded) for coded in desk.seen]))
    for coded, expected in cases:
        if not exam.agrees(coded, expected, desk.ask(coded)):
            return False
    return True if cases else None


def further_cases(exam: Exam, seen: list[Any]) -> Iterator[tuple[Any, Outcome]]:
    """Only inputs that the reference answers, in time, and twice alike: its refusals show no contract."""
    wanted = exam.fields["further"]
    rows = [tuple(arguments) for arguments, named in seen if not named]
    source = derive(rows, 2 * wanted, random.Random(exam.fields["seed"]))
    end = time.monotonic() + DERIVATION_S
    found = 0
    while found < wanted and time.monotonic() < end:
        try:
            with within(end - time.monotonic()):
                row = next(source, None)
        except OutOfTime:
            return
        if row is None:
            return
        try:
            with within(REFERENCE_S):
                coded = coded_call(row)
                expected, again = exam.expected(coded), exam.expected(coded)
        except (OutOfTime, Unfit):
            continue
        if not expected.exc and exam.agrees(coded, expected, again):
            found += 1
            yield coded, expected
