"""Output in, score out. The states are those of the fault table: a refusal, a cut answer and a reply without
an answer earn nothing and are told apart; none of them is ever a failure, and no failure is ever a zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fairtrial.core.canon import JSON
from fairtrial.core.choices import letter_alone
from fairtrial.core.errors import ProviderError, UnknownName, UsageError
from fairtrial.core.extractors import LETTERS, Pattern, number_after_marker, whole_text
from fairtrial.core.output import Output
from fairtrial.core.readings import Choice, Includes, Json, Matched, Number, Reading, Same, check_letters
from fairtrial.core.record import AS_IT_STANDS, Score, State
from fairtrial.core.sample import Sample

SCORERS = ("exact", "includes", "regex:PATTERN", "number", "choice", "json")

Normalise = Literal["none", "characters", "bytes"]
LIKELIHOOD_METRICS: Mapping[Normalise, str] = {"none": "acc", "characters": "acc_norm", "bytes": "acc_bytes"}


@dataclass(frozen=True, slots=True)
class TextScorer:
    """Marks a written answer by `reading`; the `alternatives` say what else it could have been worth.

    short_answers: the task's token budget is small on purpose (a letter), so an answer that hit the limit
    counts if it was found; otherwise a cut answer is "truncated" and earns nothing. `Score.others` holds,
    for every reply, the value under each alternative (under the same rule for cut answers; 0 where it finds
    nothing) and under AS_IT_STANDS the value if a cut answer is taken as it stands, as lm-eval does.

    Calling it raises UsageError where a user's pattern ran out of time: that sample has no score.
    """

    reading: Reading
    alternatives: tuple[Reading, ...] = ()
    short_answers: bool = False
    metric: str = "accuracy"

    def __post_init__(self) -> None:
        names = [AS_IT_STANDS, self.reading.name, *(each.name for each in self.alternatives)]
        if len(set(names)) != len(names):
            raise UsageError(f"two readings share a name: {', '.join(names)}", "name each reading once")

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "metric": self.metric,
            "name": self.reading.name,
            "extractor": dict(self.reading.form),
            "alternatives": [dict(each.form) for each in self.alternatives],
            "short_answers": self.short_answers,
        }

    def check_target(self, sample: Sample) -> None:
        """Raises UsageError for a sample that no answer could ever match. Called when the task is loaded."""
        self.reading.check(sample)

    def __call__(self, output: Output, sample: Sample) -> Score:
        text = output.text
        if output.stop == "refused" or output.refusal:
            return self._without("refused")
        if output.stop == "tool":
            return self._without("unparsed")
        if text is None or not text.strip():
            return self._without("truncated" if output.stop == "length" else "unparsed")
        answer, value = self.reading.read(text, sample)
        cut = output.stop == "length" and not (self.short_answers and answer is not None)
        others = {AS_IT_STANDS: value}
        for each in self.alternatives:
            # An answer that was cut under the main reading is cut under every other.
            others[each.name] = 0.0 if cut else each.read(text, sample)[1]
        if cut:
            return Score("truncated", 0.0, answer, others)
        if answer is None:
            return Score("unparsed", 0.0, None, others)
        return Score(_state(value), value, answer, others)

    def _without(self, state: State) -> Score:
        return Score(state, 0.0, None, {AS_IT_STANDS: 0.0} | {each.name: 0.0 for each in self.alternatives})


def _state(value: float) -> State:
    return "right" if value == 1 else "wrong" if value == 0 else "partial"


@dataclass(frozen=True, slots=True)
class LikelihoodChoice:
    """The choice whose continuation is likeliest is the answer; of equals the first wins.

    normalise: divide each log-probability by nothing, by the choice's characters, or by its UTF-8 bytes;
    length is that of the entry in `Sample.choices`, without the blank before it, as lm-eval counts it
    (`api/task.py`, 0.4.13). alternatives: the other normalisations to report. A log-probability that is
    missing, not finite or above zero raises ProviderError (cause "bad-logprobs"): that sample has no score.
    """

    normalise: Normalise = "none"
    alternatives: tuple[Normalise, ...] = ()

    def __post_init__(self) -> None:
        for each in (self.normalise, *self.alternatives):
            if each not in LIKELIHOOD_METRICS:
                raise UnknownName("normalisation", each, LIKELIHOOD_METRICS)

    @property
    def metric(self) -> str:
        return LIKELIHOOD_METRICS[self.normalise]

    @property
    def form(self) -> Mapping[str, JSON]:
        return {
            "metric": self.metric,
            "name": "likelihood",
            "extractor": {"name": "argmax of log-probability", "normalise": self.normalise, "ties": "first"},
            "alternatives": [LIKELIHOOD_METRICS[each] for each in self.alternatives],
            "short_answers": False,
        }

    def check_target(self, sample: Sample) -> None:
        """Raises UsageError unless targets are letters of choices that have a length to divide by."""
        check_letters(sample)
        if {self.normalise, *self.alternatives} - {"none"} and not all(sample.choices):
            raise UsageError(
                f"sample {sample.id!r} has an empty choice", "leave the row out: no length to divide by"
            )

    def __call__(self, output: Output, sample: Sample) -> Score:
        values = logprobs(output, sample)
        letter = self._likeliest(values, sample, self.normalise)
        value = float(letter in sample.target)
        others = {
            LIKELIHOOD_METRICS[each]: float(self._likeliest(values, sample, each) in sample.target)
            for each in self.alternatives
        }
        return Score(_state(value), value, letter, others)

    @staticmethod
    def _likeliest(values: list[float], sample: Sample, normalise: Normalise) -> str:
        if normalise == "characters":
            values = [value / len(choice) for value, choice in zip(values, sample.choices, strict=True)]
        elif normalise == "bytes":
            lengths = [len(choice.encode("utf-8", "surrogatepass")) for choice in sample.choices]
            values = [value / length for value, length in zip(values, lengths, strict=True)]
        return LETTERS[values.index(max(values))]


def logprobs(output: Output, sample: Sample) -> list[float]:
    values = [each.logprob for each in output.logliks]
    if len(values) != len(sample.choices):
        told = f"{len(values)} log-probabilities came for {len(sample.choices)} choices"
    elif not all(map(math.isfinite, values)):
        told = "a log-probability is not a finite number"
    elif max(values) > 1e-3:  # rounding at the provider may lift a certain token a hair above zero
        told = f"a log-probability is {max(values):g}, above zero"
    else:
        return values
    raise ProviderError(
        f"sample {sample.id!r}: {told}",
        "this endpoint can't be used for likelihood; take a task that generates",
        cause="bad-logprobs",
        request=output.request,
        response=output.response,
    )


def parse_scorer(
    text: str,
    *,
    tolerance: float | None = None,
    relative_tolerance: float | None = None,
    short_answers: bool = False,
) -> TextScorer:
    """The scorer for own rows by name: exact, includes, regex:PATTERN, number, choice or json.

    tolerance (absolute) and relative_tolerance (a fraction) belong to `number` alone. Raises UnknownName for
    another name, UsageError for a broken pattern or a tolerance that is out of place.
    """
    name, colon, pattern = text.partition(":")
    if (tolerance is not None or relative_tolerance is not None) and name != "number":
        raise UsageError(f"a tolerance has no meaning for the scorer {name!r}", "use it with --scorer number")
    if name == "regex":
        if not pattern:
            raise UsageError(
                "the scorer regex has no pattern", "write regex:PATTERN, for example 'regex:Answer: (.+)'"
            )
        compiled = Pattern(pattern)
        return TextScorer(Matched(compiled), (Matched(compiled, True, "last match"),), short_answers)
    if colon or name not in ("exact", "includes", "number", "choice", "json"):
        raise UnknownName("scorer", text, SCORERS)
    if name == "number":
        absolute, relative = tolerance or 0.0, relative_tolerance or 0.0
        return TextScorer(
            Number(absolute=absolute, relative=relative),
            (
                Number("number after a marker", number_after_marker, absolute, relative),
                Number("the whole answer", whole_text, absolute, relative),
            ),
            short_answers,
        )
    readings: dict[str, tuple[Reading, Reading]] = {
        "exact": (Same(), Same("case and full stop aside", loose=True)),
        "includes": (Includes(), Includes("includes, case kept", True)),
        "choice": (Choice(), Choice("the letter alone", letter_alone)),
        "json": (Json(), Json("the whole answer", whole_text)),
    }
    main, other = readings[name]
    return TextScorer(main, (other,), short_answers)
