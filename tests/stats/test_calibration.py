"""The simulation keeps its own promises, the product's hold in it, and the page is what the command writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from fairtrial.cli import main
from fairtrial.core.errors import UsageError
from fairtrial.stats.alarms import families, split
from fairtrial.stats.calibration import GROUPS, CalibrationRow, calibrate, measure
from fairtrial.stats.calibration_page import calibration_page, table
from fairtrial.stats.coverage import proportions, worst_chance
from fairtrial.stats.exact import clopper_pearson
from fairtrial.stats.intervals import wilson
from fairtrial.stats.trial import Group, Kind, Trial
from fairtrial.stats.worlds import clustered_pairs, clustered_scores, equal_clusters, uneven_clusters

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "statistics.md"
DRAWS = 300


@pytest.fixture(scope="module")
def rows() -> tuple[CalibrationRow, ...]:
    return calibrate(draws=DRAWS, seed=1)


def test_no_promise_is_broken(rows: tuple[CalibrationRow, ...]) -> None:
    """Bounds at level 0.99 and a further 0.015: with one seed, this can't flicker."""
    assert [row for row in rows if row.broken] == []


def test_what_is_not_used_is_shown_to_fail_somewhere(rows: tuple[CalibrationRow, ...]) -> None:
    short = {row.method for row in rows if row.verdict == "short" and not row.used}
    assert {"normal (Wald)", "Wilson, clusters ignored", "exact McNemar, clusters ignored"} <= short
    assert {"normal, Miller's error", "McNemar, uncorrected"} <= short


