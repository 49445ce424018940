"""`fairtrial demo --tamper`: a genuine bundle, five forgeries of it, and what gives each away.

The bundles ship with the package (`python -m tests.trust.forgeries` makes them); they are verified here and now.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.verification import Verification
from fairtrial.trust.verify import verify

FOLDER: Final = "forgeries"


@dataclass(frozen=True, slots=True)
class Forgery:
    """name: of the file. what: was done; holding: with which keys. caught_by: the check that gives it away first,
    "" for the genuine one."""

    name: str
    what: str
    holding: str
    caught_by: str = ""


GENUINE: Final = Forgery("genuine", "the bundle as it was signed and witnessed", "-")
FORGERIES: Final = (
    Forgery(
        "answer",
        "a wrong answer made right, and records, scores, method and all digests with it",
        "no key",
        "scores",
    ),
    Forgery("score", "a better score signed over the same records", "the lab’s key", "scores"),
    Forgery("best-of-two", "two attempts made, the better one shown alone", "the lab’s key", "campaign"),
    Forgery(
        "plan-afterwards", "another plan signed once the answers were known", "the lab’s key", "signatures"
    ),
    Forgery(
        "rewritten-log",
        "the log written anew without the first attempt",
        "the keys of lab and log, not the witnesses’",
        "proofs",
    ),
)


@dataclass(frozen=True, slots=True)
class Caught:
    """One bundle and what its verification says."""

    forgery: Forgery
    found: Verification

    @property
    def failed(self) -> tuple[str, str]:
        """The first failed check and its words; ("", "") where none failed."""
        told = next((each for each in self.found.checks if each.outcome == "failed"), None)
        return (told.check, told.detail) if told else ("", "")

    @property
    def as_expected(self) -> bool:
        return self.failed[0] == self.forgery.caught_by and self.found.ok == (not self.forgery.caught_by)


def tampered() -> tuple[Caught, ...]:
    """The genuine bundle first. Raises IntegrityError where the package's files can't be read."""
    trust, policy = _file("trust.json"), _file("log.policy")
    return tuple(
        Caught(each, verify(_file(f"{each.name}.bundle"), each.name, trust=trust, log_policy=policy))
        for each in (GENUINE, *FORGERIES)
    )


def _file(name: str) -> bytes:
    try:
        return files("fairtrial.lab").joinpath(FOLDER, name).read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"the package's file {name} can't be read: {error}", "install the package again"
        ) from error
