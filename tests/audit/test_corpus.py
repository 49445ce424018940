"""Overlap with a corpus, beside a search by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.audit.corpus import Scan, overlap_evidence, overlap_sentence, words
from fairtrial.core.errors import UsageError

ITEM = "Ada has 12 pens, finds 5 more, and gives 3 of them to Ben. How many are left?"


def longest(item: list[str], corpus: list[str]) -> int:
    """The longest stretch whose every 8 words stand together in the corpus, by trying all."""
    text = " ".join(["", *corpus, ""])

    def covered(start: int, end: int) -> bool:
        return all(f" {' '.join(item[at : at + 8])} " in text for at in range(start, end - 7))

    spans = ((s, e) for s in range(len(item)) for e in range(s + 8, len(item) + 1) if covered(s, e))
    return max((e - s for s, e in spans), default=0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_longest_stretch_is_the_one_found_by_hand(seed: int) -> None:
    rng = random.Random(seed)
    item = [rng.choice("ab") for _ in range(rng.randint(8, 22))]
    corpus = [rng.choice("ab") for _ in range(150)] + item[rng.randrange(4) :]
    scan = Scan({"x": " ".join(item)})
    scan.read([" ".join(corpus)], "here")
    assert scan.overlap("sha256:c").matches[0].longest == longest(item, corpus)


def test_case_punctuation_and_pieces_do_not_hide_a_match() -> None:
    scan = Scan({"x": ITEM, "y": "one two three four five six seven eight nine", "z": "too short"})
    scan.read(["nothing here"], "row 1")
    scan.read(
        ["so: ADA has 12 pens finds ", "5 more and gives 3 of them to ben how", " many are left"], "row 2"
    )
    found = scan.overlap("sha256:c")
    assert [(each.item, each.share, each.place) for each in found.matches] == [
        ("x", 1.0, "row 2"),
        ("y", 0.0, ""),
    ]
    assert found.short == 1 and found.documents == 2
    assert "row 2" in overlap_sentence(found) and "1 of 2 items" in overlap_sentence(found)


def test_no_match_spans_two_documents_and_none_is_called_clean() -> None:
    half = len(words(ITEM)) // 2
    scan = Scan({"x": ITEM})
    scan.read([" ".join(words(ITEM)[:half][-7:])], "1")
    scan.read([" ".join(words(ITEM)[half:][:7])], "2")
    found = scan.overlap("sha256:c")
    assert not found.over(0.01)
    assert "no match" in overlap_sentence(found) and "n-gram length 8" in overlap_sentence(found)
    assert "clean" not in overlap_sentence(found)


def test_the_gap_is_strong_evidence_and_no_more() -> None:
    texts = {f"i{at}": " ".join(f"w{at}x{each}" for each in range(9)) for at in range(40)}
    scan = Scan(texts)
    for at in range(20):
        scan.read([texts[f"i{at}"]], f"row {at}")
    scores = {name: float(int(name[1:]) < 20) for name in texts}
    found = overlap_evidence(scan.overlap("sha256:c"), scores, alpha=0.001, seed=1)
    assert (
        found.tier == "strong" and found.effect.value == 100 and found.p < 1e-6 and found.draw == "sha256:c"
    )
    with pytest.raises(UsageError, match="no gap"):
        overlap_evidence(scan.overlap("sha256:c"), {"i1": 1.0}, alpha=0.001, seed=1)
    with pytest.raises(UsageError, match="has 8 words"):
        Scan({"x": "short"})
