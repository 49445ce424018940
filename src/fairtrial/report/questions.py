"""The six questions of an audit, and their answers, in words for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fairtrial.core.evidence import Answer, Asked, Evidence, Finding

ASKED: Final[Mapping[Asked, str]] = MappingProxyType(
    {
        "reproduces": "Does the score reproduce?",
        "inflated": "Is the published form inflated?",
        "seen": "Were the published items seen?",
        "tuned": "Was the configuration tuned?",
        "same-model": "Is it the same model?",
        "disclosed": "Is the method disclosed?",
    }
)

PLAIN: Final[Mapping[tuple[Asked, Answer], str]] = MappingProxyType(
    {
        ("reproduces", "yes"): "Asked again, the score comes out the same within the tolerance.",
        ("reproduces", "no"): "Asked again, the score differs by more than the tolerance.",
        ("reproduces", "undetermined"): "Whether the score comes out the same within the tolerance is open.",
        ("inflated", "yes"): "The published items are answered better than fresh ones of the same kind.",
        ("inflated", "no"): "Fresh items of the same kind are answered as well, within the tolerance.",
        ("inflated", "undetermined"): "Whether fresh items of the same kind are answered as well is open.",
        (
            "seen",
            "yes",
        ): "The model depends on which items were published. Whether its score is higher "
        "for that is another question.",
        ("seen", "undetermined"): "It was not shown. No test can show that items were never seen.",
        (
            "tuned",
            "yes",
        ): "The way of asking was chosen by its score on these items, or the best of several "
        "attempts is claimed.",
        ("tuned", "no"): "One attempt is registered, and fresh items score the same within the tolerance.",
        (
            "tuned",
            "undetermined",
        ): "Whether the way of asking was chosen by its score on these items is open.",
        (
            "same-model",
            "no",
        ): "The served model answers differently from the one that was tested. Why is not shown.",
        (
            "same-model",
            "undetermined",
        ): "A difference is not proven. No test can show that two models are the same.",
        ("disclosed", "yes"): "The claim states everything that repeating it takes.",
        ("disclosed", "no"): "The claim leaves out something that repeating it takes.",
    }
)
"""What an answer says, without figures."""

AGAINST: Final[frozenset[tuple[Asked, Answer]]] = frozenset(
    {("reproduces", "no"), ("inflated", "yes"), ("seen", "yes"), ("tuned", "yes"), ("same-model", "no")}
)
"""Answers that speak against a claim."""

TIERS: Final[tuple[tuple[str, str], ...]] = (
    (
        "proof",
        "the chance of a false alarm holds by design, whatever the model, since a draw of ours decided",
    ),
    ("strong", "valid under assumptions, which are stated and tested beside it"),
    ("weak", "shown, and never counted"),
    ("measured", "a figure with its interval, and no test of a fault"),
)

PROBES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "re-run": "the claimed score against the same questions asked again",
        "sibling-accuracy": "right answers on published items against fresh siblings",
        "sibling-rank": "likelihood of published items among their siblings",
        "keyed-answers": "answers that match a secret key of random ones",
        "canary-rank": "likelihood of planted strings among random ones",
        "canary-emission": "planted strings that the model writes out",
        "item-order": "likelihood of the items in the order that was published, drawn at random",
        "item-order-legacy": "likelihood of the items in the order of an old file",
        "corpus-overlap": "items that stand in a given corpus against items that don’t",
        "format-family": "the claimed way of asking among many others",
        "chosen-against-default": "published against fresh, under the claimed and under the default way of asking",
        "text-two-sample": "the words of many answers, side by side",
        "one-token": "log-probabilities of single tokens, side by side",
        "canary-mcnemar": "right and wrong answers to one set of questions, side by side",
        "border-prompts": "first words of answers to prompts that leave a model undecided, side by side",
        "rank-uniformity": "likelihood of one side’s answers among the other’s own",
    }
)
"""What a probe compares."""


_ABOVE: Final = "share of controls less likely than what was published, beyond the half that chance gives"
FRACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sibling-rank": "share of siblings less likely than the published one, beyond the half that chance gives",
        "keyed-answers": "share of items whose key is known",
        "canary-rank": _ABOVE,
        "canary-emission": "share of canaries written out",
        "item-order": _ABOVE,
        "item-order-legacy": _ABOVE,
        "text-two-sample": "squared mean discrepancy of the answers",
        "one-token": "relative change of a probability",
        "border-prompts": "share of first words that would have to change",
        "rank-uniformity": "mean rank among the other side’s answers, as a share, beyond the middle",
    }
)
"""Of which an effect in fractions is one, by probe."""


def standing(found: Finding) -> str:
    """The tier of an answer, or what it rests on where that is no test."""
    if found.evidence is not None:
        return found.evidence.tier or "measured"
    return "not tested" if found.answer == "undetermined" else "a fact"


def amount(value: float, told: Evidence, *, signed: bool = False) -> str:
    """An effect of this evidence with what it counts: "4.3 points", "0.043 (share of …)"."""
    sign = "+" if signed else ""
    if told.effect.unit == "points":
        return f"{value:{sign}.1f} points"
    return f"{value:{sign}.3g} ({FRACTIONS.get(told.probe, 'a fraction')})"


def found_from(told: Evidence) -> str:
    """The smallest true effect that would probably have been found."""
    return "nothing, whatever the truth" if told.mde is None else amount(told.mde, told)


def settled_by(found: Finding) -> str:
    """The items that would settle an undetermined answer."""
    return "unknown" if found.needed_n is None else f"about {found.needed_n:,} in all"
