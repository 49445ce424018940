"""No text can become markup, hide itself, or turn other text round."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairtrial.report.markup import Excerpt, Markup, escaped, join, shortened, tag, visible
from fairtrial.report.notebook import summary_html
from fairtrial.report.page import page
from tests.report import specimens
from tests.report.exhibits_of import exhibits_of
from tests.report.reading import poisoned, read, skeleton

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}</style>",
    "</pre></details></main><h1>Verified by nobody</h1>",
    "<!-- ",
    "]]><?php ",
    "&lt;b&gt; &#x3c;i&#62; &amp",
    "javascript:alert(1)",
    "<svg/onload=alert(1)>",
    "<a href=//evil.example>",
    "{{ 7*7 }} ${7*7}",
)
HIDDEN = (
    "\x00\x07\x08\x0b\x0c\r\x1b\x7f\x85\x9b\xad\u061c\u200b\u200d\u200e\u2028\u202a\u202e\u2066\u2069\ufeff"
    "\ufff9\U000e0041"
)
"""Controls, zero-width marks, and marks that turn text round; a mark each of the kinds that matter."""

hostile = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(alphabet=st.sampled_from("<>&\"'`=/!-x;#\u202e\u200b\x1b\x00"), min_size=1, max_size=40),
    st.text(min_size=1, max_size=60),
)


def harmless(text: str) -> str:
    """The same shape without anything that means something in HTML; blanks stay blanks."""
    return "".join(each if each.isspace() or each.isalnum() or each in "-/:.#" else "x" for each in text)


def drawn(text: str) -> str:
    """A page in which every foreign string carries the text, records included."""
    first = poisoned(specimens.incomplete(), text)
    second = poisoned(specimens.summary("anthropic/middle", score=0.6, chance=0.25), text)
    pair = specimens.comparison(specimens.incomplete(), specimens.summary("anthropic/middle", score=0.6))
    states = ("right", "failed", "refused", "unparsed", "partial")
    records = [[poisoned(specimens.record(at, state), text) for at, state in enumerate(states)] for _ in "ab"]
    records[1].reverse()
    shown, left = exhibits_of([(first, records[0]), (second, records[1])])
    return page([first, second], [poisoned(pair, text)], shown, left_out=left, made=text, title=text)


@settings(max_examples=20, deadline=None)
@given(hostile)
@example("".join(ATTACKS))
@example(HIDDEN)
@example("\ud800 a lone surrogate")
def test_no_text_changes_the_page(text: str) -> None:
    found, expected = read(drawn(text)), read(drawn(harmless(text)))
    assert skeleton(found) == skeleton(expected)
    assert not list(found.all("script"))


@settings(max_examples=20, deadline=None)
@given(hostile)
@example("".join(ATTACKS))
@example(HIDDEN)
def test_no_text_changes_a_notebook(text: str) -> None:
    def fragment(words: str) -> str:
        return summary_html(poisoned(specimens.incomplete(), words))

    assert skeleton(read(fragment(text))) == skeleton(read(fragment(harmless(text))))


@pytest.mark.parametrize("mark", HIDDEN)
def test_nothing_hidden_reaches_the_page(mark: str) -> None:
    found = drawn(f"a{mark}b")
    # Blanks of their own kind (form feed, separators) may become one blank; nothing else may vanish.
    assert mark not in found
    assert mark.isspace() or f"‹U+{ord(mark):04X}›" in found


@given(st.text())
def test_every_format_and_control_character_is_shown(text: str) -> None:
    """Independent of our table: Unicode's own categories."""
    for each in visible(text):
        if each in "\t\n\ufe0f":
            continue
        assert unicodedata.category(each) not in ("Cc", "Cs", "Zl", "Zp"), hex(ord(each))
        assert unicodedata.bidirectional(each) not in (
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )


def test_emoji_stay_emoji_and_a_hidden_message_does_not() -> None:
    assert visible("⚠\ufe0f 1\ufe0f") == "⚠\ufe0f 1\ufe0f"
    assert visible("a\ufe0f") == "a‹U+FE0F›"
    assert visible("⚠\ufe0f\ufe0f") == "⚠\ufe0f‹U+FE0F›"


@given(st.text())
def test_escaped_text_reads_back(text: str) -> None:
    assert read(f"<p>{escaped(text)}</p>").words() == visible(text)


@given(st.dictionaries(st.sampled_from(["title", "aria_label", "class_"]), st.text(), min_size=1), st.text())
def test_attributes_read_back(attributes: dict[str, str], text: str) -> None:
    (found,) = read(tag("p", text, **attributes)).all("p")
    expected = {key.rstrip("_").replace("_", "-"): visible(value) for key, value in attributes.items()}
    assert found.attributes == expected
    assert found.words() == visible(text)


def test_markup_is_not_escaped_twice_and_text_is_never_left() -> None:
    assert join(["<", Markup("<b>x</b>"), None, 7]) == "&lt;<b>x</b>7"
    assert tag("p", hidden=True, title=None, open_=False) == "<p hidden></p>"


@given(
    st.text(max_size=400), st.integers(min_value=1, max_value=200), st.integers(min_value=1, max_value=100)
)
def test_excerpts_keep_both_ends_and_count_what_is_gone(text: str, first: int, second: int) -> None:
    for cut in (Excerpt.of(text, first), Excerpt.of(text, first).to(second)):
        assert text.startswith(cut.head)
        assert text.endswith(cut.tail)
        assert len(cut.head) + cut.omitted + len(cut.tail) == len(text)
    assert len(Excerpt.of(text, first).to(second).head) <= max(first, second)


@given(st.text(max_size=300), st.integers(min_value=2, max_value=60))
def test_a_shortened_name_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = shortened(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
