"""Rows to samples: every column in every form it may have, and every bad row by its line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.core.sample import Message, Sample
from fairtrial.evals.rows import Rows, read_rows


def jsonl(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def read(folder: Path, *rows: Any) -> Rows:
    return read_rows(jsonl(folder, *rows))


def one(folder: Path, **row: Any) -> Sample:
    return read(folder, row).samples[0]


def refusal(folder: Path, *rows: Any) -> str:
    with pytest.raises(UsageError) as caught:
        read(folder, *rows)
    assert caught.value.remedy
    return str(caught.value)


def test_every_column(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "id": "a",
            "input": "Which?",
            "target": "B",
            "choices": ["red", "blue"],
            "metadata": {"lang": "en"},
            "level": 3,
        },
    )
    assert found.samples == (Sample("a", "Which?", ("B",), ("red", "blue"), {"lang": "en", "level": 3}),)
    assert found.notices == ("Other columns became metadata: level.",)
    assert found.origin.name == "rows" and found.origin.source == "rows.jsonl"


def test_the_same_rows_in_four_formats_are_the_same_samples(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "input": 'a, "b"\nc', "target": "x", "choices": ["x", "y, z"], "metadata": {"k": "v"}},
        {"id": "2", "input": "é ☃ 漢", "target": "A", "choices": ["p", "q"], "metadata": {}},
    ]
    expected = read(tmp_path, *rows).samples
    (tmp_path / "rows.json").write_text(json.dumps(rows), "utf-8")
    (tmp_path / "rows.yaml").write_text(yaml.safe_dump(rows, allow_unicode=True), "utf-8")
    with open(tmp_path / "rows.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            packed = {"choices": json.dumps(row["choices"]), "metadata": json.dumps(row["metadata"])}
            writer.writerow({**row, **packed})
    for kind in ("json", "yaml", "csv"):
        assert read_rows(tmp_path / f"rows.{kind}").samples == expected, kind


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("x", ("x",)),
        (7, ("7",)),
        (-0, ("0",)),
        (["x", "y", "x"], ("x", "y")),
        ({"a": 1}, ('{"a": 1}',)),
        ([{"a": [1, None]}], ('{"a": [1, null]}',)),
        (" kept as it stands ", (" kept as it stands ",)),
    ],
)
def test_targets(target: Any, expected: tuple[str, ...], tmp_path: Path) -> None:
    assert one(tmp_path, input="?", target=target).target == expected


@pytest.mark.parametrize("text", ["1.50", "1e3", "0.10", "-2.0", "123456789.123456789123456789"])
def test_a_decimal_stays_as_it_was_written(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"input": "?", "target": {text}}}\n')
    assert read_rows(path).samples[0].target == (text,)
    path = tmp_path / "rows.yaml"
    path.write_text(f"- input: '?'\n  target: {text}\n")
    assert read_rows(path).samples[0].target == (text,)


@pytest.mark.parametrize(
    ("target", "letter"),
    [("B", "B"), ("blue", "B"), (1, "B"), ("1", "B"), (0, "A"), (["A", 1], "AB"), (" blue ", "B")],
)
def test_a_choice_by_letter_text_or_index(target: Any, letter: str, tmp_path: Path) -> None:
    found = one(tmp_path, input="?", target=target, choices=["red", "blue"])
    assert found.target == tuple(letter)


def test_targets_read_as_indexes_are_told(tmp_path: Path) -> None:
    rows = [{"id": str(n), "input": "?", "target": n, "choices": ["red", "blue"]} for n in range(2)]
    told = "2 targets are numbers, read as indexes of choices counted from 0."
    assert told in read(tmp_path, *rows).notices


def test_a_conversation(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "v"},
    ]
    found = one(tmp_path, input=turns, target="x")
    assert found.input == tuple(Message(**turn) for turn in turns)  # type: ignore[arg-type]
    assert found.text == "system: s\n\nuser: u\n\nassistant: a\n\nuser: v"


def test_a_row_without_id_is_named_by_what_it_asks(tmp_path: Path) -> None:
    first, second = {"input": "a", "target": "b"}, {"input": "c", "target": "d"}
    alone = read(tmp_path, first).samples[0].id
    found = read(tmp_path, second, {**first, "source": "added later"})
    assert found.samples[1].id == alone, "inserting a row or adding a column must not rename"
    assert any("2 of 2 rows have no id" in notice for notice in found.notices)


def test_the_same_question_twice_gets_a_number(tmp_path: Path) -> None:
    row = {"input": "a", "target": "b"}
    ids = [sample.id for sample in read(tmp_path, row, row, row).samples]
    assert ids == [ids[0], f"{ids[0]}#2", f"{ids[0]}#3"]


def test_a_stated_id_may_not_be_what_another_row_got(tmp_path: Path) -> None:
    name = read(tmp_path, {"input": "a", "target": "b"}).samples[0].id
    assert "stands already on line 1" in refusal(
        tmp_path, {"input": "a", "target": "b"}, {"id": name, "input": "c", "target": "d"}
    )


BAD: list[tuple[dict[str, Any], str]] = [
    ({"target": "x"}, "input is missing (the row has target)"),
    ({"input": "x"}, "target is missing (the row has input)"),
    ({}, "input is missing (the row has nothing)"),
    ({"input": "", "target": "x"}, "input is missing"),
    ({"input": None, "target": "x"}, "input is missing"),
    ({"input": [], "target": "x"}, "input is missing"),
    ({"input": " \n", "target": "x"}, "input is blank"),
    ({"input": 3, "target": "x"}, "input is 3"),
    ({"input": {"a": 1}, "target": "x"}, 'input is {"a": 1}'),
    ({"input": ["x"], "target": "x"}, 'turn 1 of input is "x"'),
    ({"input": [{"role": "tool", "content": "x"}], "target": "x"}, "turn 1 of input"),
    ({"input": [{"role": "user", "content": ""}], "target": "x"}, "turn 1 of input"),
    ({"input": [{"role": "user", "content": "x", "name": "y"}], "target": "x"}, "turn 1 of input holds name"),
    ({"input": "x", "target": None}, "target is missing"),
    ({"input": "x", "target": ""}, "target is missing"),
    ({"input": "x", "target": []}, "target is missing"),
    ({"input": "x", "target": ["y", None]}, "target is missing"),
    ({"input": "x", "target": True}, "target is true"),
    ({"input": "x", "target": [["y"]]}, 'target is ["y"]'),
    ({"input": "x", "target": "y", "id": 1.5}, "id is 1.5"),
    ({"input": "x", "target": "y", "id": True}, "id is true"),
    ({"input": "x", "target": "y", "id": " "}, 'id is " "'),
    ({"input": "x", "target": "y", "id": "a\x1b[31m"}, "id is"),
    ({"input": "x", "target": "y", "id": "a" * 201}, "id is"),
    ({"input": "x", "target": "A", "choices": ["one"]}, "choices has 1 entries"),
    ({"input": "x", "target": "A", "choices": ["c"] * 27}, "choices has 27 entries"),
    ({"input": "x", "target": "A", "choices": "a,b"}, 'choices is "a,b"'),
    ({"input": "x", "target": "A", "choices": ["a", ""]}, "a choice is blank"),
    ({"input": "x", "target": "A", "choices": ["a", {"b": 1}]}, "a choice is"),
    ({"input": "x", "target": "C", "choices": ["a", "b"]}, "target 'C' is none of the 2 choices"),
    ({"input": "x", "target": 2, "choices": ["a", "b"]}, "target '2' is none of the 2 choices"),
    ({"input": "x", "target": -1, "choices": ["a", "b"]}, "target '-1' is none of the 2 choices"),
    (
        {"input": "x", "target": "B", "choices": ["B", "C"]},
        "can be read as the choice 'B' (A) and the letter B",
    ),
    ({"input": "x", "target": 1, "choices": ["1", "2"]}, "can be read as the choice '1' (A) and index 1"),
    ({"input": "x", "target": "a", "choices": ["a", "a"]}, "is the text of 2 choices"),
    ({"input": "x", "target": "y", "metadata": [1]}, "metadata is [1]"),
    ({"input": "x", "target": "y", "metadata": {"k": 1}, "k": 2}, "k stands as a column and in metadata"),
]


@pytest.mark.parametrize(("row", "said"), BAD, ids=[said for _, said in BAD])
def test_a_bad_row_is_named_by_its_line(row: dict[str, Any], said: str, tmp_path: Path) -> None:
    text = refusal(tmp_path, {"input": "fine", "target": "fine"}, row)
    assert text.startswith("rows.jsonl, line 2: ")
    assert said in text


def test_all_bad_rows_are_told_at_once_the_first_ten_by_line(tmp_path: Path) -> None:
    text = refusal(tmp_path, *({"input": "x"} for _ in range(14)))
    assert "rows.jsonl has 14 bad rows" in text and "and 4 more" in text
    assert [f"line {n}: target" in text for n in range(1, 15)] == [True] * 10 + [False] * 4


def test_a_number_beyond_exact_floats_becomes_text_in_the_metadata(tmp_path: Path) -> None:
    found = one(tmp_path, input="x", target="y", big=2**60, small=[2**53 - 1, {"n": -(2**60)}])
    assert found.metadata == {"big": str(2**60), "small": [2**53 - 1, {"n": str(-(2**60))}]}


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30).filter(str.strip)


@settings(deadline=None, max_examples=80)
@given(pairs=st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_any_texts_come_back_from_any_format(
    pairs: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    rows = [{"id": str(n), "input": asked, "target": right} for n, (asked, right) in enumerate(pairs)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "r.jsonl").write_bytes(lines.encode())
    (folder / "r.json").write_text(json.dumps(rows))
    (folder / "r.yaml").write_text(yaml.safe_dump(rows, default_style='"'), "utf-8")
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, ["id", "input", "target"])
    writer.writeheader()
    writer.writerows(rows)
    for kind in ("jsonl", "json", "yaml"):
        found = read_rows(folder / f"r.{kind}").samples
        assert [(each.input, each.target) for each in found] == [(a, (b,)) for a, b in pairs], kind
    if not any("\0" in text for pair in pairs for text in pair):
        (folder / "r.csv").write_bytes(table.getvalue().encode())
        found = read_rows(folder / "r.csv").samples
        assert [(each.input, each.target) for each in found] == [(a, (b,)) for a, b in pairs]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
columns = st.sampled_from(["id", "input", "target", "choices", "metadata", "other"])


@settings(deadline=None, max_examples=200)
@given(rows=st.lists(st.dictionaries(columns, values, max_size=6), max_size=4))
def test_whatever_stands_in_a_row_it_is_read_or_refused(
    rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rows") / "r.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    try:
        found = read_rows(path)
    except UsageError as error:
        assert error.message.startswith("r.jsonl") and error.remedy
    else:
        assert len(found.samples) == len(rows)
        assert all(sample.target and sample.text.strip() for sample in found.samples)
        assert len({sample.id for sample in found.samples}) == len(rows)
