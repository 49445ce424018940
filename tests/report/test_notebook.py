"""What a notebook shows for a run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fairtrial.core.summary import Counts
from fairtrial.lab import Lab
from fairtrial.report.notebook import summary_html
from fairtrial.report.theme import FRAGMENT_STYLE
from tests.report import specimens
from tests.report.reading import read


def test_score_interval_counts_cost_and_what_was_not_checked() -> None:
    top = read(summary_html(specimens.summary()))
    said = top.words().replace("\u00a0", " ")
    for part in (
        "openai/small-model scores 71.0 % on gsm8k: values from",
        "95 % interval, accuracy, n = 1,000",
        "Cost $0.43, $0.43 per 1,000 answers; half of the answers within 1.42 s.",
        "256 25.6 %",
        "Not checked: contamination, identity",
        "runs/gsm8k-openai-small-model",
    ):
        assert part in said
    assert [each.attributes.get("class") for each in top.all("figure")] == [None, None]


def test_it_brings_its_own_style_and_touches_nothing_else() -> None:
    (box,) = [each for each in read(summary_html(specimens.summary())).children if not isinstance(each, str)]
    assert (box.attributes["class"] or "").split()[0] == "ft"
    (style,) = box.all("style")
    assert style.words() == FRAGMENT_STYLE
    assert not [each for each in box.all() if each.name in ("script", "link", "img", "iframe")]
    assert not [each for each in box.all() if "id" in each.attributes], "two outputs would share it"


def test_an_incomplete_run_and_an_empty_one() -> None:
    assert "Incomplete run." in summary_html(specimens.incomplete())
    none = specimens.summary(metrics=(), counts=Counts(), cost_usd=None, latency_s={}, planned=5)
    said = read(summary_html(none)).words()
    assert "has no score" in said
    assert "Price unknown." in said


def test_a_run_made_in_a_notebook_shows_itself(tmp_path: Path) -> None:
    """A notebook has an event loop running where the cell is run."""

    async def cell() -> str:
        run = Lab(tmp_path).run("gsm8k", "replay/gpt3-175b-verified", limit=20)
        return run._repr_html_()

    assert "replay/gpt3-175b-verified scores" in read(asyncio.run(cell())).words()
