"""Templates by name: what a family says of them, whatever kind of template they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from fairtrial.core.errors import UnknownName


class Member(Protocol):
    """A template, as far as its family's lists go."""

    @property
    def held_out(self) -> bool: ...


M = TypeVar("M", bound=Member)


class Members(Generic[M]):
    """What families share: a base for one that keeps its templates in `members`."""

    __slots__ = ()
    members: Mapping[str, M]

    @property
    def templates(self) -> tuple[str, ...]:
        return tuple(self.members)

    @property
    def published(self) -> tuple[str, ...]:
        """Templates that may stand in a published form."""
        return tuple(name for name, each in self.members.items() if not each.held_out)

    @property
    def held_out(self) -> tuple[str, ...]:
        """Templates kept back whole: what a model does on them no published item could have taught it."""
        return tuple(name for name, each in self.members.items() if each.held_out)

    def member(self, template: str) -> M:
        """Raises UnknownName."""
        if template not in self.members:
            raise UnknownName("template", template, self.members)
        return self.members[template]
