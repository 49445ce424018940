"""A verdict as plain text: the sentence, the two scores, each finding, what nothing speaks about."""

from __future__ import annotations

from fairtrial.core.evidence import Finding, Verdict
from fairtrial.report.terminal import BOLD, DIM, RED, estimate_text, filled, first_words, painter, row


def verdict_text(verdict: Verdict, *, colour: bool = False, width: int = 100) -> str:
    """As `summary_text` for a run."""
    paint = painter(colour)
    head = paint(RED if verdict.outcome == "refuted" else BOLD, filled(verdict.sentence, width))
    lines = [head, ""]
    lines += [row(each.metric.partition(" ")[0], estimate_text(each), width) for each in verdict.scores]
    lines += [
        row(each.question, f"{each.answer} ({_tier(each)}): {each.sentence}", width)
        for each in verdict.findings
    ]
    lines.append(paint(DIM, row("not covered", "; ".join(first_words(verdict.not_covered)), width)))
    lines += [row("kept in" if at == 0 else "", each, width) for at, each in enumerate(verdict.runs)]
    return "\n".join(lines) + "\n"


def _tier(finding: Finding) -> str:
    if finding.evidence is None:
        return "not tested"
    return finding.evidence.tier or "measured"
