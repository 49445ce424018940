"""Log-likelihoods, marked as lm-eval marks them where `core.scorers.LikelihoodChoice` does not reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError
from fairtrial.core.output import Output
from fairtrial.core.record import Score, State
from fairtrial.core.sample import Sample
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.functions import Function
from fairtrial.evals.lmeval.readings import judged


@dataclass(frozen=True, slots=True)
class Greedy:
    """`acc` of output_type loglikelihood: right where the target is what the model would have written."""

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"metric": "acc", "name": "greedy", "extractor": {"name": "every token the likeliest"}}

    def __call__(self, output: Output, sample: Sample) -> Score:
        _, greedy = _pairs(output, 1)[0]
        return Score("right" if greedy else "wrong", float(greedy))


@dataclass(frozen=True, slots=True)
class JudgedLikelihood:
    """The file's process_results on (log-probability, greedy) of each continuation. metrics: primary first."""

    function: Function
    metrics: tuple[str, ...]
    docs: Documents

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "metric": self.metrics[0],
            "name": "process_results",
            "extractor": {"process_results": dict(self.function.form)},
            "alternatives": list(self.metrics[1:]),
        }

    def __call__(self, output: Output, sample: Sample) -> Score:
        pairs = _pairs(output, len(sample.choices or sample.target))
        value, *others = judged(self.function, self.docs, sample, list(pairs), self.metrics)
        state: State = "right" if value == 1 else "wrong" if value == 0 else "partial"
        return Score(state, value, None, dict(zip(self.metrics[1:], others, strict=True)))


def _pairs(output: Output, count: int) -> list[tuple[float, bool]]:
    """Raises ProviderError where the model did not say which tokens were the likeliest."""
    pairs = [(each.logprob, each.greedy) for each in output.logliks if each.greedy is not None]
    if len(pairs) == count:
        return [(logprob, bool(greedy)) for logprob, greedy in pairs]
    raise ProviderError(
        f"{count} continuations were asked, and of {len(pairs)} the model said whether it would have written them",
        "this task needs to know which tokens are the likeliest; take another model or endpoint",
        cause="bad-logprobs",
        request=output.request,
        response=output.response,
    )
