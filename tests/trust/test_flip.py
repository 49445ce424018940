"""A sample of the flipped bytes; `python -m tests.trust.flip` tries them all."""

from __future__ import annotations

from tests.trust.chain import Chain
from tests.trust.flip import HINTS, outcomes, repacked


def test_no_flipped_byte_is_accepted_silently() -> None:
    chain = Chain()
    size = len(chain.data)
    seen, silent = outcomes(chain, range(0, size, 61))
    assert silent == []
    assert seen.total() == 3 * len(range(0, size, 61))


def test_nor_where_zip_and_manifest_are_written_anew() -> None:
    seen, silent = repacked(Chain(), every=67)
    assert set(silent) <= HINTS
    assert {"canonical", "signatures", "proofs", "scores"} <= set(seen)
