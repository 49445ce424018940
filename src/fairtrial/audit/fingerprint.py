"""A model's fingerprint: what it answered to given prompts on a given day, to hold a later one against.

One fingerprint has one form: canonical JSON and a newline; any other byte is refused, and so is one whose
digest is another. The prompts may be left out (sealed): their digests stand in their place, and whoever
judges later brings the prompts. With answers to a canary set it is in the second version of the format,
without them in the first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from fairtrial.core.canon import JSON, canonical, digest, digest_bytes
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.strict_json import parse_strict

FORMAT: Final = "fairtrial-fingerprint-1"
WITH_CANARY: Final = "fairtrial-fingerprint-2"
MAX_BYTES: Final = 16 * 2**20
MOST: Final = 10_000
"""Prompts, completions a prompt, continuations."""
DECODING: Final = ("temperature", "max_tokens", "system", "seed")
_LARGEST: Final = 2**53
_REMEDY: Final = "restore it from a copy, or record a new one"


@dataclass(frozen=True, slots=True)
class CanaryAnswers:
    """To items with a right answer. asked: digest of the task and its questions. right, answers: by item, in the
    task's order; answers None where they are sealed. family, seed: of what the items are made, "" and None where
    they are somebody's own or sealed. Raises UsageError for what doesn't fit together."""

    asked: str
    right: tuple[bool, ...]
    answers: tuple[str, ...] | None
    family: str = ""
    seed: int | None = None

    def __post_init__(self) -> None:
        if not self.right or (self.answers is not None and len(self.answers) != len(self.right)):
            raise UsageError("a canary set has one answer an item, and one item at least")

    def to_json(self) -> dict[str, JSON]:
        return {
            "asked": self.asked,
            "right": list(self.right),
            "answers": None if self.answers is None else list(self.answers),
            "family": self.family,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """prompts: None where they are sealed. digests: of the prompts, in order. completions: by prompt, as many
    for each; lottery: the same for the prompts that ask for chance. calls: one-token questions,
    log-probability in nats by continuation. decoding: temperature, max_tokens, system, seed (of the first
    completion), each None where it was left to the provider. length: characters compared. reported: model
    strings and system fingerprints that the provider stated. date: RFC 3339. canary: None where no such items
    were asked. Raises UsageError for what doesn't fit together."""

    model: str
    date: str
    prompts: tuple[str, ...] | None
    digests: tuple[str, ...]
    completions: tuple[tuple[str, ...], ...]
    lottery: tuple[tuple[str, ...], ...]
    calls: tuple[Mapping[str, float], ...]
    decoding: Mapping[str, JSON]
    length: int
    reported: tuple[str, ...] = ()
    canary: CanaryAnswers | None = None

    def __post_init__(self) -> None:
        widths = {len(each) for each in self.completions}
        if (
            not self.digests
            or len(self.completions) != len(self.digests)
            or len(widths) != 1
            or min(widths) < 2
        ):
            raise UsageError("a fingerprint has two or more completions a prompt, as many for each")
        if self.prompts is not None and tuple(map(prompt_digest, self.prompts)) != self.digests:
            raise UsageError("the fingerprint's prompts are not those of its digests")
        if self.length < 1:
            raise UsageError(f"a length of {self.length} characters compares nothing")

    @property
    def each(self) -> int:
        """Completions a prompt."""
        return len(self.completions[0])

    def sealed(self) -> Fingerprint:
        """Without its prompts, and without what the canary items could be made or guessed from."""
        canary = self.canary and replace(self.canary, answers=None, family="", seed=None)
        return replace(self, prompts=None, canary=canary)

    def to_json(self) -> dict[str, JSON]:
        data: dict[str, JSON] = {
            "format": WITH_CANARY if self.canary else FORMAT,
            "model": self.model,
            "date": self.date,
            "prompts": None if self.prompts is None else list(self.prompts),
            "digests": list(self.digests),
            "completions": [list(each) for each in self.completions],
            "lottery": [list(each) for each in self.lottery],
            "calls": [dict(each) for each in self.calls],
            "decoding": dict(self.decoding),
            "length": self.length,
            "reported": list(self.reported),
        }
        if self.canary:
            data["canary"] = self.canary.to_json()
        return data


