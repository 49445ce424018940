"""The calibration as a page of the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.stats.calibration import CalibrationRow
from fairtrial.stats.trial import Kind

_HEAD = """# Statistics

What the intervals and tests promise, and what they keep, on simulated data whose truth is known. Written by

```text
fairtrial calibrate --draws {draws} --seed {seed} -o docs/reference/statistics.md
```

The same command writes the same page. Each row is {draws:,} simulated data sets, or a fraction of them for slow
methods, as its column *draws* says. Bounds are Clopper-Pearson at level 0.99: of {rows} rows, about one misses by
luck alone.

- **holds**: the bounds reach the promise.
- **close**: they miss it by at most 0.015.
- **short**: by more.
- **shown only**: not what Fairtrial uses there. Such rows show why something else is used.

"""

_TITLES: tuple[tuple[Kind, str, str], ...] = (
    (
        "coverage",
        "Coverage of intervals",
        "Share of data sets whose interval holds the truth; it should be at least what is promised.",
    ),
    (
        "false alarm",
        "False alarms of tests",
        (
            "Share of data sets without an effect in which the test rejects, or with a difference of exactly the\n"
            "margin in which it says *tie*; it should be at most what is promised."
        ),
    ),
    (
        "power",
        "Power",
        "Share of data sets with the planned effect in which the test rejects; it should be what is promised.",
    ),
)

_FIELDS = """## What a row holds

In `fairtrial calibrate --json`, each of `rows`:

| field | holds |
| --- | --- |
| `kind` | `coverage`, `false alarm` or `power` |
| `method`, `setting` | what was measured, on which data |
| `promised` | the rate that the method states |
| `rate`, `low`, `high` | the rate measured, and its bounds |
| `draws` | simulated data sets |
| `verdict` | `holds`, `close` or `short` |
| `used` | whether Fairtrial's own results rest on it there |
| `note` | the known reason why a method that is used falls short, else empty |

The command ends with 1 where a method that is used falls short and no note says why.
"""


def calibration_page(rows: Sequence[CalibrationRow], *, draws: int, seed: int) -> str:
    """Markdown: the command, what falls short and why, a table a kind, the meaning of a row."""
    parts = [_HEAD.format(draws=draws, seed=seed, rows=len(rows)), _missed(rows)]
    for kind, title, legend in _TITLES:
        chosen = [row for row in rows if row.kind == kind]
        if chosen:
            parts.append(f"## {title}\n\n{legend}\n\n{table(chosen)}\n\n")
    return "".join((*parts, _FIELDS))


def table(rows: Sequence[CalibrationRow]) -> str:
    """Rows as a Markdown table."""
    lines = [
        "| method | setting | promised | measured | bounds | draws | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        verdict = row.verdict if row.used else f"{row.verdict} (shown only)"
        lines.append(
            f"| {row.method} | {row.setting} | {row.promised:.3f} | {row.rate:.4f} | "
            f"{row.low:.4f} to {row.high:.4f} | {row.draws:,} | {verdict} |"
        )
    return "\n".join(lines)


def _missed(rows: Sequence[CalibrationRow]) -> str:
    """Every promise that is used and missed by more than simulation explains, before any table."""
    used = [row for row in rows if row.used]
    close = [row for row in used if row.verdict == "close"]
    short = [row for row in used if row.verdict == "short"]
    lines = [
        "## Where a promise is missed\n",
        (
            f"Of {len(used)} rows that Fairtrial's results rest on, {len(used) - len(close) - len(short)} hold, "
            f"{len(close)} are close and {len(short)} fall short."
        ),
    ]
    for note in dict.fromkeys(row.note for row in short):
        lines.append(f"\n{_sentence(note or 'no reason is known: a defect, please report it')}\n")
        lines += [
            f"- {row.method}, {row.setting}: {row.rate:.3f} in place of {row.promised:g}"
            for row in short
            if row.note == note
        ]
    return "\n".join(lines) + "\n\n"


def _sentence(note: str) -> str:
    return note[0].upper() + note[1:] + ":"
