"""Items asked over and over, at places drawn by lot (test T-D)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from fairtrial.audit.duplicates import Asked, Caching, caching
from fairtrial.audit.prompts import PROMPTS
from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output
from fairtrial.core.question import Decoding, Generate, Question
from fairtrial.core.record import Failure
from fairtrial.core.sample import Origin, Sample
from fairtrial.core.task import Task
from fairtrial.evals.prompts import TemplatePrompt
from fairtrial.lab.attest_case import Case, task_of
from fairtrial.lab.run import Run
from fairtrial.lab.same_model_tasks import BUNDLED, Kept
from fairtrial.trust.sampling import sample

TEMPERATURE: Final = 1.0
MOST_TOKENS: Final = 64
VERSION: Final = "1"
ARMS: Final = ("alike-1", "alike-2", "altered-1", "altered-2")
_BREAKS: Final[Mapping[str, str]] = {"alike-1": "", "alike-2": "", "altered-1": "\n", "altered-2": "\n\n"}


@dataclass(frozen=True, slots=True)
class Drawn(Task):
    """Every request with a seed of its own, where one is sent: the first one's and its place."""

    def question(self, sample: Sample, epoch: int = 1) -> Question:
        asked = super(Drawn, self).question(sample, epoch)
        place = sample.metadata.get("place")
        if not isinstance(asked, Generate) or asked.decoding.seed is None or not isinstance(place, int):
            return asked
        return replace(asked, decoding=replace(asked.decoding, seed=asked.decoding.seed + place))


def repeats_task(case: Case) -> Task:
    """Each item four times: twice to the letter, twice with a line break more, all in an order drawn by lot.

    The items are the bundle's own; where they can't be asked in its words, open prompts. Seeds go only to models
    that draw from nothing else.
    """
    prompts = _prompts(case)
    asked = [(name, arm, text) for name, text in prompts.items() for arm in ARMS]
    Random(int.from_bytes(hashlib.sha256(case.lots + b"order").digest(), "big")).shuffle(asked)
    samples = tuple(
        Sample(f"{name} {arm}", f"{text}{_BREAKS[arm]}", ("",), metadata={"place": place})
        for place, (name, arm, text) in enumerate(asked)
    )
    spec = case.access.model
    seeded = spec is not None and spec.provider == BUNDLED
    return Drawn(
        name="duplicates",
        version=VERSION,
        asks="generate",
        samples=samples,
        origin=Origin("duplicates", "this audit", f"sha256:{hashlib.sha256(case.lots).hexdigest()}"),
        prompt=TemplatePrompt(),
        scorer=Kept(_form()),
        decoding=Decoding(TEMPERATURE, MOST_TOKENS, seed=1 if seeded else None),
    )


def heard_twice(run: Run, case: Case) -> tuple[Caching, int]:
    """(what the answers tell, items left out because one of their answers is missing)."""
    answers: dict[str, dict[str, tuple[int, Output]]] = {}
    places = {each.id: place for place, each in enumerate(repeats_task(case).samples)}
    for each in run.records():
        name, _, arm = each.sample_id.rpartition(" ")
        if each.output is not None and not isinstance(each.result, Failure) and each.output.text is not None:
            answers.setdefault(name, {})[arm] = (places[each.sample_id], each.output)
    whole = [each for each in answers.values() if len(each) == len(ARMS)]
    names = {name.rpartition(" ")[0] for name in places}
    return caching([_asked(each) for each in whole]), len(names) - len(whole)


def _asked(answers: Mapping[str, tuple[int, Output]]) -> Asked:
    """In the order in which they were asked: only the later of two can have been kept."""
    alike = sorted((answers["alike-1"], answers["alike-2"]), key=lambda each: each[0])
    altered = sorted((answers["altered-1"], answers["altered-2"]), key=lambda each: each[0])
    return Asked(_texts(alike), _texts(altered), _seconds(alike), _seconds(altered))


def _texts(pair: Sequence[tuple[int, Output]]) -> tuple[str, str]:
    return pair[0][1].text or "", pair[1][1].text or ""


def _seconds(pair: Sequence[tuple[int, Output]]) -> tuple[float, float] | None:
    first, second = pair[0][1].duration_s, pair[1][1].duration_s
    return None if first is None or second is None else (first, second)


def _prompts(case: Case) -> dict[str, str]:
    """By name. Half of them are the bundle's items, whose answers may vary little; half are open, and vary."""
    count = case.access.repeats
    own = _own(case, count // 2)
    if count - len(own) > len(PROMPTS):
        raise UsageError(f"{count} items are more than there are", f"give at most {len(PROMPTS) + len(own)}")
    return own | {f"open-{at}": text for at, text in enumerate(PROMPTS[: count - len(own)])}


def _own(case: Case, most: int) -> dict[str, str]:
    try:
        task = task_of(case)
    except UsageError:
        return {}
    single = [each for each in task.samples if _is_plain(task.question(each))]
    if not single or not most:
        return {}
    chosen = sample(case.lots, hashlib.sha256(b"repeats").digest(), len(single), min(most, len(single)))
    found = {}
    for at in chosen:
        asked = task.question(single[at])
        if isinstance(asked, Generate):
            found[f"item-{at}"] = asked.messages[0].content
    return found


def _is_plain(asked: Question) -> bool:
    """One turn of the user's: what can be asked again with a line break more."""
    return isinstance(asked, Generate) and [turn.role for turn in asked.messages] == ["user"]


def _form() -> dict[str, JSON]:
    return {"name": "kept", "metric": "answered", "seeds": "one higher at each place"}
