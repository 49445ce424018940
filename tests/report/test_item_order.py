"""The page about item order: each file's sentence, and the command that writes it."""

from __future__ import annotations

from pathlib import Path

from fairtrial.report.item_order import item_order_page
from tests.cli.test_main import fairtrial


class Told:
    sentence = "a file: the published order is not told from a drawn one"


def test_the_page_says_what_was_found_and_how() -> None:
    page = item_order_page([Told(), Told()], draws=7)
    assert page.count(f"- {Told.sentence}.") == 2 and "--draws 7 " in page and "7 drawn orders" in page


def test_the_shipped_page_holds_the_known_results() -> None:
    page = Path("docs/reference/item-order.md").read_text("utf-8")
    assert "humaneval: the published order speaks for itself" in page
    assert "gsm8k: the published order is not told from a drawn one" in page
    assert "mmlu: the published order speaks for itself" in page and "within its 57 parts" in page


def test_wrong_words_are_refused() -> None:
    done = fairtrial("calibrate", "order", "--resume")
    assert done.returncode == 2 and "--quick and --resume are for" in done.stderr
