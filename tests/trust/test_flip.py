"""A sample of the flipped bytes; `python -m tests.trust.flip` tries them all."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fairtrial.trust.bundle import read_bundle
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


def test_a_bundle_cut_at_any_member_s_boundary_is_no_bundle() -> None:
    chain = Chain()
    data = chain.data
    boundaries = [at for at in range(len(data)) if data[at : at + 4] in (b"PK\3\4", b"PK\1\2", b"PK\5\6")]
    assert len(boundaries) == 2 * len(read_bundle(data, "x")) + 1
    for at in boundaries:
        found = chain.verified(data[:at])
        assert (found.ok, found.checks[0].outcome) == (False, "failed")


def test_a_plain_zip_tool_reads_the_members(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(Chain().data)
    with zipfile.ZipFile(tmp_path / "a.zip") as opened:
        assert opened.testzip() is None
        assert {each.filename: opened.read(each) for each in opened.infolist()} == read_bundle(
            Chain().data, "x"
        )
