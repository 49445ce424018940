"""A draw as a file. One draw has one form: canonical JSON and a newline; any other byte is refused.

The file holds the secret: it stays sealed until the draw is revealed. What is made known beforehand is the
statement, the same without secret, salt and the beacon's value.
"""

from __future__ import annotations

from typing import Any, Final

from fairtrial.core.canon import canonical
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.strict_json import parse_strict
from fairtrial.trust.beacon import BeaconRound, BlsCheck, check_round, is_hex
from fairtrial.trust.draw import FORMAT, SECRET_BYTES, Draw

MAX_BYTES: Final = 2**20
_REMEDY: Final = "get the file as it was published; don't rely on this draw"


def draw_bytes(draw: Draw) -> bytes:
    """The whole draw, secret included."""
    content = draw.content
    if draw.beacon is not None:
        content["beacon"] = draw.beacon.named | {"signature": draw.beacon.signature}
    return canonical(content | {"commitment": draw.commitment}) + b"\n"


def statement_bytes(draw: Draw) -> bytes:
    """What is published before the draw is used."""
    return canonical(draw.statement) + b"\n"


def parse_draw(data: bytes, name: str, *, valid: BlsCheck | None = None) -> Draw:
    """The draw in a file. name: of the file, for messages.

    valid: the pairing check (`adapters.drand.valid_signature`), needed where the file holds a beacon's value:
    a value that nobody checked is none. Raises IntegrityError where the file is not a draw, doesn't match its
    commitment, or holds a value that the beacon didn't sign or signed too early; UsageError where a check is
    needed and none was given.
    """
    try:
        draw, stated = _read(data)
    except (ValueError, KeyError, TypeError, UsageError) as error:
        raise IntegrityError(f"{name} is no draw file: {error}".partition("\n")[0], _REMEDY) from error
    if stated != draw.commitment:
        raise IntegrityError(f"{name} doesn't match its commitment {stated}", _REMEDY)
    if data != draw_bytes(draw):
        raise IntegrityError(f"{name} is not written as a draw file is (canonical JSON, one line)", _REMEDY)
    if draw.beacon is not None and draw.beacon.signature:
        if valid is None:
            raise UsageError(
                f"{name} names beacon round {draw.beacon.round}, which can't be checked here",
                "pip install 'fairtrial[beacon]'",
            )
        check_round(draw.beacon, draw.committed_at, valid)
    return draw


def check_reveal(draw: Draw, statement: bytes, name: str) -> None:
    """That a revealed draw is the one stated beforehand. name: of the statement's file. Raises IntegrityError."""
    if statement != statement_bytes(draw):
        raise IntegrityError(f"the draw of {draw.family} is not the one stated in {name}", _REMEDY)


def _read(data: bytes) -> tuple[Draw, str]:
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(data):,} bytes; {MAX_BYTES:,} are allowed")
    fields = parse_strict(data.decode("utf-8"))
    if not isinstance(fields, dict):
        raise ValueError("no JSON object")
    stated = _text(fields.pop("commitment"))
    if _text(fields.pop("format")) != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    draw = Draw(
        family=_text(fields.pop("family")),
        family_digest=_text(fields.pop("family_digest")),
        templates=_texts(fields.pop("templates")),
        n=_count(fields.pop("n")),
        siblings=_count(fields.pop("siblings")),
        committed_at=_text(fields.pop("committed_at")),
        secret=_bytes(fields.pop("secret")),
        salt=_bytes(fields.pop("salt")),
        beacon=_beacon(fields.pop("beacon")),
    )
    if fields:
        raise ValueError(f"the key {sorted(fields)[0][:40]!r} is not known")
    return draw, stated


def _beacon(value: Any) -> BeaconRound | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"chain", "round", "signature"}:
        raise ValueError("the beacon is no chain, round and signature")
    return BeaconRound(_text(value["chain"]), _count(value["round"]), _text(value["signature"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{str(value)[:40]!r} is no text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("the templates are no list")
    return tuple(map(_text, value))


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{str(value)[:40]!r} is no whole number")
    return value


def _bytes(value: Any) -> bytes:
    text = _text(value)
    if not is_hex(text, SECRET_BYTES):
        raise ValueError(f"secret and salt are {SECRET_BYTES} bytes in lower-case hexadecimal")
    return bytes.fromhex(text)
