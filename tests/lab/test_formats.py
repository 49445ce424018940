"""Many formats asked of a bundled model in one run; and pools of worked examples that hold no scored item."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairtrial import Lab
from fairtrial.audit.format_draw import draw
from fairtrial.audit.formats import DEFAULT, OWN, FormatFamily
from fairtrial.audit.tuned import Ledger, judge_tuned
from fairtrial.core.claim import Claim
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.evals.prompts import TemplatePrompt
from fairtrial.lab.formats import (
    Asking,
    answer_tuned,
    ask_formats,
    draw_formats,
    family_pool,
    pool_of,
    published_only,
)
from fairtrial.lab.opening import open_task
from fairtrial.lab.twin import open_family, open_twin

HONEST = ModelSpec.parse("specimen/honest")
FEW = FormatFamily(
    "few", question=("Q:", "Q", "Question:"), answer=("A:", "Answer:"), turn=("\n", " "), shots=(0, 1)
)


def test_formats_of_a_family_form_on_a_bundled_model(tmp_path: Path) -> None:
    twin = open_twin("arithmetic", None, fresh=1, items=12)
    task, pool = published_only(twin), family_pool(open_family("arithmetic"))
    asking = Asking(formats=8, items=10, family=FEW)
    lab = Lab(tmp_path)
    asked = ask_formats(lab, task, HONEST, asking, pool)
    assert asked.scores.scores.shape == (8, 10) and not asked.scores.left_out
    assert asked.run.summary.status == "complete" and asked.run.summary.counts.failed == 0
    # The claimed configuration within the many is the same as alone.
    alone = lab.run(replace(task, samples=task.samples[:10]), HONEST)
    values = {each.sample_id: each.result.value for each in alone.records()}  # type: ignore[union-attr]
    assert [values[name] for name in asked.scores.items] == asked.scores.claimed.tolist()
    again = ask_formats(lab, task, HONEST, asking, pool, resume=True)
    assert again.run.path == asked.run.path and (again.scores.scores == asked.scores.scores).all()
    told = judge_tuned(Claim("s", "m", "t", value=0.8, n=600, tolerance=0.1), formats=asked.scores)
    # What trained the specimen is its own format: high up, and nothing follows from it.
    assert told.finding.answer == "undetermined" and told.spread is not None
    assert told.spread.claimed > told.spread.median.value


MODULE = ModelSpec.parse("python:tests.lab.format_models:tuned")


def test_a_configuration_that_alone_gains_on_the_published_form_is_found(tmp_path: Path) -> None:
    """A model planted so that one prompt lifts the published items: the default prompt does not."""
    twin = open_twin("arithmetic", None, fresh=1, items=120)
    task = replace(published_only(twin), prompt=TemplatePrompt("Reckon: {{ input }}"))
    pool = family_pool(open_family("arithmetic"), {each.text for each in twin.answers.samples})
    asking = Asking(formats=6, items=10, family=FEW)
    claim = Claim("s", "m", "t", value=0.8, n=120, tolerance=0.1)
    lab = Lab(tmp_path)
    told, runs = answer_tuned(lab, claim, task, MODULE, asking, pool, twin=twin)
    assert told.finding.answer == "yes" and told.evidence[0].tier == "strong" and len(runs) == 3
    assert 20 < told.evidence[0].effect.value < 60 and told.evidence[0].draw == twin.draw
    one = Ledger(1, complete=True)
    plain, again = answer_tuned(
        lab, claim, published_only(twin), MODULE, asking, pool, twin=twin, ledger=one, resume=True
    )
    assert again[1].path == runs[2].path
    # The claimed configuration is the default one: nothing to compare, and 120 items don't show a tenth.
    assert plain.finding.answer == "undetermined" and len(again) == 2


def test_worked_examples_are_never_scored_items() -> None:
    family = open_family("arithmetic")
    twin = open_twin("arithmetic", None, fresh=7, items=600)
    # Neither published nor fresh siblings of the draw: an example would give one away.
    siblings = {each.text for each in twin.answers.samples}
    pool = family_pool(family, siblings)
    assert not siblings & {each.text for each in pool}
    assert len(pool) == 64 and all("solution" in each.metadata for each in pool)
    taken = {each.text for each in pool[:9]}
    assert not taken & {each.text for each in family_pool(family, siblings | taken)}
    gsm8k = open_task("gsm8k")
    items, drawn = draw_formats(gsm8k, ModelSpec.parse("a/b"), Asking(formats=20, items=5), pool_of(gsm8k, 5))
    assert len(items.samples) == 5 and len(drawn.pool) == 7_473
    words = next(each for each in drawn.formats if each.examples).words(items.samples[0], drawn.pool)
    assert "####" in words and items.samples[0].text in words
    assert {each.reading for each in drawn.formats} > {OWN}


def test_mmlu_takes_its_development_rows_and_own_rows_what_is_not_scored(tmp_path: Path) -> None:
    mmlu = open_task("mmlu/virology")
    pool = pool_of(mmlu, 10)
    assert len(pool) == 5
    items, drawn = draw_formats(mmlu, ModelSpec.parse("a/b"), Asking(formats=30, items=10), pool)
    words = next(each for each in drawn.formats if len(each.examples) == 2).words(
        items.samples[0], drawn.pool
    )
    assert all(choice in words for choice in items.samples[0].choices)
    rows = tmp_path / "own.jsonl"
    rows.write_text(
        "".join(f'{{"id": "{at}", "input": "What is {at}?", "target": "{at}"}}\n' for at in range(9))
    )
    own = open_task(str(rows), scorer="number")
    assert [each.id for each in pool_of(own, 6)] == ["6", "7", "8"] and pool_of(own, 9) == ()
    drawn = draw_formats(own, ModelSpec.parse("a/b"), Asking(formats=9, items=9), pool_of(own, 9))[1]
    assert {each.examples for each in drawn.formats} == {()}


def test_programs_and_texts_to_continue_have_no_formats() -> None:
    programs = published_only(open_twin("programs", None, fresh=1, items=3))
    with pytest.raises(UsageError, match="asks for programs"):
        draw(DEFAULT, programs, (), n=2)
    with pytest.raises(UsageError, match="two of each at least"):
        Asking(formats=1)