@pytest.mark.parametrize(
    ("kind", "promised", "hits", "verdict"),
    [
        ("coverage", 0.95, 1_000, "holds"),
        ("coverage", 0.95, 935, "holds"),
        ("coverage", 0.95, 920, "close"),
        ("coverage", 0.95, 890, "short"),
        ("false alarm", 0.05, 0, "holds"),
        ("false alarm", 0.05, 65, "holds"),
        ("false alarm", 0.05, 80, "close"),
        ("false alarm", 0.05, 120, "short"),
        ("power", 0.8, 800, "holds"),
        ("power", 0.8, 840, "close"),
        ("power", 0.8, 900, "short"),
        ("power", 0.8, 700, "short"),
    ],
)
def test_a_verdict(kind: Kind, promised: float, hits: int, verdict: str) -> None:
    def group(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
        yield Trial(kind, "m", "s", promised, hits, draws)

    (row,) = measure(group, 1_000, 0)
    assert row.verdict == verdict and row.rate == hits / 1_000
    assert (row.low, row.high) == clopper_pearson(hits, 1_000, level=0.99)
    assert row.broken == (verdict == "short")


def test_a_known_or_unused_shortfall_breaks_nothing() -> None:
    def group(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
        yield Trial("coverage", "m", "s", 0.95, 0, draws, used=False)
        yield Trial("coverage", "m", "t", 0.95, 0, draws, note="it is known")

    found = list(measure(group, 1_000, 0))
    assert [row.verdict for row in found] == ["short", "short"]
    assert not any(row.broken for row in found)
    page = calibration_page(found, draws=1_000, seed=0)
    assert "It is known:\n\n- m, t: 0.000 in place of 0.95\n" in page
    assert "| short (shown only) |" in page and "- m, s" not in page


def test_a_group_can_be_repeated_alone_and_seeds_matter() -> None:
    assert list(measure(split, 200, 7)) == list(measure(split, 200, 7))
    assert list(measure(split, 200, 7)) != list(measure(split, 200, 8))
    assert len({group.__name__ for group in GROUPS}) == len(GROUPS)


def test_the_worst_chance_is_found() -> None:
    """Against a fine search over every p."""
    for n in (10, 30):
        ends = np.array([wilson(x, n) for x in range(n + 1)])

        def coverage(p: float, ends: np.ndarray = ends, n: int = n) -> float:
            held = (ends[:, 0] <= p) & (p <= ends[:, 1])
            return float(binom.pmf(np.arange(n + 1), n, p) @ held)

        searched = min(coverage(p) for p in np.linspace(0.0005, 0.9995, 4_001))
        found = coverage(worst_chance(ends))
        assert found <= searched + 1e-9 and found == pytest.approx(searched, abs=0.01)


def test_the_worlds_are_as_described() -> None:
    rng = np.random.default_rng(5)
    world = equal_clusters(4_000, 6)
    scores = clustered_scores(world, 0.8, 0.3, rng).reshape(4_000, 6)
    assert scores.mean() == pytest.approx(0.8, abs=0.02)
    between = scores.mean(axis=1).var(ddof=1)
    assert between == pytest.approx(0.16 * (1 + 5 * 0.3) / 6, rel=0.1)
    a, b = clustered_pairs(world, 0.3, 0.8, rng)
    assert (a - b).mean() == pytest.approx(0, abs=0.02)
    assert (a != b).mean() == pytest.approx(0.3, abs=0.01)
    sizes = np.bincount(uneven_clusters(12, 10).labels)
    assert sizes.size == 12 and sizes.min() == 1 and sizes.max() == 40


def test_too_few_draws_and_impossible_seeds() -> None:
    with pytest.raises(UsageError, match="measure nothing"):
        calibrate(draws=99)
    with pytest.raises(UsageError, match="can't be used"):
        calibrate(draws=100, seed=-1)


def test_the_page_names_every_row_and_can_be_written_again(rows: tuple[CalibrationRow, ...]) -> None:
    """All rows by name; those of three quick groups to the last digit, from the draws and seed it states."""
    text = PAGE.read_text("utf-8")
    command = re.search(
        r"fairtrial calibrate --draws (\d+) --seed (\d+) -o docs/reference/statistics.md", text
    )
    assert command is not None
    draws, seed = map(int, command.groups())
    names = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [\d.]+ \| [\d.]+ \| [\d.]+ to", text, re.MULTILINE)
    assert sorted(names) == sorted((row.method, row.setting) for row in rows)
    quick: tuple[Group, ...] = (proportions, split, families)
    for group in quick:
        for line in table(list(measure(group, draws, seed))).splitlines()[2:]:
            assert line in text
    shape = calibration_page(rows, draws=draws, seed=seed)
    for part in (shape.split("## Where")[0], shape.split("## What a row holds")[1]):
        assert part in text, "the page was written by an older version: run the command it names"


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairtrial.stats.calibration.GROUPS", (split, families))
    output = tmp_path / "page.md"
    status = main(["calibrate", "--draws", "100", "--seed", "3", "-o", str(output), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["draws"], found["seed"]) == (100, 3)
    measured = calibrate(draws=100, seed=3)
    assert [row["rate"] for row in found["rows"]] == [row.rate for row in measured]
    assert set(found["rows"][0]) == set(re.findall(r"`(\w+)`", fields(output.read_text("utf-8"))))
    assert output.read_text("utf-8") == calibration_page(measured, draws=100, seed=3)
    assert status == (1 if any(row.broken for row in measured) else 0)


def fields(page: str) -> str:
    """The first column of the table of fields."""
    lines = page.split("| field | holds |")[1].splitlines()
    return " ".join(line.split("|")[1] for line in lines if line.startswith("| `"))


def test_a_broken_promise_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def group(draws: int, rng: np.random.Generator) -> Iterator[Trial]:
        yield Trial("coverage", "m", "s", 0.95, 0, draws)

    monkeypatch.setattr("fairtrial.stats.calibration.GROUPS", (group,))
    assert main(["calibrate"]) == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [(["--draws", "99"], 2), (["--seed", "-1"], 2), (["--draws", "100", "-o", "/nowhere/at/all.md"], 5)],
)
def test_wrong_use(
    words: list[str], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fairtrial.stats.calibration.GROUPS", (split,))
    assert main(["calibrate", *words]) == status
    assert capsys.readouterr().err
