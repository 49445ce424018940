"""False alarms and power of the same-model tests on the specimens: int8, int4 and one further training step.

    python -m specimens.same_model      writes docs/reference/same-model.md; about five minutes on two cores

Only numpy is needed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fairtrial.audit.prompts import CONTINUATIONS, ONE_TOKEN, PROMPTS
from fairtrial.core.output import Output
from fairtrial.core.question import Decoding
from fairtrial.lab.same_model_asking import Heard
from fairtrial.lab.same_model_border import TEMPERATURE, screening_task
from fairtrial.lab.same_model_calibration import (
    BOUND,
    DRAWS,
    Marks,
    Rate,
    border_rates,
    canary_false_alarms,
    canary_power,
    false_alarms,
    power,
    rank_rates,
)
from fairtrial.lab.same_model_canary import fresh_items
from fairtrial.lab.same_model_tasks import BORDERS, PROMPT_ID, Asking
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.files import load
from fairtrial.specimens.tokens import encode
from fairtrial.stats.clustered import Floats
from fairtrial.stats.two_sample import Ints

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "same-model.md"
CASES = ("honest-int8", "honest-int4", "honest-one-step", "cheat")
LENGTH, MAX_TOKENS = 100, 50
ITEMS, ASKED = 1000, (100, 400)
"""Canary items that are put to every model, and how many make a canary set."""
BORDER_EACH = 10
READ = 60
"""Answers to each prompt that honest reads, for ranks."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one model said. heard: texts and one-token questions. marks: of canary items. firsts: first tokens at
    candidates for border prompts. read: how likely honest finds the texts, by prompt."""

    heard: Heard
    marks: Marks
    firsts: Ints
    read: Floats


def told(name: str, times: int, *, first_seed: int) -> Told:
    model = Engine(load(name), threads=2)
    said = heard(model, times, first_seed)
    return Told(said, marks(model), firsts(model, first_seed), read(said))


def heard(model: Engine, times: int, first_seed: int) -> Heard:
    """What `fairtrial audit --same-model` would hear, each prompt asked so many times."""
    seeds = range(first_seed, first_seed + times)
    asked = [(prompt, seed) for prompt in PROMPTS for seed in seeds]
    written = model.write(
        [encode(prompt) for prompt, _ in asked],
        [Decoding(temperature=1.0, max_tokens=MAX_TOKENS, seed=seed) for _, seed in asked],
    )
    texts = {
        f"{PROMPT_ID}{at:03}": [each.text for each in written[at * times : (at + 1) * times]]
        for at in range(len(PROMPTS))
    }
    before = encode(ONE_TOKEN)
    read = model.read([[*before, *encode(each)] for each in CONTINUATIONS])
    call = {text: sum(each.logprobs[len(before) :]) for text, each in zip(CONTINUATIONS, read, strict=True)}
    return Heard(texts, (call,) * times)


def marks(model: Engine, temperature: float = 0.0, seed: int | None = None) -> Marks:
    """(ITEMS,): was each canary item answered rightly?"""
    task = fresh_items(0, ITEMS)
    how = replace(task.decoding, temperature=temperature, seed=seed)
    asked = [encode(task.prompt.messages(each)[-1].content) for each in task.samples]
    written = model.write(asked, [how] * len(asked))
    scored = [
        task.scorer(Output(text=each.text, stop=each.stop), item)  # type: ignore[operator]
        for each, item in zip(written, task.samples, strict=True)
    ]
    return np.array([each.state == "right" for each in scored])


def firsts(model: Engine, first_seed: int) -> Ints:
    """(candidates, draws): first tokens, each as a letter's number."""
    samples = screening_task(Asking(borders=BORDERS), None).samples
    seeds = range(first_seed, first_seed + 2 * (BORDER_EACH + 1))
    written = model.write(
        [encode(each.text) for each in samples for _ in seeds],
        [Decoding(temperature=TEMPERATURE, max_tokens=1, seed=seed) for _ in samples for seed in seeds],
    )
    codes = [ord(each.text[0]) if each.text else -1 for each in written]
    return np.array(codes, dtype=np.int64).reshape(len(samples), len(seeds))


def read(said: Heard) -> Floats:
    """(prompts, answers): nats a token by honest, of answers that are no empty text."""
    honest = Engine(load("honest"), threads=2)
    found = []
    for prompt, texts in zip(PROMPTS, said.texts.values(), strict=True):
        before = encode(prompt)
        reads = honest.read([[*before, *encode(text)] for text in texts if text][:READ])
        found.append([float(np.mean(each.logprobs[len(before) :])) for each in reads])
    return np.array(found)


