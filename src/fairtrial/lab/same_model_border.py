"""Border prompts: short ones at which a model hesitates between two first tokens, so that a small change shows.

Which prompts they are differs from model to model. Many short ones are put once to each side; those answered by
two different first tokens are put to both again, and these fresh answers alone are judged. At a temperature just
above 0 two tokens that differ by less than what two runtimes do are drawn about equally by both. Source: arXiv
2602.11083.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Final

from fairtrial.audit.prompts import BORDER_WORDS
from fairtrial.core.canon import digest
from fairtrial.core.question import Decoding
from fairtrial.core.sample import Origin, Sample
from fairtrial.core.task import Task
from fairtrial.evals.prompts import TemplatePrompt
from fairtrial.lab.same_model_tasks import NAME, VERSION, Asking, Kept

CANDIDATE, BORDER_ID = "candidate-", "border-"
"""How sample ids begin."""
TEMPERATURE: Final = 0.01
MOST_KEPT: Final = 20
"""Border prompts that are asked again."""


def screening_task(asking: Asking, seed: int | None) -> Task:
    """Every candidate, once a side. seed: sent with the first of the two requests, one more with the second."""
    pairs = list(permutations(BORDER_WORDS, 2))[: asking.borders]
    return _task(
        "candidates", asking, {f"{CANDIDATE}{at:03}": " ".join(each) for at, each in enumerate(pairs)}, seed
    )


def border_task(asking: Asking, kept: Mapping[str, str], seed: int | None) -> Task:
    """Border prompts again. kept: from `borders`. seed: as of `screening_task`, and not used there."""
    return _task("borders", asking, kept, None if seed is None else seed + 2)


def borders(task: Task, a: Mapping[str, Sequence[str]], b: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Sample id -> prompt, of candidates with two first tokens: the first so many. a, b: what the sides said.

    Sides are pooled: where they differ and where one of them wavers counts alike.
    """
    kept: dict[str, str] = {}
    for sample in task.samples:
        told = {*a.get(sample.id, ()), *b.get(sample.id, ())}
        if len(told) > 1 and len(kept) < MOST_KEPT:
            kept[sample.id.replace(CANDIDATE, BORDER_ID)] = sample.text
    return kept


def _task(name: str, asking: Asking, prompts: Mapping[str, str], seed: int | None) -> Task:
    return Task(
        f"{NAME}-{name}",
        VERSION,
        "generate",
        tuple(Sample(at, text, ()) for at, text in prompts.items()),
        Origin(
            NAME,
            "border prompts of the same-model test",
            digest(list(prompts.values())),
            licence="Apache-2.0",
        ),
        TemplatePrompt(),
        Kept(),
        Decoding(temperature=TEMPERATURE, max_tokens=1, seed=seed),
        asking.system,
    )
