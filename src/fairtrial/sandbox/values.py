"""Plain values as JSON: the only kind of thing that crosses between a program and its exam.

    null, true, false, "text"         None, bool, str (no lone surrogate)
    7                                 int within ±(2^53-1); a larger one {"i": "-1f…"}, hexadecimal
    {"f": "0x1.8p+1"}                 float, as float.hex writes it; inf, -inf, nan
    [v, …]                            list
    {"t": [v, …]}                     tuple
    {"s": [v, …]}, {"fs": [v, …]}     set, frozenset
    {"d": [[k, v], …]}                dict
    {"b": "00ff"}                     bytes

`vet` is the boundary. It needs no value built, so nothing that a program replies can make the parent hash it: keys
are held apart by their text, whose hash is keyed. Every value has one form, and anything else is refused: a second
tag, equal keys, a key that can't be hashed, blanks, underscores or other digits where int() and fromhex() allow
them. The same source runs in both guests (Python 3.9 and later, standard library only).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

DEPTH = 60
SAFE = 2**53 - 1
DIGITS = (
    16384  # hexadecimal; a power of two as base is read in linear time, and int()'s cap on digits is for ten
)

_BIG = re.compile(r"-?[1-9a-f][0-9a-f]{0,%d}" % (DIGITS - 1))  # noqa: UP031
_FLOAT = re.compile(r"-?0x[01]\.[0-9a-f]{1,13}p[+-][0-9]{1,4}")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_TAGS: dict[type, str] = {tuple: "t", set: "s", frozenset: "fs"}
_WORDS = ("inf", "-inf", "nan")


class Malformed(Exception):
    """These are not the coded bytes of a plain value, or this value is not plain."""


def encode(value: object, depth: int = DEPTH) -> Any:
    """The JSON form of a plain value. Raises Malformed for any other, by exact type: no subclass crosses."""
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        return _whole(value)  # type: ignore[arg-type]
    if kind is float:
        return {"f": _real(value)}  # type: ignore[arg-type]
    if kind is bytes:
        return {"b": value.hex()}  # type: ignore[attr-defined]
    if depth <= 0:
        raise Malformed(f"nested more than {DEPTH} deep")
    if kind is list:
        return [encode(item, depth - 1) for item in value]  # type: ignore[attr-defined]
    if kind is dict:
        pairs = value.items()  # type: ignore[attr-defined]
        return {"d": [[encode(key, depth - 1), encode(item, depth - 1)] for key, item in pairs]}
    if kind not in _TAGS:
        raise Malformed(f"a value of type {kind.__name__!s:.60}")
    return {_TAGS[kind]: [encode(item, depth - 1) for item in value]}  # type: ignore[attr-defined]


def decode(coded: object) -> Any:
    """The value, built of exact plain types. Raises Malformed where `vet` does."""
    vet(coded)
    return _build(coded)


def vet(coded: object, depth: int = DEPTH) -> None:
    """Raises Malformed unless `coded`, JSON as json.loads gives it, is the one form of a plain value."""
    kind = type(coded)
    if coded is None or kind is bool:
        return
    if kind is str:
        _text(coded)
    elif kind is int:
        if not -SAFE <= coded <= SAFE:  # type: ignore[operator]
            raise Malformed("a large integer that isn't tagged")
    elif kind is list:
        _vet_all(coded, depth)
    elif kind is dict:
        if len(coded) != 1:  # type: ignore[arg-type]
            raise Malformed("not exactly one tag")
        ((tag, body),) = coded.items()  # type: ignore[attr-defined]
        if tag not in _VET:
            raise Malformed("an unknown tag")
        _VET[tag](body, depth)
    else:
        raise Malformed("not a coded value")


def plain(value: object, depth: int = DEPTH) -> Any:
    """What a guest hands over in place of `value`: subclasses of plain types and numpy's become plain.

    A Counter is a dict, a named tuple a tuple: Python compares them so too. Anything else is left as it is, for
    `encode` to refuse. For guests only: it calls methods that a program can replace.
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        value = value.item()
    elif numpy is not None and isinstance(value, numpy.ndarray):
        value = value.tolist()
    if depth <= 0 and isinstance(value, (dict, list, tuple, set, frozenset)):
        raise Malformed(f"nested more than {DEPTH} deep")
    if isinstance(value, dict):
        return {plain(key, depth - 1): plain(item, depth - 1) for key, item in value.items()}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return kind(plain(item, depth - 1) for item in value)
    if isinstance(value, str):
        return str.__str__(value)  # str() of an enumeration's member is its name
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    return value


