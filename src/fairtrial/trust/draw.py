"""The committed draw: which of K + 1 interchangeable siblings of an item is the published one.

Everything follows from a secret that is committed to before anything is published, so whoever gets the secret
later draws the same again. With a beacon round named, the published index also depends on a value that did
not exist when the secret was committed, and the publisher can't look for a favourable one.

Every value is HMAC-SHA256(secret, label). A label is ASCII, its parts joined by one blank:

    fairtrial-draw-1 <commitment> sibling <item> <sibling> <attempt>     the seed of one sibling
    fairtrial-draw-1 <commitment> publish <item> <block> [<beacon>]      bytes that pick the published one
    fairtrial-draw-1 <commitment> fresh <item> <sibling> [<beacon>]      ranks of the others, the least first
    fairtrial-draw-1 <commitment> tie <item> [<beacon>]                  random bits for ties

with <commitment> as `sha256:…`, <beacon> the round's randomness in hexadecimal, all counted from 0.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.family import Family
from fairtrial.trust.beacon import BeaconRound, BlsCheck, check_round, moment

FORMAT: Final = "fairtrial-draw-1"
SECRET_BYTES: Final = 32
SIBLINGS: Final = 8
"""K + 1, if nothing else is said."""
MAX_SIBLINGS: Final = 64
MAX_ITEMS: Final = 1_000_000


def check_secrets(secret: bytes, salt: bytes) -> None:
    """Raises UsageError unless both have the length that nobody can search."""
    if len(secret) != SECRET_BYTES or len(salt) != SECRET_BYTES:
        raise UsageError(f"secret and salt have {SECRET_BYTES} bytes each", "take them from `secrets`")


@dataclass(frozen=True, slots=True)
class Draw:
    """n items dealt to templates, each with `siblings` = K + 1 instances, and what decides among them.

    committed_at: RFC 3339, as the publisher states it; a log's timestamp proves it. secret, salt: 32 bytes each
    from a cryptographic source; whoever has them knows every unpublished sibling. commitment: `sha256:…` over
    everything but the beacon round's value. Raises UsageError for numbers that make no draw (siblings < 2:
    nothing is left to compare the published one with).
    """

    family: str
    family_digest: str
    templates: tuple[str, ...]
    n: int
    siblings: int
    committed_at: str
    secret: bytes
    salt: bytes
    beacon: BeaconRound | None = None
    commitment: str = field(init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MAX_ITEMS:
            raise UsageError(f"a draw of {self.n} items", f"give 1 to {MAX_ITEMS:,}")
        if not 2 <= self.siblings <= MAX_SIBLINGS:
            raise UsageError(
                f"K = {self.siblings - 1}: an item needs a fresh sibling beside the published one",
                f"give K from 1 to {MAX_SIBLINGS - 1}, that is 2 to {MAX_SIBLINGS} siblings",
            )
        if not self.templates or len(set(self.templates)) != len(self.templates):
            raise UsageError("a draw needs templates, each named once", "check the list of templates")
        check_secrets(self.secret, self.salt)
        moment(self.committed_at)
        object.__setattr__(self, "commitment", digest(self.content))

    @property
    def content(self) -> dict[str, JSON]:
        """What is committed to, as plain data."""
        return {
            "format": FORMAT,
            "family": self.family,
            "family_digest": self.family_digest,
            "templates": self.templates,
            "n": self.n,
            "siblings": self.siblings,
            "committed_at": self.committed_at,
            "secret": self.secret.hex(),
            "salt": self.salt.hex(),
            "beacon": None if self.beacon is None else self.beacon.named,
        }

    @property
    def statement(self) -> dict[str, JSON]:
        """What is made known beforehand: everything but secret, salt and the value of the beacon."""
        public = {name: value for name, value in self.content.items() if name not in ("secret", "salt")}
        return public | {"commitment": self.commitment}

    def template(self, item: int) -> str:
        """Items are dealt to the templates in turn."""
        self._check_item(item)
        return self.templates[item % len(self.templates)]

    def sibling_seed(self, item: int, sibling: int, attempt: int = 0) -> bytes:
        """32 bytes for `Family.sample`. attempt: see `forms.siblings`. Doesn't depend on the beacon."""
        self._check_item(item)
        if not 0 <= sibling < self.siblings:
            raise UsageError(f"sibling {sibling} of {self.siblings}", "they are counted from 0")
        return self._hmac(f"sibling {item} {sibling} {attempt}")

    def published(self, item: int) -> int:
        """Uniform on 0..K. Raises UsageError while the named beacon round has no value."""
        self._check_item(item)
        return uniform(self._publishing_bytes(item), self.siblings)

    def fresh(self, item: int, count: int) -> tuple[int, ...]:
        """`count` of the K others, a random choice in random order: a longer choice begins with the shorter.

        Raises UsageError unless 1 <= count <= K.
        """
        if not 1 <= count < self.siblings:
            raise UsageError(
                f"{count} fresh siblings of an item that has {self.siblings - 1}",
                f"give 1 to {self.siblings - 1}",
            )
        others = [each for each in range(self.siblings) if each != self.published(item)]
        return tuple(sorted(others, key=lambda each: self._hmac(f"fresh {item} {each}", beacon=True))[:count])

    def tie_break(self, item: int) -> bytes:
        """32 random bytes by which equal scores of an item's siblings are ordered."""
        self._check_item(item)
        return self._hmac(f"tie {item}", beacon=True)

    def with_beacon_value(self, signature: str, valid: BlsCheck) -> Draw:
        """The same draw once the named round is there. Raises IntegrityError as `beacon.check_round` does."""
        if self.beacon is None:
            raise UsageError("this draw names no beacon round", "it is complete as it is")
        known = replace(self.beacon, signature=signature)
        check_round(known, self.committed_at, valid)
        return replace(self, beacon=known)

    def _publishing_bytes(self, item: int) -> Iterator[int]:
        for block in count():
            yield from self._hmac(f"publish {item} {block}", beacon=True)

    def _hmac(self, label: str, *, beacon: bool = False) -> bytes:
        text = f"{FORMAT} {self.commitment} {label}"
        if beacon and self.beacon is not None:
            text = f"{text} {self.beacon.randomness.hex()}"
        return hmac.digest(self.secret, text.encode(), hashlib.sha256)

    def _check_item(self, item: int) -> None:
        if not 0 <= item < self.n:
            raise UsageError(f"item {item} of a draw of {self.n}", "items are counted from 0")


def uniform(source: Iterator[int], below: int) -> int:
    """A number from 0 to below - 1 from uniform bytes. Bytes that would favour small numbers are passed over."""
    limit = 256 - 256 % below
    return next(byte for byte in source if byte < limit) % below


def commit(
    family: Family,
    *,
    n: int,
    secret: bytes,
    salt: bytes,
    committed_at: str,
    siblings: int = SIBLINGS,
    templates: Sequence[str] | None = None,
    beacon: BeaconRound | None = None,
) -> Draw:
    """A new draw over a family. templates: those that are published, None for all of them.

    Raises UsageError for a template that the family lacks, and for a beacon round that has its value already.
    """
    chosen = family.templates if templates is None else tuple(templates)
    if strange := sorted(set(chosen) - set(family.templates)):
        raise UsageError(f"{family.name} has no template {strange[0]!r}", "check the list of templates")
    if beacon is not None and beacon.signature:
        raise UsageError("the beacon round has its value already", "name a round that is still to come")
    return Draw(family.name, family.digest, chosen, n, siblings, committed_at, secret, salt, beacon)
