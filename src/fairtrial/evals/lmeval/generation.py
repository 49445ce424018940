"""`generation_kwargs` as decoding."""

from __future__ import annotations

import math
from typing import Any, Final

from fairtrial.core.question import Decoding
from fairtrial.evals.lmeval.obstacles import Obstacles

MAX_TOKENS: Final = 256
"""What lm-eval generates where a file says nothing (`defaults.py`, 0.4.13)."""
_KEYS = ("until", "do_sample", "temperature", "max_gen_toks", "top_p")


def parse_generation(given: Any, delimiter: str, bad: Obstacles) -> tuple[Decoding, tuple[str, ...]]:
    """Decoding, and notes. Without `until` the few-shot delimiter ends an answer."""
    keys = {} if given is None else given
    if not isinstance(keys, dict):
        bad.add("generation_kwargs", "is no mapping", "write until, temperature, … under it")
        keys = {}
    for key, value in keys.items():
        if key == "num_beams" and value == 1:
            continue  # one beam is no search
        if key not in _KEYS:
            bad.add(f"generation_kwargs.{key[:60]}", f"is not supported; {', '.join(_KEYS)} are")
    until = keys.get("until", [delimiter])
    until = [] if until is None else [until] if isinstance(until, str) else until
    if not (isinstance(until, list) and all(isinstance(each, str) and each for each in until)):
        bad.add("generation_kwargs.until", f"is {until!r:.60}, no list of texts", "quote each")
        until = []
    tokens = keys.get("max_gen_toks", MAX_TOKENS)
    if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 1:
        bad.add("generation_kwargs.max_gen_toks", f"is {tokens!r:.60}", "write a whole number of at least 1")
        tokens = MAX_TOKENS
    temperature, notes = _temperature(keys, bad)
    top_p = _number(keys, "top_p", 1.0, bad)
    return Decoding(temperature, tokens, tuple(until), top_p), notes


def _temperature(keys: dict[str, Any], bad: Obstacles) -> tuple[float, tuple[str, ...]]:
    sample = keys.get("do_sample")
    if sample is not None and not isinstance(sample, bool):
        bad.add("generation_kwargs.do_sample", f"is {sample!r:.60}", "write true or false")
    stated = _number(keys, "temperature", 10.0, bad)
    if sample is True and stated is None:
        bad.add(
            "generation_kwargs.do_sample",
            "is true without a temperature, and lm-eval's back ends differ on what that means",
            "write the temperature",
        )
    if sample is False and stated:
        told = (
            f"The file says do_sample: false and temperature {stated:g}; the likeliest answer is asked (0)."
        )
        return 0.0, (told,)
    return stated or 0.0, ()


def _number(keys: dict[str, Any], key: str, most: float, bad: Obstacles) -> float | None:
    value = keys.get(key)
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool | list | dict) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if 0 <= number <= most:
        return number
    bad.add(f"generation_kwargs.{key}", f"is {value!r:.60}", f"write a number from 0 to {most:g}")
    return None
