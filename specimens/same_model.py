"""False alarms and power of the same-model tests on the specimens: int8, int4 and one further training step.

    python -m specimens.same_model      writes docs/reference/same-model.md; about three minutes on two cores

Only numpy is needed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fairtrial.audit.prompts import CONTINUATIONS, ONE_TOKEN, PROMPTS
from fairtrial.core.question import Decoding
from fairtrial.lab.same_model import Heard
from fairtrial.lab.same_model_calibration import BOUND, DRAWS, Rate, false_alarms, power
from fairtrial.lab.same_model_tasks import PROMPT_ID
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.files import load
from fairtrial.specimens.tokens import encode

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "same-model.md"
CASES = ("honest-int8", "honest-int4", "honest-one-step", "cheat")
LENGTH, MAX_TOKENS = 100, 50


def engine(name: str) -> Engine:
    return Engine(load(name), threads=2)


def heard(name: str, times: int, *, first_seed: int) -> Heard:
    """What `fairtrial audit --same-model` would hear, each prompt asked so many times."""
    model = engine(name)
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
    call = {text: sum(told.logprobs[len(before) :]) for text, told in zip(CONTINUATIONS, read, strict=True)}
    return Heard(texts, (call,) * times)


def page(alarms: Sequence[Rate], powers: Sequence[Rate], times: int) -> str:
    """Markdown."""
    lines = [
        "# Same-model tests: false alarms and power",
        "",
        "Written by `python -m specimens.same_model`. How to run the tests, and what a rejection means:",
        "[check the model](../how-to/check-the-model.md).",
        "",
        f"Each model answered the {len(PROMPTS)} prompts of `audit --same-model` {times} times at temperature 1,",
        f"{MAX_TOKENS} tokens at most (a specimen's tokens are bytes). Pairs are drawn from these recordings, so",
        f"they share answers. {DRAWS} permutations a p-value; single tests, before Holm. Limits: Clopper-Pearson,",
        f"{100 * BOUND:g} %.",
        "",
        "## False alarms",
        "",
        "`specimen/honest` against itself. The one-token test compares numbers that this model states alike each",
        "time: it can't err here, and its level rests on the permutations alone.",
        "",
        "| test | completions a side | level | alarms | pairs | limits | level held |",
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
        "| test | other side | completions a side | level | found | pairs | limits |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {each.test} | {each.b} | {each.each} | {each.level} | {each.hits / each.pairs:.0%} "
            f"| {each.pairs:,} | {_span(each)} |"
            for each in powers
            if each.level == 0.01
        ),
        "",
        "What changes every weight a little (8 bits, one step) moves log-probabilities far more than two runtimes",
        "of one model do, and hardly moves sampled text. Where an endpoint states no log-probabilities, such a",
        "change is not found by text at these sizes.",
        "",
    ]
    return "\n".join(lines)


def _span(rate: Rate) -> str:
    low, high = rate.bounds
    return f"{low:.3f} to {high:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=80)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20_261_124)
    parser.add_argument("-o", "--output", type=Path, default=PAGE)
    given = parser.parse_args()
    honest = heard("honest", given.times, first_seed=0)
    rule = {"pairs": given.pairs, "length": LENGTH, "seed": given.seed}
    alarms = list(false_alarms("honest", honest, each=10, **rule))
    powers: list[Rate] = []
    for number, name in enumerate(CASES, 1):
        other = heard(name, given.times, first_seed=1_000_000 * number)
        for each in (10, 40):
            some = {**rule, "pairs": max(100, given.pairs // 10)}
            powers += power(("honest", name), (honest, other), each=each, **some)
    given.output.write_text(page(alarms, powers, given.times), encoding="utf-8")
    print(given.output.read_text("utf-8"))
    if not all(each.held for each in alarms):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
