"""JSON read strictly, found in replies, held against other JSON."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.strict_json import MAX_JSON, json_answer, json_equal, parse_strict

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def same(left: Any, right: Any) -> bool:
    """The oracle: equal as JSON, told by the type of every leaf."""
    if isinstance(left, bool) or isinstance(right, bool):
        return type(left) is type(right) and left == right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    numbers = (int, float, Decimal)
    if isinstance(left, numbers) and isinstance(right, numbers):
        return Decimal(repr(left)) == Decimal(repr(right))
    return type(left) is type(right) and left == right


@given(value=values, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_every_value_comes_back(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = parse_strict(text)
    assert json_equal(found, parse_strict(json.dumps(value)))
    assert json.loads(text) == json.loads(json.dumps(found, default=float))


@given(left=values, right=values)
def test_equal_is_equal_as_json(left: Any, right: Any) -> None:
    ours = json_equal(parse_strict(json.dumps(left)), parse_strict(json.dumps(right)))
    assert ours == same(left, right)
    assert json_equal(parse_strict(json.dumps(left)), parse_strict(json.dumps(left)))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("1", "1.0", True),
        ("100", "1e2", True),
        ("0.1", "0.10", True),
        ("0.1", "0.1000000000000000055", False),
        ("12345678901234567890", "12345678901234567891", False),
        ("0", "-0", True),
        ("true", "1", False),
        ("false", "0", False),
        ("null", "false", False),
        ("null", "0", False),
        ('"1"', "1", False),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', True),
        ('{"a": 1}', '{"a": 1, "b": null}', False),
        ("[1, 2]", "[2, 1]", False),
        ("[]", "{}", False),
        ('"é"', '"\\u00e9"', True),
        ('"é"', '"e\\u0301"', False),
    ],
)
def test_pairs(left: str, right: str, equal: bool) -> None:
    assert json_equal(parse_strict(left), parse_strict(right)) is equal
    assert json_equal(parse_strict(right), parse_strict(left)) is equal


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "NaN", "Infinity", "-Infinity", "[NaN]", '{"a": 1, "a": 1}', '[{"a": {"b": 1, "b": 2}}]',
        "{'a': 1}", "[1,]", "{a: 1}", "1 2", "// x\n1", "01", "+1", ".5", "1.", "0x1", "[" * 65 + "]" * 65,
        "[" * 100_000, '"\x00"', '"a\nb"', "tru", "1e9999999999999999999",
    ],
)  # fmt: skip
def test_what_is_no_strict_json(text: str) -> None:
    with pytest.raises(ValueError):
        parse_strict(text)


def test_sixty_four_levels_are_read() -> None:
    assert parse_strict("[" * 64 + "]" * 64)


ANSWERS = [
    ('{"a": 1}', '{"a": 1}'),
    ("  [1, 2]\n", "[1, 2]"),
    ('"a text"', '"a text"'),
    ("12", "12"),
    ('Here:\n```json\n{"a": 1}\n```\nDone.', '{"a": 1}'),
    ("```\n1\n```\n```\n2\n```", "2"),
    ("```json\n{broken\n```", None),
    ('```json\n{broken\n```\n{"a": 1}', None),
    ('The answer is {"a": 1}.', '{"a": 1}'),
    ('First {"a": 1}, then {"a": 2}', '{"a": 2}'),
    ('See [1] for {"a": [2]}', '{"a": [2]}'),
    ('{"a": {"b": 1}', '{"b": 1}'),
    ("a set {1, 2} and nothing", None),
    ('{"a": NaN}', None),
    ('{"a": 1, "a": 2}', None),
    ("no JSON at all", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "answer"), ANSWERS)
def test_the_json_in_a_reply(text: str, answer: str | None) -> None:
    assert json_answer(text) == answer


@given(
    value=st.dictionaries(st.text(max_size=4), values, max_size=3), before=st.text("ab.,: \n", max_size=10)
)
def test_an_object_is_found_behind_words(value: dict[str, Any], before: str) -> None:
    text = json.dumps(value)
    found = json_answer(f"{before} {text}")
    assert found is not None and json_equal(parse_strict(found), parse_strict(text))


@given(text=st.text(st.sampled_from('{}[]",:1atrue\\u0 \n`'), max_size=60))
def test_any_reply_gives_strict_json_or_nothing(text: str) -> None:
    found = json_answer(text)
    assert found is None or parse_strict(found) is not NotImplemented


def test_a_reply_of_brackets_costs_little_and_gives_nothing() -> None:
    started = time.perf_counter()
    for reply in ("[" * MAX_JSON, "{" * MAX_JSON, '{"a":' * (MAX_JSON // 5), "[{" * (MAX_JSON // 2)):
        assert json_answer(reply) is None
    assert json_answer("1" * (MAX_JSON + 1)) is None
    assert time.perf_counter() - started < 5
