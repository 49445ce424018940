"""The calibration that belongs to a finding, as one sentence beside it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fairtrial.report.audit_calibration import AuditCalibration
from fairtrial.stats.grid_nulls import NullRate
from fairtrial.stats.grid_power import Curve, Found

CANARY_SET: Final = "canary-mcnemar"
PROBES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sibling-rank": "sibling rank, likelihood",
        "sibling-accuracy": "sibling accuracy",
        "keyed-answers": "keyed answers",
        "canary-rank": "canary rank",
        "canary-emission": "canary emission, three",
        "item-order": "order on a committed shuffle",
        "text-two-sample": "completions (MMD, Hamming)",
        "one-token": "one-token tracking",
        CANARY_SET: "canary set (McNemar)",
        "border-prompts": "border prompts",
        "rank-uniformity": "rank uniformity",
    }
)
"""Probe -> the test of the calibration."""
_TOLD: Final = (1, 4, 16)
_STAGES: Final = ("last phase", "file read in order")


def calibration_row(found: AuditCalibration, probe: str, *, alpha: float, n: int) -> str | None:
    """What was measured of this probe's test: false alarms, and power at the largest n measured that is not above
    `n`. alpha: the finding's level; the nearest level measured above it speaks, or the lowest. None for probes
    that are not in the calibration."""
    test = PROBES.get(probe)
    if test is None:
        return None
    nulls = [rate for rate in found.nulls if rate.test == test and rate.what == "p"]
    levels = sorted({rate.level for rate in nulls})
    if not levels:
        return None
    level = next((each for each in levels if each >= alpha), levels[-1])
    told = "; ".join(_alarms(rate) for rate in nulls if rate.level == level)
    powers = [
        (curve, at)
        for curve in found.curves
        if curve.test == test and curve.stage in _STAGES and curve.exposures in _TOLD
        for at in [_nearest(curve, n, level)]
        if at is not None
    ]
    sentence = f"Calibration at level {level:g}: {told}."
    if powers:
        size, trunks = powers[0][1].n, powers[0][0].trunks
        each = ", ".join(f"{at.power:.2f} of {curve.exposures}" for curve, at in powers if at.n == size)
        unit = "trunk" if trunks == 1 else "trunks"
        sentence += f" Power with n = {size} by exposures: {each} (small models, {trunks} {unit})."
    if probe == CANARY_SET:
        sentence += _lost(found, n, level)
    return sentence


def _lost(found: AuditCalibration, n: int, level: float) -> str:
    measured = [each for each in found.canary_set if each.level == level and not each.besides]
    size = max((each.n for each in measured if each.n <= n), default=None)
    if size is None:
        return ""
    told = ", ".join(f"{each.power:.2f} of {each.lost}" for each in measured if each.n == size)
    return f" Power with n = {size} by points of accuracy lost: {told} (exact, at best)."


def _alarms(rate: NullRate) -> str:
    where = f"null audits of {rate.models} models" if rate.models else "simulated null audits"
    return f"{rate.hits:,} false alarms in {rate.audits:,} {where} (99.9 % limit {rate.bounds[1]:.4f})"


def _nearest(curve: Curve, n: int, level: float) -> Found | None:
    return max((at for at in curve.found if at.level == level and at.n <= n), default=None)
