"""The coding of plain values: exact round trips, and one form for each value with everything else refused."""

from __future__ import annotations

import enum
import json
import math
import sys
import time
from collections import Counter, OrderedDict, defaultdict, namedtuple
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.sandbox.frames import BadFrame, pack, parse
from fairtrial.sandbox.values import DEPTH, DIGITS, SAFE, Malformed, decode, encode, plain, vet

PLAIN = {type(None), bool, int, float, str, bytes, list, tuple, set, frozenset, dict}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**80), 2**80),
    st.sampled_from([SAFE, SAFE + 1, -SAFE, -SAFE - 1, 2**64, 0, -1]),
    st.floats(),
    text,
    st.binary(max_size=6),
)
keys = st.recursive(
    scalars,
    lambda each: st.one_of(st.lists(each, max_size=3).map(tuple), st.frozensets(each, max_size=3)),
    max_leaves=5,
)
values = st.recursive(
    st.one_of(scalars, st.sets(keys, max_size=4), st.frozensets(keys, max_size=4)),
    lambda each: st.one_of(
        st.lists(each, max_size=4),
        st.lists(each, max_size=4).map(tuple),
        st.dictionaries(keys, each, max_size=4),
    ),
    max_leaves=12,
)


def several_nans(value: Any) -> bool:
    """Whether a set or dict has several keys that hold a NaN: Python lets them stand, the coding doesn't."""
    if isinstance(value, (set, frozenset, dict)):
        return repr(value).count("nan") > 1
    return isinstance(value, (list, tuple)) and any(map(several_nans, value))


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit and type, by a way of its own."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (set, frozenset)):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    if isinstance(a, dict):
        return len(a) == len(b) and all(map(same, a.items(), b.items()))
    return bool(a == b)


def all_plain(value: Any) -> bool:
    if type(value) not in PLAIN:
        return False
    if isinstance(value, dict):
        return all(all_plain(each) for pair in value.items() for each in pair)
    return not isinstance(value, (list, tuple, set, frozenset)) or all(map(all_plain, value))


@given(values.filter(lambda value: not several_nans(value)))
def test_every_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert same(decode(parse(pack(encode(value))[4:])), value)


json_trees = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=4),
        st.sampled_from(["0x1.8p+1", "ff", "inf", "1f" * 9, "0x1_0.p+1", " ff", "１"]),
    ),
    lambda each: st.one_of(
        st.lists(each, max_size=3),
        st.dictionaries(st.sampled_from(["i", "f", "t", "s", "fs", "d", "b", "x", ""]), each, max_size=2),
    ),
    max_leaves=10,
)


@given(json_trees)
def test_any_json_is_a_plain_value_in_its_one_form_or_is_refused(tree: Any) -> None:
    try:
        value = decode(tree)
    except Malformed:
        return
    assert all_plain(value)
    assert same(decode(encode(value)), value)


@given(values.filter(lambda value: not several_nans(value)), st.data())
def test_a_mutated_frame_is_a_plain_value_or_is_refused(value: Any, data: st.DataObject) -> None:
    body = bytearray(pack(encode(value))[4:])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        if not body:
            break
    try:
        found = decode(parse(bytes(body)))
    except (BadFrame, Malformed):
        return
    assert all_plain(found)


@given(keys, keys)
def test_keys_are_equal_where_python_says_so(a: Any, b: Any) -> None:
    try:
        vet({"s": [encode(a), encode(b)]})
    except Malformed:
        assert a == b or "nan" in repr(a)
    else:
        assert a != b