def page(alarms: Sequence[Rate], powers: Sequence[Rate], times: int, accuracies: str) -> str:
    """Markdown."""
    lines = [
        "# Same-model tests: false alarms and power",
        "",
        "Written by `python -m specimens.same_model`. How to run the tests, and what a rejection means:",
        "[check the model](../how-to/check-the-model.md).",
        "",
        f"Each model answered the {len(PROMPTS)} prompts of `audit --same-model` {times} times at temperature 1,",
        f"{MAX_TOKENS} tokens at most (a specimen's tokens are bytes); {ITEMS:,} canary items once; and the",
        f"{BORDERS} candidates for border prompts {2 * (BORDER_EACH + 1)} times. Pairs are drawn from these",
        "recordings, so they share answers.",
        f"{DRAWS} permutations a p-value; single tests, before Holm. Limits: Clopper-Pearson, {100 * BOUND:g} %.",
        "*A side* counts answers to each prompt; of rank uniformity honest's own, among which one of the other",
        "side is ranked; of a canary set, its items. Of those items were right:",
        f"{accuracies}.",
        "",
        "## False alarms",
        "",
        "`specimen/honest` against itself. The one-token test compares numbers that this model states alike each",
        "time: it can't err here, and its level rests on the permutations alone. Its answers to canary items are",
        "asked for at temperature 1 here: at 0, as the test asks, they are the same each time. It wavers at few",
        "candidates for border prompts, and where it doesn't, there is nothing to judge.",
        "",
        "| test | a side | level | alarms | pairs | limits | level held |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {each.test} | {each.each} | {each.level} | {each.hits} | {each.pairs:,} | {_span(each)} "
            f"| {'yes' if each.held else 'NO'} |"
            for each in alarms
        ),
        "",
        "## Power",
        "",
        "`honest` on one side; on the other its weights rounded to 8 or 4 bits, after one further training step",
        "(every weight moved by about 0.0001), or `cheat`, another model of the same trunk.",
        "",
        "| test | other side | a side | level | found | pairs | limits |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {each.test} | {each.b} | {each.each} | {each.level} | {each.hits / each.pairs:.0%} "
            f"| {each.pairs:,} | {_span(each)} |"
            for each in powers
            if each.level == 0.01
        ),
        "",
        "What changes every weight a little (8 bits, one step) moves log-probabilities far more than two runtimes",
        "of one model do, and hardly moves sampled text or the answers to canary items. Where an endpoint states",
        "no log-probabilities, such a change shows at border prompts alone, if the model has any: these have some",
        "among the candidates, others may have none. Border prompts also tell apart two runtimes whose",
        "log-probabilities differ by a hundredth of a nat, as they may in 16 bits: the cause stays open.",
        "",
    ]
    return "\n".join(lines)


def _span(rate: Rate) -> str:
    low, high = rate.bounds
    return f"{low:.3f} to {high:.3f}"


def rates(given: argparse.Namespace) -> tuple[list[Rate], list[Rate], str]:
    """(false alarms, power, shares of canary items that were right in words)."""
    honest = told("honest", given.times, first_seed=0)
    model = Engine(load("honest"), threads=2)
    twice = marks(model, 1.0, 1), marks(model, 1.0, 2)
    seed, many, some = given.seed, given.pairs, max(100, given.pairs // 10)
    text = {"length": LENGTH, "seed": seed}
    alarms = list(false_alarms("honest", honest.heard, each=10, pairs=many, **text))
    alarms += canary_false_alarms("honest", twice, items=ASKED[0], pairs=many, seed=seed)
    alarms += border_rates(("honest", "honest"), honest.firsts, None, each=BORDER_EACH, pairs=many, seed=seed)
    alarms += rank_rates(("honest", "honest"), honest.read, None, each=10, pairs=many, seed=seed)
    powers: list[Rate] = []
    right = [f"honest {honest.marks.mean():.1%}"]
    for number, name in enumerate(CASES, 1):
        other = told(name, given.times, first_seed=1_000_000 * number)
        right.append(f"{name} {other.marks.mean():.1%}")
        names = ("honest", name)
        for each in (10, 40):
            powers += power(names, (honest.heard, other.heard), each=each, pairs=some, **text)
        for items in ASKED:
            powers += canary_power(names, (honest.marks, other.marks), items=items, pairs=some, seed=seed)
        powers += rank_rates(names, honest.read, other.read, each=10, pairs=some, seed=seed)
        powers += border_rates(names, honest.firsts, other.firsts, each=BORDER_EACH, pairs=some, seed=seed)
    return alarms, powers, ", ".join(right)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=80)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20_261_124)
    parser.add_argument("-o", "--output", type=Path, default=PAGE)
    given = parser.parse_args()
    alarms, powers, right = rates(given)
    given.output.write_text(page(alarms, powers, given.times, right), encoding="utf-8")
    print(given.output.read_text("utf-8"))
    if not all(each.held for each in alarms):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
