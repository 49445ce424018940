"""The canary set of a same-model test: items with a right answer, asked of both sides once.

A model that was made smaller or was changed errs on other items. Fresh items come from the bundled family of word
problems and follow from a seed; own ones are any task of generated answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from fairtrial.core.canon import digest
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.record import Failure
from fairtrial.core.sample import Sample
from fairtrial.core.task import Task
from fairtrial.evals.planning import make_plan
from fairtrial.families import load
from fairtrial.families.task import family_task
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_tasks import NAME, Asking, said

FAMILY: Final = "arithmetic"
CANARY_TASK: Final = f"{NAME}-canary"


def canary_task(asking: Asking) -> Task | None:
    """What is asked, in the order of its samples; None where no canary set is. Raises UsageError for own items
    whose answers are not generated."""
    task = asking.rows or (fresh_items(asking.seed, asking.canary) if asking.canary else None)
    if task is None:
        return None
    if task.asks != "generate":
        raise UsageError(
            f"{task.name} asks for likelihoods, and a canary set for answers",
            "give items whose answer is generated",
        )
    return replace(task, name=CANARY_TASK, system=asking.system)


def fresh_items(seed: int, items: int) -> Task:
    """So many different word problems, from every template in turn."""
    family = load(FAMILY)
    names = sorted(family.templates)
    samples: dict[str, Sample] = {}
    at = 0
    while len(samples) < items:
        made = family.sample(
            names[at % len(names)], hashlib.sha256(f"{CANARY_TASK} {seed} {at}".encode()).digest()
        )
        samples.setdefault(made.text, made)
        at += 1
    return family_task(family, tuple(samples.values()), name=CANARY_TASK)


def asked_digest(task: Task) -> str:
    """Names every question, its right answer, and how both are asked and marked."""
    plan, _ = make_plan(task, ModelSpec(NAME, CANARY_TASK))
    return digest({"task": plan.task, "questions": plan.questions})


def marks_in(run: Run, ours: Callable[[str, int], bool]) -> tuple[dict[str, bool], dict[str, str]]:
    """(was it right, what was said) by sample id, of the answers that came. ours: as of `heard_in`."""
    marks, texts = {}, {}
    for each in run.records():
        if each.output is None or isinstance(each.result, Failure) or not ours(each.sample_id, each.epoch):
            continue
        marks[each.sample_id] = each.result.state == "right"
        texts[each.sample_id] = said(each.output)
    return marks, texts


def both_marked(
    a: Mapping[str, bool], b: Mapping[str, bool], asked: int
) -> tuple[tuple[bool, ...], tuple[bool, ...], dict[str, int]]:
    """(a's marks, b's, reason -> items left out). asked: items. One that a side left open is left out on both."""
    kept = [name for name in a if name in b]
    left_out = {"an answer is missing": asked - len(kept)} if len(kept) < asked else {}
    return tuple(a[name] for name in kept), tuple(b[name] for name in kept), left_out
