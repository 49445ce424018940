"""The system's Chromium with a page open in it: what a reader's own browser makes of a report.

The page is opened from its file, with every name on the network unresolvable, and everything it asks for or
complains about is written down.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
Scheme = Literal["light", "dark"]

WATCH = """
window.refused = [];
document.addEventListener('securitypolicyviolation',
  event => window.refused.push(event.violatedDirective + ' ' + event.blockedURI));
"""
"""Injected by the browser itself, so that the page's own policy does not silence the witness."""


def executable() -> str | None:
    """The path of a Chromium on this machine."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that can reach nothing."""
    path = executable()
    if path is None:
        raise FileNotFoundError("no Chromium: apt-get install chromium")
    flags = ["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium refuses to run as root with its sandbox
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@dataclass
class Sight:
    """An open page and what it did: `asked` are the addresses it wanted, `said` what its console held."""

    page: Page
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def refused(self) -> list[str]:
        """What the page's own policy had to stop."""
        found: list[str] = self.page.evaluate("window.refused")
        return found

    def sticking_out(self) -> list[str]:
        """Elements wider than the window that no box of their own scrolls, and letters outside a drawing."""
        found: list[str] = self.page.evaluate(STICKING_OUT)
        return found


STICKING_OUT = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > wide)
    found.push(`page ${document.documentElement.scrollWidth} > ${wide}`);
  for (const each of document.querySelectorAll('body *')) {
    const box = each.getBoundingClientRect();
    if (!box.width || each.closest('.ft-scroll') !== null) continue;
    if (box.right > wide + 0.5 || box.left < -0.5)
      found.push(`${each.tagName} ${each.className} ${box.left}..${box.right}: ${each.textContent.slice(0, 40)}`);
  }
  return found;
}"""


@contextmanager
def look(
    browser: Browser,
    file: Path,
    *,
    width: int = 1280,
    height: int = 900,
    scheme: Scheme = "light",
    script: bool = True,
    scale: float = 1,
) -> Iterator[Sight]:
    """The page in a window of this size, in CSS pixels. script: whether JavaScript is on. scale: device pixels
    a CSS pixel."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        java_script_enabled=script,
        device_scale_factor=scale,
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    sight = Sight(page)
    page.on("request", lambda request: sight.asked.append(request.url))
    page.on("console", lambda message: sight.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: sight.said.append(f"error: {error}"))
    page.goto(file.resolve().as_uri(), wait_until="load")
    yield sight
    context.close()


def pictures(pdf: Path, folder: Path, *, dpi: int = 60, last: int = 30) -> list[Path]:
    """The pages of a PDF as PNG files, by poppler's pdftoppm."""
    stem = folder / pdf.stem
    subprocess.run(["pdftoppm", "-png", "-r", str(dpi), "-l", str(last), str(pdf), str(stem)], check=True)
    return sorted(folder.glob(f"{pdf.stem}-*.png"))
