"""Whose logs and witnesses a reader accepts (C2SP tlog-policy): a file of lines.

    log     <vkey> [url]                          the key's name is the log's origin
    witness <name> <vkey> [url]
    group   <name> <k|all|any> <member>…          members are names of earlier lines, each a member once
    quorum  <name|none>                           exactly one

Names are bytes and nothing else: read as Latin-1, so that no two of them can become one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.checkpoint import SignedCheckpoint, check_log_signature, cosignatures
from fairtrial.trust.documents import strict_number
from fairtrial.trust.note_keys import LOG, VerifierKey, parse_vkey

MOST_BYTES: Final = 2**20
MOST_EACH: Final = 256
"""Logs, witnesses, groups: each."""

NONE: Final = "none"
_ALLOWED = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_BLANKS = re.compile(r"[ \t]+")
_REMEDY: Final = "see docs/how-to/run-a-log.md for the form of a policy"


@dataclass(frozen=True, slots=True)
class Party:
    """A log or a witness. url: where it answers, "" where the file doesn't say."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """quorum: name of a witness or group; "none" asks for no witness."""

    logs: tuple[Party, ...]
    witnesses: tuple[Party, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        return tuple(log.key for log in self.logs)

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        return tuple(witness.key for witness in self.witnesses)

    def met_by(self, cosigned: Collection[VerifierKey]) -> bool:
        """Whether these witnesses make the quorum. Pass fewer to count fewer: independent ones, for a label."""
        present = {witness.name for witness in self.witnesses if witness.key in cosigned} | {NONE}
        for group in self.groups:
            if sum(member in present for member in group.members) >= group.threshold:
                present.add(group.name)
        return self.quorum in present

    def met_at(self, times: Mapping[VerifierKey, int]) -> int | None:
        """The second at which the quorum was there, by the witnesses' own times; None where it isn't, or none is
        asked for."""
        for second in sorted(times.values()):
            if self.quorum != NONE and self.met_by([key for key, time in times.items() if time <= second]):
                return second
        return None

    def check_quorum(self, signed: SignedCheckpoint, name: str) -> Mapping[VerifierKey, int]:
        """The witnesses and the seconds of their cosignatures, once log and quorum are proven. Raises
        IntegrityError. name: of the file that the checkpoint stands in."""
        check_log_signature(signed, self.log_keys, name)
        found = cosignatures(signed, self.witness_keys)
        if not self.met_by(found):
            who = ", ".join(sorted(key.name for key in found)) or "none that the policy knows"
            raise IntegrityError(
                f"{name} has not the quorum {self.quorum!r}: cosigned by {who}",
                "ask the log to have it cosigned; until then it may be a tree shown to you alone",
            )
        return found


def parse_log_policy(data: bytes, name: str) -> LogPolicy:
    """name: of the file, for messages. Raises UsageError, naming the line: a policy is its reader's own."""
    reading = _Reading()
    if len(data) > MOST_BYTES or not _ALLOWED.fullmatch(data):
        raise UsageError(f"{name} is no policy: too long, or with control characters in it", _REMEDY)
    for number, line in enumerate(data.decode("latin-1").split("\n"), start=1):
        words = [word for word in _BLANKS.split(line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.read(words)
        except (ValueError, IntegrityError) as error:
            told = error.message if isinstance(error, IntegrityError) else str(error)
            raise UsageError(f"{name}, line {number}: {told}", _REMEDY) from error
    if reading.quorum is None:
        raise UsageError(f"{name} names no quorum", "end it with a line `quorum NAME`, or `quorum none`")
    groups = tuple(reading.groups)
    return LogPolicy(tuple(reading.logs), tuple(reading.witnesses), groups, reading.quorum)


@dataclass(slots=True)
class _Reading:
    logs: list[Party] = field(default_factory=list)
    witnesses: list[Party] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    members: set[str] = field(default_factory=set)

    def read(self, words: list[str]) -> None:
        readers = {"log": self.log, "witness": self.witness, "group": self.group, "quorum": self.ask}
        reader = readers.get(words[0])
        if reader is None:
            raise ValueError(f"{words[0][:40]!r} begins no line of a policy")
        reader(words[1:])
        if max(len(self.logs), len(self.witnesses), len(self.groups)) > MOST_EACH:
            raise ValueError(f"more than {MOST_EACH} lines of one kind")

    def log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            raise ValueError("a log is a key and perhaps an address")
        key = _key(words[0])
        if key.kind != LOG:
            raise ValueError(f"the key of {key.name} is not a log's")
        _once(key, self.logs)
        self.logs.append(Party(key.name, key, *words[1:]))

    def witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            raise ValueError("a witness is a name, a key and perhaps an address")
        self._new(words[0])
        key = _key(words[1])
        if key.kind == LOG:
            raise ValueError(f"the key of {key.name} is not a witness's")
        _once(key, self.witnesses)
        self.witnesses.append(Party(words[0], key, *words[2:]))

    def group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise ValueError("a group is a name, a threshold and at least one member")
        name, threshold, *members = words
        self._new(name)
        for member in members:
            if member not in self._names():
                raise ValueError(f"{member[:40]!r} is the name of no earlier witness or group")
            if member in self.members:
                raise ValueError(f"{member[:40]!r} is a member already")
            self.members.add(member)
        least = {"any": 1, "all": len(members)}.get(threshold)
        least = strict_number(threshold) if least is None else least
        if not 1 <= least <= len(members):
            raise ValueError(f"{least} of {len(members)} members")
        self.groups.append(Group(name, least, tuple(members)))

    def ask(self, words: list[str]) -> None:
        if self.quorum is not None:
            raise ValueError("a second quorum")
        if len(words) != 1 or words[0] not in {*self._names(), NONE}:
            raise ValueError("a quorum is `none` or the name of one earlier witness or group")
        self.quorum = words[0]

    def _names(self) -> set[str]:
        return {each.name for each in self.witnesses} | {each.name for each in self.groups}

    def _new(self, name: str) -> None:
        if name == NONE or name in self._names():
            raise ValueError(f"the name {name[:40]!r} is taken")


def _key(text: str) -> VerifierKey:
    # A key's name is text, and only names of this file are bytes.
    return parse_vkey(text.encode("latin-1").decode("utf-8"))


def _once(key: VerifierKey, parties: list[Party]) -> None:
    if any(key.public == party.key.public for party in parties):
        raise ValueError(f"the key of {key.name} stands there already, under this or another name")