REFUSED = {
    "second tag": {"l": [1], "t": [1]},
    "no tag": {},
    "unknown tag": {"c": [1, 2]},
    "tag of another case": {"T": []},
    "large integer untagged": SAFE + 1,
    "small integer tagged": {"i": "5"},
    "small integer at the edge": {"i": f"{SAFE:x}"},
    "negative zero tagged": {"i": "-0"},
    "leading zero": {"i": "0" + "f" * 20},
    "plus sign": {"i": "+" + "f" * 20},
    "underscores": {"i": "f_f" * 10},
    "blanks": {"i": " " + "f" * 20},
    "newline at the end": {"i": "f" * 20 + "\n"},
    "capitals": {"i": "F" * 20},
    "prefix": {"i": "0x" + "f" * 20},
    "digits of another script": {"i": "٣" * 20},
    "full-width digits": {"i": "１" * 20},
    "too many digits": {"i": "f" * (DIGITS + 1)},
    "integer as a number": {"i": 2**60},
    "integer as a list": {"i": ["f"]},
    "float as a number": {"f": 1},
    "float in decimal": {"f": "1.5"},
    "float in capitals": {"f": "0X1.8P+1"},
    "float without exponent": {"f": "0x1.8"},
    "float that isn't canonical": {"f": "0x1.80p+1"},
    "float with blanks": {"f": " 0x1.8000000000000p+1 "},
    "float with a newline": {"f": "0x1.8000000000000p+1\n"},
    "float beyond all": {"f": "0x1.0000000000000p+1024"},
    "float of a huge exponent": {"f": "0x1.0000000000000p+9999"},
    "infinity by another name": {"f": "Infinity"},
    "signed nan": {"f": "-nan"},
    "nan in capitals": {"f": "NaN"},
    "bytes with blanks": {"b": "ff ff"},
    "bytes in capitals": {"b": "FF"},
    "half a byte": {"b": "f"},
    "bytes with a newline": {"b": "ff\n"},
    "bytes as a list": {"b": [255]},
    "tuple as text": {"t": "ab"},
    "tuple as nothing": {"t": None},
    "set as a dict": {"s": {"t": []}},
    "dict as an object": {"d": {"a": 1}},
    "dict with a triple": {"d": [[1, 2, 3]]},
    "dict with text for a pair": {"d": ["ab"]},
    "equal keys": {"d": [[1, 2], [1, 3]]},
    "one and true": {"s": [1, True]},
    "zero and false as keys": {"d": [[0, 1], [False, 1]]},
    "one and one point nought": {"s": [1, {"f": "0x1.0000000000000p+0"}]},
    "both zeros": {"s": [{"f": "0x0.0p+0"}, {"f": "-0x0.0p+0"}]},
    "a large integer and its float": {"s": [{"i": f"{2**70:x}"}, {"f": (2.0**70).hex()}]},
    "equal tuples": {"s": [{"t": [1, "a"]}, {"t": [True, "a"]}]},
    "equal frozen sets": {"s": [{"fs": [1, 2]}, {"fs": [2, 1]}]},
    "two nans": {"s": [{"f": "nan"}, {"f": "nan"}]},
    "a list as a key": {"d": [[[1], 2]]},
    "a set in a set": {"s": [{"s": [1]}]},
    "a list in a tuple as a key": {"s": [{"t": [[1]]}]},
    "a dict in a tuple as a key": {"d": [[{"t": [{"d": []}]}, 1]]},
    "half a surrogate pair": "\ud800",
    "a surrogate pair in halves": "\ud83d\ude00",
    "a surrogate in a key": {"d": [["\udfff", 1]]},
    "a number that isn't whole": 1.5,
}


