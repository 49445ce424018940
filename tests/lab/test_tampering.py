"""The forgeries that the demo shows: made as the recipe says, and each caught by the check that it names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from fairtrial.cli.demo import demo
from fairtrial.lab import tampering
from fairtrial.lab.tampering import FORGERIES, tampered
from tests.trust.forgeries import FOLDER, files


def test_the_shipped_bundles_are_the_recipe_s() -> None:
    made = files()
    assert {each.name for each in FOLDER.iterdir()} == set(made), "python -m tests.trust.forgeries"
    assert all((FOLDER / name).read_bytes() == data for name, data in made.items())


def test_each_forgery_is_caught_by_its_check_and_the_genuine_one_holds() -> None:
    genuine, *forged = tampered()
    assert genuine.found.ok and genuine.found.label == "witnessed-self-run" and genuine.failed == ("", "")
    assert len(forged) == 5 and all(each.as_expected for each in (genuine, *forged))
    assert all(not each.found.ok and each.found.label is None for each in forged)
    told = {each.forgery.name: each.failed[1] for each in forged}
    assert "is about other files" in told["answer"] and "the records hold 3" in told["score"]
    assert "leaves out the attempt" in told["best-of-two"] and "witness.example/a" in told["rewritten-log"]


def test_one_that_passes_or_is_caught_elsewhere_is_told() -> None:
    genuine, forged, *_ = tampered()
    assert not replace(forged, found=genuine.found).as_expected
    assert not replace(genuine, found=forged.found).as_expected
    assert not replace(forged, forgery=replace(forged.forgery, caught_by="proofs")).as_expected


def test_a_forgery_that_passes_ends_with_4(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = (replace(FORGERIES[0], name="genuine"), *FORGERIES[1:])
    monkeypatch.setattr(tampering, "FORGERIES", weak)
    done = CliRunner().invoke(demo, ["--tamper"], standalone_mode=False)
    assert done.return_value == 4 and "No forgery passed" not in done.output
