"""The tests that two sides' answers allow: text, log-probabilities of one token, right and wrong on a canary set.

Each is exact where requests to both were interleaved by lot, whatever the model: which side an answer came from
is then our own draw. Holm over all that were planned.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fairtrial.audit.verdict import ALPHA
from fairtrial.core.evidence import Effect, Evidence, Tier
from fairtrial.stats.combine import all_or_nothing
from fairtrial.stats.multiplicity import holm
from fairtrial.stats.paired import compare_pairs
from fairtrial.stats.power import detectable_discordant
from fairtrial.stats.rank_uniformity import least_misranked, rank_uniformity
from fairtrial.stats.two_sample import border_shift, call_table, mmd_hamming, padded, token_tracking
from fairtrial.stats.two_sample_power import least_flipped, least_mixed, least_shift

TEXT: Final = "text-two-sample"
TOKEN: Final = "one-token"
CANARY: Final = "canary-mcnemar"
BORDER: Final = "border-prompts"
RANKS: Final = "rank-uniformity"
RESOLUTION: Final = 1e-4
"""Nats. Two runtimes that compute one model differ by 2 to 3e-5; a smaller difference than this is not told
apart."""
REPEATED: Final = 0.5
"""Share of byte-identical pairs among repeats of a prompt that asks for chance, beyond which they are no
draws."""

Answers = Sequence[Sequence[str]]
"""Completions by prompt: as many for every prompt."""
Calls = Sequence[Mapping[str, float]]

LOTS: Final = "which of the two got a request was drawn by lot; each answer was made for its request alone"
STILL: Final = "neither endpoint, nor what serves it, changed between the recording and now"


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
    log-probability by continuation; empty where a side states none. right_*: was each canary item, in one order,
    answered rightly? exclusions: reason -> prompts left out; left_out: the same of canary items. firsts_*: first
    tokens by border prompt, chosen by other answers than these. ranked_*: by prompt, how likely
    side a finds its own answers, and one of b's."""

    a: Answers
    b: Answers
    lottery_a: Answers = ()
    lottery_b: Answers = ()
    calls_a: Calls = ()
    calls_b: Calls = ()
    right_a: Sequence[bool] = ()
    right_b: Sequence[bool] = ()
    exclusions: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    firsts_a: Answers = ()
    firsts_b: Answers = ()
    ranked_a: Sequence[Sequence[float]] = ()
    ranked_b: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """The tests that were possible, what each would have missed, and why others were not possible."""

    evidence: tuple[Evidence, ...]
    missed: Mapping[str, str]
    impossible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """One test before Holm. missed: what it would not have seen, in words. level: of the effect's interval."""

    probe: str
    access: str
    n: int
    statistic: float
    p: float
    effect: Effect
    mde: float | None
    missed: str
    controls: tuple[str, ...]
    exclusions: Mapping[str, int]


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
    stuck = [
        name
        for name, lottery in zip(names, (sides.lottery_a, sides.lottery_b), strict=True)
        if cached(lottery)
    ]
    if stuck:
        # The canary set too: a sampler that starts alike every time may err alike on many items.
        told = (
            f"no test is possible: {' and '.join(dict.fromkeys(stuck))} repeats answers to the letter where the "
            "prompt asks for something made up at random, so repeats come from a cache or from one fixed seed"
        )
        return Told((), {}, (told,))
    rng = np.random.default_rng([setting.seed, len(setting.planned)])
    found, impossible = [], []
    if TEXT in setting.planned:
        found.append(_text(sides, setting, rng))
    for probe, there, make in (
        (TOKEN, sides.calls_a and sides.calls_b, _token),
        (CANARY, sides.right_a, _canary),
        (BORDER, sides.firsts_a, _border),
        (RANKS, sides.ranked_a, _ranks),
    ):
        if probe in setting.planned and there:
            found.append(make(sides, setting, rng))
        elif probe in setting.planned:
            impossible.append(_NOTHING.get(probe, f"{probe} is not possible: not answered by both"))
    adjusted = holm([each.p for each in found] + [1.0] * (len(setting.planned) - len(found)))
    evidence = tuple(_evidence(each, p, setting) for each, p in zip(found, adjusted, strict=False))
    return Told(evidence, {each.probe: each.missed for each in found}, tuple(impossible))


def _text(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    a, b = padded(sides.a, setting.length), padded(sides.b, setting.length)
    level = 1 - 2 * setting.alpha
    test = mmd_hamming(a, b, rng=rng, draws=setting.draws, level=level)
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
        test.statistic,
        test.p,
        Effect(test.effect, test.low, test.high, "fraction", level, _METHODS[TEXT]),
        None if least is None else least.effect,
        missed,
        (
            f"{test.draws:,} permutations within prompts",
            f"the first {setting.length} characters of each answer are compared: tokens are not known",
            "no cache: answers to prompts that ask for something made up at random differ",
        ),
        sides.exclusions,
    )


