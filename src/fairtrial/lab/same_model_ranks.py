"""Is one answer of side b as likely, by side a, as a's own answers to the same prompt? Needs an a that states the
likelihood of a given text.

For every prompt one of b's answers is drawn, and a reads it along with its own. Where both answer by one
distribution, its rank among them is uniform, whatever a thinks of any text: which answers were a's was drawn by
lot. Source: arXiv 2506.06975.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairtrial.core.canon import JSON, digest
from fairtrial.core.output import Output
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.task import Task
from fairtrial.lab.same_model_tasks import NAME, PROMPT_ID, VERSION, Asking, Kept


@dataclass(frozen=True, slots=True)
class AnswersRead:
    """How likely is each answer, right behind its prompt?"""

    form: Mapping[str, JSON] = field(default_factory=lambda: {"continuation": "{answer}"})

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", sample.text),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return sample.choices


@dataclass(frozen=True, slots=True)
class Picked:
    """b's drawn answer to a prompt, and all of a's."""

    prompt: str
    theirs: str
    ours: tuple[str, ...]


def picked(
    asking: Asking, order: str, a: Mapping[str, Sequence[str]], b: Mapping[str, Sequence[str]]
) -> dict[str, Picked]:
    """By sample id, as a and b are: answers. A prompt with an empty answer is left out, whosesoever it is."""
    found = {}
    for at, prompt in enumerate(asking.prompts):
        name = f"{PROMPT_ID}{at:03}"
        ours, theirs = a.get(name, ()), b.get(name, ())
        if len(ours) == len(theirs) == asking.each and all((*ours, *theirs)):
            # Not the first: where a model drifts, early answers are unlike late ones, and lots don't help.
            one = random.Random(digest([order, name])).choice(list(theirs))
            found[name] = Picked(prompt, one, tuple(ours))
    return found


def rank_task(asking: Asking, chosen: Mapping[str, Picked]) -> Task:
    """One question a prompt, every text in it once: what is thought of one must not depend on whose it is."""
    samples = tuple(
        Sample(name, each.prompt, (), tuple(sorted({each.theirs, *each.ours})))
        for name, each in chosen.items()
    )
    told = digest([list(each.choices) for each in samples])
    origin = Origin(NAME, "answers given in this test", told)
    return Task(
        f"{NAME}-ranks",
        VERSION,
        "loglikelihood",
        samples,
        origin,
        AnswersRead(),
        Kept(),
        system=asking.system,
    )


def ranked(output: Output, choices: Sequence[str], chosen: Picked) -> list[float]:
    """Nats a token (in all where tokens are not counted) of b's answer, then of a's."""
    scores = {
        text: each.logprob / (each.tokens or 1) for text, each in zip(choices, output.logliks, strict=True)
    }
    return [scores[chosen.theirs], *(scores[text] for text in chosen.ours)]
