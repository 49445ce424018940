"""`fairtrial calibrate audit`: every test of an audit measured, and what was measured before, as it ships."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from fairtrial.adapters.stores.folder import write_file
from fairtrial.core.errors import IntegrityError
from fairtrial.lab.grid_calibration import Grid, grid_curves, grid_nulls
from fairtrial.lab.grid_weak import readings, separations, shifted_rates
from fairtrial.report.audit_calibration import AuditCalibration
from fairtrial.stats.calibration import CalibrationRow, measure
from fairtrial.stats.canary_set import CanarySetPower, canary_set_power
from fairtrial.stats.grid_nulls import NullRate
from fairtrial.stats.grid_power import Curve, Found
from fairtrial.stats.proof_calibration import AUDITS, proof_rates
from fairtrial.stats.shifted_controls import Reading, Separation, ShiftedRate
from fairtrial.stats.strong_calibration import STRONG
from fairtrial.stats.strong_recovery import Recovered, recover

_SHIPPED: Final = "audit_calibration.json"
_PARTS: Final = "audit-calibration"

Row = TypeVar("Row")


def calibrate_audit(
    *, draws: int, seed: int, command: str, out: Path, resume: bool, tell: Callable[[str], None]
) -> AuditCalibration:
    """draws: null audits a test, and what the rest takes a part of. out: folder in which parts that take minutes
    are kept as they are done, for `resume`; None of them is read without it. Same draws and seed, same result.
    """
    grid = Grid.load()
    kept = _Kept(out / _PARTS, f"{draws}-{seed}", resume, tell)
    nulls: list[NullRate] = []
    for name in AUDITS:
        nulls += kept.part(f"simulated: {name}", NullRate, partial(_simulated, name, draws, seed))
    tell("null audits of the grid's clean models")
    nulls += grid_nulls(grid, draws=draws, seed=seed)
    tell("power on the grid's planted models")
    curves = tuple(grid_curves(grid, draws=max(20, draws // 25), seed=seed))
    tell("weak signals")
    shifted = tuple(shifted_rates(grid, draws=max(20, draws // 20), seed=seed))
    strong: list[CalibrationRow] = []
    for group in STRONG:
        strong += kept.part(
            f"strong: {group.__name__}", CalibrationRow, partial(measure, group, max(100, draws // 5), seed)
        )
    recovered = kept.part("recovered", Recovered, lambda: recover(max(20, draws // 50), seed))
    return AuditCalibration(
        command,
        draws,
        seed,
        grid.counts,
        tuple(nulls),
        curves,
        shifted,
        tuple(separations(grid)),
        tuple(readings(grid)),
        tuple(strong),
        tuple(recovered),
        tuple(canary_set_power()),
    )


def _simulated(name: str, draws: int, seed: int) -> Iterable[NullRate]:
    for rate in proof_rates(draws, seed, only=name):
        what = "p" if rate.what == "at the end" else "e ≥ 1 / level"
        yield NullRate("simulated", rate.test, what, rate.level, rate.hits, rate.draws)


class _Kept:
    """Parts of a calibration in a folder, one file each."""

    def __init__(self, folder: Path, of: str, resume: bool, tell: Callable[[str], None]) -> None:
        self._folder, self._of, self._resume, self._tell = folder, of, resume, tell

    def part(self, name: str, kind: type[Row], make: Callable[[], Iterable[Row]]) -> list[Row]:
        path = self._folder / f"{_file_name(name)}-{self._of}.json"
        if self._resume and path.is_file():
            self._tell(f"{name}: measured before")
            return _rows(kind, _parsed(path.read_bytes(), str(path))["rows"], str(path))
        self._tell(name)
        rows = list(make())
        self._folder.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps({"rows": [asdict(row) for row in rows]}).encode())  # type: ignore[call-overload]
        return rows


def to_json(found: AuditCalibration) -> dict[str, Any]:
    """As `--json` prints it and the package ships it; `from_json` reads it."""
    return asdict(found)


def from_json(data: bytes, where: str) -> AuditCalibration:
    """Raises IntegrityError that names the file `where`."""
    value = _parsed(data, where)
    try:
        curves = [
            {**each, "found": tuple(Found(*found) for found in each["found"])} for each in value["curves"]
        ]
        return AuditCalibration(
            str(value["command"]),
            int(value["draws"]),
            int(value["seed"]),
            dict(value["cells"]),
            tuple(_rows(NullRate, value["nulls"], where)),
            tuple(_rows(Curve, curves, where)),
            tuple(_rows(ShiftedRate, value["shifted"], where)),
            tuple(_rows(Separation, value["separations"], where)),
            tuple(_rows(Reading, value["readings"], where)),
            tuple(_rows(CalibrationRow, value["strong"], where)),
            tuple(_rows(Recovered, value["recovered"], where)),
            tuple(_rows(CanarySetPower, value["canary_set"], where)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(where, f"misses {error}") from error


@cache
def shipped() -> AuditCalibration:
    """What was measured for this version; docs/reference/calibration.md shows it. Raises IntegrityError."""
    return from_json(files("fairtrial.lab").joinpath(_SHIPPED).read_bytes(), _SHIPPED)


def _rows(kind: type[Row], rows: Sequence[Mapping[str, Any]], where: str) -> list[Row]:
    try:
        return [kind(**row) for row in rows]
    except TypeError as error:
        raise _broken(where, f"holds something else than rows of {kind.__name__}") from error


def _parsed(data: bytes, where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise _broken(where, f"is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise _broken(where, "is no JSON object")
    return value


def _file_name(name: str) -> str:
    return "".join(each if each.isalnum() else "-" for each in name)


def _broken(where: str, what: str) -> IntegrityError:
    return IntegrityError(f"the calibration {where} {what}", "delete it and measure again, without --resume")
