"""The page about an audit: the verdict first, six answers, every figure of every test, nothing hostile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from fairtrial.audit import canary, corpus, keyed, order, reproduces, same_model_tests
from fairtrial.core.audited import Audited, Table
from fairtrial.core.evidence import Finding, Verdict
from fairtrial.report.audit_page import LEADS, UNFINISHED, audit_page
from fairtrial.report.audit_terminal import audit_text
from fairtrial.report.page import MOST_BYTES
from fairtrial.report.questions import ASKED, FRACTIONS, PLAIN, PROBES
from tests.report import audits
from tests.report.reading import Element, poisoned, read, skeleton
from tests.report.test_markup import ATTACKS, HIDDEN

MADE: list[Callable[..., Audited]] = [audits.refuted, audits.supported, audits.inconclusive, audits.bare]
FORBIDDEN = re.compile(
    r"\bcheat(ed|s|ing)\b|\bclean\b|\bverified\b|contamination-free|trust score"
    r"|probability (of|that)[^.]*contaminat",
    re.IGNORECASE,
)


def words(page: str) -> str:
    """What the page says, from one element to the next with a blank between."""
    body = next(read(page).all("body"))
    return " ".join(" ".join(strings(body)).replace("\xa0", " ").split())


def strings(element: Element) -> Iterator[str]:
    for each in element.children:
        if isinstance(each, str):
            yield each
        else:
            yield from strings(each)


@pytest.mark.parametrize("make", MADE)
def test_the_verdict_comes_first_and_every_question_has_its_answer(make: Callable[..., Audited]) -> None:
    audited = make()
    plain = words(audit_page(audited))
    lead = LEADS[audited.verdict.outcome]
    assert plain.index(lead) < plain.index("The claim Claimed") < plain.index("Six questions")
    sentence = audited.verdict.sentence.partition(": ")[2]
    assert f"{sentence[:1].upper()}{sentence[1:]}" in plain
    for each in audited.verdict.findings:
        at = plain.index(ASKED[each.question])
        assert each.answer.capitalize() in plain[at : at + 80]
        assert f"{each.sentence[:1].upper()}{each.sentence[1:]}" in plain


def test_every_figure_of_every_test_is_there() -> None:
    """What section 1.6 of the evidence record names, of the finding's own test and of those beside it."""
    top = read(audit_page(audits.refuted()))
    records = {each.words().split(" · ")[0]: each.words() for each in top.all("details", "ft-record")}
    assert set(records) == {"re-run", "sibling-accuracy", "sibling-rank", "canary-rank", "format-family"}
    told = records["sibling-accuracy"].replace("\xa0", " ")
    for part in (
        "nothing is to be found by sibling-accuracy",
        "600; 2 items left out: no answer came",
        "12.5",
        "3e-90",
        "1e+30",
        "0.01",
        "39.200 points, 35.1 to 43.3 (98 %), t over 24 templates",
        "6.1 points",
        "which sibling was published was drawn at random",
        "siblings are interchangeable: checked",
        audits.DRAW,
        "63 false alarms in 10,000 null audits",
    ):
        assert part in told, part
    assert "below 1e-300" in records["sibling-rank"] and "above 1e300" in records["sibling-rank"]
    assert "is not in the calibration" in records["format-family"]
    assert "Draw" not in records["re-run"]


@pytest.mark.parametrize("make", MADE)
def test_an_open_answer_says_what_was_missed_and_what_would_settle_it(make: Callable[..., Audited]) -> None:
    audited = make()
    told = [each.words().replace("\xa0", " ") for each in next(read(audit_page(audited)).all("ol")).all("li")]
    terminal = " ".join(audit_text(audited).split())
    for each, shown in zip(audited.verdict.findings, told, strict=True):
        if each.answer != "undetermined":
            assert "Items that would settle it" not in shown
        elif each.evidence is None:
            assert "Nothing was asked that could have answered it." in shown and "not tested" in shown
        else:
            settled = f"about {each.needed_n:,} in all" if each.needed_n else "unknown"
            assert f"Items that would settle it: {settled}" in shown
            assert f"items that would settle it: {settled}" in terminal
            mde = each.evidence.mde
            assert mde is not None
            least = f"{mde:.1f} points" if each.evidence.effect.unit == "points" else f"{mde:.3g} (s"
            assert f"Smallest effect to be seen: {least}" in shown
            assert f"smallest effect to be seen: {least}" in terminal
    assert "That clears nobody and accuses nobody." in words(audit_page(audited))


def test_where_nothing_could_be_seen_it_is_said() -> None:
    blind = replace(audits.FORMATS, mde=None)
    found = Finding("tuned", "undetermined", "too few", blind)
    verdict = replace(audits.refuted().verdict, findings=(found,))
    assert "Nothing could have been seen, whatever the truth. Items that" in words(
        audit_page(Audited(verdict, "a"))
    )
    assert "smallest effect to be seen: nothing" in " ".join(audit_text(Audited(verdict, "a")).split())


