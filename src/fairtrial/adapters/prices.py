"""US dollars for tokens: the user's own table, then genai-prices as installed. Unknown is None, never zero.

`openai/`, `anthropic/` and `google/` are priced as that provider bills. With an address of their own, they and
`openai-api/` are priced by its host, where genai-prices knows it. Local servers, recordings and Python functions
have no price unless the table names them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from fairtrial.core.errors import UsageError
from fairtrial.core.output import Usage
from fairtrial.core.plan import ModelSpec

PACKAGE: Final = "genai-prices"
TABLE_LIMIT: Final = 1024 * 1024
"""Most bytes a price table may have."""

BILLED: Final = ("openai", "anthropic", "google")

_MILLION: Final = Decimal(1_000_000)
_LOCAL: Final = re.compile(r"https?://(localhost|127\.|\[::1\]|0\.0\.0\.0)")
"""Addresses that no price list holds."""
_KEYS: Final = {"input", "output", "cached", "cache_write"}
_EXAMPLE: Final = "write for each model: openai/gpt-4o-mini: {input: 0.15, output: 0.60, cached: 0.075}"


@dataclass(frozen=True, slots=True)
class Step:
    """Prices in USD per million tokens, from `above` input tokens on. cached and cache_write: what the
    provider's cache costs to read and to fill; where not stated, what other input costs."""

    input: Decimal
    output: Decimal
    cached: Decimal
    cache_write: Decimal
    above: int = -1


class PriceTable:
    """The `Prices` port. Each model's price is looked up once; a call then costs a few multiplications."""

    def __init__(self, today: str, table: Path | None = None) -> None:
        """today: the date in `source`, YYYY-MM-DD. Raises UsageError for a file that is no price table."""
        self._table, named = _read(table) if table is not None else ({}, "")
        version = importlib.metadata.version(PACKAGE)
        self._source = f"{named}{PACKAGE} {version}, looked up {today}"
        self._found: dict[tuple[str, str | None], tuple[Step, ...]] = {}

    @property
    def source(self) -> str:
        return self._source

    def cost(self, model: ModelSpec, usage: Usage) -> Decimal | None:
        """Dollars for one reply. None where the price, or the number of tokens, is unknown."""
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        address = model.options.get("base_url")
        key = (str(model), address if isinstance(address, str) else None)
        steps = self._found.get(key)
        if steps is None:
            steps = self._found[key] = self._look_up(model, key[1])
        if not steps:
            return None
        step = next(step for step in reversed(steps) if usage.input_tokens > step.above)
        cached = min(usage.cached_tokens or 0, usage.input_tokens)
        written = min(usage.cache_write_tokens or 0, usage.input_tokens - cached)
        return (
            (usage.input_tokens - cached - written) * step.input
            + cached * step.cached
            + written * step.cache_write
            + usage.output_tokens * step.output
        ) / _MILLION

    def _look_up(self, model: ModelSpec, address: str | None) -> tuple[Step, ...]:
        if own := self._table.get(str(model)):
            return (own,)
        if address is None:
            return _package(model.name, model.provider, None) if model.provider in BILLED else ()
        if model.provider not in (*BILLED, "openai-api") or _LOCAL.match(address):
            return ()
        return _package(model.name, None, address)


def _package(name: str, provider: str | None, address: str | None) -> tuple[Step, ...]:
    # Imported on first need: it costs 0.3 s of CPU, and a run against a local server never needs it.
    prices = importlib.import_module("fairtrial.adapters.price_list")
    return tuple(Step(*each) for each in prices.steps(name, provider, address))


def _read(path: Path) -> tuple[dict[str, Step], str]:
    """(model -> price, what to call the table) of a YAML or JSON file; raises UsageError."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(TABLE_LIMIT + 1)
    except OSError as error:
        raise UsageError(
            f"the price table {path} can't be read: {error.strerror}", "check the path and its rights"
        ) from error
    if len(data) > TABLE_LIMIT:
        raise UsageError(f"the price table {path.name} is larger than 1 MB", "keep only the models you use")
    try:
        table = yaml.load(data, _Loader)
    except (yaml.YAMLError, UnicodeError, RecursionError, ValueError) as error:
        raise UsageError(
            f"the price table {path.name} is no YAML: {' '.join(str(error).split())}", _EXAMPLE
        ) from error
    if not isinstance(table, dict) or not table:
        raise UsageError(f"the price table {path.name} names no model", _EXAMPLE)
    digest = hashlib.sha256(data).hexdigest()[:16]
    prices = {str(model): _own(str(model), entry, path.name) for model, entry in table.items()}
    return prices, f"{path.name} (sha256:{digest}), else "


def _own(model: str, entry: object, file: str) -> Step:
    if not isinstance(entry, dict) or not {"input", "output"} <= set(entry) <= _KEYS:
        raise UsageError(
            f"{file}: {model} needs input and output, and may have cached, cache_write", _EXAMPLE
        )
    price = {key: _amount(value, f"{file}: {model}, {key}") for key, value in entry.items()}
    return Step(
        price["input"],
        price["output"],
        price.get("cached", price["input"]),
        price.get("cache_write", price["input"]),
    )


def _amount(value: object, where: str) -> Decimal:
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not good or not math.isfinite(value) or not 0 <= value <= 1e6:  # type: ignore[arg-type, operator]
        raise UsageError(f"{where} is {value!r:.40}", "give US dollars per million tokens, a number from 0")
    return Decimal(str(value))


class _Loader(yaml.SafeLoader):
    """YAML's safe subset, and a key that stands twice is an error: a second price would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(twice)} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


# YAML 1.1 takes 1e-05 for a text; JSON, and whoever writes a price so, means the number.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)
