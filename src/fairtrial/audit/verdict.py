"""From findings to a verdict on the claim. The rule, fixed before anything is asked:

- **refuted** where *reproduces* is no, *inflated* is yes, or *same-model* is no;
- **supported** where *reproduces* is yes, *inflated* is no (or no fresh form exists, which is said), and neither
  *seen* nor *tuned* is yes;
- otherwise **inconclusive**. An undetermined *seen*, *tuned* or *same-model* blocks nothing, and is listed.
  *Disclosed* never decides.

Only proof answers *inflated*, *seen* and *same-model*: evidence of another tier may stand beside such a finding
and leaves it undetermined. `answerable` refuses anything else, so that no probe can slip an accusation in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fairtrial.core.errors import UsageError
from fairtrial.core.evidence import Answer, Asked, Finding, Outcome

ALPHA: Final[Mapping[Asked, float]] = MappingProxyType(
    {"reproduces": 0.01, "inflated": 0.01, "seen": 0.001, "tuned": 0.01, "same-model": 0.01}
)
"""Levels fixed beforehand. *Seen* accuses, and has the strictest."""

NEVER: Final[Mapping[Asked, Answer]] = MappingProxyType({"seen": "no", "same-model": "yes"})
"""What behaviour can't show: exposure can be forgotten, and two models can answer alike."""

_PROOF_ONLY: Final = ("inflated", "seen", "same-model")


def outcome(findings: Sequence[Finding], *, fresh_form: bool) -> Outcome:
    """The verdict. fresh_form: whether a fresh form of the benchmark exists, so that *inflated* could be asked.

    Raises UsageError for two findings on one question, and for an answer that its evidence can't carry.
    """
    told: dict[Asked, Answer] = {}
    for each in findings:
        if each.question in told:
            raise UsageError(f"two findings on {each.question}", "combine their evidence beforehand")
        told[each.question] = answerable(each).answer
    if told.get("reproduces") == "no" or told.get("inflated") == "yes" or told.get("same-model") == "no":
        return "refuted"
    carried = told.get("inflated") == "no" or not fresh_form
    if told.get("reproduces") == "yes" and carried and "yes" not in (told.get("seen"), told.get("tuned")):
        return "supported"
    return "inconclusive"


def answerable(finding: Finding) -> Finding:
    """The finding itself. Raises UsageError for an answer that nothing can show, or that lacks its proof."""
    if NEVER.get(finding.question) == finding.answer:
        raise UsageError(f"{finding.question} can't be answered {finding.answer!r} from behaviour")
    if finding.question in _PROOF_ONLY and finding.answer != "undetermined":
        tier = finding.evidence.tier if finding.evidence else None
        if tier != "proof":
            raise UsageError(f"{finding.question} is answered {finding.answer!r} on {tier or 'no'} evidence")
    return finding