@pytest.mark.parametrize("make", MADE)
def test_no_sentence_says_more_than_the_evidence(make: Callable[..., Audited]) -> None:
    for text in (words(audit_page(make())), audit_text(make())):
        assert not FORBIDDEN.search(text), FORBIDDEN.search(text)
    for plain in (*PLAIN.values(), *PROBES.values(), *FRACTIONS.values()):
        assert not FORBIDDEN.search(plain)


def test_what_behaviour_cannot_show_has_no_words() -> None:
    assert ("seen", "no") not in PLAIN and ("same-model", "yes") not in PLAIN


def test_the_claim_is_told_with_the_digits_it_was_printed_with() -> None:
    plain = words(audit_page(audits.supported()))
    assert "84.50 % accuracy on the published form of arithmetic, n = 600" in plain
    assert "the card of specimen/cheat, 2026-11-24" in plain
    assert "specimen/honest-int4" in plain and "specimen/honest , the tested model" in plain
    bare = words(audit_page(audits.bare()))
    assert "no value, on gsm8k" in bare and "source not stated, date not stated" in bare


def test_a_demonstration_accuses_nobody_and_says_so() -> None:
    told = "a demonstration: its siblings are public, so it accuses nobody"
    audited = audits.refuted()
    sealed = replace(audited.verdict.claim, draw="sealed/draw.json")
    for text in (words(audit_page(audited)), " ".join(audit_text(audited).split())):
        assert told in text
    own = replace(audited, verdict=replace(audited.verdict, claim=sealed))
    for text in (words(audit_page(own)), " ".join(audit_text(own).split())):
        assert told not in text and "sealed/draw.json" in text
    assert "accuses nobody" not in audit_text(audits.inconclusive())


def test_a_condition_left_open_is_named_and_its_effect_shown() -> None:
    plain = words(audit_page(audits.refuted()))
    assert "Worked examples before a question not stated" in plain
    assert "128 in place of 256" in plain and "−21.0" in plain and "would explain the difference" in plain
    assert "more answers an item don't move the mean" in plain


def test_the_claimed_score_is_hollow_and_drawn_through_the_measured_ones() -> None:
    figure = next(read(audit_page(audits.refuted())).all("figure"))
    rows = [each.words() for each in figure.all("div", "ft-label")]
    assert rows[0].split("n =")[0] == "Claimed" and len(rows) == 4
    plots = list(figure.all("div", "ft-plot"))
    assert [("is-open" in (each.attributes["class"] or "")) for each in plots] == [True, False, False, False]
    assert all(any(each.all("line", "chance")) for each in plots)
    assert len([*next(figure.all("tbody")).all("tr")]) == 4


def test_weak_signals_stand_last_and_are_marked() -> None:
    plain = words(audit_page(audits.refuted()))
    weak = plain.index("No answer on this page rests on any of these.")
    assert weak > plain.index("100 formats on the same 100 items") > plain.index("Evidence")
    assert "5 % of formats lie below" in plain and "Half of the formats lie below" in plain


def test_an_unfinished_audit_has_no_verdict() -> None:
    audited = audits.refuted(complete=False)
    plain = words(audit_page(audited))
    assert (
        plain.index("Incomplete audit.")
        < plain.index(UNFINISHED)
        < plain.index("On the answers so far: Refuted")
    )
    assert LEADS["refuted"] not in plain
    assert audit_text(audited).startswith("INCOMPLETE: ")


def hostile(audited: Audited, text: str) -> Audited:
    """The text in every string that a claim's file, a model or a provider can bring."""
    verdict = audited.verdict
    kept = tuple(
        replace(
            poisoned(each, text), question=each.question, answer=each.answer, evidence=_kept(each), also=()
        )
        for each in verdict.findings
    )
    return Audited(
        Verdict(
            replace(poisoned(verdict.claim, text), conditions=poisoned(verdict.claim.conditions, text)),
            verdict.outcome,
            kept,
            verdict.sentence + text,
            poisoned(verdict.scores, text),
            poisoned(verdict.not_covered, text),
            poisoned(verdict.runs, text),
        ),
        served=audited.served + text,
        tested=audited.tested + text,
        tables=tuple(_poisoned_table(each, text) for each in audited.tables),
        impossible=poisoned(audited.impossible, text),
        facts=poisoned(audited.facts, text),
        calibration={key: value + text for key, value in audited.calibration.items()},
        complete=audited.complete,
    )


def _kept(found: Finding) -> object:
    """An effect's unit and a tier are ours, from a short list."""
    told = found.evidence
    return told and replace(
        told, null=told.null + ATTACKS[0], assumptions=(ATTACKS[0],), controls=(ATTACKS[0],), draw=ATTACKS[0]
    )


