"""What genai-prices knows, as plain numbers. Imported on first need by `prices`, because it is heavy."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import genai_prices

Row: TypeAlias = tuple[Decimal, Decimal, Decimal, Decimal, int]
"""USD per million tokens of input, output, cached input, cache writing; and the input tokens above which
they hold."""


def steps(name: str, provider: str | None, address: str | None) -> list[Row]:
    """The model's prices, by size of the input; empty where the package knows none.

    provider: its id there ("openai"); address: the base address of the API instead.
    """
    usage = genai_prices.Usage(input_tokens=0, output_tokens=0)
    try:
        if provider is not None:
            found = genai_prices.calc_price(usage, name, provider_id=provider)
        else:
            found = genai_prices.calc_price(usage, name, provider_api_url=address or "")
    except LookupError:
        return []
    price = found.model_price
    parts = [
        getattr(price, f"{part}_mtok", None) for part in ("input", "output", "cache_read", "cache_write")
    ]
    if parts[0] is None or parts[1] is None:
        return []
    return [
        _row(parts, above) for above in sorted({-1, *(start for part in parts for start in _starts(part))})
    ]


def _row(parts: list[Any], above: int) -> Row:
    paid, made, cached, written = (_at(part, above) for part in parts)
    if paid is None or made is None:
        raise LookupError("a price without an amount")
    return paid, made, paid if cached is None else cached, paid if written is None else written, above


def _starts(part: Any) -> list[int]:
    return [tier.start for tier in getattr(part, "tiers", ())]


def _at(part: Any, above: int) -> Decimal | None:
    """The amount for an input of more than `above` tokens."""
    if part is None or isinstance(part, Decimal):
        return part
    amount: Decimal = part.base
    for tier in part.tiers:
        if above >= tier.start:
            amount = tier.price
    return amount
