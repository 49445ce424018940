"""Files of rows as hostile bytes: encodings, sizes, broken syntax, things that are no files."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.row_files import ROW_LIMIT, RowFile, parse_json

ROW = b'{"input": "x", "target": "y"}\n'


def read(path: Path) -> list[tuple[str, Any]]:
    file = RowFile(path)
    rows = list(file.rows())
    file.faults.raise_if_any()
    return rows


def refusal(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.remedy, "an error without a remedy"
    return caught.value.message


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_lines_are_numbered_as_an_editor_numbers_them(ending: bytes, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(ending.join([b"", b'{"a": 1}', b"  ", b'{"a": 2}']))
    assert read(path) == [("line 2", {"a": 1}), ("line 4", {"a": 2})]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    for name, body in (
        ("r.jsonl", '{"é": 1}'),
        ("r.json", '[{"é": 1}]'),
        ("r.yaml", "- é: 1"),
        ("r.csv", "é\n1"),
    ):
        (tmp_path / name).write_text("\ufeff" + body, "utf-8")
        assert [list(row) for _, row in read(tmp_path / name)] == [["é"]], name


def test_the_digest_is_that_of_the_file_s_bytes(tmp_path: Path) -> None:
    for name, data in (("r.jsonl", ROW * 5000), ("r.csv", b"a\n1\n"), ("r.jsonl.gz", gzip.compress(ROW))):
        path = tmp_path / name
        path.write_bytes(data)
        file = RowFile(path)
        list(file.rows())
        assert file.digest == f"sha256:{hashlib.sha256(data).hexdigest()}", name


UTF16 = [
    (name, mark) for name in ("r.jsonl", "r.csv", "r.json", "r.yaml") for mark in ("utf-16", "utf-16-le")
]


@pytest.mark.parametrize(("name", "encoding"), UTF16)
def test_utf_16_is_refused(name: str, encoding: str, tmp_path: Path) -> None:
    bodies = {
        "r.jsonl": '{"input": "é"}',
        "r.csv": "input\né",
        "r.json": '[{"input": "é"}]',
        "r.yaml": "- a: é",
    }
    text = refusal(tmp_path, name, (bodies[name] + "\n").encode(encoding))
    assert text.startswith(name) and ("UTF-16" in text)


@pytest.mark.parametrize("name", ["r.jsonl", "r.csv", "r.json", "r.yaml"])
def test_latin_1_is_refused_with_line_and_place(name: str, tmp_path: Path) -> None:
    bodies = {
        "r.jsonl": '{"a": 1}\n{"a": "é"}\n',
        "r.csv": "a,b\n1,é\n",
        "r.json": '[{"a": 1},\n {"a": "é"}]',
        "r.yaml": "- a: 1\n- a: é\n",
    }
    body = bodies[name]
    column = body.splitlines()[1].index("é") + 1
    text = refusal(tmp_path, name, body.encode("latin-1"))
    assert text == (
        f"{name}, line 2: byte 0xe9 at position {column} is not UTF-8 (Windows-1252 or Latin-1, perhaps)"
    )


JSON_FAULTS = [
    (b'{"a": NaN}', "NaN is no number that JSON knows"),
    (b'{"a": -Infinity}', "-Infinity is no number that JSON knows"),
    (b'{"a": 1e999}', "1e999 is too large a number"),
    (b'{"a": 1, "a": 2}', "the key 'a' stands twice"),
    (b'{"a": 1,}', "column 9"),
    (b'{"a": 1', "column 8"),
    (b'{"a": 1} x', "Extra data at column 10"),
    (b"{'a': 1}", "column 2"),
    (b'"text"', "a text in place of an object"),
    (b"[1]", "a list in place of an object"),
    (b"[{}, x]", "Expecting value at column 6"),
    (b"3", "a number in place of an object"),
    (b"null", "null in place of an object"),
    (b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "nested more than 64 deep"),
    (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested more than 64 deep"),
    (b'{"a": ' + b"9" * 401 + b"}", "a number of 401 digits"),
    (b'{"a": "\\ud800"}', "half a surrogate pair"),
    (b'{"a": "x\ty"}', "Invalid control character at column 9"),
]


@pytest.mark.parametrize(("line", "said"), JSON_FAULTS, ids=[said for _, said in JSON_FAULTS])
def test_a_line_that_is_no_strict_json(line: bytes, said: str, tmp_path: Path) -> None:
    text = refusal(tmp_path, "r.jsonl", b'{"fine": 1}\n' + line + b"\n")
    assert text.startswith("r.jsonl, line 2: ") and said in text


CSV_FAULTS = [
    (b"a,b\n1,2\n1,2,3\n", "line 3: 3 fields, and the header has 2"),
    (b"a,b\n1\n", "line 2: 1 fields, and the header has 2"),
    (b'a,b\n"1\n2",3\n4\n', "line 4: 1 fields"),
    (b'a,b\n1,"2\n', "line 2: no CSV: unexpected end of data"),
    (b'a,b\n1,"2"x\n', "line 2: no CSV"),
    (b"a,a\n1,2\n", "line 1: the column 'a' stands twice"),
    (b"a,\n1,2\n", "line 1: column 2 has no name"),
    (b"input;target\n1;2\n", "one single column, 'input;target'"),
    (b"input\ttarget\n1\t2\n", "one single column"),
]


@pytest.mark.parametrize(("data", "said"), CSV_FAULTS, ids=[said for _, said in CSV_FAULTS])
def test_a_broken_csv(data: bytes, said: str, tmp_path: Path) -> None:
    assert said in refusal(tmp_path, "r.csv", data)


def test_a_field_may_hold_line_breaks_commas_and_quotes(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b'a,b\r\n"1\r\n""2"",",3\r\n\r\n4,5\r\n')
    assert read(path) == [("line 2", {"a": '1\r\n"2",', "b": "3"}), ("line 5", {"a": "4", "b": "5"})]


@pytest.mark.parametrize("name", ["r.jsonl", "r.csv"])
def test_a_row_of_10_mb_is_read_and_one_of_more_is_not(name: str, tmp_path: Path) -> None:
    head, tail = (b'{"a": "', b'"}') if name == "r.jsonl" else (b"", b"")
    before = b"" if name == "r.jsonl" else b"a\n"
    fits = head + b"x" * (ROW_LIMIT - len(head) - len(tail)) + tail
    path = tmp_path / name
    path.write_bytes(before + fits + b"\n")
    assert len(read(path)) == 1
    text = refusal(tmp_path, name, before + head + b"x" + fits[len(head) :] + b"\n")
    assert "longer than 10 MB" in text and ("line 1" if name == "r.jsonl" else "line 2") in text


def test_an_endless_line_never_stands_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(200):
            file.write(b"x" * 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="longer than 10 MB"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 45 * 2**20
    finally:
        tracemalloc.stop()


def test_a_whole_file_that_is_too_large(tmp_path: Path) -> None:
    text = refusal(tmp_path, "r.yaml", b"- a: " + b"x" * (10 * 2**20))
    assert "r.yaml" in text and "10 MB" in text


@pytest.mark.parametrize("name", ["r.jsonl.gz", "r.csv.gz", "r.yaml.gz", "r.json.gz"])
def test_a_cut_or_false_gzip(name: str, tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(50) + ROW * 100)
    for data in (whole[: len(whole) // 2], b"no gzip at all", whole[:-8] + b"\0" * 8, whole[:12]):
        text = refusal(tmp_path, name, data)
        assert text.startswith(name)


def test_kinds(tmp_path: Path) -> None:
    assert "no file of rows" in refusal(tmp_path, "r.txt", ROW)
    assert "no file of rows" in refusal(tmp_path, "r", ROW)
    assert "in place of a list" in refusal(tmp_path, "r.json", b'{"a": 1}')
    assert "in place of a row" in refusal(tmp_path, "r.yaml", b"- a: 1\n- b\n")
    assert refusal(tmp_path, "r.json", b"[{},\n x]") == (
        "r.json: no strict JSON: Expecting value at line 2, column 2"
    )


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "endless.jsonl").symlink_to("/dev/zero")
    (tmp_path / "loop.jsonl").symlink_to(tmp_path / "loop.jsonl")
    said = {
        "folder.jsonl": "is a folder",
        "pipe.jsonl": "is a pipe or a device",
        "endless.jsonl": "is a pipe or a device",
        "loop.jsonl": "can't be read",
        "nothing.jsonl": "there is no file",
        "folder.jsonl/x.jsonl": "there is no file",
        "x" * 300 + ".jsonl": "can't be read",
        "nul\0.jsonl": "can't be read",
    }
    for name, expected in said.items():
        caught: list[BaseException] = []

        def attempt(path: Path = tmp_path / name, caught: list[BaseException] = caught) -> None:
            try:
                read(path)
            except BaseException as error:  # noqa: BLE001
                caught.append(error)

        # In a thread: opening a pipe that nobody writes to would wait for ever.
        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive(), name
        assert isinstance(caught[0], UsageError), caught
        assert expected in caught[0].message and caught[0].remedy


@settings(deadline=None, max_examples=300)
@given(kind=st.sampled_from(["jsonl", "json", "csv", "yaml", "jsonl.gz"]), data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(
    kind: str, data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{kind}"
    path.write_bytes(data)
    try:
        read(path)
    except UsageError as error:
        assert error.message.startswith("any.") and error.remedy


pieces = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        "a",
        "1",
        "-",
        "e9",
        ".5",
        "NaN",
        "true",
        "null",
        "\\u",
        "d800",
        "\n",
        " ",
        "'",
    ]
)


@settings(deadline=None, max_examples=400)
@given(text=st.lists(pieces, max_size=25).map("".join))
def test_what_parse_json_takes_the_standard_library_takes_too(text: str) -> None:
    try:
        value = parse_json(text)
    except ValueError:
        return
    assert json.loads(text) == value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@settings(deadline=None, max_examples=200)
@given(value=json_values, ascii_only=st.booleans())
def test_every_json_value_comes_back(value: Any, ascii_only: bool) -> None:
    try:
        text = json.dumps(value, ensure_ascii=ascii_only)
        text.encode()
    except UnicodeEncodeError:
        return
    assert parse_json(text) == value