def _text(value: Any) -> str:
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Malformed("text with half a surrogate pair") from None
    return value  # type: ignore[no-any-return]


def _whole(value: int) -> Any:
    if -SAFE <= value <= SAFE:
        return value
    if value.bit_length() > 4 * DIGITS:
        raise Malformed(f"an integer of more than {DIGITS} hexadecimal digits")
    return {"i": f"{value:x}"}


def _real(value: float) -> str:
    return "nan" if value != value else value.hex()


def _vet_whole(body: object, depth: int) -> None:
    if type(body) is not str or not _BIG.fullmatch(body):
        raise Malformed("not a large integer")
    if -SAFE <= int(body, 16) <= SAFE:
        raise Malformed("a small integer as a large one")


def _vet_real(body: object, depth: int) -> None:
    if type(body) is not str or len(body) > 32:
        raise Malformed("not a float")
    if body in _WORDS:
        return
    try:
        same = _FLOAT.fullmatch(body) is not None and float.fromhex(body).hex() == body
    except OverflowError:
        same = False
    if not same:
        raise Malformed("not a float")


def _vet_bytes(body: object, depth: int) -> None:
    if type(body) is not str or not _HEX.fullmatch(body):
        raise Malformed("not bytes")


def _vet_all(body: object, depth: int) -> None:
    if depth <= 0:
        raise Malformed(f"nested more than {DEPTH} deep")
    if type(body) is not list:
        raise Malformed("not a list of values")
    for item in body:
        vet(item, depth - 1)


def _vet_set(body: object, depth: int) -> None:
    _key({"fs": body}, depth)


def _vet_dict(body: object, depth: int) -> None:
    if depth <= 0:
        raise Malformed(f"nested more than {DEPTH} deep")
    if type(body) is not list or not all(type(pair) is list and len(pair) == 2 for pair in body):
        raise Malformed("not a list of pairs")
    _all_apart([_key(key, depth - 1) for key, _ in body])
    for _, item in body:
        vet(item, depth - 1)


_VET: dict[str, Callable[[object, int], None]] = {
    "i": _vet_whole,
    "f": _vet_real,
    "b": _vet_bytes,
    "t": _vet_all,
    "s": _vet_set,
    "fs": _vet_set,
    "d": _vet_dict,
}


def _all_apart(keys: list[str]) -> None:
    if len(set(keys)) != len(keys):
        raise Malformed("equal keys")


def _key(coded: Any, depth: int) -> str:
    """Vets a key (or an element of a set); one pass, whatever the nesting.

    Gives a text that is the same for two keys exactly where Python holds them equal: 1, 1.0 and True are.
    """
    kind = type(coded)
    tag, body = "", coded
    if kind is dict and len(coded) == 1:
        ((tag, body),) = coded.items()
    if tag not in ("t", "fs"):
        vet(coded, depth)
        return _scalar(kind, tag, body)
    if depth <= 0:
        raise Malformed(f"nested more than {DEPTH} deep")
    if type(body) is not list:
        raise Malformed("not a list of values")
    keys = [_key(item, depth - 1) for item in body]
    if tag == "t":
        return "(" + "".join(keys) + ")"
    _all_apart(keys)
    return "{" + "".join(sorted(keys)) + "}"


def _scalar(kind: type, tag: str, body: Any) -> str:
    if body is None:
        return "-"
    if kind is str:
        return f"u{len(body)}:{body}"
    if kind is bool or kind is int:
        return f"n{int(body):x}/1;"
    if tag == "i":
        return f"n{body}/1;"
    if tag == "b" or (tag == "f" and body in _WORDS):
        return f"{tag}{body};"
    if tag == "f":
        over, under = float.fromhex(body).as_integer_ratio()
        return f"n{over:x}/{under:x};"
    raise Malformed("a key that can't be hashed")


def _build(coded: Any) -> Any:
    kind = type(coded)
    if kind is list:
        return [_build(item) for item in coded]
    if kind is not dict:
        return coded
    ((tag, body),) = coded.items()
    if tag == "i":
        return int(body, 16)
    if tag == "f":
        return float(body) if body in _WORDS else float.fromhex(body)
    if tag == "b":
        return bytes.fromhex(body)
    if tag == "d":
        return {_build(key): _build(item) for key, item in body}
    return {"t": tuple, "s": set, "fs": frozenset}[tag](map(_build, body))
