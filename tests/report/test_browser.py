"""A real Chromium opens real reports: the demo's, and made-up ones at their worst.

Skipped only where there is no Chromium; `make test` installs it where it may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fairtrial.core.summary import Slice
from fairtrial.lab import Lab
from fairtrial.report.page import page
from tests.report import specimens
from tests.report.browser import Scheme, chromium, executable, look
from tests.report.exhibits_of import exhibits_of
from tests.report.reading import poisoned
from tests.report.test_markup import ATTACKS, HIDDEN

pytestmark = pytest.mark.skipif(
    executable() is None, reason="no Chromium on this machine: sudo apt-get install chromium"
)
MODELS = ("replay/gpt3-6b-finetuned", "replay/gpt3-175b-verified")
WIDTHS = (360, 1280)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files to open: a comparison and a single run of real recorded answers, and two made up to hurt."""
    folder = tmp_path_factory.mktemp("pages")
    lab = Lab(folder / "runs")
    runs = [lab.run("gsm8k", model, limit=200) for model in MODELS]
    texts = {"pair": lab.report(*runs), "single": lab.report(runs[0]), "many": many(), "hostile": hostile()}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def many() -> str:
    """Eight models, prices from nothing to much, an unknown one, endless names, 57 slices, a cut run."""
    part = specimens.summary().slices[0]
    slices = tuple(Slice("subject", f"subject_number_{at}", part.estimate) for at in range(57))
    costs = ("0.0004", "0.4", "3", "12.5", None, "0.02", "1.1", "99")
    runs = [
        specimens.summary(
            f"provider/{'unbroken' * 12 if at == 2 else 'a model with a name'}-{at}",
            score=0.3 + 0.05 * at,
            cost_usd=cost,
            slices=slices if at < 2 else (),
        )
        for at, cost in enumerate(costs)
    ]
    runs[3] = specimens.incomplete(model="google/cut")
    pairs = [specimens.comparison(a, b) for a, b in combinations(runs, 2)]
    records = [list(specimens.records(300, at)) for at in range(8)]
    shown, left = exhibits_of(list(zip(runs, records, strict=True)))
    return page(runs, pairs, shown, left_out=left, volume=1_000_000)


def hostile() -> str:
    text = "".join(ATTACKS) + HIDDEN.replace("\r", "")
    run = poisoned(specimens.incomplete(), text)
    records = [
        poisoned(specimens.record(at, state), text)
        for at, state in enumerate(("right", "wrong", "failed", "refused"))  # type: ignore[arg-type]
    ]
    shown, left = exhibits_of([(run, records)])
    return page([run], (), shown, left_out=left, made=text)


NAMES = ("pair", "single", "many", "hostile")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_nobody_and_complains_about_nothing(
    browser: Browser, pages: dict[str, Path], name: str, scheme: Scheme
) -> None:
    with look(browser, pages[name], scheme=scheme) as sight:
        sight.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        sight.page.mouse.wheel(0, 20_000)
        assert sight.refused() == []
        assert sight.said == []
        assert sight.asked == [pages[name].resolve().as_uri()]
        assert sight.page.locator("script").count() == 0


def test_the_witness_sees_a_page_that_asks(browser: Browser, tmp_path: Path) -> None:
    """The control: a page with our policy and a picture and a script in it is caught at both."""
    bad = page([specimens.summary()]).replace(
        "</main>", '<img src="https://example.invalid/x.png"><script>alert(1)</script></main>'
    )
    file = tmp_path / "bad.html"
    file.write_text(bad, encoding="utf-8")
    with look(browser, file) as sight:
        sight.page.wait_for_timeout(200)
        assert len(sight.refused()) >= 2
        assert sight.said
    unguarded = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", bad)
    file.write_text(unguarded.replace("alert(1)", ""), encoding="utf-8")
    with look(browser, file) as sight:
        sight.page.wait_for_timeout(200)
        assert "https://example.invalid/x.png" in sight.asked


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    with look(browser, pages[name], width=width) as sight:
        sight.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert sight.sticking_out() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_labels_of_an_axis_do_not_overlap(browser: Browser, pages: dict[str, Path], width: int) -> None:
    for name in ("pair", "many"):
        with look(browser, pages[name], width=width) as sight:
            assert sight.page.evaluate(OVERLAPS) == [], name


