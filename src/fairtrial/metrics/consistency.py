"""The same question asked several times: does one answer succeed, do all?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fairtrial.core.canon import JSON
from fairtrial.core.estimate import Estimate
from fairtrial.core.record import DERIVED
from fairtrial.metrics.samples import Sampled, estimate, number, section, text
from fairtrial.stats.passk import pass_at_k, pass_hat_k


def consistency(
    samples: Mapping[str, Sampled], epochs: int, *, cluster: str = "", level: float = 0.95
) -> tuple[Estimate, ...]:
    """pass@k and pass^k for k = 2, 10, 100 as far as they go, and k = epochs; over samples with at least k scored
    replies, each sample's unbiased estimate averaged, with the error over samples.

    A reply succeeds if its score is 1. Empty for a single epoch: pass@1 is the score itself.
    """
    found: list[Estimate | None] = []
    for k in sorted({k for k in (2, 10, 100, epochs) if 1 < k <= epochs}):
        for name, rule in ((f"pass@{k}", pass_at_k), (f"pass^{k}", pass_hat_k)):
            found.append(estimate(name, samples, cluster=cluster, level=level, value=_value(rule, k)))
    return tuple(each for each in found if each is not None)


def drawn(plan: Mapping[str, JSON], metric: str) -> str:
    """How the answers behind pass@k came about, in a sentence: how many, at which temperature, read by which rule.
    "" for a task where nobody speaks of pass@k: one answer a question, and another metric."""
    epochs = int(number(plan.get("epochs")) or 1)
    if epochs == 1 and not metric.startswith("pass@"):
        return ""
    task = section(plan, "task")
    decoding, extractor = section(task, "decoding"), section(section(task, "scorer"), "extractor")
    warmth = number(decoding.get("temperature"))
    words = [
        "1 answer a question" if epochs == 1 else f"{epochs:,} answers a question",
        "temperature left to the provider" if warmth is None else f"temperature {warmth:g}",
    ]
    if (top_p := number(decoding.get("top_p"))) is not None:
        words.append(f"top-p {top_p:g}")
    if epochs > 1:
        words.append("pass@k and pass^k are unbiased estimates from these")
        if warmth == 0:
            words.append("which at temperature 0 are near copies of one another")
    read = text(extractor.get("takes")) or text(extractor.get("name"))
    return ", ".join(words) + (f"; read as: {read}" if read else "")


def derived(samples: Mapping[str, Sampled], *, cluster: str = "", level: float = 0.95) -> Estimate | None:
    """Of the answers that passed their tests, the share that fails on inputs derived from those tests: averaged
    over the samples with such answers. None where none was tried so."""

    def value(sample: Sampled) -> float | None:
        if not sample.right or DERIVED not in sample.other_counts:
            return None
        # Who fails the tests fails the derived inputs too, so the difference is what they change.
        return min(1.0, max(0.0, 1 - sample.other_totals[DERIVED] / sample.right))

    return estimate("changed by derived inputs", samples, cluster=cluster, level=level, value=value)


def _value(rule: Callable[[int, int, int], float], k: int) -> Callable[[Sampled], float | None]:
    return lambda sample: rule(sample.count, sample.right, k) if sample.count >= k else None