def _token(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    table = call_table([*sides.calls_a, *sides.calls_b])
    a, b = table[: len(sides.calls_a)], table[len(sides.calls_a) :]
    level = 1 - 2 * setting.alpha
    test = token_tracking(a, b, rng=rng, draws=setting.draws, level=level)
    least = least_shift(a, b, alpha=setting.share, floor=RESOLUTION, rng=rng)
    missed = (
        "the calls are too few for the one-token test to find anything"
        if least is None
        else f"log-probabilities that differ by {least:.2g} nats on average would have been found with "
        "probability 0.8, closer ones probably not"
    )
    low, value, high = (math.expm1(each) for each in (test.low, test.effect, test.high))
    return _Found(
        TOKEN,
        "log-probabilities",
        len(table),
        test.statistic,
        # A difference that two runtimes of one model may have is none, however regular it is.
        test.p if test.statistic >= RESOLUTION else 1.0,
        Effect(value, low, high, "fraction", level, _METHODS[TOKEN]),
        None if least is None else math.expm1(least),
        missed,
        (f"{test.draws:,} permutations of whole calls",),
        {},
    )


def _canary(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    a, b = (np.asarray(each, dtype=np.float64) for each in (sides.right_a, sides.right_b))
    test = compare_pairs(b, a, rng=rng, level=1 - setting.alpha)
    only_b, only_a = int((b > a).sum()), int((a > b).sum())
    least = detectable_discordant(a.size, discordant=(only_a + only_b) / a.size, level=1 - setting.share)
    missed = (
        f"{a.size} canary items are too few to find any difference in right answers"
        if least >= 1
        else f"a difference of {100 * least:.1f} points in right answers, on {a.size} canary items, would have "
        "been found with probability 0.8, a smaller one probably not"
    )
    effect = Effect(
        100 * test.difference, 100 * test.low, 100 * test.high, "points", 1 - setting.alpha, test.interval
    )
    return _Found(
        CANARY,
        "text",
        a.size,
        only_b - only_a,
        test.p,
        effect,
        None if least >= 1 else 100 * least,
        missed,
        (
            f"right on one side alone: {only_a} and {only_b} of {a.size} items",
            "unparsed, cut and refused answers are wrong, on both sides alike",
        ),
        sides.left_out,
    )


def _border(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    a, b = (np.array(each, dtype=object) for each in (sides.firsts_a, sides.firsts_b))
    level = 1 - 2 * setting.alpha
    test = border_shift(a.astype(str), b.astype(str), rng=rng, draws=setting.draws, level=level)
    least = least_flipped(a.astype(str), b.astype(str), alpha=setting.share, rng=rng)
    missed = (
        f"{len(a)} border prompts are too few to find even one side's first tokens exchanged for others"
        if least is None
        else f"first tokens exchanged for others in {100 * least:.2g} % of answers to the {len(a)} border prompts "
        "would have been found with probability 0.8, fewer probably not"
    )
    return _Found(
        BORDER,
        "text",
        a.size + b.size,
        test.statistic,
        test.p,
        Effect(test.effect, test.low, test.high, "fraction", level, _METHODS[BORDER]),
        least,
        missed,
        (
            f"{test.draws:,} permutations within prompts",
            "border prompts were chosen by other answers, of both sides pooled",
        ),
        {},
    )


def _ranks(sides: Sides, setting: Setting, rng: np.random.Generator) -> _Found:
    n, own, level = len(sides.ranked_b), len(sides.ranked_a[0]), 1 - 2 * setting.alpha
    test = rank_uniformity(sides.ranked_b, sides.ranked_a, rng=rng, draws=setting.draws, level=level)
    least = least_misranked(n, own, alpha=setting.share, rng=rng)
    missed = (
        f"{n} prompts are too few for ranks to show anything"
        if least is None
        else f"answers less likely than all of the other side's, at {100 * least:.2g} % of {n} prompts, would "
        "have been found with probability 0.8, at fewer probably not"
    )
    return _Found(
        RANKS,
        "log-probabilities",
        n,
        test.statistic,
        test.p,
        Effect(test.shift, test.low, test.high, "fraction", level, _METHODS[RANKS]),
        None if least is None else least / 2,
        missed,
        (
            f"{test.draws:,} simulations of uniform ranks",
            f"one answer of side b, drawn by lot, among {own} of side a, by how likely side a finds each",
        ),
        {},
    )


_NOTHING: Final = {
    BORDER: f"{BORDER} had nothing to judge: no candidate was answered by two different first tokens"
}
_METHODS: Final = {
    BORDER: "total variation of first tokens, mean over border prompts; permutation noise added to both ends",
    RANKS: "mean rank of side b's answer less the middle, as a share; t over prompts",
    TEXT: "squared maximum mean discrepancy, share of equal characters as kernel; t over prompts",
    TOKEN: "relative change of a probability, mean over continuations; permutation noise added to both ends",
}
_NULLS: Final = {
    TEXT: "both answer each prompt by one distribution (two-sided)",
    TOKEN: f"both state log-probabilities by one distribution, up to {RESOLUTION} nats on average (two-sided)",
    BORDER: "both begin their answer to each border prompt by one distribution (two-sided)",
    RANKS: "side b's answer is one of side a's: its rank among them is uniform (Cramér-von Mises)",
    CANARY: "both answer each canary item by one distribution (two-sided, exact McNemar over right and wrong)",
}


def _evidence(found: _Found, p: float, setting: Setting) -> Evidence:
    planned = f"{len(setting.planned)} planned tests ({', '.join(setting.planned)})"
    return Evidence(
        probe=found.probe,
        tier=setting.tier,
        question="same-model",
        null=_NULLS[found.probe],
        access=found.access,
        n=found.n,
        statistic=found.statistic,
        p=p,
        e=all_or_nothing(p, setting.alpha),
        alpha=setting.alpha,
        effect=found.effect,
        mde=found.mde,
        assumptions=(LOTS,) if setting.tier == "proof" else (STILL,),
        controls=(
            f"planted: {found.missed}",
            f"Holm over {planned}; p before: {found.p:.4g}",
            *found.controls,
        ),
        exclusions=found.exclusions,
    )
