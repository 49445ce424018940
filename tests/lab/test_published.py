"""What papers report comes out again; what doesn't is said."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import isotonic_regression
from scipy.stats import binom, fisher_exact

from fairtrial.core.errors import IntegrityError
from fairtrial.lab.published import plants_in, published_results
from fairtrial.report.published_results import published_results_page
from fairtrial.stats.published import published_figures
from tests.cli.test_main import fairtrial

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "published-results.md"
DATA = files("fairtrial.lab").joinpath("published_plants.json").read_bytes()


def test_the_page_shows_what_is_computed() -> None:
    found = published_results()
    assert found.holds
    assert PAGE.read_text(encoding="utf-8") == published_results_page(found)


def test_every_figure_agrees_and_the_set_ups_are_as_published() -> None:
    figures = list(published_figures())
    assert len(figures) == 19 and all(each.agrees for each in figures)
    # The same by another library, from the set-ups alone.
    assert figures[0].ours[0] == pytest.approx(binom.sf(6, 8, 0.1), rel=1e-9)
    assert figures[2].ours[0] == pytest.approx(binom.sf(3, 6, 0.1), rel=1e-9)
    assert figures[4].ours[0] == pytest.approx(70 * fisher_exact([[3, 1], [1, 3]], "greater").pvalue)


def test_a_figure_off_by_one_in_the_last_digit_disagrees() -> None:
    for each in published_figures():
        off = replace(each, published=(each.published[0] + each.unit, *each.published[1:]))
        assert not off.agrees
        assert replace(each, ours=(each.published[0] + 0.49 * each.unit, *each.published[1:])).agrees


def test_the_planted_contamination_is_found_as_the_paper_found_it() -> None:
    plants = published_results().plants
    assert len(plants) == 36 and all(each.within for each in plants)
    value = json.loads(DATA)
    form = value["forms"][0]
    points = np.array([[0, 0], *form["references"]]) / [form["fresh_items"], value["planted_items"]]
    points = points[np.lexsort(points.T[::-1])]
    heights = {x: points[points[:, 0] == x, 1].mean() for x in points[:, 0]}
    weights = [np.count_nonzero(points[:, 0] == x) for x in heights]
    line = isotonic_regression(list(heights.values()), weights=weights).x
    for each in plants[:18]:
        curve = np.interp(each.model.fresh, list(heights), line)
        assert each.ours == pytest.approx(each.model.planted - curve, abs=1e-12)
    truth = np.array([each.model.truth for each in plants[:18]])
    assert np.corrcoef(truth, [each.ours for each in plants[:18]])[0, 1] > 0.98


def test_no_model_is_named() -> None:
    assert {each.model.base for each in published_results().plants} == {"first", "second"}
    assert all(isinstance(each, list) for form in json.loads(DATA)["forms"] for each in form["references"])


def test_one_outside_its_interval_breaks_the_whole_and_is_shown() -> None:
    found = published_results()
    outside = replace(found.plants[3], ours=found.plants[3].model.high + 0.001)
    worse = replace(found, plants=(*found.plants[:3], outside, *found.plants[4:]))
    assert not worse.holds
    page = published_results_page(worse)
    assert page.count("**outside**") == 1 and "17 of 18 within" in page
    wrong = replace(found, figures=(replace(found.figures[0], ours=(0.5,)), *found.figures[1:]))
    assert not wrong.holds and "**disagrees**" in published_results_page(wrong)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"forms": [{}]}', DATA.replace(b"659", b"0")], ids=range(5)
)
def test_damaged_data_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="published_plants"):
        plants_in(data)


def test_the_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    done = fairtrial("calibrate", "published", "-o", str(page), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == {"figures", "plants"} and len(told["plants"]) == 36
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
