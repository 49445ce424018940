"""JSON as it is written for every answer, into the journal and onto the wire: in a third of json's time.

No second `core.canon`: nothing is signed or named by these bytes, and keys keep the order that people read in.
"""

from __future__ import annotations

import json
from typing import Final

import orjson

from fairtrial.core.canon import JSON

_PLAIN: Final = (
    orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""Plain data alone: nothing is turned into JSON by a rule that is not ours."""


def written(value: JSON) -> bytes:
    """UTF-8 without blanks, keys in the order given. A NaN or an infinity becomes null: whoever may hold one
    looks first. Raises TypeError for what is no plain data."""
    try:
        return orjson.dumps(value, option=_PLAIN)
    except orjson.JSONEncodeError:
        # Half a surrogate pair in a model's reply has no UTF-8: escaped, so that the very same text comes back.
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
