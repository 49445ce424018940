"""YAML as hostile bytes, and its scalars by the core schema; PyYAML is the oracle for the legacy reading."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import Function, WrittenFloat, parse_yaml


def value(text: str, **options: bool) -> Any:
    return parse_yaml(text.encode(), "f.yaml", **options).value


def refusal(text: str | bytes, **options: bool) -> str:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(UsageError) as caught:
        parse_yaml(data, "f.yaml", **options)
    assert caught.value.remedy
    return caught.value.message


SCALARS: list[tuple[str, Any]] = [
    ("no", "no"),
    ("on", "on"),
    ("yes", "yes"),
    ("true", True),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("010", "010"),
    ("0o10", "0o10"),
    ("0x1F", "0x1F"),
    ("1_000", "1_000"),
    ("12:30:45", "12:30:45"),
    ("2024-01-01", "2024-01-01"),
    ("-17", -17),
    ("+3", 3),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1.", 1.0),
    ("'1'", "1"),
    ('"true"', "true"),
    ("a #b", "a"),
    ("|\n  x\n  y\n", "x\ny\n"),
    (">\n  x\n  y\n", "x y\n"),
]


@pytest.mark.parametrize(("text", "expected"), SCALARS)
def test_scalars_by_the_core_schema(text: str, expected: Any) -> None:
    found = value(f"k: {text}\n")["k"]
    assert found == expected and isinstance(found, type(expected))


def test_a_decimal_remembers_how_it_was_written() -> None:
    found = value("k: 1.50")["k"]
    assert isinstance(found, WrittenFloat) and found.text == "1.50"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: *x\n", "line 1: anchors and aliases"),
        ("a: 1\nb: *x\n", "line 2"),
        ("a: !!python/object/apply:os.system ['true']", "line 1: the tag tag:yaml.org,2002:python/object"),
        ("a: !!python/name:os.system ''", "the tag"),
        ("a: !!binary aGk=", "the tag"),
        ("a: !!set {x}", "the tag"),
        ("a: !!str 1", "the tag"),
        ("a: !function os.system", "the tag !function"),
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands already on line 1"),
        ("a: {b: 1, b: 2}", "the key 'b' stands already"),
        ("a: 1\n<<: {b: 2}\n", "line 2: merge keys"),
        ("? [a, b]\n: 1\n", "line 1: a key is no plain text"),
        ("a: 1\n---\nb: 2\n", "a second document begins here"),
        ("a: .nan", "line 1: .nan is no number"),
        ("a: -.inf", "-.inf is no number"),
        ("a: 1e999", "1e999 is too large"),
        ("a: [1, 2\nb: 3\n", "no YAML"),
        ("a: 1\n\tb: 2\n", "line 2"),
        ('a: "\\ud800"', ""),
        ("a: " + "[" * 65 + "]" * 65, "nested more than 64 deep"),
        ("a: 'x", "line"),
        ("%YAML 9.9\n---\na: 1", ""),
        ("a: \x07", "no YAML"),
    ],
)
def test_what_is_no_plain_data_is_refused(text: str, said: str) -> None:
    found = refusal(text)
    assert found.startswith("f.yaml") and said in found


def test_bombs_cost_nothing() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    started = time.perf_counter()
    assert "anchors" in refusal("\n".join(lines))
    assert "nest" in refusal("[" * 200_000)
    assert "nest" in refusal("- " * 200_000)
    assert "nest" in refusal("{a: " * 5_000)
    refusal("? " * 5_000)
    assert time.perf_counter() - started < 5


def test_the_line_of_every_key() -> None:
    document = parse_yaml(b"# head\na: 1\nb:\n  - x\n  - c: 2\n    d:\n      e: 3\n", "f.yaml")
    assert document.lines[("a",)] == 2
    assert document.lines[("b", 0)] == 4
    assert document.lines[("b", 1, "c")] == 5
    assert document.lines[("b", 1, "d", "e")] == 7


def test_functions_are_named_and_never_called() -> None:
    assert value("a: !function os.system", functions=True) == {"a": Function("os.system")}
    assert "the tag" in refusal("a: !!python/name:os.system x", functions=True)
    assert "the tag" in refusal("a: !function [os.system]", functions=True)


def test_too_large_a_file() -> None:
    assert "10 MB" in refusal(b"a: " + b"x" * (10 * 2**20))


def test_an_empty_file_is_nothing() -> None:
    assert value("") is None and value("# only words\n") is None


plain = st.text(st.sampled_from("abn0123456789.-+_eExXoO:~ yesnoNullTrueFALSE"), max_size=8)


@settings(deadline=None, max_examples=500)
@given(text=plain)
def test_the_legacy_reading_is_pyyaml_s(text: str) -> None:
    source = f"k: {text}\n"
    try:
        expected = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError):
        return
    if not isinstance(expected, dict) or list(expected) != ["k"] or isinstance(expected["k"], dict):
        return
    wanted = expected["k"]
    if isinstance(wanted, float) and not math.isfinite(wanted):
        refusal(source, legacy=True)
        return
    found = value(source, legacy=True)["k"]
    if hasattr(wanted, "isoformat"):
        assert found == text.strip(), "a date stays the text it was written as"
    else:
        assert found == wanted and type(found) is type(wanted)


data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=9), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(deadline=None, max_examples=200)
@given(written=data, unicode=st.booleans(), flow=st.sampled_from([None, True, False]))
def test_what_pyyaml_writes_comes_back(written: Any, unicode: bool, flow: bool | None) -> None:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    text = yaml.dump(written, Dumper=Plain, allow_unicode=unicode, default_flow_style=flow)
    # What PyYAML leaves unquoted it reads by YAML 1.1, and a lone U+0085 it writes so that nobody reads it back:
    # its own reading is the one to hold against.
    assert value(text, legacy=True) == yaml.safe_load(text)


@settings(deadline=None, max_examples=400)
@given(
    text=st.lists(
        st.sampled_from(
            ["a", ":", " ", "\n", "- ", "? ", "{", "}", "[", "]", ",", "'", '"', "|", ">", "&a", "*a"]
        )
        | st.sampled_from(
            ["!", "!!str", "%", "@", "#", "---", "...", "\t", "<<", "1", ".5", "~", "\\", "é", "\x85"]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value(text)
    except UsageError as error:
        assert error.message.startswith("f.yaml")


@settings(deadline=None, max_examples=200)
@given(noise=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    try:
        parse_yaml(noise, "f.yaml")
    except UsageError as error:
        assert error.message.startswith("f.yaml")
