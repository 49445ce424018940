"""A family as a file: what a slip is told as, and what the digest depends on."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.families.template import TemplateFamily
from fairtrial.families.yaml_family import MAX_BYTES, read_family

FILE = """
family: tills
words:
  name: [Ada, Ben]
templates:
  change:
    text: "{who} pays {n:2} for a book of {p:2}. How much comes back?"
    draw:
      who: {choice: name}
      p: {decimal: [1.00, 9.50], step: 0.25}
      back: {integer: [1, 20]}
    let: {n: p + back}
    where: [n <= 25]
    answer: n - p
    decimals: 2
    steps: 1
    unit: dollars
    solution: "{n:2}-{p:2}={answer:2}"
  wait:
    text: "From {d:month} {d:day} to {e:month} {e:day}, how many days?"
    draw: {d: {date: [2026-01-01, 2026-06-30]}, k: {integer: [2, 60]}}
    let: {e: d + k}
    answer: e - d
    steps: 1
    held_out: true
"""


def seed(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def read(**changes: Any) -> TemplateFamily:
    """FILE with parts of its first template replaced; `...` takes a key out."""
    data = yaml.safe_load(FILE)
    # Dates and decimals as they stand in a file: text and digits.
    data["templates"]["wait"]["draw"]["d"] = {"date": ["2026-01-01", "2026-06-30"]}
    template = data["templates"]["change"] | changes
    data["templates"]["change"] = {key: value for key, value in template.items() if value is not ...}
    return read_family(yaml.safe_dump(data, sort_keys=False).encode(), "tills.yaml")


def test_a_sample_is_what_the_file_says() -> None:
    family = read_family(FILE.encode(), "tills.yaml")
    assert family.templates == ("change", "wait")
    assert family.published == ("change",) and family.held_out == ("wait",)
    for number in range(200):
        sample = family.sample("change", seed(number))
        price, back = sample.metadata["parameters"]["p"], sample.metadata["parameters"]["back"]  # type: ignore
        paid = float(price) + int(back)
        assert 1 <= float(price) <= 9.5 and (float(price) * 4).is_integer() and paid <= 25
        assert sample.target == (f"{int(back)}.00",)
        who = sample.metadata["parameters"]["who"]  # type: ignore
        assert sample.input == f"{who} pays {paid:.2f} for a book of {float(price):.2f}. How much comes back?"
        assert sample.metadata["solution"] == f"{paid:.2f}-{float(price):.2f}={int(back)}.00"
        assert sample.metadata["unit"] == "dollars" and sample.metadata["steps"] == 1
        assert set(sample.metadata["answer_from"]) == {"p", "back"}  # type: ignore
        assert sample.id == f"change-{seed(number).hex()}"
        assert family.sample("change", seed(number)) == sample


def test_the_digest_names_what_decides_the_samples() -> None:
    family = read_family(FILE.encode(), "tills.yaml")
    same = FILE.replace("family:", "# a remark\nfamily:").replace(
        "    steps: 1\n    unit: dollars", "    unit: dollars\n    steps: 1"
    )
    assert read_family(same.encode(), "other.yaml").digest == family.digest
    reordered = FILE.replace(
        "{d: {date: [2026-01-01, 2026-06-30]}, k: {integer: [2, 60]}}",
        "{k: {integer: [2, 60]}, d: {date: [2026-01-01, 2026-06-30]}}",
    )
    other = read_family(reordered.encode(), "tills.yaml")
    assert other.digest == family.digest
    assert all(other.sample("wait", seed(n)) == family.sample("wait", seed(n)) for n in range(50))
    for old, new in [
        ("[1, 20]", "[1, 21]"),
        ("n - p", "p - n"),
        ("[Ada, Ben]", "[Ben, Ada]"),
        ("0.25", "0.250"),
        ("book", "pen"),
        ("decimals: 2", "decimals: 3"),
    ]:
        assert read_family(FILE.replace(old, new).encode(), "tills.yaml").digest != family.digest


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": "How many {things}?"}, "template 'change': 'things' is not known here"),
        ({"text": ...}, "'text' is missing"),
        ({"text": 3}, "a text belongs here"),
        ({"text": "{who} pays {n:2} of {p:2}. {"}, "a brace that belongs to no slot"),
        (
            {"text": "{who}: {n:2}?", "let": {"n": "back"}, "where": ["p > 0"], "answer": "n - p"},
            "the answer needs 'p'",
        ),
        ({"txet": "x"}, "the key 'txet' is not known"),
        ({"draw": {}}, "0 parameters"),
        ({"draw": {"who": "name"}}, "keys with values belong here"),
        ({"answer": "n - q"}, "'q' is not known here"),
        ({"answer": "n -"}, "'its end' was not expected"),
        ({"answer": ["n"]}, "a text belongs here"),
        ({"steps": 0}, "no whole number from 1 to 20"),
        ({"steps": True}, "no whole number"),
        ({"decimals": 7}, "no whole number from 0 to 6"),
        ({"held_out": "no"}, "neither true nor false"),
        ({"where": "n < 3"}, "a list belongs here"),
        ({"where": ["n < m"]}, "'m' is not known here"),
        ({"let": {"n": "p + back", "m": "n"}}, "'m' is used nowhere"),
        ({"let": {"p": "back"}}, "'p' can't be computed"),
        ({"let": {"n": "m + back", "m": "p"}}, "'m' is not known here"),
        ({"solution": "{x}"}, "'x' is not known here"),
    ],
)
def test_a_slip_is_told_with_its_place(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        read(**changes)
    assert str(error.value).startswith("tills.yaml, line ") and told in str(error.value)


def test_the_line_is_the_one_of_the_slip() -> None:
    spoilt = FILE.replace("for a book", "for {things}")
    line = 1 + spoilt.splitlines().index(next(each for each in spoilt.splitlines() if "{things}" in each))
    with pytest.raises(
        UsageError, match=f"tills.yaml, line {line}, template 'change': 'things' is not known"
    ):
        read_family(spoilt.encode(), "tills.yaml")


@pytest.mark.parametrize(
    ("law", "told"),
    [
        ({"integer": [5, 2]}, "is no range"),
        ({"integer": [1]}, "a lower and an upper limit"),
        ({"integer": [1, 2.5]}, "no whole number"),
        ({"integer": [0, 10**10]}, "no whole number"),
        ({"integer": [1, 3], "choice": [1]}, "this is no law"),
        ({"integer": [1, 3], "step": 2}, "this is no law"),
        ({"normal": [0, 1]}, "this is no law"),
        ({"decimal": [0, 1]}, "no whole number"),
        ({"decimal": [0, 1], "step": 0}, "step is above 0"),
        ({"decimal": [0, 1], "step": -0.5}, "step is above 0"),
        ({"choice": "names"}, "no words are called 'names'"),
        ({"choice": []}, "lists values, each once"),
        ({"choice": [1, 2, 1]}, "each once"),
        ({"choice": [None]}, "no whole number"),
        ({"date": ["2026-02-30", "2026-03-01"]}, "is no date"),
        ({"date": ["2026-03-02", "2026-03-01"]}, "is no range"),
    ],
)
def test_a_law_that_is_none_is_refused(law: dict[str, Any], told: str) -> None:
    draw = {"who": {"choice": "name"}, "p": {"integer": [1, 9]}, "back": law}
    with pytest.raises(UsageError) as error:
        read(draw=draw)
    assert told in str(error.value) and "template 'change'" in str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "keys with values"),
        ("[]", "keys with values"),
        ("family: x", "'templates' is missing"),
        ("family: x\ntemplates: {}", "0 templates"),
        ("family: Big Name\ntemplates: {a: {}}", "is no name"),
        ("family: x\ntemplates: {a_b: {}}", "is no name"),
        ("family: x\nfamily: y\ntemplates: {}", "stands already"),
        ("family: !!python/object:os.system x", "tag"),
        ("family: &a x\ntemplates: *a", "anchors"),
    ],
)
def test_a_file_that_is_no_family_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        read_family(text.encode(), "tills.yaml")
    assert told in str(error.value) and str(error.value).startswith("tills.yaml")


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(UsageError, match="more than 1,048,576 bytes"):
        read_family(b"#" * (MAX_BYTES + 1), "tills.yaml")


@given(st.binary(max_size=200) | st.text(st.sampled_from(list(FILE)), max_size=200).map(str.encode))
def test_any_bytes_are_a_family_or_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        read_family(data, "tills.yaml")


@given(st.integers(0, len(FILE) - 1), st.sampled_from(list("{}[]:,'\"x0 \n-*&!")))
def test_a_slip_of_one_letter_is_a_family_or_refused(at: int, letter: str) -> None:
    try:
        family = read_family((FILE[:at] + letter + FILE[at + 1 :]).encode(), "tills.yaml")
        for name in family.templates:
            family.sample(name, seed(1))
    except UsageError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answer": "p + 0 / (back - 3)"}, "division by zero"),
        ({"answer": "p / 3 + back"}, "can't be written exactly with 2 decimals"),
        ({"where": ["n > 100"]}, "constraints never held (n > 100)"),
        ({"answer": "who"}, "is no number"),
        ({"where": ["n"]}, "neither true nor false"),
        ({"text": "{who:2} pays {n:2} for {p:2}"}, "can't be shown"),
    ],
)
def test_where_a_formula_fails_template_and_seed_are_named(changes: dict[str, Any], told: str) -> None:
    family = read(**changes)
    with pytest.raises(UsageError) as error:
        for number in range(200):
            family.sample("change", seed(number))
    assert told in str(error.value)
    found = str(error.value).partition("seed ")[2][:64]
    assert str(error.value).startswith(f"tills, template 'change', seed {found}: ")
    with pytest.raises(UsageError) as again:
        family.sample("change", bytes.fromhex(found))
    assert str(again.value) == str(error.value)


def test_a_decimal_is_the_one_that_was_written() -> None:
    """Tenths have no exact binary fraction: three of them would not be shown as 0.3."""
    law = {"decimal": [0.1, 0.7], "step": 0.2}
    family = read(draw={"who": {"choice": "name"}, "p": law, "back": {"integer": [1, 2]}})
    found = {family.sample("change", seed(number)).metadata["parameters"]["p"] for number in range(100)}  # type: ignore
    assert found == {"0.1", "0.3", "0.5", "0.7"}


def test_a_constraint_on_parameters_guards_a_computed_value() -> None:
    family = read(
        text="{who} {p} {back} {n}",
        draw={"who": {"choice": "name"}, "p": {"integer": [0, 3]}, "back": {"choice": [6, 12]}},
        let={"n": "back / p"},
        where=["p > 0"],
        answer="n",
        solution=...,
    )
    assert {family.sample("change", seed(number)).target[0] for number in range(100)} == {
        "6.00", "12.00", "3.00", "2.00", "4.00"
    }  # fmt: skip
