"""Words about answers that were programs: what ruled against them, how long it took, what more tests change."""

from __future__ import annotations

from collections.abc import Mapping

from fairtrial.core.canon import JSON
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Judged
from fairtrial.report.wording import bracket, level, percent, plural, seconds

CAUSES = 6


def judged_words(judged: Judged) -> str:
    """How many programs, why those that failed did, the time it took, and where."""
    words = plural(judged.programs, "program")
    if judged.causes:
        told = [f"{count:,} × {cause}" for cause, count in list(judged.causes.items())[:CAUSES]]
        words += f" ({', '.join(told)}{', …' if len(judged.causes) > CAUSES else ''})"
    words += f"; {seconds(judged.seconds)} of trials"
    if judged.wall_s is not None:
        words += f" in {seconds(judged.wall_s)} on the clock"
    return f"{words}; {'; '.join(map(_sandbox, judged.sandboxes))}"


def derived_words(derived: Estimate) -> str:
    """What inputs beyond the tests would change, and why it never counts."""
    return (
        f"{percent(derived.value)} [{bracket(derived)}], {level(derived)} {derived.method}, of "
        f"{plural(derived.n, 'sample')} with a passing answer would fail on inputs derived from their tests. Such "
        "inputs may leave what the task allows, so they never count"
    )


def _sandbox(form: Mapping[str, JSON]) -> str:
    """ "bubblewrap 0.8.0"."""
    named = [str(form[key]) for key in ("backend", "version") if form.get(key)]
    return " ".join(named) or "sandbox not named"
