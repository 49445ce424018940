"""Audits made by hand: figures invented, shapes those of `lab.audit`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from fairtrial.core.audited import Audited, Table
from fairtrial.core.claim import Claim, Conditions
from fairtrial.core.estimate import Estimate
from fairtrial.core.evidence import Asked, Effect, Evidence, Finding, Tier, Verdict

DRAW = "sha256:" + "ab" * 32
NOT_COVERED = (
    "ability: whether the benchmark measures what it is taken for",
    "route: how a score came to be what it is (training, prompt or checkpoint chosen on the items)",
    "other times: what was asked today may be served by another model tomorrow",
)


def evidence(
    probe: str, question: Asked, tier: Tier | None, effect: tuple[float, float, float], **changes: Any
) -> Evidence:
    value, low, high = effect
    made = Evidence(
        probe=probe,
        tier=tier,
        question=question,
        null=f"nothing is to be found by {probe}",
        access="text",
        n=600,
        statistic=12.5,
        p=0.21,
        e=0.4,
        alpha=0.01,
        effect=Effect(value, low, high, "points", 0.98, "t over 24 templates"),
        mde=4.3,
        assumptions=("which sibling was published was drawn at random",),
        controls=("siblings are interchangeable: checked",),
        draw=DRAW,
        exclusions={"no answer came": 2},
    )
    return replace(made, **changes)


RERUN = evidence(
    "re-run",
    "reproduces",
    None,
    (0.0, -0.05, 0.05),
    p=0.0,
    e=100.0,
    draw="",
    controls=(),
    mde=5.05,
    exclusions={},
)
ACCURACY = evidence("sibling-accuracy", "inflated", "proof", (39.2, 35.1, 43.3), p=3e-90, e=1e30, mde=6.1)
RANK = replace(
    evidence("sibling-rank", "seen", "proof", (0.451, 0.43, 0.47), p=0.0, e=math.inf, alpha=0.001, mde=0.043),
    effect=Effect(0.451, 0.43, 0.47, "fraction", 0.998, "t over 24 templates"),
    access="log-probabilities",
)
FORMATS = evidence("format-family", "tuned", "strong", (3.9, 1.2, 6.0), p=0.08, n=100, mde=9.2)
TEXT = replace(
    evidence("text-two-sample", "same-model", "proof", (0.01, -0.02, 0.04), mde=0.12),
    effect=Effect(0.01, -0.02, 0.04, "fraction", 0.98, "MMD"),
)

SETTINGS = Table(
    "settings",
    "Conditions that the claim doesn’t state, and what each is worth",
    "Each was asked another way on the same items. A large effect means that the score can’t be repeated without "
    "knowing this; it doesn’t mean that the claimant chose it.",
    ("condition", "used", "tried", "effect, points", "95 % interval", "items", ""),
    (
        ("shots", "0", "1", "-7.5", "-11.0 to -4.0", "200", ""),
        ("system", "none", "'You are a helpful assistant.'", "+0.5", "-1.0 to +2.0", "200", ""),
        (
            "max_tokens",
            "256",
            "128",
            "-21.0",
            "-26.0 to -16.0",
            "200",
            "would explain the difference",
        ),
        ("samples", "1", "more", "not measured", "", "", "more answers an item don't move the mean"),
    ),
    [
        {
            "condition": name,
            "used": used,
            "tried": tried,
            "effect": {"value": value, "low": low, "high": high, "unit": "points"},
            "n": 200,
            "explains": explains,
            "why_not": "",
        }
        for name, used, tried, value, low, high, explains in (
            ("shots", "0", "1", -7.5, -11.0, -4.0, False),
            ("system", "none", "'You are a helpful assistant.'", 0.5, -1.0, 2.0, False),
            ("max_tokens", "256", "128", -21.0, -26.0, -16.0, True),
        )
    ]
    + [
        {
            "condition": "samples",
            "used": "1",
            "tried": "more",
            "effect": None,
            "n": 0,
            "why_not": "the mean stays",
        }
    ],
)
FAMILY = Table(
    "formats",
    "100 formats on the same 100 items",
    "Formats were drawn from a declared family of templates, worked examples, orders and readings. High up means "
    "selected, or lucky, or known to suit the model: it proves no choice.",
    ("configuration", "score, %", "95 % interval"),
    (
        ("claimed configuration", "84.0", "75.6 to 89.9"),
        ("5 % of formats lie below", "61.0", "52.0 to 66.0"),
        ("median format", "80.1", "78.0 to 82.8"),
        ("95 % of formats lie below", "88.0", "86.0 to 90.0"),
    ),
    {
        "formats": 100,
        "items": 100,
        "claimed": {"value": 0.84, "low": 0.756, "high": 0.899},
        "quantiles": [
            {"share": 0.05, "value": 0.61, "low": 0.52, "high": 0.66},
            {"share": 0.5, "value": 0.801, "low": 0.78, "high": 0.828},
            {"share": 0.95, "value": 0.88, "low": 0.86, "high": 0.90},
        ],
        "percentile": {"value": 0.713, "low": 0.61, "high": 0.80, "p": 0.08},
        "readings": {"last number": 0.80},
    },
    "strong",
)
ATTEMPTS = Table(
    "attempts",
    "3 registered attempts",
    "From the register that was given. Nobody vouches that it is complete.",
    ("", "%"),
    (("attempt 1", "81.2"), ("attempt 2", "84.5"), ("attempt 3", "80.0")),
    {"attempts": 3},
)
WEAK = Table(
    "weak",
    "Weak signals: shown, never counted",
    "None of these can tell items that were trained on from items that are merely easy or common.",
    ("signal", "value", "unit", "items", "why it doesn’t count"),
    (
        (
            "zlib ratio",
            "-0.8112",
            "nats a compressed byte, mean over items",
            "100",
            "follows the style of a text",
        ),
        ("Min-K%++", "not possible", "standard deviations", "0", "no per-token log-probabilities"),
    ),
    [],
    "weak",
)
CALIBRATION = {
    "sibling-accuracy": "Calibration at level 0.01: 63 false alarms in 10,000 null audits of 16 models (99.9 % "
    "limit 0.0091). Power with n = 500 by exposures: 0.19 of 1, 1.00 of 4, 1.00 of 16 (small models, 10 trunks).",
    "sibling-rank": "Calibration at level 0.001: 13 false alarms in 10,000 null audits of 16 models.",
}
CLAIM = Claim(
    "specimen/cheat has accuracy 1.0000 on the published form of arithmetic, n = 600",
    "specimen/cheat",
    "arithmetic",
    1.0,
    0.05,
    source="the card of specimen/cheat",
    n=600,
    date="2026-11-24",
    conditions=Conditions(prompt="Q: {question}\nA:", system="", temperature=0.0),
    family="arithmetic",
    decimals=4,
)
SCORES = (
    Estimate("claimed", 1.0, 0.994, 1.0, 0.95, 600, "Wilson, from the claim's own n"),
    Estimate("asked again", 1.0, 0.994, 1.0, 0.95, 600, "wilson"),
    Estimate("published form", 1.0, 0.994, 1.0, 0.95, 600, "wilson"),
    Estimate("fresh siblings", 0.608, 0.57, 0.65, 0.95, 600, "clustered t by template"),
)


def refuted(**changes: Any) -> Audited:
    """A cheat: everything was asked, and much was found."""
    findings = (
        Finding(
            "reproduces",
            "yes",
            "1.000 on the same 600 items against 1.000 claimed: +0.0 points (exact but for rounding), the same "
            "within 5 points",
            RERUN,
        ),
        Finding(
            "inflated",
            "yes",
            "the published form scores higher than fresh siblings: +39.2 points [+35.1, +43.3], exact one-sided "
            "p = 3e-90",
            ACCURACY,
        ),
        Finding(
            "seen",
            "yes",
            "the weights depend on what a committed draw published: sibling-rank p < 1e-300; canary-rank p = 0.2",
            RANK,
            also=(evidence("canary-rank", "seen", "proof", (0.1, -0.2, 0.4), mde=None, n=1),),
        ),
        Finding(
            "tuned",
            "undetermined",
            "a configuration less than 9.2 points above the median of formats would not have stood out, and "
            "standing out would prove no choice; how many attempts were made is not known; had there been 10, "
            "luck alone would lift the best of 10 equally good ones by 0.0 points, so that 100.0 would be left of "
            "the claim; on 100 items the claimed configuration scores 84.0, above 71.3 % [61.0, 80.0] of 100 "
            "formats (median 80.1)",
            FORMATS,
        ),
        Finding("same-model", "undetermined", "no other model was named to compare the served one with"),
        Finding(
            "disclosed",
            "no",
            "the claim doesn't state: worked examples before a question, tokens an answer may take, how an answer "
            "is read, answers a question",
        ),
    )
    sentence = (
        "Refuted: 100.0 % claimed for specimen/cheat on arithmetic: the published form is inflated (+39.2 points "
        "[+35.1, +43.3] against fresh siblings, exact p = 3e-90, n = 600). Besides, the model depends on which "
        "items were published (sibling-rank, exact p < 1e-300). Not settled: tuned, same-model."
    )
    verdict = Verdict(
        CLAIM,
        "refuted",
        findings,
        sentence,
        SCORES,
        NOT_COVERED,
        tuple(f"runs/audit-{at}" for at in range(9)),
    )
    made = Audited(
        verdict,
        served="specimen/cheat",
        tables=(WEAK, SETTINGS, FAMILY, ATTEMPTS),
        impossible=(
            "item order: no committed order of this benchmark was given (--order FILE)",
            "corpus overlap: no corpus was given",
        ),
        facts=("the endpoint answers repeats of one prompt alike",),
        calibration=CALIBRATION,
    )
    return replace(made, **changes)


def supported(**changes: Any) -> Audited:
    """An honest one; everything that an answer of no or yes needs is there."""
    cleared = replace(ACCURACY, p=0.62, e=0.3, effect=Effect(-0.4, -3.1, 2.3, "points", 0.98, "paired t"))
    rank = replace(RANK, p=0.4, e=0.7, effect=Effect(0.004, -0.04, 0.05, "fraction", 0.998, "t"))
    findings = (
        Finding("reproduces", "yes", "0.845 on the same 600 items against 0.845 claimed", RERUN),
        Finding("inflated", "no", "inflation of 5 points or more is ruled out at level 0.01", cleared),
        Finding("seen", "undetermined", "nothing was found: sibling-rank p = 0.40", rank, needed_n=2_345),
        Finding(
            "tuned", "no", "a complete register shows one attempt, and fresh siblings score alike", FORMATS
        ),
        Finding("same-model", "undetermined", "no difference was detected: text-two-sample p = 0.21", TEXT),
        Finding("disclosed", "yes", "the claim states all that repeating it takes"),
    )
    claim = replace(
        CLAIM,
        model="specimen/honest",
        value=0.845,
        conditions=Conditions(0, "Q: {question}\nA:", "", 0.0, 256, "last number", 1),
    )
    sentence = (
        "Supported: 84.5 % claimed for specimen/honest on arithmetic: it reproduces (+0.0 points [-0.1, +0.1] "
        "when asked again, n = 600); it carries over to fresh siblings. Not settled: seen, same-model."
    )
    scores = tuple(
        replace(each, value=value, low=value - 0.03, high=value + 0.03)
        for each, value in zip(SCORES, (0.845, 0.845, 0.845, 0.849), strict=True)
    )
    verdict = Verdict(claim, "supported", findings, sentence, scores, NOT_COVERED, ("runs/a",))
    made = Audited(verdict, "specimen/honest-int4", "specimen/honest", calibration=CALIBRATION)
    return replace(made, **changes)


def inconclusive(**changes: Any) -> Audited:
    """Too few items to tell, and a claim that says little."""
    open_ = replace(
        ACCURACY, p=0.04, effect=Effect(3.0, -4.0, 10.0, "points", 0.98, "paired t"), n=80, mde=11.0
    )
    rerun = replace(RERUN, p=0.2, effect=Effect(-1.0, -6.0, 4.0, "points", 0.98, "paired t"), n=80)
    findings = (
        Finding("reproduces", "undetermined", "whether within 2 points can't be told", rerun, needed_n=1_200),
        Finding(
            "inflated", "undetermined", "an inflation of less than 11.0 points would be missed", open_, 900
        ),
        Finding("seen", "undetermined", "the model gives no log-probabilities"),
        Finding("tuned", "undetermined", "nothing was asked that could have shown a choice"),
        Finding("same-model", "undetermined", "no other model was named"),
        Finding("disclosed", "no", "the claim doesn't state: everything"),
    )
    claim = Claim("vendor/model has accuracy 0.8 on gsm8k", "vendor/model", "gsm8k", 0.8, n=80, decimals=1)
    sentence = (
        "Inconclusive: 80.0 % claimed for vendor/model on gsm8k: whether it reproduces is open (-1.0 points "
        "[-6.0, +4.0] when asked again, n = 80). Not settled: reproduces, inflated, seen, tuned, same-model."
    )
    scores = tuple(replace(each, value=0.79, low=0.69, high=0.87, n=80) for each in SCORES[:2])
    verdict = Verdict(claim, "inconclusive", findings, sentence, scores, NOT_COVERED, ("runs/a", "runs/b"))
    return replace(Audited(verdict, "openai-api/model", tables=(SETTINGS,)), **changes)


def bare(**changes: Any) -> Audited:
    """Nothing could be asked."""
    asked: tuple[Asked, ...] = ("reproduces", "inflated", "seen", "tuned", "same-model")
    findings = tuple(Finding(each, "undetermined", "it could not be asked") for each in asked)
    claim = Claim("vendor/model has a score on gsm8k", "vendor/model", "gsm8k")
    sentence = "Inconclusive: a score claimed for vendor/model on gsm8k: it could not be asked again."
    return replace(Audited(Verdict(claim, "inconclusive", findings, sentence), "vendor/model"), **changes)
