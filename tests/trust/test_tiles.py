"""Tiles and bundles: the specification's example, and a log grown in every rhythm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.tiles import Edge, Tiles, bundle, is_log_path, parse_bundle, tile_path, widths
from fairtrial.trust.tree import Levels, frontier, inclusion_proof, leaf_hash, tree_root


def test_paths_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 5, 112) == "tile/entries/005.p/112"
    assert tile_path(3, 0) == "tile/3/000" and tile_path(0, 1000) == "tile/0/x001/000"


def test_seventy_thousand_entries_have_the_stated_tiles() -> None:
    assert [widths(70_000, level) for level in range(4)] == [(273, 112), (1, 17), (0, 1), (0, 0)]
    assert [widths(256, level) for level in range(2)] == [(1, 0), (0, 1)]
    files: dict[str, bytes] = {}
    edge, written = Edge(), [b"%d" % number for number in range(70_000)]
    files.update(edge.grow(written).files)
    for level, (full, partial) in enumerate([(273, 112), (1, 17), (0, 1)]):
        ours = [name for name in files if name.startswith(f"tile/{level}/")]
        assert len(ours) == full + 1
        assert sum(len(files[name]) == 8192 for name in ours) == full
        assert len(files[tile_path(level, full, partial)]) == 32 * partial
    tiles = Tiles(70_000, files.get, "it")
    lookup = Levels(map(leaf_hash, written))
    assert frontier(70_000, tiles).root == tree_root(map(leaf_hash, written))
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        assert inclusion_proof(index, 70_000, tiles) == inclusion_proof(index, 70_000, lookup)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_in_whatever_rhythm_a_log_grows(steps: list[int]) -> None:
    """The files are those of growing at once, and a writer that starts afresh goes on the same way."""
    entries = [b"entry %d" % number for number in range(sum(steps))]
    files: dict[str, bytes] = {}
    edge, at = Edge(), 0
    for step in steps:
        files.update(edge.grow(entries[at : at + step]).files)
        at += step
        edge = Tiles(at, files.get, "it").edge()
    once = dict(Edge().grow(entries).files)
    assert {name: files[name] for name in once} == once
    tiles = Tiles(at, files.get, "it")
    assert list(tiles.entries()) == entries and list(tiles.leaves()) == list(map(leaf_hash, entries))
    assert frontier(at, tiles).root == tree_root(map(leaf_hash, entries))


def test_an_entry_of_65536_bytes_is_refused_and_one_of_4096_taken() -> None:
    assert parse_bundle(bundle([b"x" * 4096, b"y"]), "it") == (b"x" * 4096, b"y")
    for size in (65_536, 65_535, 4_097, 0):
        with pytest.raises(UsageError, match="1 to 4,096 are allowed"):
            bundle([b"x" * size])


def test_torn_missing_and_changed_files() -> None:
    files = dict(Edge().grow([b"one", b"two"]).files)
    for name, data in files.items():
        for changed in (data[:-1], data + b"x", data[:-1] + b"x"):
            tiles = Tiles(2, (files | {name: changed}).get, "it")
            with pytest.raises(IntegrityError):
                assert list(tiles.entries()) == [b"one", b"two"]
        with pytest.raises(IntegrityError, match="is missing"):
            list(Tiles(2, {each: files[each] for each in files if each != name}.get, "it").entries())


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000", "tile/63/x001/234.p/255", "tile/entries/999"])
def test_names_that_a_log_has(path: str) -> None:
    assert is_log_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "log.key",
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "/checkpoint",
        "tile/entries/.000.new",
    ],
)
def test_names_that_it_has_not(path: str) -> None:
    assert not is_log_path(path)
