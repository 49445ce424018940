"""The page about a bundle: label and reason first, the chain in order, every check, nothing hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial.report.chain_page import BROKEN, MARKS, chain_page, picture
from fairtrial.trust.verification import Verification
from tests.report.browser import chromium, executable, look
from tests.report.reading import read, skeleton
from tests.report.test_audit_page import words
from tests.report.test_markup import ATTACKS
from tests.trust.chain import Chain


@pytest.fixture(scope="module")
def found() -> Verification:
    return Chain().verified()


def test_label_reason_and_what_the_next_one_lacks_come_first(found: Verification) -> None:
    plain = words(chain_page(found))
    at = [
        plain.index(each)
        for each in (
            "A self-run under witnesses",
            "Plan, START and END",
            "Not independent-blind",
            "The score",
        )
    ]
    assert at == sorted(at)


def test_the_chain_stands_in_the_order_of_the_log(found: Verification) -> None:
    plain = words(chain_page(found))
    told = ("registered the plan", "started the run", "ended the run", "signed the result")
    at = [plain.index(each) for each in told]
    assert at == sorted(at)
    assert plain.count("signed by lab, Example Lab") == 4
    assert "seen by witness.example/a, witness.example/b" in plain


def test_every_check_and_every_limit_is_there(found: Verification) -> None:
    plain = words(chain_page(found))
    for check in found.checks:
        assert f"{check.check} {MARKS[check.outcome]} {check.detail}" in plain
    for limit in found.limits:
        assert limit in plain


def test_a_bundle_that_does_not_hold_says_so_before_anything_else() -> None:
    chain = Chain()
    plain = words(chain_page(chain.verified(chain.data[:500])))
    assert plain.index("Don't rely on this score.") < plain.index(BROKEN) < plain.index("The score")


@pytest.mark.parametrize("attack", ATTACKS)
def test_words_of_other_people_change_nothing_about_the_page(found: Verification, attack: str) -> None:
    chain = tuple(replace(each, who=("x",)) for each in found.chain)
    hostile = tuple(replace(each, who=(attack,)) for each in found.chain)
    calm = chain_page(replace(found, reason="x", about={"model": "x", "claim": "x"}, chain=chain))
    page = chain_page(replace(found, reason=attack, about={"model": attack, "claim": attack}, chain=hostile))
    assert skeleton(read(page)) == skeleton(read(calm))


def test_a_statement_that_nobody_saw_is_drawn_hollow(found: Verification) -> None:
    unseen = replace(found.chain[1], seen="", witnesses=())
    drawn = picture([found.chain[0], unseen])
    assert drawn.count("is-open") == 1 and "no quorum had seen it by itself" in drawn


@pytest.mark.skipif(executable() is None, reason="no Chromium: apt-get install chromium")
def test_a_browser_shows_it_on_a_phone_and_asks_for_nothing(found: Verification, tmp_path: Path) -> None:
    path = tmp_path / "chain.html"
    path.write_text(chain_page(found))
    with chromium() as browser, look(browser, path, width=360) as sight:
        assert sight.asked == [path.as_uri()] and sight.said == [] and sight.refused() == []
        assert sight.sticking_out() == []
