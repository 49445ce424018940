"""Every error that Fairtrial raises on purpose.

    FairtrialError                                                      exit status
    ├─ UsageError       the request makes no sense                      2
    │   └─ UnknownName  no such model, task or scorer; names the nearest
    ├─ ProviderError    the model's side failed; `.retryable` says what next   3
    ├─ IntegrityError   bytes are not what they claim to be             4
    └─ StoreError       what must be kept could not be kept             5

Each carries two texts: what happened to which thing (`message`), and what to do now (`remedy`).
An `IntegrityError` is never retried and never swallowed. A failed sample is no error but data, a
`Failure`; an answer of "no" is no error either: the command exits 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class FairtrialError(Exception):
    """Base of all our errors. `exit_status` is what the command line ends with."""

    exit_status = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class UsageError(FairtrialError):
    """The request makes no sense as it stands."""

    exit_status = 2


class UnknownName(UsageError):
    """No `kind` is called `name`; the message lists the nearest known names."""

    def __init__(self, kind: str, name: str, known: Iterable[str], remedy: str = "") -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = "the nearest: " + ", ".join(near)
        else:
            hint = "known: " + ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        super().__init__(f"no {kind} is called {name!r}", remedy or hint)
        if remedy and near:
            self.remedy = f"{hint}; {remedy}"


class ProviderError(FairtrialError):
    """The model's side gave no usable answer to one request.

    `cause` is a short stable word ("http-500", "rate-limited", "timeout", "connection", "short-body",
    "bad-reply", "context-length", "provider-error", "wrong-key", "unknown-model", "quota", "certificate",
    "not-recorded", …). `retry_after` is in seconds where the provider said so. `request` and `response`
    are the exact texts as far as they exist.
    """

    exit_status = 3

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        cause: str,
        retryable: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        request: str | None = None,
        response: str | None = None,
    ) -> None:
        super().__init__(message, remedy)
        self.cause = cause
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after
        self.request = request
        self.response = response


class IntegrityError(FairtrialError):
    """Bytes are not what they claim to be. Never retried, never swallowed."""

    exit_status = 4


class StoreError(FairtrialError):
    """What must be kept could not be kept (disk full, folder read-only, lock held)."""

    exit_status = 5