@pytest.mark.parametrize("coded", REFUSED.values(), ids=REFUSED.keys())
def test_refused(coded: Any) -> None:
    with pytest.raises(Malformed):
        vet(coded)
    with pytest.raises(Malformed):
        decode([coded])


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: [inner],
        lambda inner: {"t": [inner]},
        lambda inner: {"fs": [inner]},
        lambda inner: {"d": [[0, inner]]},
    ],
    ids=["list", "tuple", "frozenset", "dict"],
)
def test_depth_is_capped_in_every_container(wrap: Any) -> None:
    coded: Any = 0
    for _ in range(DEPTH // 2):
        coded = wrap(coded)
    vet(coded)
    for _ in range(DEPTH):
        coded = wrap(coded)
    with pytest.raises(Malformed, match="deep"):
        vet(coded)


@pytest.mark.parametrize("inner", [[], {"t": []}, {"s": []}, {"fs": []}, {"d": []}], ids=str)
def test_an_empty_container_is_a_level_too(inner: Any) -> None:
    coded = inner
    for _ in range(DEPTH - 1):
        coded = [coded]
    vet(coded)
    with pytest.raises(Malformed, match="deep"):
        vet([coded])


def test_the_cap_on_depth_is_the_same_both_ways() -> None:
    assert decode(encode(nested(DEPTH))) == nested(DEPTH)
    itself: list[Any] = []
    itself += [itself, itself]
    for value in (nested(DEPTH + 1), nested(900), itself):
        for refuse in (encode, plain):
            with pytest.raises(Malformed, match="deep"):
                refuse(value)


def test_a_deep_frozen_set_takes_one_pass() -> None:
    coded: Any = {"t": list(range(50_000))}
    for _ in range(DEPTH - 2):
        coded = {"fs": [coded]}
    began = time.process_time()
    vet({"s": [coded]})
    assert time.process_time() - began < 2


def test_keys_made_to_collide_cost_nothing() -> None:
    modulus = sys.hash_info.modulus
    coded = {"s": [{"i": f"{at * modulus:x}"} for at in range(1, 40_000)]}
    assert {hash(value) for value in decode(coded["s"][:50])} == {0}
    began = time.process_time()
    vet(coded)
    assert time.process_time() - began < 2  # to build that set takes minutes: every hash is 0


class Color(str, enum.Enum):  # noqa: UP042 - what programs write
    RED = "red"


class Liar(list):  # type: ignore[type-arg]
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "given, becomes",
    [
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(int, {1: 2}), {1: 2}),
        (OrderedDict([(1, 2)]), {1: 2}),
        (Point(1, [Point(2, 3)]), (1, [(2, 3)])),
        (Liar([1, 2]), [1, 2]),
        (Color.RED, "red"),
        (enum.IntEnum("N", "A B").B, 2),  # type: ignore[attr-defined]
        (np.float64(1.5), 1.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ({"a": np.int8(1)}, {"a": 1}),
        ([np.array([1.5])], [[1.5]]),
        (True, True),
    ],
)
def test_what_python_holds_equal_to_a_plain_value_becomes_it(given: Any, becomes: Any) -> None:
    assert same(plain(given), becomes)
    assert same(decode(encode(plain(given))), becomes)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        range(3),
        Fraction(1, 2),
        1j,
        iter([1]),
        print,
        {1: object()},
        [map(str, [])],
        bytearray(b"a"),
        {}.keys(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_objects_do_not_cross(value: Any) -> None:
    with pytest.raises(Malformed):
        encode(plain(value))


@pytest.mark.parametrize(
    "value",
    [Liar([1]), np.float64(1.5), Color.RED, Point(1, 2), Counter("a")],
    ids=lambda v: type(v).__name__,
)
def test_the_encoder_goes_by_exact_type(value: Any) -> None:
    with pytest.raises(Malformed):
        encode(value)


def test_an_integer_too_long_is_refused_by_the_encoder() -> None:
    assert decode(encode(16**DIGITS - 1)) == 16**DIGITS - 1
    with pytest.raises(Malformed):
        encode(16**DIGITS)


def test_forms_are_those_of_the_docstring() -> None:
    table = {
        "null": None,
        '"é"': "é",
        "7": 7,
        '{"i":"-20000000000000"}': -(2**53),
        '{"f":"0x1.8000000000000p+1"}': 3.0,
        '{"t":[1,[2]]}': (1, [2]),
        '{"s":[1]}': {1},
        '{"fs":[]}': frozenset(),
        '{"d":[["k",true]]}': {"k": True},
        '{"b":"00ff"}': b"\x00\xff",
    }
    for written, value in table.items():
        assert json.dumps(encode(value), separators=(",", ":"), ensure_ascii=False) == written
        assert same(decode(json.loads(written)), value)
