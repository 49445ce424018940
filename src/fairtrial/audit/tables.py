"""What an audit measured beside its findings, as tables for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairtrial.audit.reproduces import Setting
from fairtrial.audit.tuned import Ledger, Tuned
from fairtrial.audit.tuning import Spread
from fairtrial.audit.weak import WeakRow
from fairtrial.core.audited import Table
from fairtrial.core.canon import JSON
from fairtrial.core.evidence import Effect

MOST_ATTEMPTS: Final = 40
"""Shown, the best first."""


def settings_table(settings: Sequence[Setting]) -> Table | None:
    """Each condition that the claim leaves open, and what another value of it does. None where all is stated."""
    if not settings:
        return None
    return Table(
        "settings",
        "Conditions that the claim doesn’t state, and what each is worth",
        "Each was asked another way on the same items. A large effect means that the score can’t be repeated "
        "without knowing this; it doesn’t mean that the claimant chose it. Intervals are not corrected for their "
        "number.",
        ("condition", "used", "tried", "effect, points", "95 % interval", "items", ""),
        tuple(_setting(each) for each in settings),
        [each.to_json() for each in settings],
    )


def formats_table(told: Tuned) -> Table | None:
    """Where the claimed configuration stands among many ways to ask. None where none was asked."""
    spread = told.spread
    if spread is None:
        return None
    named = {0.05: "5 % of formats lie below", 0.5: "median format", 0.95: "95 % of formats lie below"}
    rows = [("claimed configuration", _percent(spread.claimed), _span(spread.low, spread.high))]
    rows += [
        (named[each.share], _percent(each.value), _span(each.low, each.high)) for each in spread.quantiles
    ]
    if spread.best is not None:
        best = spread.best
        rows.append(
            ("best of them, corrected for being the best", _percent(best.value), _span(best.low, best.high))
        )
    rows += [(f"median, read by {name}", _percent(value), "") for name, value in spread.medians]
    return Table(
        "formats",
        f"{spread.formats} formats on the same {spread.items} items",
        "Formats were drawn from a declared family of templates, worked examples, orders and readings. The "
        f"claimed configuration scores above {100 * spread.placed.percentile:.1f} % of them. High up means "
        "selected, or lucky, or known to suit the model: it proves no choice.",
        ("configuration", "score, %", "95 % interval"),
        tuple(rows),
        _spread_json(spread),
        "strong",
    )


def attempts_table(ledger: Ledger | None, told: Tuned) -> Table | None:
    """Registered attempts on the published form, and what luck alone makes of their number."""
    if ledger is None:
        return None
    best = sorted(ledger.rows, key=lambda each: -1.0 if each.value is None else each.value, reverse=True)
    rows = [(each.label, "" if each.value is None else _percent(each.value)) for each in best[:MOST_ATTEMPTS]]
    if len(best) > MOST_ATTEMPTS:
        rows.append((f"… and {len(best) - MOST_ATTEMPTS:,} more, none higher", ""))
    luck = told.luck
    if luck is not None and luck.attempts > 1:
        rows.append((f"what luck gives the best of {luck.attempts}, points", f"{100 * luck.gain:.1f}"))
        rows.append(("the claim without it", _percent(luck.value)))
    whole = (
        "A witness vouches that it is complete." if ledger.complete else "Nobody vouches that it is complete."
    )
    return Table(
        "attempts",
        f"{ledger.attempts} registered {'attempt' if ledger.attempts == 1 else 'attempts'}",
        f"From the register that was given. {whole}",
        ("attempt", "score, %"),
        tuple(rows),
        {
            "attempts": ledger.attempts,
            "complete": ledger.complete,
            "corrected": ledger.corrected,
            "scores": list(ledger.scores),
            "luck": None if luck is None else {"gain": luck.gain, "value": luck.value},
        },
    )


def weak_rows(rows: Sequence[WeakRow]) -> Table | None:
    """Shown, never counted."""
    if not rows:
        return None
    return Table(
        "weak",
        "Weak signals: shown, never counted",
        "None of these can tell items that were trained on from items that are merely easy or common: nothing "
        "untrained and otherwise alike exists to compare them with. They decide nothing here.",
        ("signal", "value", "unit", "items", "why it doesn’t count"),
        tuple(
            (
                each.signal,
                "not possible" if each.value is None else f"{each.value:.4g}",
                each.unit,
                f"{each.n:,}",
                "; ".join(filter(None, (each.not_possible, each.reason))),
            )
            for each in rows
        ),
        [each.to_json() for each in rows],
        "weak",
    )


def _setting(each: Setting) -> tuple[str, ...]:
    if each.effect is None:
        return each.condition, each.used, each.tried, "not measured", "", "", each.why_not
    explains = "would explain the difference" if each.explains else ""
    return (each.condition, each.used, each.tried, *_effect(each.effect), f"{each.n:,}", explains)


def _effect(effect: Effect) -> tuple[str, str]:
    return f"{effect.value:+.1f}", f"{effect.low:+.1f} to {effect.high:+.1f}"


def _spread_json(spread: Spread) -> JSON:
    return {
        "formats": spread.formats,
        "items": spread.items,
        "claimed": {"value": spread.claimed, "low": spread.low, "high": spread.high},
        "quantiles": [
            {"share": each.share, "value": each.value, "low": each.low, "high": each.high}
            for each in spread.quantiles
        ],
        "percentile": {
            "value": spread.placed.percentile,
            "low": spread.placed.low,
            "high": spread.placed.high,
            "p": spread.placed.p,
        },
        "readings": dict(spread.medians),
    }


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def _span(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}"
