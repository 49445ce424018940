"""What was tried on the published form before the best was claimed: two cases of the audit.

    python -m specimens.attempts      asks, and writes claims and registers into the package; no torch, ten minutes

Both are the honest specimen on the demonstration's published form. `tuned-prompt`: 32 labels of question and
answer, greedy. `best-of-ten`: the usual words, ten seeds at temperature 0.7. What is claimed is the best of them,
uncorrected. Runs stay in .cache/attempts, and are not asked again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from fairtrial import Lab
from fairtrial.audit.claim_file import claim_of, claim_text, stated
from fairtrial.core.claim import Claim
from fairtrial.core.task import Task
from fairtrial.lab.cases import open_case
from fairtrial.lab.claim_task import claim_task
from fairtrial.lab.run import Pace

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT / "src" / "fairtrial" / "lab" / "attempts"
MODEL: Final = "specimen/honest"
DATE: Final = "2026-11-30"
QUESTIONS: Final = ("Q", "q", "P", "R", "W", "X", "Z", "A")
ANSWERS: Final = ("\nA:", " A:", "\nB:", "\nC:")
TEMPERATURE: Final = 0.7
SEEDS: Final = range(1, 11)
"""A question without a seed is asked with seed 0: an audit's re-run is none of these."""


@dataclass(frozen=True)
class Tried:
    """An attempt: what was asked how, and then its score and its plan."""

    label: str
    claim: Claim
    task: Task
    value: float = 0.0
    run: str = ""


def prompts(lab: Lab) -> Iterator[Tried]:
    base = open_case(MODEL).claim
    for question in QUESTIONS:
        for answer in ANSWERS:
            words = f"{question}: {{question}}{answer}"
            claim = replace(base, conditions=replace(base.conditions, prompt=words))
            yield Tried(words, claim, claim_task(lab, claim))


def seeds(lab: Lab) -> Iterator[Tried]:
    base = open_case(MODEL).claim
    claim = replace(base, conditions=replace(base.conditions, temperature=TEMPERATURE))
    task = claim_task(lab, claim)
    for seed in SEEDS:
        yield Tried(f"seed {seed}", claim, replace(task, decoding=replace(task.decoding, seed=seed)))


def asked(lab: Lab, each: Tried) -> Tried:
    run = lab.run(each.task, MODEL, resume=True, pace=Pace(connections=64))
    primary = run.summary.primary
    if run.summary.status != "complete" or primary is None or primary.n != len(each.task.samples):
        raise SystemExit(f"{each.label!r}: not every item was answered; look at {run.path}")
    return replace(each, value=primary.value, run=run.digest)


def write(name: str, tried: Sequence[Tried], *, complete: bool) -> None:
    """The claim of the best, the first of equals, and the register of all."""
    best = max(tried, key=lambda each: each.value)
    told = {
        **stated(best.claim),
        "value": best.value,
        "date": DATE,
        "source": f"the best of {len(tried)} attempts of specimens/attempts.py",
    }
    conditions = {key: value for key, value in best.claim.conditions.to_json().items() if value is not None}
    (DATA / f"{name}.claim.yaml").write_text(claim_text(claim_of(told, conditions, decimals=4)), "utf-8")
    lines = [f"# Attempts of specimens/attempts.py on the published form, by {MODEL}.", "attempts:"]
    lines += [
        f"  - {{label: {json.dumps(each.label)}, value: {each.value:.4f}, date: {DATE}, run: {each.run}}}"
        for each in tried
    ]
    lines += [f"complete: {json.dumps(complete)}", "corrected: false"]
    (DATA / f"{name}.attempts.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{name}: {best.label!r} with {best.value:.4f}, the best of {len(tried)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, default=ROOT / ".cache" / "attempts", help="where runs are kept")
    lab = Lab(parser.parse_args().runs, environ={})
    DATA.mkdir(exist_ok=True)
    write("tuned-prompt", [asked(lab, each) for each in prompts(lab)], complete=False)
    write("best-of-ten", [asked(lab, each) for each in seeds(lab)], complete=True)


if __name__ == "__main__":
    main()
