"""An audit as plain text: the sentence, the claim, the scores, six answers, and what nothing speaks about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from fairtrial.core.audited import Audited
from fairtrial.core.claim import Claim
from fairtrial.core.evidence import Finding
from fairtrial.report.audit_claim import DEMONSTRATION, published_words, score_words
from fairtrial.report.audit_tables import formats_words, settings_words
from fairtrial.report.questions import AGAINST, found_from, settled_by, standing
from fairtrial.report.terminal import BOLD, DIM, LABEL, RED, estimate_text, filled, first_words, painter, row

BRIEF: Final = 380
"""Characters of a finding's sentence; the report has it whole."""
SETTINGS: Final = 4
LISTED: Final = 6
FOLDERS: Final = 2
WEAK: Final = "shown in the report, never counted"


def audit_text(audited: Audited, *, colour: bool = False, width: int = 100) -> str:
    """As `summary_text` for a run; one or two screens."""
    paint = painter(colour)
    verdict = audited.verdict
    lines = []
    if not audited.complete:
        told = (
            "INCOMPLETE: some questions have no answer, and a verdict on part of the answers settles nothing."
        )
        lines.append(paint(RED, filled(f"{told} Go on with --resume.", width)))
    lines += [
        paint(RED if verdict.outcome == "refuted" else BOLD, filled(verdict.sentence, width)),
        "",
        row("claim", f"{score_words(verdict.claim)}; {published_words(verdict.claim)}", width),
        row("asked", _asked(audited), width),
        *_draw(verdict.claim, width),
    ]
    lines += [row(_short(each.metric), estimate_text(each), width) for each in verdict.scores]
    lines.append("")
    for each in verdict.findings:
        told = row(each.question, f"{each.answer} ({standing(each)}): {_brief(each)}", width)
        lines.append(paint(RED, told) if (each.question, each.answer) in AGAINST else told)
    lines.append("")
    lines += [row(label, told, width) for label, told in _beside(audited)]
    if verdict.not_covered:
        lines.append(paint(DIM, row("not covered", "; ".join(first_words(verdict.not_covered)), width)))
    lines += [row("kept in" if at == 0 else "", each, width) for at, each in enumerate(_kept(verdict.runs))]
    return "\n".join(lines) + "\n"


def _asked(audited: Audited) -> str:
    return audited.served + (f"; compared with {audited.tested}, the tested model" if audited.tested else "")


def _draw(claim: Claim, width: int) -> list[str]:
    return [row("draw", claim.draw or DEMONSTRATION, width)] if claim.family else []


def _short(name: str) -> str:
    """A score's name as a label: whole where it fits."""
    return name if len(name) < LABEL else name.partition(" ")[0]


def _brief(found: Finding) -> str:
    """The sentence up to where it gets long, cut between clauses; of an open one, what would settle it."""
    clauses = found.sentence.split("; ")
    kept = clauses[:1]
    for each in clauses[1:]:
        if len("; ".join([*kept, each])) > BRIEF:
            break
        kept.append(each)
    told = "; ".join(kept) + ("; …" if len(kept) < len(clauses) else "")
    if found.answer == "undetermined" and found.evidence is not None:
        least = f"smallest effect to be seen: {found_from(found.evidence)}"
        told += f" [{least}; items that would settle it: {settled_by(found)}]"
    return told


def _beside(audited: Audited) -> Iterator[tuple[str, str]]:
    """What was measured and counts for no answer, and what could not be."""
    yield from _several("undisclosed", _undisclosed(audited), SETTINGS + 1)
    formats = audited.table("formats")
    if formats is not None and (told := formats_words(formats)):
        yield "formats", told
    yield from _several("fact", audited.facts, LISTED)
    if any(each.tier == "weak" for each in audited.tables):
        yield "weak signals", WEAK
    yield from _several("not possible", audited.impossible, LISTED)


def _undisclosed(audited: Audited) -> list[str]:
    """The names of the open conditions, then what the measured ones are worth."""
    open_ = audited.verdict.claim.conditions.undisclosed
    settings = audited.table("settings")
    effects = [] if settings is None else list(settings_words(settings))
    return [", ".join(open_), *effects] if open_ else effects


def _several(label: str, told: Sequence[str], most: int) -> Iterator[tuple[str, str]]:
    for at, each in enumerate(told[:most]):
        yield label if at == 0 else "", each
    if len(told) > most:
        yield "", f"… and {len(told) - most:,} more in the report"


def _kept(runs: Sequence[str]) -> list[str]:
    """The run folders; of many, the folder that they are in."""
    parents = {str(PurePosixPath(each).parent) for each in runs}
    if len(runs) <= FOLDERS or len(parents) != 1:
        rest = [f"… and {len(runs) - LISTED:,} more"] if len(runs) > LISTED else []
        return [*runs[:LISTED], *rest]
    return [f"{parents.pop()} ({len(runs):,} runs)"]
