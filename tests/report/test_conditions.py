"""A plan in a few lines, as it is for a real run and for a plan that says little."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fairtrial.lab import Lab
from fairtrial.report.conditions import conditions
from tests.report.reading import read

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["task", "origin", "scorer", "prompt", "decoding", "n", "epochs", "questions"])


def test_a_real_plan_is_on_the_page(tmp_path: Path) -> None:
    run = Lab(tmp_path).run("gsm8k", "replay/gpt3-175b-verified", limit=10)
    stored = json.loads((run.path / "plan.json").read_text(encoding="utf-8"))
    told = conditions(run.plan)
    assert told["dataset_digest"] == stored["task"]["origin"]["digest"]
    assert told["samples"] == 10
    assert "max tokens 256" in str(told["decoding"])
    said = read(Lab(tmp_path).report(run.path)).words()
    for part in (
        stored["task"]["origin"]["digest"],
        stored["questions"],
        "flexible-extract",
        "Licence",
        "MIT",
    ):
        assert part in said


def test_blanks_of_a_prompt_are_quoted() -> None:
    told = conditions({"task": {"prompt": {"template": "Q: {q}\n", "version": "1"}}})
    assert told == {"prompt": 'template "Q: {q}\\n", version 1'}


@given(st.dictionaries(names, values | st.dictionaries(names, values)))
def test_any_plan_gives_conditions_or_leaves_them_out(plan: dict[str, object]) -> None:
    told = conditions(plan)  # type: ignore[arg-type]
    assert all(value not in (None, "", {}) for value in told.values())