OVERLAPS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const boxes = [...svg.querySelectorAll('text:not(.mark)')].map(each => [each.textContent,
    each.getBoundingClientRect()]);
  return boxes.flatMap(([a, first], at) => boxes.slice(at + 1).filter(([b, second]) =>
    first.left < second.right && second.left < first.right && first.top < second.bottom &&
    second.top < first.bottom).map(([b]) => `${a} on ${b}`));
})"""


def test_it_reads_without_script(browser: Browser, pages: dict[str, Path]) -> None:
    with look(browser, pages["pair"], script=False) as sight:
        said = sight.page.locator("body").inner_text()
        for part in (
            "is better than",
            "Can this carry a decision?",
            "Provenance",
            "Not covered",
            "Expected:",
        ):
            assert part in said
        folded = sight.page.locator("details.ft-sample:not([open])").first
        assert not folded.locator("pre").first.is_visible()
        folded.locator("> summary").click()
        assert sight.page.locator("details.ft-sample[open] pre").nth(1).is_visible()
        sight.page.locator("summary", has_text="Figures and methods").click()
        assert sight.page.locator("caption", has_text="Scores with their intervals").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["pair", "many"])
def test_letters_as_drawn_can_be_read(
    browser: Browser, pages: dict[str, Path], scheme: Scheme, name: str
) -> None:
    """AA contrast of every piece of text with the ground it really lies on, as the browser computed both."""
    with look(browser, pages[name], scheme=scheme) as sight:
        sight.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert sight.page.evaluate(PALE) == []
        ground = sight.page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 384
        assert light == (scheme == "light")


PALE = """() => {
  const parts = said => (said.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = element => {
    for (let each = element; each; each = each.parentElement) {
      const found = parts(getComputedStyle(each).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const found = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || element.tagName === 'title') continue;
    const style = getComputedStyle(element);
    const letters = parts(element.tagName === 'text' ? style.fill : style.color);
    const [dark, light] = [luminance(letters), luminance(ground(element))].sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...found];
}"""


def test_print_is_black_on_white_and_holds_every_table(browser: Browser, pages: dict[str, Path]) -> None:
    with look(browser, pages["pair"], width=794, scheme="dark") as sight:
        sight.page.emulate_media(media="print", color_scheme="dark")
        letters = sight.page.evaluate("getComputedStyle(document.body).color")
        assert sum(map(int, re.findall(r"\d+", letters)[:3])) < 150
        tables = sight.page.locator("figure table")
        assert tables.count() >= 3
        for at in range(tables.count()):
            box = tables.nth(at).bounding_box()
            assert box is not None
            assert box["height"] > 20
        # The first sample of each kind lies open, so that paper has prompts and answers too.
        assert sight.page.locator("details.ft-sample[open] pre").first.is_visible()


@pytest.mark.parametrize("name", ["pair", "many"])
def test_it_prints_to_pdf(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with look(browser, pages[name]) as sight:
        data = sight.page.pdf(format="A4", prefer_css_page_size=True)
    assert data.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type /Page\b", data)) <= 40


def test_the_keyboard_reaches_what_folds_and_scrolls(browser: Browser, pages: dict[str, Path]) -> None:
    with look(browser, pages["pair"], width=360) as sight:
        reached = set()
        for _ in range(40):
            sight.page.keyboard.press("Tab")
            reached.add(
                sight.page.evaluate("document.activeElement.tagName + document.activeElement.className")
            )
        assert {"SUMMARY", "DIVft-scroll", "A"} <= reached
