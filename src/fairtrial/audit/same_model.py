"""Is the served model the one that was tested (F4)? Never yes: two models can answer alike.

*Same-model* is **no** where the Holm-adjusted p-value of one of the planned tests is at most alpha and
requests to both were interleaved in an order drawn by lot (proof). Against an older recording, or between
two, a difference is shown (strong) and the answer stays undetermined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fairtrial.audit.twin import p_text
from fairtrial.audit.verdict import ALPHA, outcome
from fairtrial.core.claim import Claim
from fairtrial.core.evidence import Effect, Evidence, Finding, Tier, Verdict
from fairtrial.stats.combine import all_or_nothing
from fairtrial.stats.multiplicity import holm
from fairtrial.stats.two_sample import TwoSample, call_table, mmd_hamming, padded, token_tracking
from fairtrial.stats.two_sample_power import least_mixed, least_shift

TEXT: Final = "text-two-sample"
TOKEN: Final = "one-token"
RESOLUTION: Final = 1e-4
"""Nats. Two runtimes that compute one model differ by 2 to 3e-5; a smaller difference than this is not told
apart."""
REPEATED: Final = 0.5
"""Share of byte-identical pairs among repeats of a prompt that asks for chance, beyond which they are no
draws."""

Answers = Sequence[Sequence[str]]
"""Completions by prompt: as many for every prompt."""
Calls = Sequence[Mapping[str, float]]

LOTS = "which of the two got a request was drawn by lot; each answer was made for its request alone"
STILL = "neither endpoint, nor what serves it, changed between the recording and now"
CAUSE = (
    "cause unknown: other weights, quantisation, a system prompt, a sampler or numerics all show so, and none of "
    "them is proven"
)
NOT_COVERED = (
    "cause: why answers differ where they do; a difference is not a worse model",
    "other prompts: an endpoint may answer other prompts, or at other times, from another model",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Fixed before anything is asked. length: characters of an answer that are compared. planned: tests, for
    Holm. tier: "proof" where requests to both were interleaved by lot. seed: of permutations, from the plan's
    digest."""

    length: int
    planned: tuple[str, ...]
    tier: Tier
    seed: int
    draws: int = 9_999
    alpha: float = ALPHA["same-model"]

    @property
    def share(self) -> float:
        """The level that a test has to reach when it stands alone: Holm's first step."""
        return self.alpha / len(self.planned)


@dataclass(frozen=True, slots=True)
class Sides:
    """What both said. lottery_*: answers to prompts that ask for chance. calls_*: one-token questions,
    log-probability by continuation; empty where a side states none. exclusions: reason -> prompts left
    out."""

    a: Answers
    b: Answers
    lottery_a: Answers = ()
    lottery_b: Answers = ()
    calls_a: Calls = ()
    calls_b: Calls = ()
    exclusions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    """One test before Holm. missed: what it would not have seen, in words."""

    probe: str
    access: str
    n: int
    test: TwoSample
    p: float
    effect: tuple[float, float, float]
    mde: float | None
    missed: str


@dataclass(frozen=True, slots=True)
class Told:
    """The tests that were possible, what each would have missed, and why others were not possible."""

    evidence: tuple[Evidence, ...]
    missed: Mapping[str, str]
    impossible: tuple[str, ...]


def repeats(answers: Answers) -> float:
    """Of the pairs of answers to one prompt, the share that is byte-identical; 0 where there is no pair."""
    same = pairs = 0
    for texts in answers:
        counts = np.unique(np.array(texts, dtype=object), return_counts=True)[1] if texts else np.zeros(0)
        same += int((counts * (counts - 1)).sum())
        pairs += len(texts) * (len(texts) - 1)
    return same / pairs if pairs else 0.0


def cached(lottery: Answers) -> bool:
    """Do repeats come from a cache, or from a sampler that draws the same every time?

    lottery: answers to prompts that ask for something made up at random: equal ones by chance are next to
    impossible for a model that samples. Every prompt must show it, so that one refusal in set words isn't
    taken for a cache.
    """
    return bool(lottery) and all(repeats([texts]) > REPEATED for texts in lottery)


def examine(sides: Sides, setting: Setting, names: tuple[str, str]) -> Told:
    """Every planned test that the answers allow."""
    rng = np.random.default_rng([setting.seed, len(setting.planned)])
    found, impossible = [], []
    stuck = [
        name
        for name, lottery in zip(names, (sides.lottery_a, sides.lottery_b), strict=True)
        if cached(lottery)
    ]
    if stuck:
        impossible.append(
            f"no test is possible: {' and '.join(dict.fromkeys(stuck))} repeats answers to the letter where the "
            "prompt asks for something made up at random, so repeats come from a cache or from one fixed seed"
        )
    else:
        if TEXT in setting.planned:
            found.append(_text(sides, setting, rng))
        if TOKEN in setting.planned and sides.calls_a and sides.calls_b:
            found.append(_token(sides, setting, rng))
        elif TOKEN in setting.planned:
            impossible.append(f"{TOKEN} is not possible: its questions were not answered by both")
    adjusted = holm([each.p for each in found] + [1.0] * (len(setting.planned) - len(found)))
    evidence = tuple(_evidence(each, p, sides, setting) for each, p in zip(found, adjusted, strict=False))
    return Told(evidence, {each.probe: each.missed for each in found}, tuple(impossible))


