"""Is the served model the one that was tested (F4)? Never yes: two models can answer alike.

*Same-model* is **no** where the Holm-adjusted p-value of one of the planned tests is at most alpha and
requests to both were interleaved in an order drawn by lot (proof). Against an older recording, or between
two, a difference is shown (strong) and the answer stays undetermined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairtrial.audit.same_model_tests import Setting, Told
from fairtrial.audit.twin import p_text
from fairtrial.audit.verdict import outcome
from fairtrial.core.claim import Claim
from fairtrial.core.evidence import Finding, Verdict

CAUSE: Final = (
    "cause unknown: other weights, quantisation, a system prompt, a sampler or numerics all show so, and none of "
    "them is proven"
)
NOT_COVERED: Final = (
    "cause: why answers differ where they do; a difference is not a worse model",
    "other prompts: an endpoint may answer other prompts, or at other times, from another model",
)


def finding(told: Told, setting: Setting) -> Finding:
    """Question 5: no, or undetermined. The evidence with the smallest p-value leads; the others are beside it."""
    if not told.evidence:
        return Finding("same-model", "undetermined", "; ".join(told.impossible))
    first = min(told.evidence, key=lambda each: each.p)
    also = tuple(each for each in told.evidence if each is not first)
    figures = _figures(told)
    if first.rejects and setting.tier == "proof":
        sentence = f"the two answer differently: {figures}; {CAUSE}"
        return Finding("same-model", "no", sentence, first, also=also)
    if first.rejects:
        sentence = f"answers differ from the recording: {figures}; {CAUSE}; requests were not interleaved"
        return Finding("same-model", "undetermined", sentence, first, also=also)
    missed = [told.missed[each.probe] for each in told.evidence]
    sentence = "; ".join([f"no difference was detected: {figures}", *missed, *told.impossible])
    return Finding("same-model", "undetermined", sentence, first, also=also)


def judge(
    names: tuple[str, str], told: Told, setting: Setting, *, date: str = "", runs: Sequence[str] = ()
) -> Verdict:
    """The verdict on "b answers as a does". date: of the recording that stands for a, if one does."""
    a, b = names
    recorded = f" as recorded on {date[:10]}" if date else ""
    claim = Claim(f"{b} answers as {a} does{recorded}", b, "same-model", source=a, date=date)
    found = finding(told, setting)
    decided = outcome((found,), fresh_form=False)
    both = f"{a}{recorded} and {b}"
    if found.evidence is None:
        sentence = f"Inconclusive: {both} could not be compared: {found.sentence}."
    elif decided == "refuted":
        sentence = f"Refuted: {both} answer differently ({_figures(told)}); {CAUSE}."
    elif found.evidence.rejects:
        sentence = (
            f"Inconclusive: {both} differ ({_figures(told)}); strong evidence and no proof, since something "
            f"besides the model may have changed in between; {CAUSE}."
        )
    else:
        sentence = (
            f"Inconclusive: no difference between {both} was detected ({_figures(told)}), which doesn't show that "
            "they are the same."
        )
    return Verdict(claim, decided, (found,), sentence, (), NOT_COVERED, tuple(runs))


def _figures(told: Told) -> str:
    together = ", adjusted together" if len(told.evidence) > 1 else ""
    return ", ".join(f"{each.probe} {p_text(each.p)}" for each in told.evidence) + together
