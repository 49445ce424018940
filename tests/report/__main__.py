"""Pictures of report pages, to be looked at: `python -m tests.report PAGE.html … -o FOLDER`.

Each page in light and dark, on a desk and on a phone, folded and opened, and printed. With `--readme` instead,
the demo is run afresh and the head of its report becomes docs/images/report.png.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.report.browser import Scheme, chromium, look, pictures

README = Path(__file__).resolve().parents[2] / "docs" / "images" / "report.png"
DESK, PHONE = 1280, 360


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.report", description=__doc__)
    parser.add_argument("page", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("pictures"))
    parser.add_argument("--readme", action="store_true")
    said = parser.parse_args()
    with chromium() as browser:
        if said.readme:
            readme(browser)
        for page in said.page:
            for picture in photographed(browser, page, said.output):
                print(picture)
    return 0


def photographed(browser: Browser, page: Path, folder: Path) -> list[Path]:
    """Every view of one page, as files named after it."""
    folder.mkdir(parents=True, exist_ok=True)
    views: list[tuple[str, int, Scheme]] = [
        ("light", DESK, "light"),
        ("dark", DESK, "dark"),
        ("phone", PHONE, "light"),
    ]
    made = []
    for name, width, scheme in views:
        with look(browser, page, width=width, scheme=scheme) as sight:
            made.append(folder / f"{page.stem}-{name}.png")
            sight.page.screenshot(path=made[-1], full_page=True)
    pdf = folder / f"{page.stem}-print.pdf"
    with look(browser, page) as sight:
        sight.page.pdf(path=pdf, prefer_css_page_size=True, format="A4")
    return [*made, *(pictures(pdf, folder) if shutil.which("pdftoppm") else [pdf])]


def readme(browser: Browser) -> None:
    """The head of the demo's report, as a reader of the README meets it."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        command = [sys.executable, "-m", "fairtrial", "demo", "--out", f"{folder}/runs", "-o", str(page)]
        subprocess.run(command, check=True, capture_output=True)
        with look(browser, page, width=960, scale=1.5) as sight:
            panel = sight.page.locator("section").first.bounding_box()
            assert panel is not None
            whole = {"x": 0.0, "y": 0.0, "width": 960.0, "height": panel["y"] + panel["height"] + 24}
            sight.page.screenshot(path=README, full_page=True, clip=whole)  # type: ignore[arg-type]
    print(README)


if __name__ == "__main__":
    raise SystemExit(main())
