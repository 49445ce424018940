"""A recorded round of drand's quicknet, checked by its real signature."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace

import pytest

from fairtrial.adapters.drand import valid_signature
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.beacon import QUICKNET, BeaconRound, check_round, moment
from tests.trust.worlds import BEFORE, RANDOMNESS, ROUND, SIGNATURE

KNOWN = replace(ROUND, signature=SIGNATURE)


def test_the_recorded_round_is_quicknets_own() -> None:
    check_round(KNOWN, BEFORE, valid_signature)
    assert KNOWN.randomness.hex() == RANDOMNESS


def test_the_real_signature_does_not_fit_another_round() -> None:
    with pytest.raises(IntegrityError, match="round 1001 was not made by quicknet"):
        check_round(replace(KNOWN, round=1001), BEFORE, valid_signature)


def test_a_round_that_was_due_by_the_commitment_is_refused_unseen() -> None:
    """Round 1 at genesis, 1692803367; three seconds a round: round 1000 is due 2,997 seconds later."""
    assert QUICKNET.time_of(1).timestamp() == 1692803367
    assert QUICKNET.time_of(1000).timestamp() == 1692803367 + 2997
    for late in ("2023-08-23T15:59:24Z", "2023-08-23T17:59:24+02:00", "2026-01-01T00:00:00Z"):
        with pytest.raises(IntegrityError, match="not after the commitment"):
            check_round(KNOWN, late, lambda *_: True)
    check_round(KNOWN, "2023-08-23T17:59:23+02:00", lambda *_: True)


def test_a_round_without_a_value_is_refused() -> None:
    with pytest.raises(IntegrityError, match="was not made by"):
        check_round(ROUND, BEFORE, lambda *_: True)
    with pytest.raises(UsageError, match="no value yet"):
        _ = ROUND.randomness


def test_the_last_round_has_a_time() -> None:
    with pytest.raises(IntegrityError, match="was not made by"):
        check_round(BeaconRound(QUICKNET.digest, 2**36, SIGNATURE), BEFORE, lambda *_: False)


def test_the_message_is_the_digest_of_the_rounds_number() -> None:
    assert ROUND.message == hashlib.sha256(b"\0\0\0\0\0\0\x03\xe8").digest()


@pytest.mark.parametrize(
    ("chain", "number", "signature", "error"),
    [
        ("00" * 32, 1000, "", UsageError),
        (QUICKNET.digest, 0, "", UsageError),
        (QUICKNET.digest, 2**36 + 1, "", UsageError),
        (QUICKNET.digest, 1, "abc", IntegrityError),
        (QUICKNET.digest, 1, SIGNATURE.upper(), IntegrityError),
        (QUICKNET.digest, 1, SIGNATURE + "00", IntegrityError),
    ],
)
def test_no_round_at_all(chain: str, number: int, signature: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        BeaconRound(chain, number, signature)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01T00:00:00Z",
        "20260101",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-02-30T00:00:00Z",
        "20260101T000000Z",
        "2026-01-01T00:00:00+0100",
        "0001-01-01T00:00:00+10:00",
        "2026-W01-1T00:00:00Z",
        "２026-01-01T00:00:00Z",
    ],
)
def test_times_without_day_clock_and_zone_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        moment(text)


def test_a_stranger_verifies_without_pairings_network_or_event_loop() -> None:
    code = (
        "import sys, fairtrial.trust.draw_file, fairtrial.trust.forms\n"
        "print([name for name in ('py_ecc', 'asyncio', 'aiohttp', 'numpy', 'scipy', 'socket', 'sqlite3')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