def prompt_digest(prompt: str) -> str:
    return digest_bytes(prompt.encode("utf-8", "surrogatepass"))


def check_same_prompts(a: Sequence[str], b: Sequence[str]) -> None:
    """Raises UsageError where two lists of digests are of different prompts: answers to different questions
    differ, and say nothing about who gave them."""
    if tuple(a) != tuple(b):
        raise UsageError(
            f"the answers are to different prompts ({len(set(a) & set(b))} of {len(a)} and {len(b)} are shared)",
            "use the prompts of the fingerprint: --prompts FILE with the same lines, or record a new one",
        )


def fingerprint_bytes(fingerprint: Fingerprint) -> bytes:
    """The file. Raises UsageError for text that is no Unicode (a lone surrogate)."""
    body = fingerprint.to_json()
    return canonical({**body, "digest": digest(body)}) + b"\n"


def parse_fingerprint(data: bytes, name: str) -> Fingerprint:
    """The fingerprint in a file. name: of the file, for messages. Raises IntegrityError."""
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has {len(data):,} bytes, and {MAX_BYTES:,} are allowed")
        value = parse_strict(data.decode("utf-8"))
        if not isinstance(value, dict) or value.get("format") not in (FORMAT, WITH_CANARY):
            raise ValueError(f"it is not in the format {FORMAT} or {WITH_CANARY}")
        made = _made(value)
    except (KeyError, TypeError, ValueError, UsageError) as error:
        told = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise IntegrityError(f"{name} is no fingerprint file: {told}".partition("\n")[0], _REMEDY) from error
    if value.get("digest") != digest(made.to_json()):
        raise IntegrityError(f"{name} doesn't match its digest: it was edited", _REMEDY)
    if data != fingerprint_bytes(made):
        raise IntegrityError(f"{name} is not written as a fingerprint is (canonical JSON, one line)", _REMEDY)
    return made


def _made(value: Mapping[str, Any]) -> Fingerprint:
    prompts, decoding = value["prompts"], value["decoding"]
    if not isinstance(decoding, dict) or set(decoding) != set(DECODING):
        raise ValueError(f"its decoding doesn't state {', '.join(DECODING)}")
    temperature, system = decoding["temperature"], decoding["system"]
    return Fingerprint(
        _text(value["model"]),
        _text(value["date"]),
        None if prompts is None else _texts(prompts),
        _texts(value["digests"]),
        tuple(_texts(each) for each in _list(value["completions"])),
        tuple(_texts(each) for each in _list(value["lottery"])),
        tuple(_call(each) for each in _list(value["calls"])),
        {
            "temperature": None if temperature is None else _number(temperature),
            "max_tokens": _whole(decoding["max_tokens"]),
            "system": None if system is None else _text(system),
            "seed": None if decoding["seed"] is None else _whole(decoding["seed"]),
        },
        _whole(value["length"]),
        _texts(value["reported"]),
        _canary(value["canary"]) if value["format"] == WITH_CANARY else None,
    )


def _canary(value: Any) -> CanaryAnswers:
    if not isinstance(value, dict):
        raise TypeError("its canary is no object")
    right, answers, seed = _list(value["right"]), value["answers"], value["seed"]
    if not all(type(each) is bool for each in right):
        raise TypeError("its canary's marks are not true and false")
    return CanaryAnswers(
        _text(value["asked"]),
        tuple(right),
        None if answers is None else _texts(answers),
        _text(value["family"]),
        None if seed is None else _whole(seed),
    )


def _call(value: Any) -> Mapping[str, float]:
    if not isinstance(value, dict) or not 0 < len(value) <= MOST:
        raise TypeError("a call is no object of log-probabilities")
    return {key: _number(each) for key, each in value.items()}


def _number(value: Any) -> float:
    if type(value) not in (int, Decimal) or not math.isfinite(value) or abs(value) > _LARGEST:
        raise TypeError(f"{value!r:.40} is no number")
    return float(value)


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > _LARGEST:
        raise TypeError(f"{value!r:.40} is no whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST:
        raise TypeError(f"{value!r:.40} is no list of at most {MOST:,}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(each) for each in _list(value))
