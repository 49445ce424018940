"""What every provider is opened with, besides the model's name. Light on purpose: imports no network."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.record import Record

Row: TypeAlias = Mapping[str, JSON]
"""One recorded answer of a plain file: at least `id` and `output`."""

Recordings: TypeAlias = Mapping[str, Callable[[], Iterator[Row | Record]]]
"""Recordings that go by a name (`replay/NAME`): the lab passes in what the package ships."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one attempt may take, in seconds; every one is finite.

    connect: until the connection stands, TLS included. first_byte: from the request to the first byte of
    the reply, and for replies that are not streamed between any two reads. between: between two pieces of
    a streamed reply. whole: the attempt from end to end.
    """

    connect: float = 10.0
    first_byte: float = 300.0
    between: float = 60.0
    whole: float = 900.0

    def __post_init__(self) -> None:
        for each in fields(self):
            seconds = getattr(self, each.name)
            if not (math.isfinite(seconds) and seconds > 0):
                raise UsageError(f"the {each.name} time-out is {seconds} s", "give a positive, finite number")


TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a model is opened: the environment (it holds keys: never printed), limits, recordings."""

    environ: Mapping[str, str] = field(repr=False)
    timeouts: Timeouts = TIMEOUTS
    connections: int = 10
    recordings: Recordings = field(default_factory=dict, repr=False)


def key_from(environ: Mapping[str, str], *variables: str, needed_by: str) -> str:
    """The first of `variables` that is set. Raises UsageError naming them where none is."""
    for variable in variables:
        if key := environ.get(variable, "").strip():
            return key
    named = " or ".join(variables)
    remedy = f"export {variables[0]}=… and run again; keys come from the environment only"
    if os.path.isfile(".env"):
        remedy = "a .env file lies here but is not read; load it with: set -a; . ./.env; set +a"
    raise UsageError(f"{needed_by} needs a key, and {named} is not set", remedy)


def option_text(spec: ModelSpec, name: str) -> str | None:
    """The option as text, None where it is not given. Raises UsageError for another type."""
    value = spec.options.get(name)
    if value is None or isinstance(value, str):
        return value
    raise UsageError(f"{spec}: the option {name} is a text, not {value!r}")


def option_flag(spec: ModelSpec, name: str) -> bool:
    """The option as yes or no, False where it is not given. Raises UsageError for another type."""
    value = spec.options.get(name, False)
    if isinstance(value, bool):
        return value
    raise UsageError(f"{spec}: the option {name} is true or false, not {value!r}")


def refuse_options(spec: ModelSpec, *known: str) -> None:
    """Raises UsageError where `spec` carries an option that its provider does not know."""
    unknown = sorted(set(spec.options) - set(known))
    if unknown:
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        raise UsageError(f"{spec} does not take the option {', '.join(unknown)}", takes)


def no_likelihood(spec: ModelSpec) -> UsageError:
    """For an endpoint that only chats."""
    return UsageError(
        f"{spec} can't be asked for log-likelihoods: its endpoint only chats",
        "use a completions endpoint that echoes log-probabilities, or a task that reads written answers",
    )
