"""What is asked: a sample of a dataset, and where the dataset came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError

Role = Literal["system", "user", "assistant"]
ROLES: tuple[Role, ...] = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(f"a message's role is one of {', '.join(ROLES)}, not {self.role!r}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One item. `target` holds every acceptable answer; for choices it holds the letter(s), "A" the first."""

    id: str
    input: str | tuple[Message, ...]
    target: tuple[str, ...]
    choices: tuple[str, ...] = ()
    metadata: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.id:
            raise UsageError("a sample needs an id")

    @property
    def text(self) -> str:
        """The input as one text; of a conversation the turns, each behind its role."""
        if isinstance(self.input, str):
            return self.input
        return "\n\n".join(f"{turn.role}: {turn.content}" for turn in self.input)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a dataset came from, so that another can fetch the same bytes.

    `digest` is `sha256:…` of the source file's bytes. `source` is a name or URL a person can follow; for
    a local file its base name, never a path of this machine.
    """

    name: str
    source: str
    digest: str
    split: str = ""
    revision: str = ""
    licence: str = ""

    def to_json(self) -> dict[str, JSON]:
        return {
            "name": self.name,
            "source": self.source,
            "digest": self.digest,
            "split": self.split,
            "revision": self.revision,
            "licence": self.licence,
        }
