"""A real Chromium opens pages about audits: each outcome, an unfinished one, and one at its worst."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fairtrial.report.audit_page import audit_page
from tests.report import audits
from tests.report.browser import Scheme, chromium, executable, look
from tests.report.test_audit_page import TEXT, hostile
from tests.report.test_browser import OVERLAPS, PALE

pytestmark = pytest.mark.skipif(
    executable() is None, reason="no Chromium on this machine: sudo apt-get install chromium"
)
WIDTHS = (360, 400, 1280)
OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("audits")
    made = {
        "refuted": audits.refuted(),
        "supported": audits.supported(),
        "inconclusive": audits.inconclusive(),
        "bare": audits.bare(),
        "incomplete": audits.refuted(complete=False),
        "hostile": hostile(audits.refuted(tested="a"), TEXT + "unbroken" * 30),
    }
    for name, audited in made.items():
        (folder / f"{name}.html").write_text(audit_page(audited, made="Fairtrial"), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


NAMES = ("refuted", "supported", "inconclusive", "bare", "incomplete", "hostile")


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_nobody_and_nothing_sticks_out(browser: Browser, pages: dict[str, Path], name: str) -> None:
    for width in WIDTHS:
        with look(browser, pages[name], width=width) as sight:
            assert sight.sticking_out() == [], width
            sight.page.evaluate(OPEN)
            assert sight.sticking_out() == [], width
            assert sight.page.evaluate(OVERLAPS) == [], width
            assert sight.refused() == [] and sight.said == []
            assert sight.asked == [pages[name].resolve().as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["refuted", "inconclusive", "incomplete"])
def test_letters_as_drawn_can_be_read(
    browser: Browser, pages: dict[str, Path], scheme: Scheme, name: str
) -> None:
    with look(browser, pages[name], scheme=scheme) as sight:
        sight.page.evaluate(OPEN)
        assert sight.page.evaluate(PALE) == []


def test_it_reads_without_script_and_the_verdict_needs_no_scrolling(
    browser: Browser, pages: dict[str, Path]
) -> None:
    with look(browser, pages["refuted"], width=400, height=800, script=False) as sight:
        box = sight.page.locator("h1").bounding_box()
        assert box is not None and box["y"] + box["height"] < 800
        record = sight.page.locator("details.ft-record").first
        assert not record.locator("table").is_visible()
        record.locator("> summary").click()
        assert record.locator("table").is_visible()


def test_on_paper_the_evidence_lies_open(browser: Browser, pages: dict[str, Path]) -> None:
    with look(browser, pages["refuted"], width=794, scheme="dark") as sight:
        sight.page.emulate_media(media="print", color_scheme="dark")
        records = sight.page.locator("details.ft-record table")
        assert records.count() == 5
        for at in range(records.count()):
            box = records.nth(at).bounding_box()
            assert box is not None and box["height"] > 100
        assert sight.page.pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF-")