def finding(told: Told, setting: Setting) -> Finding:
    """Question 5: no, or undetermined."""
    if not told.evidence:
        return Finding("same-model", "undetermined", "; ".join(told.impossible))
    first = min(told.evidence, key=lambda each: each.p)
    figures = _figures(told)
    if first.rejects and setting.tier == "proof":
        return Finding("same-model", "no", f"the two answer differently: {figures}; {CAUSE}", first)
    if first.rejects:
        sentence = f"answers differ from the recording: {figures}; {CAUSE}; requests were not interleaved"
        return Finding("same-model", "undetermined", sentence, first)
    missed = [told.missed[each.probe] for each in told.evidence]
    sentence = "; ".join([f"no difference was detected: {figures}", *missed, *told.impossible])
    return Finding("same-model", "undetermined", sentence, first)


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
    adjusted = ", adjusted for both" if len(told.evidence) > 1 else ""
    return ", ".join(f"{each.probe} {p_text(each.p)}" for each in told.evidence) + adjusted


def _text(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    a, b = padded(sides.a, setting.length), padded(sides.b, setting.length)
    test = mmd_hamming(a, b, rng=rng, draws=setting.draws, level=1 - 2 * setting.alpha)
    least = least_mixed(a, b, alpha=setting.share, rng=rng) if len(a) > 1 else None
    missed = (
        "answers are too few, or too much alike from prompt to prompt, for the text test to find even one side "
        "exchanged for answers to other prompts"
        if least is None
        else f"answers to other prompts, put in the place of {100 * least.share:.2g} % of one side's, would have "
        "been found with probability 0.8, a smaller change probably not"
    )
    return _Found(
        TEXT,
        "text",
        a.shape[0] * (a.shape[1] + b.shape[1]),
        test,
        test.p,
        (test.effect, test.low, test.high),
        None if least is None else least.effect,
        missed,
    )


def _token(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    table = call_table([*sides.calls_a, *sides.calls_b])
    a, b = table[: len(sides.calls_a)], table[len(sides.calls_a) :]
    test = token_tracking(a, b, rng=rng, draws=setting.draws, level=1 - 2 * setting.alpha)
    least = least_shift(a, b, alpha=setting.share, floor=RESOLUTION, rng=rng)
    missed = (
        "the calls are too few for the one-token test to find anything"
        if least is None
        else f"log-probabilities that differ by {least:.2g} nats on average would have been found with "
        "probability 0.8, closer ones probably not"
    )
    # A difference that two runtimes of one model may have is none, however regular it is.
    p = test.p if test.statistic >= RESOLUTION else 1.0
    low, value, high = (math.expm1(each) for each in (test.low, test.effect, test.high))
    return _Found(
        TOKEN,
        "log-probabilities",
        len(table),
        test,
        p,
        (value, low, high),
        None if least is None else math.expm1(least),
        missed,
    )


_METHODS: Final = {
    TEXT: "squared maximum mean discrepancy, share of equal characters as kernel; t over prompts",
    TOKEN: "relative change of a probability, mean over continuations; permutation noise added to both ends",
}
_NULLS: Final = {
    TEXT: "both answer each prompt by one distribution (two-sided)",
    TOKEN: f"both state log-probabilities by one distribution, up to {RESOLUTION} nats on average (two-sided)",
}


def _evidence(found: _Found, p: float, sides: Sides, setting: Setting) -> Evidence:
    proof = setting.tier == "proof"
    controls = [
        f"planted: {found.missed}",
        f"Holm over {len(setting.planned)} planned tests ({', '.join(setting.planned)}); p before: {found.p:.4g}",
        f"{found.test.draws:,} permutations within prompts",
    ]
    if found.probe == TEXT:
        controls.append(
            f"the first {setting.length} characters of each answer are compared: tokens are not known"
        )
        controls.append("no cache: answers to prompts that ask for something made up at random differ")
    value, low, high = found.effect
    return Evidence(
        probe=found.probe,
        tier=setting.tier,
        question="same-model",
        null=_NULLS[found.probe],
        access=found.access,
        n=found.n,
        statistic=found.test.statistic,
        p=p,
        e=all_or_nothing(p, setting.alpha),
        alpha=setting.alpha,
        effect=Effect(value, low, high, "fraction", 1 - 2 * setting.alpha, _METHODS[found.probe]),
        mde=found.mde,
        assumptions=(LOTS,) if proof else (STILL,),
        controls=tuple(controls),
        exclusions=sides.exclusions,
    )
