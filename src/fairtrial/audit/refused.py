"""Tests that Fairtrial does not run, each with its reason, so that asking for one is answered and not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fairtrial.core.errors import UnknownName, UsageError

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "loss-threshold": (
            "a threshold on likelihood alone measures how hard and how usual a text is: nobody has items that "
            "were not seen and are otherwise alike, so no threshold has a false-alarm rate"
        ),
        "min-k-threshold": (
            "a threshold on Min-K% alone measures rare words: with WikiMIA's labels reversed it still reaches an "
            "AUC of 0.7 (arXiv 2406.06443)"
        ),
        "ask-the-model": "what a model says about its own training is generated text, and no record of it",
        "llm-overlap-judge": "another model's opinion has no known error rate; count n-grams instead",
        "harder-variant-drop": (
            "a drop on harder variants is mostly their difficulty: with 'none of the others' as an option, models "
            "lose 57 % of their score on public MMLU, and 50 % on a private set"
        ),
        "mmlu-cf-difference": "MMLU and MMLU-CF hold different items: their difference measures the items too",
        "order-without-controls": (
            "on a file whose order speaks for itself, as HumanEval's does to a compressor, the order test "
            "convicts every reader; it is run only where its controls hold"
        ),
    }
)
"""name -> reason."""


def refuse(name: str) -> None:
    """Raises UsageError with the reason for a refused test, and UnknownName for any other."""
    if name not in REFUSED:
        raise UnknownName("refused test", name, REFUSED)
    raise UsageError(f"{name} is never computed as evidence: {REFUSED[name]}", "see the evidence that is")
