"""How much stronger derived inputs make HumanEval's tests, and what they cost right programs. In the real sandbox.

    python -m tests.sandbox.strength                                          prints the page
    python -m tests.sandbox.strength docs/reference/humaneval-strength.md     writes it (make strength)

Wrong answers: up to `MUTANTS` programs for each item, each one slip away from the canonical solution (`mutants`).
Right answers: the canonical solutions, and those written another way (`right_answers`).
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from fairtrial.benchmarks import load
from fairtrial.benchmarks.humaneval import FURTHER, TOLERANCE, UNDECIDED
from fairtrial.core.execution import Exam, Ruling, Trial
from fairtrial.evals.code_scorer import CodeScorer
from fairtrial.lab.judging import usable_cores
from fairtrial.sandbox import find
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from fairtrial.stats.intervals import wilson
from tests.sandbox import right_answers
from tests.sandbox.mutants import mutants

MUTANTS = 5
SEED = 2026
QUICK = Limits(wall_s=3.0, cpu_s=2)
"""Slips make loops that never end: nobody needs to wait six seconds for each."""


TEXT = """# How strong HumanEval's tests are, and what derived inputs add

Beside its verdict, a run of HumanEval reports whether an answer that passed also agrees with the reference on
inputs [derived](../how-to/test-code.md#derived-inputs) from those of the item's own tests. Measured here, in the
sandbox, on {wrong} wrong answers to {items} items, made by one slip each in the canonical solutions (another
comparison or operator, a constant or a bound one off, a condition turned round, a statement left out), and on
{right} right ones. Up to {further} derived inputs an answer.

| | n | share | 95 %, Wilson |
| --- | --- | --- | --- |
{rows}

These answers are not a model's, and some slips change nothing that can be seen: of the {survived} that pass
everything, nobody has checked which are right after all. The shares tell how the two kinds of test compare, not
how good a model is.

How the {failed} failed: {causes}.
For {unfit} items no derived input is left ({none_left}): their tests show every value of the range already.

## Right answers that fail a derived input

{unjust}

This is why derived inputs are reported and never scored: a test that fails right answers would be the worse fault.
A run of HumanEval asks for none on {taken_out}. The share above was measured before they were taken out, and is
what to expect of other items.

Made by `make strength`.
"""


@dataclass(frozen=True)
class Case:
    """A program, and what the sandbox says about it."""

    item: str
    program: str
    ruling: Ruling


def exams() -> dict[str, Exam]:
    """Every item's, also of those for which the benchmark asks no derived inputs: they were taken out because of
    what is measured here."""
    scorer = load("humaneval").scorer
    assert isinstance(scorer, CodeScorer)
    return {
        name: replace(exam, further=FURTHER, compare="close", tolerance=TOLERANCE)
        for name, exam in scorer.exams.items()
    }


def judged(programs: Iterable[tuple[str, str]], held: dict[str, Exam], judge: Judge) -> list[Case]:
    """(item, program) pairs through the sandbox, on all cores."""
    listed = list(programs)
    with ThreadPoolExecutor(usable_cores()) as pool:
        rulings = pool.map(lambda one: judge.judge(Trial(one[1], held[one[0]])), listed)
        return [Case(item, program, ruling) for (item, program), ruling in zip(listed, rulings, strict=True)]


def wrong_programs(held: dict[str, Exam], count: int = MUTANTS) -> Iterable[tuple[str, str]]:
    """None for items where a right answer could fail a derived input: a slip there may be no fault."""
    for item, exam in ((item, exam) for item, exam in held.items() if item not in UNDECIDED):
        for program in mutants(exam.reference, exam.entry_point, count, Random(f"{SEED} {item}")):
            yield item, program


def other_right_programs(held: dict[str, Exam]) -> Iterable[tuple[str, str]]:
    for number in right_answers.numbers():
        item = f"HumanEval/{number}"
        yield item, right_answers.program(number, held[item].entry_point)


def share(k: int, n: int) -> str:
    low, high = wilson(k, n)
    return f"{k} of {n} | {k / n:.1%} | {low:.1%} to {high:.1%}"


def changed(cases: Sequence[Case]) -> list[Case]:
    """Programs that pass the item's own tests, and not the derived inputs."""
    return [case for case in cases if case.ruling.passed and case.ruling.further is False]


def page(canonical: Sequence[Case], others: Sequence[Case], wrong: Sequence[Case]) -> str:
    failed = [case for case in wrong if not case.ruling.passed]
    passed = [case for case in wrong if case.ruling.passed]
    caught = changed(wrong)
    unfit = [case for case in canonical if case.ruling.further is None]
    causes = Counter(case.ruling.cause for case in failed)
    rows = (
        ("wrong answers: fail HumanEval's own tests", len(failed), len(wrong)),
        ("wrong answers: pass those, fail a derived input", len(caught), len(wrong)),
        (
            "**of the wrong answers that pass HumanEval's own tests: verdict changed**",
            len(caught),
            len(passed),
        ),
        ("canonical solutions that fail a derived input", len(changed(canonical)), len(canonical)),
        ("other right answers that fail a derived input", len(changed(others)), len(others)),
    )
    unjust = [*changed(canonical), *changed(others)]
    none_left = ", ".join(case.item.partition("/")[2] for case in unfit)
    told = ", ".join(f"{n} {cause}" for cause, n in causes.most_common())
    return TEXT.format(
        wrong=len(wrong),
        items=len({each.item for each in wrong}),
        right=len(canonical) + len(others),
        further=FURTHER,
        rows="\n".join(f"| {name} | {share(k, n)} |" for name, k, n in rows),
        survived=len(passed) - len(caught),
        failed=len(failed),
        causes=told,
        unfit=len(unfit),
        none_left=none_left,
        taken_out=", ".join(UNDECIDED),
        unjust="\n".join(
            f"- {item}: {UNDECIDED.get(item, 'nobody has looked into it yet')}."
            for item in dict.fromkeys(each.item for each in unjust)
        ),
    )


def main() -> None:
    judge, held = Judge(find(os.environ).backend, QUICK), exams()
    canonical = judged(((item, exam.reference) for item, exam in held.items()), held, judge)
    others = judged(other_right_programs(held), held, judge)
    failed = [case for case in (*canonical, *others) if not case.ruling.passed]
    assert not failed, failed
    text = page(canonical, others, judged(wrong_programs(held), held, judge))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
