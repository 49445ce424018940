"""Our verdicts on the recorded GPT-3 solutions against their authors', item by item, as a page.

python -m fairtrial.benchmarks.recorded_table > docs/reference/gsm8k-recorded.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairtrial.benchmarks import load
from fairtrial.benchmarks.recordings import ABOUT, KEYS, RECORDINGS, authors_verdicts
from fairtrial.core.output import Output
from fairtrial.core.record import AS_IT_STANDS
from fairtrial.core.scorers import TextScorer

HEAD = (
    "# GSM8K: our verdicts on recorded answers against the authors'",
    "",
    "Two models' recorded solutions to all 1,319 test questions (Cobbe et al. 2021), scored from their raw",
    "text and held against the authors' own verdicts, item by item. The first reading is the primary one.",
    "",
    "| model | reading | items | right, ours | right, authors' | different |",
    "| --- | --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One solution that a reading and the authors judge otherwise."""

    model: str
    reading: str
    sample_id: str
    target: str
    end: str
    ours: bool
    authors: bool

    @property
    def unmarked(self) -> bool:
        """The reading needs "####", and the solution has none."""
        return self.reading == "strict-match" and "####" not in self.end

    @property
    def reason(self) -> str:
        if self.unmarked:
            return "no `####` in the solution: this reading finds nothing"
        if self.ours:
            return "the figure is the target's by this reading; the authors did not credit it"
        return "the figure that this reading takes is another than the one the authors took"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One model under one reading: counts over all items."""

    model: str
    reading: str
    n: int
    ours: int
    authors: int
    differences: tuple[Difference, ...]


def agreements() -> Iterator[Agreement]:
    """Every model under every reading of the task `gsm8k`, the primary one first."""
    task = load("gsm8k", num_fewshot=0)
    samples = {sample.id: sample for sample in task.samples}
    marker = task.scorer
    assert isinstance(marker, TextScorer)
    for model in KEYS:
        verdicts = authors_verdicts(model)
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for row in RECORDINGS[model]():
            sample_id, text = str(row["id"]), str(row["output"])
            score = marker(Output(text, "stop"), samples[sample_id])
            values = {str(marker.form["name"]): score.value, **score.others}
            values.pop(AS_IT_STANDS)
            for reading, value in values.items():
                found.setdefault(reading, []).append((sample_id, text, value == 1))
        for reading, rows in found.items():
            differences = tuple(
                Difference(model, reading, at, samples[at].target[0], text[-50:], ours, verdicts[at])
                for at, text, ours in rows
                if ours != verdicts[at]
            )
            right = sum(ours for _, _, ours in rows)
            yield Agreement(model, reading, len(rows), right, sum(verdicts.values()), differences)


def markdown() -> str:
    """The page."""
    every = tuple(agreements())
    lines = [*HEAD]
    for each in every:
        cells = (each.model, each.reading, f"{each.n:,}", each.ours, each.authors, len(each.differences))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", *(f"- `{name}`: {what}." for name, what in ABOUT.items())]
    lines += ["", "## Every difference, with its reason", ""]
    for each in every:
        lines += _listed(each)
    lines += [
        "Made by `python -m fairtrial.benchmarks.recorded_table`; a test compares the two.",
        "",
    ]
    return "\n".join(lines)


def _listed(each: Agreement) -> list[str]:
    head = f"**{each.model}, {each.reading}.**"
    if not each.differences:
        return [f"{head} None.", ""]
    if all(one.unmarked for one in each.differences):
        reason = (
            "for one reason: the solutions end in `A: 18`, not in `#### 18`, so this reading finds nothing."
        )
        return [f"{head} All {len(each.differences)} {reason}", ""]
    lines = [head, "", "| item | target | the solution ends | ours | authors' | reason |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for one in each.differences:
        cells = (
            one.sample_id,
            one.target,
            f"`{_cell(one.end)}`",
            _word(one.ours),
            _word(one.authors),
            one.reason,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _word(right: bool) -> str:
    return "right" if right else "wrong"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")


if __name__ == "__main__":
    print(markdown(), end="")
