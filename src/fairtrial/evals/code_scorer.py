"""Marks code by running it: reads the program out of an answer, and turns what the sandbox rules into a score."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from fairtrial.core.canon import JSON, digest
from fairtrial.core.code_text import ALL, CHAT_RULE, COMPLETION_RULE, FIRST, Found, read_chat, read_completion
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Exam, Ruling, Trial
from fairtrial.core.output import Output
from fairtrial.core.record import AS_IT_STANDS, DERIVED, Score, State
from fairtrial.core.sample import Sample

CodeForm = Literal["chat", "completion"]
KEPT: Final = 20_000
"""Characters of the code that a score keeps as the answer it read; all of it stands in the output."""


@dataclass(frozen=True, slots=True)
class CodeScorer:
    """Right where the program passes its exam. An `ExecutedScorer`.

    exams: by sample id. asked: "chat", the code is looked for in prose and blocks; "completion", the answer goes
    on where the prompt ends, up to one of `stops`. after_prompt: a sample's text is Python that the code stands
    behind (always so for completions); otherwise the code is the whole program.

    `Score.others` holds the same answer read otherwise (AS_IT_STANDS, the first block, all blocks; for the last
    two under the same rule for cut answers), and DERIVED where exams ask for further inputs.
    """

    exams: Mapping[str, Exam] = field(repr=False)
    asked: CodeForm = "chat"
    after_prompt: bool = False
    stops: tuple[str, ...] = ()
    metric: str = "pass@1"

    @property
    def form(self) -> Mapping[str, JSON]:
        rule = CHAT_RULE if self.asked == "chat" else COMPLETION_RULE
        # As text: inputs may hold integers that canonical JSON refuses.
        exams = json.dumps(
            {key: dataclasses.asdict(exam) for key, exam in self.exams.items()}, sort_keys=True
        )
        return {
            "metric": self.metric,
            "name": "runs and passes its tests",
            "extractor": {"name": f"code, {self.asked}", "takes": rule}
            | ({"stops": list(self.stops)} if self.stops else {}),
            "alternatives": list(self._names),
            "short_answers": False,
            "behind_the_prompt": self.after_prompt or self.asked == "completion",
            "exams": digest(exams),
        }

    def check_target(self, sample: Sample) -> None:
        """Raises UsageError for a sample that no exam belongs to."""
        if sample.id not in self.exams:
            raise UsageError(
                f"sample {sample.id!r} has no exam", "give every row a test, inputs or a generator"
            )

    def trial(self, output: Output, sample: Sample) -> Trial | Score:
        """The program and its exam; the score at once where there is nothing to run."""
        exam = self.exams[sample.id]
        if output.stop == "refused" or output.refusal:
            return self._without("refused")
        if output.stop == "tool":
            return self._without("unparsed")
        found = self._found(output, sample)
        if found is None:
            return self._without("truncated" if output.stop == "length" else "unparsed")
        if _cut(output, found):
            return Trial(found.program, dataclasses.replace(exam, further=0))
        readings = {name: program for name, program in found.others.items() if program != found.program}
        return Trial(found.program, exam, readings)

    def score(self, ruling: Ruling, output: Output, sample: Sample) -> Score:
        found = self._found(output, sample)
        assert found is not None
        answer, value = found.answer[:KEPT], float(ruling.passed)
        if _cut(output, found):
            # An answer that was cut under the main reading is cut under every other.
            return Score("truncated", 0.0, answer, self._nothing() | {AS_IT_STANDS: value})
        others = dict.fromkeys(self._names, value)
        others |= {name: float(passed) for name, passed in ruling.others.items()}
        if ruling.further is False:
            others[DERIVED] = 0.0
        return Score("right" if ruling.passed else "wrong", value, answer, others)

    @property
    def _names(self) -> tuple[str, ...]:
        blocks = (FIRST, ALL) if self.asked == "chat" else ()
        derived = (DERIVED,) if any(exam.further for exam in self.exams.values()) else ()
        return (AS_IT_STANDS, *blocks, *derived)

    def _nothing(self) -> dict[str, float]:
        return dict.fromkeys(self._names, 0.0)

    def _without(self, state: State) -> Score:
        return Score(state, 0.0, None, self._nothing())

    def _found(self, output: Output, sample: Sample) -> Found | None:
        text, name = output.text or "", self.exams[sample.id].entry_point
        if self.asked == "completion":
            return read_completion(text, self.stops, sample.text)
        return read_chat(text, name, sample.text if self.after_prompt else "")


def _cut(output: Output, found: Found) -> bool:
    return output.stop == "length" and not found.ended
