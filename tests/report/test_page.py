"""What the page must hold, and how heavy it may be."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations

import pytest

from fairtrial.core.comparison import Difference
from fairtrial.core.record import Record, State
from fairtrial.core.summary import Counts, Slice, Summary
from fairtrial.report.page import page
from tests.report import specimens
from tests.report.exhibits_of import exhibits_of
from tests.report.reading import Element, read

LIMIT = 300_000
ORDER = (
    "can-this-carry-a-decision",
    "scores-and-differences",
    "quality-against-cost",
    "money-per-month",
    "under-other-extractors",
    "worst-slices",
    "time-and-tokens",
    "read-some-answers",
    "known-flaws-of-the-benchmark",
    "provenance",
    "not-covered",
)


def drawn(runs: list[Summary], records: list[list[Record]], **settings: object) -> str:
    pairs = [specimens.comparison(a, b) for a, b in combinations(runs, 2) if a.primary and b.primary]
    shown, left = exhibits_of(list(zip(runs, records, strict=True)))
    return page(runs, pairs, shown, left_out=left, **settings)  # type: ignore[arg-type]


def two(n: int = 1_000, **changes: object) -> str:
    runs = [specimens.summary(**changes), specimens.summary("anthropic/middle", score=0.62, cost_usd="1.2")]  # type: ignore[arg-type]
    return drawn(runs, [list(specimens.records(n, at)) for at in range(2)], volume=50_000)


@pytest.fixture(scope="module")
def plain() -> Element:
    return read(two())


def section(top: Element, name: str) -> Element:
    return next(each for each in top.all("section") if each.attributes.get("id") == name)


def test_the_policy_allows_the_one_style_and_nothing_else(plain: Element) -> None:
    (policy,) = [
        each.attributes["content"] or ""
        for each in plain.all("meta")
        if each.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules["style-src"])
    assert rules.keys() <= {"default-src", "style-src", "img-src", "base-uri", "form-action"}
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy


def test_nothing_runs_and_nothing_is_fetched(plain: Element) -> None:
    names = {each.name for each in plain.all()}
    assert not names & {
        "script",
        "link",
        "iframe",
        "img",
        "object",
        "embed",
        "form",
        "base",
        "audio",
        "video",
    }
    for each in plain.all():
        for name, value in each.attributes.items():
            assert not name.startswith("on"), name
            assert name != "style", "an inline style would need a wider policy"
            if name in ("href", "src", "xlink:href", "action", "data"):
                assert value is not None
                assert value.startswith("#")


def test_links_lead_somewhere(plain: Element) -> None:
    ids = [each.attributes["id"] for each in plain.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    assert {(each.attributes["href"] or "")[1:] for each in plain.all("a")} <= set(ids)


def test_sections_in_their_order(plain: Element) -> None:
    assert tuple(each.attributes["id"] for each in plain.all("section")) == ORDER


def test_the_verdict_comes_first_and_carries_interval_n_and_price(plain: Element) -> None:
    (head,) = plain.all("h1")
    said = head.words().replace("\u00a0", " ")
    for part in (
        "openai/small-model is better than anthropic/middle on gsm8k",
        "points [",
        "p = ",
        "n = 1,000",
    ):
        assert part in said
    assert "costs" in said
    (key,) = plain.all("p", "ft-legend")
    assert "95 % interval" in key.words().replace("\u00a0", " ")


def test_the_trust_panel(plain: Element) -> None:
    said = section(plain, ORDER[0]).words().replace("\u00a0", " ")
    for part in ("1,000", "4.2 points", "3.4 %", "Failed", "Not checked: contamination, identity"):
        assert part in said


def test_money_at_the_stated_volume(plain: Element) -> None:
    """0.4311 dollars for 1,000 scored answers, 50,000 a month: 21.555."""
    said = section(plain, "money-per-month").words()
    assert "50,000 answers a month" in said
    assert "$21.56" in said or "$21.55" in said
    assert "$60.00" in said


def test_every_chart_has_its_table_and_words(plain: Element) -> None:
    figures = list(plain.all("figure"))
    assert len(figures) >= 6
    for each in figures:
        assert list(each.all("table")), each.words()[:80]
        for drawing in each.all("svg"):
            if drawing.attributes.get("aria-hidden") != "true":
                assert drawing.attributes["role"] == "img"
                assert drawing.attributes["aria-label"]


def test_every_table_has_one_width(plain: Element) -> None:
    for each in plain.all("table"):
        widths = {sum(1 for cell in row.children if isinstance(cell, Element)) for row in each.all("tr")}
        assert len(widths) == 1, each.words()[:80]


def shown(top: Element) -> list[Element]:
    return list(top.all("details", "ft-sample"))


def test_a_thousand_samples_weigh_less_than_300_kb(plain: Element) -> None:
    text = two()
    assert len(text.encode()) < LIMIT
    assert 50 <= len(shown(plain)) <= 100
    said = section(plain, "read-some-answers").words()
    rest = re.search(r"The other ([\d,]+) live in records.jsonl", said)
    assert rest is not None
    assert int(rest[1].replace(",", "")) + len(shown(plain)) == 1_000
    assert said.count("/records.jsonl") == 2


def test_even_giant_answers_fit() -> None:
    giant = "€" * 50_000  # three bytes a character
    records = [specimens.record(at, text=giant, input=giant, target=(giant,)) for at in range(300)]
    text = drawn([specimens.summary()], [records])
    assert len(text.encode()) < LIMIT
    assert shown(read(text))


def test_hostile_characters_that_grow_on_the_page_still_fit() -> None:
    """Each of these takes 11 bytes when it is shown by name."""
    giant = "\u202e" * 20_000
    records = [specimens.record(at, text=giant, input=giant) for at in range(200)]
    assert len(drawn([specimens.summary()], [records]).encode()) < LIMIT


def test_eight_models_with_57_slices_and_endless_names_fit() -> None:
    slices = specimens.summary().slices[0]
    many = tuple(Slice(slices.by, f"subject {at} " + "x" * 300, slices.estimate) for at in range(57))
    runs = [
        specimens.summary(f"provider/model-{at}-" + "y" * 400, score=0.3 + 0.05 * at, slices=many)
        for at in range(8)
    ]
    text = drawn(runs, [list(specimens.records(300, at)) for at in range(8)])
    assert len(text.encode()) < LIMIT
    assert shown(read(text))


def kinds_in_order(top: Element) -> list[str]:
    part = section(top, "read-some-answers")
    return [each.words() for each in part.all("h3")]


def test_disagreements_and_failures_come_first() -> None:
    states: list[State] = ["right", "wrong", "unparsed", "truncated", "refused", "failed"]
    records = [[specimens.record(at, states[at % 6]) for at in range(600)] for _ in range(2)]
    records[1][0] = specimens.record(0, "wrong")
    runs = [specimens.summary(), specimens.summary("anthropic/middle", score=0.6)]
    heads = kinds_in_order(read(drawn(runs, records)))
    assert [re.sub(r" [\d,]+( of [\d,]+)?$", "", head) for head in heads] == [
        "The runs disagree",
        "No usable answer came",
        "Refused",
        "Cut by the length limit",
        "No answer found in the reply",
        "Wrong",
        "Right",
    ]
    assert heads[0] == "The runs disagree 1"


def test_no_number_of_disagreements_hides_a_failure() -> None:
    records = [[specimens.record(at, state) for at in range(900)] for state in ("right", "wrong")]
    for each in records:
        each.append(specimens.record(900, "failed"))
    runs = [specimens.summary(), specimens.summary("anthropic/middle", score=0.6)]
    heads = kinds_in_order(read(drawn(runs, records)))
    assert any(head.startswith("No usable answer came 1") for head in heads)


def test_a_sample_holds_prompt_target_answers_and_request() -> None:
    records = [[specimens.record(3, "right")], [specimens.record(3, "wrong", text="I say 5.")]]
    runs = [specimens.summary(), specimens.summary("anthropic/middle", score=0.6)]
    (only,) = shown(read(drawn(runs, records)))
    said = only.words()
    for part in ("3. Natalia", "Expected: 4", "So 3 + 1 = 4.", "I say 5.", '"messages"', "anthropic/middle"):
        assert part in said


def test_an_unknown_price_is_never_nought() -> None:
    runs = [specimens.summary(cost_usd=None), specimens.summary("anthropic/middle", score=0.6, cost_usd=None)]
    top = read(drawn(runs, [[], []], volume=1_000))
    said = section(top, "money-per-month").words() + section(top, "quality-against-cost").words()
    assert "unknown" in said
    assert "$" not in said


def test_an_incomplete_run_is_loud_and_bounded() -> None:
    top = read(drawn([specimens.incomplete()], [list(specimens.records(800))]))
    (loud,) = top.all("div", "ft-loud")
    assert "712 of 1,000" in loud.words()
    # 500 right of 1,000 planned; 88 failed and 200 never asked could all have been right.
    assert "50.0 %" in loud.words()
    assert "78.8 %" in loud.words()
    names = [each.attributes.get("class") or each.name for each in next(top.all("main")).children[:3]]  # type: ignore[union-attr]
    assert names.index("ft-loud") < names.index("h1")


def test_a_run_without_a_single_score_still_has_a_page() -> None:
    counts = Counts(failed=12)
    none = specimens.summary(
        counts=counts, metrics=(), others=(), slices=(), parsed=None, planned=12, status="incomplete",
        cost_usd=None, latency_s={}, tokens={}, smallest_detectable=None,
    )  # fmt: skip
    top = read(drawn([none], [[specimens.record(at, "failed") for at in range(12)]]))
    assert "has no score" in next(top.all("h1")).words()
    assert len(shown(top)) == 12


def test_the_settings_that_differ_and_the_samples_left_out_are_named() -> None:
    runs = [specimens.summary(), specimens.summary("anthropic/middle", score=0.6)]
    setting = Difference("temperature", "0", "1", allowed=True)
    pair = specimens.comparison(*runs, differences=(setting,), left_out=7)
    said = section(read(page(runs, [pair])), ORDER[0]).words()
    assert "temperature: 0 against 1, as allowed" in said
    assert "7 left out" in said


def test_warnings_are_said_once_with_the_runs_they_are_about() -> None:
    runs = [
        specimens.summary(warnings=("cut answers", "price")),
        specimens.summary("anthropic/middle", score=0.6, warnings=("price",)),
    ]
    part = section(read(page(runs, [specimens.comparison(*runs)])), ORDER[0])
    lines = Counter(each.words() for each in part.all("li"))
    assert lines["Both runs: price"] == 1
    assert lines["openai/small-model: cut answers"] == 1
