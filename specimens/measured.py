"""What a specimen can do, measured with what ships: numpy and float16. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairtrial.core.output import Output
from fairtrial.core.question import Generate
from fairtrial.core.sample import Sample
from fairtrial.families.task import family_task, whole_text
from fairtrial.families.template import TemplateFamily
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.tokens import encode
from fairtrial.stats.means import mean_interval
from specimens.corpus import Trial, seed_of

FRESH = 3
"""Fresh siblings an item, the draw's own choice."""
HELD_OUT = 100
"""Items of each template that is held out."""


def measure(engine: Engine, trial: Trial) -> dict[str, Any]:
    """Accuracy on the published form, on fresh siblings and on held-out templates; and how high the published
    sibling ranks in likelihood among all of its item's, from 0 to 1, where nobody's training favours it 0.5."""
    published = trial.published
    fresh = [form[index] for item, form in enumerate(trial.forms) for index in trial.draw.fresh(item, FRESH)]
    held_out = [
        trial.family.sample(template, seed_of(f"held out {number}"))
        for template in held_out_templates(trial)
        for number in range(HELD_OUT)
    ]
    found = {
        form: estimate(right(engine, trial, samples))
        for form, samples in (("published", published), ("fresh", fresh), ("held_out", held_out))
    }
    return {**found, "likelihood_rank": estimate(_ranks(engine, trial))}


def right(engine: Engine, trial: Trial, samples: Sequence[Sample]) -> list[float]:
    task = family_task(trial.family, samples)
    prompts = []
    for sample in samples:
        question = task.question(sample)
        assert isinstance(question, Generate)
        prompts.append(encode(question.prompt))
    answers = engine.write(prompts, [task.decoding] * len(samples))
    return [
        task.scorer(Output(answer.text, answer.stop), sample).value
        for answer, sample in zip(answers, samples, strict=True)
    ]


def _ranks(engine: Engine, trial: Trial) -> list[float]:
    ranks = []
    for item, form in enumerate(trial.forms):
        reads = engine.read([encode(f"Q: {whole_text(each)}") for each in form])
        # Behind the "Q:" that all begin with, as the sibling test asks it.
        scores = [sum(each.logprobs[2:]) for each in reads]
        mine = scores[trial.draw.published(item)]
        ranks.append(sum(each < mine for each in scores) / (len(form) - 1))
    return ranks


def estimate(values: Sequence[float]) -> dict[str, Any]:
    """For new items of these very templates: they are all there are, not a sample of templates."""
    found = mean_interval(values)
    return {
        "value": round(found.value, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
        "level": 0.95,
        "n": len(values),
        "method": found.method,
    }


def held_out_templates(trial: Trial) -> tuple[str, ...]:
    assert isinstance(trial.family, TemplateFamily)
    return trial.family.held_out
