"""Claims as files: written and read back, and everything wrong in one told at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.audit.claim_file import Kind, Subject, claim_of, claim_text, decimals_of, parse_claim, scalar
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UnknownName, UsageError

GOOD = """\
model: vendor/model-1
benchmark: gsm8k
metric: accuracy
value: 0.860
n: 1319
conditions:
  shots: 5
  system: ""
  temperature: 0
source: https://example.org/card
date: 2026-09-02
tolerance: 0.02
"""


def known(kind: Kind, name: str, draw: str) -> Subject:
    if (kind, name) not in (("benchmark", "gsm8k"), ("family", "arithmetic")):
        raise UnknownName(kind, name, ("gsm8k", "arithmetic"))
    return Subject(name, 1319, ("accuracy",))


def read(text: str) -> Claim:
    return parse_claim(text.encode(), "claim.yaml", known)


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return f"{caught.value.message} | {caught.value.remedy}"


def test_a_claim_is_read_with_its_digits_and_its_silence() -> None:
    claim = read(GOOD)
    assert (claim.model, claim.task, claim.value, claim.n) == ("vendor/model-1", "gsm8k", 0.86, 1319)
    assert claim.decimals == 3 and claim.rounding == pytest.approx(0.0005)
    assert claim.conditions.system == "" and claim.conditions.temperature == 0
    assert claim.conditions.undisclosed == ("prompt", "max_tokens", "extraction", "samples")
    assert (
        claim.date == "2026-09-02"
        and claim.statement == "vendor/model-1 has accuracy 0.860 on gsm8k, n = 1,319"
    )


texts = st.text(min_size=1, max_size=40).filter(str.strip)
whole = st.integers(1, 10**9)


@settings(deadline=None, max_examples=150)
@given(
    top=st.fixed_dictionaries(
        {"model": texts, "n": st.integers(1, 1319), "metric": st.just("accuracy")},
        optional={
            "source": st.text(min_size=1, max_size=60),
            "date": st.text(min_size=1, max_size=20),
            "tolerance": st.floats(0.001, 0.999),
        },
    ),
    subject=st.sampled_from(
        [{"benchmark": "gsm8k"}, {"family": "arithmetic"}, {"family": "arithmetic", "draw": "d"}]
    ),
    conditions=st.fixed_dictionaries(
        {},
        optional={
            "shots": st.integers(0, 100),
            "prompt": st.text(max_size=60),
            "system": st.text(max_size=60),
            "temperature": st.floats(0, 10),
            "max_tokens": whole,
            "extraction": st.text(max_size=20),
            "samples": whole,
        },
    ),
    digits=st.integers(0, 12).flatmap(lambda places: st.tuples(st.integers(0, 10**places), st.just(places))),
)
def test_what_is_written_reads_back_equal(
    top: dict[str, object], subject: dict[str, str], conditions: dict[str, object], digits: tuple[int, int]
) -> None:
    value, places = float(f"{digits[0] / 10 ** digits[1]:.{digits[1]}f}"), digits[1]
    claim = claim_of({**top, **subject, "value": value}, conditions, decimals=places)
    assert read(claim_text(claim)) == claim


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: (GOOD + text).encode()))
def test_hostile_bytes_are_refused_or_read_and_nothing_else(data: bytes) -> None:
    try:
        claim = parse_claim(data, "claim.yaml", known)
    except UsageError:
        return
    assert claim.value is not None and 0 <= claim.value <= 1 and claim.n


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value: 0.860", "value: 86.0", "line 4: value is 86, above 1 | write it as a fraction"),
        ("value: 0.860", "value: -0.1", "line 4: value is -0.1, below 0"),
        ("value: 0.860", "value: true", "line 4: value should be a number"),
        ("value: 0.860", "value: 1e-99999999", "more than 20 decimals"),
        ("n: 1319\n", "", "n is missing | add n: 1319 if every item of gsm8k was asked"),
        ("n: 1319", "n: 2000", "line 5: n is 2,000, and gsm8k has 1,319 items"),
        (
            "metric: accuracy",
            "metric: bleu",
            "line 3: gsm8k doesn't give the metric 'bleu' | it gives accuracy",
        ),
        ("metric: accuracy\n", "", "metric is missing | add metric: accuracy"),
        (
            "benchmark: gsm8k",
            "benchmark: gsm9k",
            "line 2: no benchmark is called 'gsm9k' | the nearest: gsm8k",
        ),
        ("benchmark: gsm8k\n", "", "benchmark is missing"),
        ("benchmark: gsm8k\n", "benchmark: gsm8k\nfamily: arithmetic\n", "both stand there"),
        ("benchmark: gsm8k\n", "benchmark: gsm8k\ndraw: d.json\n", "a draw belongs to a family"),
        ("  shots: 5", "  shot: 5", "line 7: no key is called 'conditions.shot' | the nearest: shots"),
        ("  shots: 5", "  shots: -1", "line 7: conditions.shots should be a whole number from 0"),
        ("tolerance: 0.02", "tolerance: 2", "tolerance is 2 | give a fraction"),
        ("model: vendor/model-1", "model: !!python/name:os.system", "the tag"),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_do(old: str, new: str, told: str) -> None:
    assert old in GOOD and told in refused(GOOD.replace(old, new))


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = refused("value: 85.5\nmodle: x\nconditions: [1]\nbenchmark: gsm8k\n")
    order = [
        "line 1: value is 85.5",
        "line 2: no key is called 'modle'",
        "line 3: conditions",
        "n is missing",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places) and "value is missing" not in text


def test_digits_count_as_they_are_written() -> None:
    written = {"0.860": 3, "1": 0, "0.5": 1, "5e-3": 3, "0.86e0": 2}
    assert {text: decimals_of(scalar(text)) for text in written} == written
    assert replace(read(GOOD), value=1.0, decimals=1).rounding == 0
    assert scalar("abc") == "abc" and scalar("true") == "true"
