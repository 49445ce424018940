"""A coin of two parties, worked out with hashlib; and every way in which one of them could steer it."""

from __future__ import annotations

import hashlib

import pytest

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.campaign import Filed
from fairtrial.trust.coin import coin_commitment, tossed
from tests.trust.coins import KEYS, VALUES, committed, shown

PARTIES = ("lab", "auditor")


def fair() -> list[Filed]:
    lab, auditor = committed(3, "lab"), committed(5, "auditor")
    return [lab, auditor, shown(6, lab), shown(8, auditor)]


def test_commitment_and_seed_are_the_handbooks_hashes() -> None:
    r = VALUES["lab"]
    by_hand = hashlib.sha256(b'coin-commit/v1\x00{"party":"lab","r":"' + r.hex().encode() + b'"}').hexdigest()
    assert coin_commitment("lab", r) == by_hand
    coin = tossed(fair(), PARTIES, after=2)
    assert coin.seed == hashlib.sha256(b"coin/v1\x00" + r + VALUES["auditor"]).digest()
    assert (coin.commits, coin.reveals) == ((3, 5), (6, 8))


def test_the_order_is_that_of_the_parties_not_of_the_log() -> None:
    lab, auditor = committed(5, "lab"), committed(3, "auditor")
    entries = [auditor, lab, shown(6, auditor), shown(8, lab)]
    assert tossed(entries, PARTIES, after=2).seed == tossed(fair(), PARTIES, after=2).seed


def test_a_copied_commitment_is_refused() -> None:
    """The auditor hands in the lab's commitment as its own, and later the lab's number."""
    lab = committed(3, "lab")
    copied = committed(5, "auditor", commitment=lab.document.fields["commitment"])
    with pytest.raises(IntegrityError, match="entry 5 copies the commitment of entry 3"):
        tossed([lab, copied, shown(6, lab), shown(7, copied, VALUES["lab"])], PARTIES, after=2)


def test_a_copied_number_is_refused() -> None:
    lab, auditor = committed(3, "lab"), committed(5, "auditor", VALUES["lab"])
    with pytest.raises(IntegrityError, match="copies the number"):
        tossed([lab, auditor, shown(6, lab), shown(7, auditor, VALUES["lab"])], PARTIES, after=2)


def test_one_key_tosses_no_coin() -> None:
    lab, auditor = committed(3, "lab"), committed(5, "auditor", signer=KEYS["lab"])
    with pytest.raises(IntegrityError, match="of one key"):
        tossed([lab, auditor, shown(6, lab), shown(7, auditor)], PARTIES, after=2)


def test_a_number_shown_before_the_other_committed_is_refused() -> None:
    lab, auditor = committed(3, "lab"), committed(5, "auditor")
    with pytest.raises(IntegrityError, match="entry 4 shows its number before entry 5 commits"):
        tossed([lab, shown(4, lab), auditor, shown(6, auditor)], PARTIES, after=2)


def test_another_number_than_was_committed_to_is_refused() -> None:
    lab, auditor = committed(3, "lab"), committed(5, "auditor")
    with pytest.raises(IntegrityError, match="entry 8 shows another number than auditor committed to"):
        tossed([lab, auditor, shown(6, lab), shown(8, auditor, bytes(32))], PARTIES, after=2)


def test_a_second_try_does_not_count() -> None:
    """Of each party the first commitment: otherwise it could commit, look, and commit again."""
    lab, auditor = committed(3, "lab"), committed(5, "auditor")
    again = committed(7, "lab", bytes(32))
    entries = [lab, auditor, again, shown(8, auditor), shown(9, again, bytes(32))]
    with pytest.raises(UsageError, match="lab has not shown the number behind entry 3"):
        tossed(entries, PARTIES, after=2)


def test_an_earlier_coin_does_not_count() -> None:
    with pytest.raises(UsageError, match="lab has committed to no number behind entry 3"):
        tossed(fair(), PARTIES, after=3)


def test_somebody_elses_reveal_does_not_count() -> None:
    lab, auditor = committed(3, "lab"), committed(5, "auditor")
    with pytest.raises(UsageError, match="lab has not shown"):
        tossed([lab, auditor, shown(6, lab, signer=KEYS["auditor"]), shown(8, auditor)], PARTIES, after=2)


@pytest.mark.parametrize("parties", [("lab",), ("lab", "lab"), ("lab", "auditor", "owner")])
def test_it_takes_two(parties: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="toss no coin"):
        tossed(fair(), parties, after=2)


def test_a_number_of_another_length_is_refused() -> None:
    with pytest.raises(UsageError, match="32 random bytes"):
        coin_commitment("lab", b"short")
