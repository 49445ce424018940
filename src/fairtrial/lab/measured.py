"""What was measured of the tests behind some findings, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from fairtrial.core.evidence import Finding
from fairtrial.report.calibration_row import calibration_row


def calibration_rows(findings: Sequence[Finding]) -> Mapping[str, str]:
    """By probe; one without an entry was not measured."""
    # By name: only this loads the grid.
    shipped = import_module("fairtrial.lab.audit_calibration").shipped()
    rows = {}
    for each in findings:
        for told in (*([each.evidence] if each.evidence else []), *each.also):
            if row := calibration_row(shipped, told.probe, alpha=told.alpha, n=told.n):
                rows[told.probe] = row
    return rows
