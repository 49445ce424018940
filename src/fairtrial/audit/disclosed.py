"""Is the method disclosed well enough to repeat it? Question 6: it is listed, and never decides a verdict."""

from __future__ import annotations

from fairtrial.core.claim import Claim
from fairtrial.core.evidence import Finding

WORDS = {
    "shots": "worked examples before a question",
    "prompt": "the words of the prompt",
    "system": "system text",
    "temperature": "sampling temperature",
    "max_tokens": "tokens an answer may take",
    "extraction": "how an answer is read",
    "samples": "answers a question",
    "value": "the score itself",
    "n": "number of items",
    "source": "where it was published",
    "date": "when it was published",
}


def disclosed(claim: Claim) -> Finding:
    """*yes* where everything stands in the claim that repeating it takes; *no* otherwise, with what is missing."""
    missing = list(claim.conditions.undisclosed)
    missing += [name for name in ("value", "n") if getattr(claim, name) is None]
    missing += [name for name in ("source", "date") if not getattr(claim, name)]
    if not missing:
        return Finding("disclosed", "yes", "the claim states all that repeating it takes")
    told = ", ".join(WORDS[name] for name in missing)
    return Finding("disclosed", "no", f"the claim doesn't state: {told}")
