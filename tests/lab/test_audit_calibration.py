"""What ships is whole, is what the page shows, and keeps what was promised."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from fairtrial.core.errors import IntegrityError
from fairtrial.lab.audit_calibration import from_json, shipped, to_json
from fairtrial.report.audit_calibration import CRITERION, audit_calibration_page
from fairtrial.report.calibration_row import PROBES, calibration_row
from fairtrial.stats.proof_calibration import AUDITS
from fairtrial.stats.strong_calibration import STRONG
from tests.cli.test_main import fairtrial
from tests.lab.proof_probes import proof_probes

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "calibration.md"


def test_the_page_shows_what_ships() -> None:
    assert PAGE.read_text(encoding="utf-8") == audit_calibration_page(shipped())


def test_it_survives_json() -> None:
    assert from_json(json.dumps(to_json(shipped())).encode(), "here") == shipped()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"command": 1}', b'{"nulls": [{"test": 1}]}'], ids=range(5)
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="damaged"):
        from_json(data, "damaged")


def test_a_row_with_a_strange_key_is_refused() -> None:
    value = to_json(shipped())
    value["nulls"][0]["strange"] = 1
    with pytest.raises(IntegrityError, match="NullRate"):
        from_json(json.dumps(value).encode(), "damaged")


def test_every_proof_tier_test_was_audited_ten_thousand_times_at_three_levels() -> None:
    found = shipped()
    for rate in found.nulls:
        assert rate.audits >= 10_000
        assert rate.bounds[0] <= rate.level, rate
    tests = {(rate.world, rate.test) for rate in found.nulls if rate.what == "p"}
    assert tests >= {("simulated", name) for name in AUDITS}
    assert tests >= {
        ("grid", name) for name in ("sibling rank, likelihood", "sibling accuracy", "keyed answers")
    }
    for world, test in tests:
        levels = {
            rate.level for rate in found.nulls if (rate.world, rate.test, rate.what) == (world, test, "p")
        }
        assert levels == {0.05, 0.01, 0.001}


def test_the_promised_power_is_there_and_one_exposure_is_not_found() -> None:
    found = shipped()
    assert found.criterion is not None and found.criterion.power >= 0.8
    test, stage, *_ = CRITERION
    once = next(each for each in found.curves if (each.test, each.stage, each.exposures) == (test, stage, 1))
    at = once.at(100, 0.001)
    assert at is not None and at.power < 0.5
    assert found.holds


def test_a_broken_rate_breaks_the_whole_and_stands_first() -> None:
    found = shipped()
    broken = replace(found.nulls[5], hits=found.nulls[5].audits // 2)
    worse = replace(found, nulls=(*found.nulls[:5], broken, *found.nulls[6:]))
    assert not worse.holds
    page = audit_calibration_page(worse)
    assert page.index(f"- broken: {broken.test}") < page.index("Promised beforehand") + 500
    table = page[page.index("## False alarms") :].split("\n| ")[3]
    assert table.startswith(broken.test) and table.rstrip().endswith("broken |")


def test_without_the_promised_power_nothing_holds() -> None:
    found = replace(shipped(), curves=())
    assert found.criterion is None and not found.holds
    weak = tuple(
        replace(each, found=tuple(at._replace(power=0.79) for at in each.found)) for each in shipped().curves
    )
    assert not replace(found, curves=weak).holds
    assert "It was not measured" in " ".join(audit_calibration_page(found).split())


def test_each_probe_finds_its_row() -> None:
    found = shipped()
    for probe in PROBES:
        row = calibration_row(found, probe, alpha=0.001, n=100)
        assert row is not None and row.startswith("Calibration at level 0.001: "), probe
    assert calibration_row(found, "corpus-overlap", alpha=0.001, n=100) is None
    row = calibration_row(found, "sibling-rank", alpha=0.01, n=120)
    assert row is not None and "level 0.01" in row and "n = 100" in row and "null audits of" in row
    finer = calibration_row(found, "sibling-rank", alpha=0.0001, n=100)
    assert finer is not None and "level 0.001" in finer


def test_every_probe_that_can_prove_has_its_row() -> None:
    probes = proof_probes()
    assert {"sibling-rank", "item-order", "canary-mcnemar", "border-prompts", "rank-uniformity"} <= probes
    assert not {"item-order-legacy", "corpus-overlap", "format-family", "re-run"} & probes
    assert probes == set(PROBES)
    measured = {rate.test for rate in shipped().nulls}
    for probe in probes:
        assert PROBES[probe] in measured, probe


def test_a_canary_set_tells_what_loss_it_finds() -> None:
    found = shipped()
    row = calibration_row(found, "canary-mcnemar", alpha=0.01, n=399)
    assert row is not None and "Power with n = 100 by points of accuracy lost: " in row
    told = {
        each.lost: each.power
        for each in found.canary_set
        if (each.n, each.besides, each.level) == (100, 0, 0.01)
    }
    assert f"{told[5]:.2f} of 5, {told[10]:.2f} of 10, {told[20]:.2f} of 20" in row
    few = calibration_row(found, "canary-mcnemar", alpha=0.01, n=99)
    assert few is not None and "Power" not in few


def test_the_command_goes_on_from_parts_that_were_measured(tmp_path: Path) -> None:
    """The slow parts stand in the folder: made here from what ships, so that the command must have read them."""
    found, parts = shipped(), tmp_path / "audit-calibration"
    parts.mkdir()

    def keep(name: str, rows: list[object]) -> None:
        told = json.dumps({"rows": [asdict(row) for row in rows]})  # type: ignore[call-overload]
        (parts / f"{name}-100-7.json").write_text(told)

    for name in AUDITS:
        plain = "".join(each if each.isalnum() else "-" for each in f"simulated: {name}")
        keep(plain, [each for each in found.nulls if (each.world, each.test) == ("simulated", name)])
    for group in STRONG:
        keep(f"strong--{group.__name__}", list(found.strong) if group is STRONG[0] else [])
    keep("recovered", list(found.recovered))
    page = tmp_path / "page.md"
    done = fairtrial(
        "calibrate", "audit", "--draws", "100", "--seed", "7", "--resume", "--out", str(tmp_path),
        "-o", str(page), "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    again = from_json(done.stdout.encode(), "standard output")
    assert again.strong == found.strong
    assert again.recovered == found.recovered
    assert {each.audits for each in again.nulls if each.world == "simulated"} == {10_000}
    assert all(100 <= each.audits < 200 for each in again.nulls if each.world == "grid")
    assert page.read_text(encoding="utf-8") == audit_calibration_page(again)


def test_quick_is_for_the_audit() -> None:
    done = fairtrial("calibrate", "twin", "--quick")
    assert done.returncode == 2
    assert "calibrate audit" in done.stderr