def _poisoned_table(found: Table, text: str) -> Table:
    rows = tuple(tuple(cell + text for cell in row) for row in found.rows)
    data = found.data
    if isinstance(data, list):
        data = [
            {**each, "used": str(each.get("used")) + text} if isinstance(each, dict) else each
            for each in data
        ]
    return replace(found, title=found.title + text, note=found.note + text, rows=rows, data=data)


TEXT = "".join(ATTACKS) + HIDDEN


def test_nothing_hostile_becomes_markup_and_nothing_is_asked_of_anybody() -> None:
    page = audit_page(hostile(audits.refuted(tested="a"), TEXT), made=TEXT)
    top = read(page)
    assert not any(top.all("script")) and not any(top.all("img")) and not any(top.all("iframe"))
    for name, attributes in skeleton(top):
        assert not any(each.startswith("on") for each in attributes), name
    policy = next(each for each in top.all("meta") if each.attributes.get("http-equiv"))
    assert (policy.attributes["content"] or "").startswith("default-src 'none'")
    for each in top.all():
        assert not {"src", "href", "style", "action"} & set(each.attributes), each.name
    assert "\u202e" not in page
    harmless = skeleton(read(audit_page(hostile(audits.refuted(tested="a"), "x"), made="x")))
    assert [name for name, _ in skeleton(top)] == [name for name, _ in harmless]


def test_the_terminal_is_not_steered() -> None:
    text = audit_text(hostile(audits.refuted(tested="a"), "\x1b[31m\r\n\u202e"), width=100)
    assert "\x1b" not in text and "\r" not in text and "\u202e" not in text


def test_a_page_stays_light_whatever_a_claim_brings() -> None:
    rows = tuple((f"row {at}", "x" * 5_000, "<" * 5_000) for at in range(500))
    big = tuple(Table(f"t{at}", f"Table {at}", "note", ("a", "b", "c"), rows, None) for at in range(15))
    endless = hostile(audits.refuted(), "<" * 20_000)
    page = audit_page(replace(endless, tables=(*endless.tables, *big), impossible=("<" * 9_000,) * 500))
    assert len(page.encode()) < 300_000 and len(page.encode()) <= MOST_BYTES
    assert "Too long for a page" in page and "Six questions" in page


def test_a_table_is_shown_without_a_chart_where_its_figures_are_not_there() -> None:
    strange = (
        Table("settings", "Settings", "n", ("a",), (("b",),), [{"effect": {"value": None}}, 3]),
        Table("formats", "Formats", "n", ("a",), (("b",),), {"claimed": {"value": 0.5}, "quantiles": [3]}),
        Table("own", "Own", "n", ("a",), (), None),
    )
    audited = audits.refuted(tables=strange)
    assert len([*read(audit_page(audited)).all("figure")]) == 1
    assert "formats  " not in audit_text(audited)


def test_terminal_fits_on_two_screens_and_holds_what_matters() -> None:
    text = audit_text(audits.refuted(), width=100)
    lines = text.splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= 100
    flat = " ".join(text.split())
    for part in (
        "claim 100.00 % accuracy on the published form of arithmetic, n = 600; the card of specimen/cheat",
        "asked again 100.0 %",
        "fresh 60.8 %",
        "reproduces yes (measured): ",
        "inflated yes (proof): ",
        "same-model undetermined (not tested): ",
        "disclosed no (a fact): ",
        "undisclosed shots, max_tokens, extraction, samples max_tokens, 128 in place of 256: −21.0 points",
        "above 71.3 % of 100 formats (median 80.1 %, 5 to 95 %: 61.0 % to 88.0 %)",
        "weak signals shown in the report, never counted",
        "not possible item order: no committed order",
        "kept in runs (9 runs)",
    ):
        assert part in flat, part
    assert flat.index("max_tokens, 128") < flat.index("shots, 1 in place"), "the largest effect first"


def test_colour_marks_what_speaks_against_the_claim() -> None:
    text = audit_text(audits.refuted(), colour=True)
    red = re.findall(r"\x1b\[31m(\S+)", text)
    assert red == ["Refuted:", "inflated", "seen"]


def test_every_probe_of_an_audit_has_words() -> None:
    """A probe's name is jargon; what it compares is not."""
    named = {
        *(
            canary.RANK,
            canary.EMISSION,
            corpus.PROBE,
            keyed.PROBE,
            order.SHUFFLED,
            order.LEGACY,
            reproduces.PROBE,
        ),
        *(same_model_tests.TEXT, same_model_tests.TOKEN, same_model_tests.CANARY, same_model_tests.BORDER),
        same_model_tests.RANKS,
        *("sibling-accuracy", "sibling-rank", "format-family", "chosen-against-default"),
    }
    assert named == set(PROBES)
