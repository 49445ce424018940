"""Which sandbox works here: found by running a real program in each, never by looking at a version alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.sandbox import bubblewrap, container
from fairtrial.sandbox.backend import Backend, Unavailable

ORDER: dict[str, Callable[[Mapping[str, str]], Backend]] = {
    "bubblewrap": bubblewrap.probe,
    "podman": partial(container.probe, "podman"),
    "docker": partial(container.probe, "docker"),
}
CHOICE = "FAIRTRIAL_SANDBOX"
SETTINGS = ("PATH", CHOICE, container.IMAGE)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One kind of sandbox tried. backend is None where it doesn't work: then `why` and `remedy` say more. wanted:
    whether it may be used, as far as FAIRTRIAL_SANDBOX says."""

    name: str
    backend: Backend | None = None
    why: str = ""
    remedy: str = ""
    wanted: bool = True


def backend(environ: Mapping[str, str]) -> Backend:
    """The first that works, or the one that FAIRTRIAL_SANDBOX names. Looked for once in a process.

    Raises UsageError where none does: there is no running without a sandbox.
    """
    tried = []
    for name in _wanted(environ):
        attempt = attempt_at(name, environ)
        if attempt.backend is not None:
            return attempt.backend
        tried.append(attempt)
    raise UsageError(
        "no sandbox works here, and programs are never run without one: "
        + "; ".join(f"{each.name}: {each.why}" for each in tried),
        " or ".join(dict.fromkeys(each.remedy for each in tried)),
    )


def attempts(environ: Mapping[str, str]) -> list[Attempt]:
    """Every kind tried, in order."""
    wanted = _wanted(environ)
    return [replace(attempt_at(name, environ), wanted=name in wanted) for name in ORDER]


def attempt_at(name: str, environ: Mapping[str, str]) -> Attempt:
    """One kind of sandbox, tried; the answer is kept for this process."""
    return _tried(name, tuple((key, environ[key]) for key in SETTINGS if key in environ))


@lru_cache(maxsize=64)
def _tried(name: str, settings: tuple[tuple[str, str], ...]) -> Attempt:
    try:
        return Attempt(name, ORDER[name](dict(settings)))
    except Unavailable as found:
        return Attempt(name, None, found.why, found.remedy)


def _wanted(environ: Mapping[str, str]) -> tuple[str, ...]:
    chosen = environ.get(CHOICE, "")
    if not chosen:
        return tuple(ORDER)
    if chosen not in ORDER:
        raise UnknownName("sandbox", chosen, ORDER, f"{CHOICE} takes one of {', '.join(ORDER)}")
    return (chosen,)
