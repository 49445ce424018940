"""`fairtrial calibrate published`: results of papers, and what our functions make of the same set-up."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

from fairtrial.core.errors import IntegrityError
from fairtrial.report.published_results import PublishedResults
from fairtrial.stats.published import published_figures
from fairtrial.stats.reported_plants import Planted, ReportedPlant, reported_plants

_PLANTS: Final = "published_plants.json"


def published_results() -> PublishedResults:
    """Nothing is drawn: the same every time. Raises IntegrityError where the packaged data are damaged."""
    data = files("fairtrial.lab").joinpath(_PLANTS).read_bytes()
    return PublishedResults(tuple(published_figures()), plants_in(data))


def plants_in(data: bytes) -> tuple[ReportedPlant, ...]:
    """Raises IntegrityError."""
    try:
        value = json.loads(data)
        return tuple(
            plant
            for form in value["forms"]
            for plant in reported_plants(
                str(form["form"]),
                [_planted(each, value, form) for each in form["models"]],
                [
                    (fresh / form["fresh_items"], right / value["planted_items"])
                    for fresh, right in form["references"]
                ],
            )
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise IntegrityError(f"{_PLANTS} is damaged: {error}", "install Fairtrial again") from error


def _planted(each: dict[str, Any], value: dict[str, Any], form: dict[str, Any]) -> Planted:
    return Planted(
        str(each["base"]),
        str(each["recipe"]),
        each["fresh"] / form["fresh_items"],
        each["planted"] / value["planted_items"],
        each["spared"] / value["spared_items"],
        float(each["delta"]),
        float(each["low"]),
        float(each["high"]),
    )
