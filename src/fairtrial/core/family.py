"""An item family: from a seed to a sample, and from one template to as many siblings as anybody wants."""

from __future__ import annotations

from typing import Protocol

from fairtrial.core.sample import Sample


class Family(Protocol):
    """Samples made by rule. Two samples of one template differ only in their seed: they are siblings.

    Any 32 bytes are a seed. Equal family digest, template and seed give the same sample, on every machine and
    version of Python; its id names template and seed, its metadata hold at least `template` (the name).
    """

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """`sha256:…` of everything that decides the samples: templates, laws, version of the generator."""
        ...

    @property
    def templates(self) -> tuple[str, ...]:
        """Names, in the order in which items are dealt to them."""
        ...

    def sample(self, template: str, seed: bytes) -> Sample:
        """Raises UsageError that names template and seed where a parameter's law or the formula fails."""
        ...
