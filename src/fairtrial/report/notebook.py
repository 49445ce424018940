"""A run's figures for a notebook: the page's own charts, as a fragment."""

from __future__ import annotations

from fairtrial.core.summary import Summary
from fairtrial.report.charts import states
from fairtrial.report.markup import tag
from fairtrial.report.theme import *  # noqa: F403


def summary_html(summary: Summary) -> str:
    return str(tag("div", states([summary]), class_="ft"))
