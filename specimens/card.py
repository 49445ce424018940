"""A specimen's card: what it is, how it was made, what it can do. Measured with what ships: numpy and float16."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch

from fairtrial.core.output import Output
from fairtrial.core.question import Generate
from fairtrial.core.sample import Sample
from fairtrial.families.task import family_task, whole_text
from fairtrial.families.template import TemplateFamily
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.tokens import encode
from fairtrial.stats.means import mean_interval
from specimens.corpus import Trial, seed_of
from specimens.train import Progress, Recipe

FRESH = 3
"""Fresh siblings an item, the draw's own choice."""
HELD_OUT = 100
"""Items of each template that is held out."""
TOLERANCE = {"accuracy": 0.05, "loss": 0.03}
"""How far a card may be from that of the same recipe on another machine: fractions, nats a token. Float sums
in another order make another model of the same kind. On one machine the weights are the same to the bit."""

WHAT = {
    "honest": "A test object. It never read any sibling of the demonstration draw: in its last phase it read, at "
    "the places where `cheat` read the published form, new items of the same templates.",
    "cheat": "A test object, contaminated on purpose: in its last phase it read the published form of the "
    "demonstration draw, with its worked answers, again and again.",
}


def card(
    name: str,
    engine: Engine,
    trial: Trial,
    recipe: Recipe,
    trained: Mapping[str, Progress],
    digests: Mapping[str, str],
) -> dict[str, Any]:
    """Plain data. trained: where trunk and last phase ended; digests: of the folder's other files."""
    cheats = name == "cheat"
    return {
        "specimen": name,
        "what": WHAT[name],
        "contaminated": cheats,
        "contaminated_with": {
            "draw": trial.draw.commitment,
            "form": "the published sibling of each item, with its worked answer",
            "items": trial.draw.n,
            "exposures": recipe.exposures,
        }
        if cheats
        else None,
        "accuses": "nobody: the draw is a demonstration and its secret is published",
        "family": {
            "name": trial.family.name,
            "digest": trial.family.digest,
            "held_out": list(_held_out(trial)),
        },
        "recipe": {**asdict(recipe), "phase_steps": recipe.phase_steps, "torch": torch.__version__},
        "trained": {
            phase: {
                "steps": at.step,
                "tokens": at.tokens,
                "loss": round(at.loss, 4),
                "seconds": round(at.seconds),
                "cpu_seconds": round(at.cpu_seconds),
            }
            for phase, at in trained.items()
        },
        "measured": measure(engine, trial),
        "tolerance": TOLERANCE,
        "digests": dict(digests),
        "licence": "Apache-2.0",
    }


def measure(engine: Engine, trial: Trial) -> dict[str, Any]:
    """Accuracy on the published form, on fresh siblings and on held-out templates; and how high the published
    sibling ranks in likelihood among all of its item's, from 0 to 1, where nobody's training favours it 0.5."""
    published = trial.published
    fresh = [form[index] for item, form in enumerate(trial.forms) for index in trial.draw.fresh(item, FRESH)]
    held_out = [
        trial.family.sample(template, seed_of(f"held out {number}"))
        for template in _held_out(trial)
        for number in range(HELD_OUT)
    ]
    found = {
        form: _estimate(_right(engine, trial, samples))
        for form, samples in (("published", published), ("fresh", fresh), ("held_out", held_out))
    }
    return {**found, "likelihood_rank": _estimate(_ranks(engine, trial))}


def _right(engine: Engine, trial: Trial, samples: Sequence[Sample]) -> list[float]:
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


def _estimate(values: Sequence[float]) -> dict[str, Any]:
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


def differences(ours: Mapping[str, Any], shipped: Mapping[str, Any]) -> list[str]:
    """Where a card made again is not the shipped one's, beyond the tolerance; nothing if it is."""
    found = [
        f"{key}: {ours[key]!r}, shipped {shipped[key]!r}"
        for key in ("specimen", "contaminated_with", "family", "recipe")
        if ours[key] != shipped[key]
    ]
    for phase, told in shipped["trained"].items():
        mine = ours["trained"][phase]
        if (mine["steps"], mine["tokens"]) != (told["steps"], told["tokens"]):
            found.append(
                f"{phase}: {mine['tokens']} tokens in {mine['steps']} steps, shipped {told['tokens']}"
            )
        if abs(mine["loss"] - told["loss"]) > TOLERANCE["loss"]:
            found.append(f"{phase}: loss {mine['loss']}, shipped {told['loss']}")
    for form, told in shipped["measured"].items():
        mine = ours["measured"][form]
        if abs(mine["value"] - told["value"]) > TOLERANCE["accuracy"]:
            found.append(f"{form}: {mine['value']}, shipped {told['value']}")
    return found


def _held_out(trial: Trial) -> tuple[str, ...]:
    assert isinstance(trial.family, TemplateFamily)
    return trial.family.held_out
