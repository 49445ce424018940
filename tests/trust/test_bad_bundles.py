"""Every bad bundle is seen by the check that should see it, with an error of its own; the control passes."""

from __future__ import annotations

import pytest

from tests.trust.bad_bundles import CASES
from tests.trust.chain import Chain


def test_the_control_passes() -> None:
    found = Chain().verified()
    assert (found.ok, found.label) == (True, "witnessed-self-run")


@pytest.mark.parametrize("name", CASES)
def test_a_bad_bundle_is_seen(name: str) -> None:
    case = CASES[name]
    found = case.verified()
    check = next(each for each in found.checks if each.check == case.check)
    assert (check.outcome, case.says in check.detail) == (case.outcome, True), check.detail
    assert found.ok == (case.outcome != "failed")
    if case.outcome == "missing":
        assert found.label == "self-reported"
    if case.outcome == "failed":
        assert found.label is None
