"""The bundled programming tasks: every solution checked against another one, siblings that really differ."""

from __future__ import annotations

import ast
import copy
import doctest
import hashlib
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.sample import Sample
from fairtrial.core.twin import Twin
from fairtrial.families import load
from fairtrial.families.checks import check_family, work
from fairtrial.families.coding import exam
from fairtrial.families.program import TESTS, Program, ProgramFamily
from fairtrial.families.programs import programs
from fairtrial.families.programs.names import NUMBERS
from fairtrial.families.twin import published_rows, twin
from fairtrial.lab.opening import open_task
from fairtrial.trust.draw import commit
from fairtrial.trust.forms import siblings
from tests.families.program_oracles import ORACLES, description, solve

FAMILY = programs()
DIGEST = "sha256:b0079c791f2f492770c46d07c2da01189fe5be85c92a06cf89b158921860253b"
SAMPLES = "84cfaaad28ef00d3670adcf2dcd81b47091dff9747068e742339e5d1e82fcf77"
"""Of what the family makes of 60 seeds. Another value: raise the generator's version, and write it down."""

FORGET = """
import hashlib, json
from fairtrial.families.programs import programs
family = programs()
seeds = [hashlib.sha256(f"golden {at}".encode()).digest() for at in range(3)]
made = [family.sample(name, seed) for name in family.templates for seed in seeds]
told = [[each.id, each.input, each.target, dict(each.metadata)] for each in made]
print(family.digest, hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest())
"""


@cache
def samples(template: str, count: int = 40) -> tuple[Sample, ...]:
    seeds = (hashlib.sha256(f"test {template} {at}".encode()).digest() for at in range(count))
    return tuple(FAMILY.sample(template, seed) for seed in seeds)


def defined(source: str, name: str) -> Any:
    space: dict[str, Any] = {}
    exec(source, space)
    return space[name]


@cache
def function(source: str, name: str) -> Any:
    return defined(source, name)


def reference(sample: Sample) -> Any:
    told = exam(sample)
    return function(told.reference, told.entry_point)


def reference_docstring(sample: Sample) -> str:
    """As Python reads it: the words of the task are a whole function."""
    (made,) = ast.parse(sample.text).body
    assert isinstance(made, ast.FunctionDef)
    return str(ast.get_docstring(made))


def inputs(sample: Sample) -> list[tuple[Any, ...]]:
    """What the oracle will try answers on."""
    told = exam(sample)
    made = defined(told.generator, "generate")(random.Random(told.seed))
    return list(islice(made, told.count))


def test_twenty_templates_four_of_them_held_out() -> None:
    assert load("programs") is FAMILY
    assert len(FAMILY.templates) == 20 and len(FAMILY.published) == 16 >= 12
    assert FAMILY.held_out == ("window-count", "depth-score", "editor", "base-score")
    assert set(FAMILY.templates) == set(FAMILY.published) | set(FAMILY.held_out) == set(ORACLES)


@pytest.mark.parametrize("template", FAMILY.templates)
def test_the_solution_agrees_with_one_made_from_the_words_alone(template: str) -> None:
    for sample in samples(template):
        solution = reference(sample)
        for arguments in inputs(sample):
            before = copy.deepcopy(arguments)
            assert solution(*arguments) == solve(template, sample.text, *before), (sample.text, before)
            assert arguments == before, "a solution leaves its arguments alone"


@pytest.mark.parametrize("template", FAMILY.templates)
def test_the_examples_are_true_and_differ(template: str) -> None:
    for sample in samples(template):
        shown = doctest.DocTestParser().get_examples(reference_docstring(sample))
        assert len(shown) == 2 and shown[0].want != shown[1].want
        for each in shown:
            call = ast.parse(each.source, mode="eval").body
            assert isinstance(call, ast.Call) and ast.unparse(call.func) == exam(sample).entry_point
            (argument,) = map(ast.literal_eval, call.args)
            assert argument, "an empty input shows nothing"
            assert solve(template, sample.text, argument) == ast.literal_eval(each.want)


@pytest.mark.parametrize("template", FAMILY.templates)
def test_siblings_ask_for_different_functions(template: str) -> None:
    """A sibling's solution fails this one's exam in 19 pairs of 20 at least, though its names are the same."""
    made = samples(template)
    failed = pairs = 0
    for at, sample in enumerate(made):
        tried = inputs(sample)
        expected = [reference(sample)(*each) for each in tried]
        for other in made[at + 1 :]:
            if other.metadata["answer_from"] == sample.metadata["answer_from"]:
                continue
            pairs += 1
            failed += [_told(reference(other), each) for each in tried] != expected
    assert pairs > 700 and failed / pairs >= 0.95


def _told(solution: Any, arguments: tuple[Any, ...]) -> object:
    try:
        return solution(*arguments)
    except (ValueError, IndexError):  # A digit expected where the sibling has a sign.
        return None


@pytest.mark.parametrize("template", FAMILY.templates)
def test_no_constant_passes_and_no_two_answers_repeat_too_often(template: str) -> None:
    for sample in samples(template):
        results = Counter(repr(reference(sample)(*each)) for each in inputs(sample))
        assert results.most_common(1)[0][1] <= 0.96 * TESTS


@pytest.mark.parametrize("template", FAMILY.templates)
def test_siblings_take_the_same_steps_and_inputs_are_plain(template: str) -> None:
    made = samples(template)
    assert len({sample.metadata["steps"] for sample in made}) == 1
    works = sorted(work(sample) for sample in made)
    assert works[-1] / works[0] < 1.5
    for sample in made[:5]:
        tried = inputs(sample)
        assert len(tried) == TESTS
        assert json.loads(json.dumps(tried)) == [list(each) for each in tried]
        assert sample.text.isascii() and "$" not in sample.text and len(sample.text) < 1_500
        assert sample.target == (exam(sample).reference,)
        assert exam(sample).reference.endswith(str(sample.metadata["solution"]))


@pytest.mark.parametrize("program", FAMILY.members.values(), ids=lambda each: each.name)
def test_no_solution_uses_a_name_that_an_argument_may_have(program: Program) -> None:
    for _, _, names in program.takes:
        assert len(set(names)) == len(names) >= 6
        assert not set(names) & set(re.findall(r"(?<![$\w])[A-Za-z_]\w*", program.body))
    assert len(set(program.names)) == len(program.names) == 6
    assert all(name.isidentifier() for name in program.names)


@pytest.mark.parametrize("program", FAMILY.members.values(), ids=lambda each: each.name)
def test_every_parameter_is_told_in_the_words_and_decides_the_solution(program: Program) -> None:
    told, used = (set(re.findall(r"\$(\w+)", text)) for text in (program.spec, program.body))
    for name, law in program.draw.items():
        slots = set(law[0]) if isinstance(law[0], dict) else {name}
        assert slots & told and slots & used, name
        assert len({str(value) for value in law}) == len(law)
    combinations = np.prod([len(law) for law in program.draw.values()])
    assert combinations >= 150, "eight siblings of an item have to differ"


def test_every_value_of_every_law_is_drawn_equally_often() -> None:
    for name in ("band-count", "editor", "machine-steps"):
        made = samples(name, 600)
        for slot, law in FAMILY.members[name].draw.items():
            counts = Counter(str(sample.metadata["answer_from"][slot]) for sample in made)  # type: ignore[index, call-overload]
            assert len(counts) == len(law)
            assert chisquare(list(counts.values())).pvalue > 1e-4


def test_the_family_makes_what_it_made_before_whatever_the_hash_seed() -> None:
    """In fresh interpreters: a set's or a dictionary's order must decide nothing."""
    for seed in ("0", "1", "4711"):
        environ = os.environ | {"PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", FORGET], env=environ, capture_output=True, text=True)
        assert done.stdout.split() == [DIGEST, SAMPLES], done.stderr


def test_the_digest_tells_every_change_and_no_reordering_of_laws() -> None:
    from dataclasses import replace

    one = FAMILY.members["band-count"]
    told = ProgramFamily.of("x", [one])
    for changed in (
        replace(one, body=one.body.replace("<=", "<")),
        replace(one, spec=one.spec + " "),
        replace(one, inputs="([1, 2],)"),
        replace(one, draw=dict(one.draw) | {"low": range(1, 11)}),
        replace(one, names=one.names[::-1]),
        replace(one, takes=(("xs", "list[int]", NUMBERS[::-1]),)),
        replace(one, held_out=True),
    ):
        assert ProgramFamily.of("x", [changed]).digest != told.digest
    turned = ProgramFamily.of("x", [replace(one, draw=dict(reversed(one.draw.items())))])
    seed = bytes(range(32))
    assert turned.digest == told.digest
    assert turned.sample("band-count", seed) == told.sample("band-count", seed)


def test_inputs_that_show_nothing_are_refused_by_name() -> None:
    from dataclasses import replace

    dull = replace(FAMILY.members["band-count"], inputs="([50],)")
    with pytest.raises(UsageError, match=r"x, template 'band-count', seed 0{64}: 200 inputs"):
        ProgramFamily.of("x", [dull]).sample("band-count", bytes(32))
    with pytest.raises(UsageError, match="31 bytes"):
        FAMILY.sample("band-count", bytes(31))
    with pytest.raises(UnknownName, match="band-cont"):
        FAMILY.sample("band-cont", bytes(32))


def test_the_family_passes_every_check() -> None:
    found = check_family(FAMILY, items=25)
    assert [each.name for each in found] == ["exchangeability", "difficulty", "spread", "variety"]
    assert all(each.ok for each in found), found


def made_twin(items: int = 320, secret: int = 7) -> tuple[Twin, bytes]:
    drawn = commit(
        FAMILY,
        n=items,
        secret=secret.to_bytes(32, "big"),
        salt=bytes(32),
        committed_at="2026-11-24T12:00:00Z",
        templates=FAMILY.published,
    )
    return twin(FAMILY, drawn, fresh=3), published_rows(FAMILY, drawn)


def test_the_published_sibling_has_no_rank_of_its_own() -> None:
    """Over 480 items of three draws: where the published sibling stands among its siblings by what it is long and
    by what it takes is uniform."""
    ranks: dict[str, list[int]] = {"text": [], "work": [], "numbers": []}
    measures = {
        "text": lambda each: float(len(each.text)),
        "work": work,
        "numbers": lambda each: float(sum(map(int, re.findall(r"\d+", description(each.text))))),
    }
    for secret in range(3):
        drawn = commit(
            FAMILY,
            n=160,
            secret=secret.to_bytes(32, "big"),
            salt=bytes(32),
            committed_at="2026-11-24T12:00:00Z",
            templates=FAMILY.published,
        )
        for item, form in enumerate(siblings(drawn, FAMILY)):
            tie = np.random.default_rng(list(drawn.tie_break(item))).random(len(form))
            for name, measure in measures.items():
                values = [(measure(each), tie[at]) for at, each in enumerate(form)]
                ranks[name].append(sorted(values).index(values[drawn.published(item)]))
    for name, found in ranks.items():
        assert chisquare(np.bincount(found, minlength=8)).pvalue > 0.001, name


def test_a_published_form_is_asked_and_marked_as_the_twin_does(tmp_path: Path) -> None:
    """As `fairtrial run form.jsonl` opens it."""
    made, form = made_twin(16)
    path = tmp_path / "form.jsonl"
    path.write_bytes(form)
    opened = open_task(str(path))
    asked = {made.places[each.id].item: each for each in made.answers.samples if _is_published(made, each)}
    for item, sample in enumerate(opened.samples):
        twin_s = asked[item]
        assert opened.prompt.messages(sample) == made.answers.prompt.messages(twin_s)
        assert opened.scorer.exams[sample.id] == made.answers.scorer.exams[twin_s.id]  # type: ignore[union-attr]
    assert opened.scorer.form["behind_the_prompt"] is True


def _is_published(made: Twin, sample: Sample) -> bool:
    return made.places[sample.id].column == 0


def test_a_twin_asks_for_code_and_holds_an_exam_for_every_question() -> None:
    made, form = made_twin(32)
    task = made.answers
    assert task.scorer.form["behind_the_prompt"] is True
    for sample in task.samples[:40]:
        (turn,) = task.prompt.messages(sample)
        assert turn.content.startswith("Complete this Python function.")
        assert turn.content.endswith(f"```python\n{sample.text}```")
        told = task.scorer.exams[sample.id]  # type: ignore[union-attr]
        assert f"def {told.entry_point}(" in sample.text and sample.target == (told.reference,)
        assert "fresh" not in turn.content and "item-" not in turn.content
    rows = [json.loads(line) for line in form.decode().splitlines()]
    published = {made.places[each.id].item: each for each in task.samples if made.places[each.id].column == 0}
    for item, row in enumerate(rows):
        assert row["prompt"] == published[item].text
        assert row["reference"] == published[item].target[0]
        assert function(row["reference"], row["entry_point"])
    for sample in made.likelihoods.samples[:10]:
        assert task.scorer.form and made.likelihoods.prompt.messages(sample)[0].content == "def"
        for choice, asked in zip(sample.choices, made.likelihoods.prompt.continuations(sample), strict=True):
            name = re.match(r"\w+", choice)
            assert asked == f" {choice}" and name and defined(f"def{asked}", name.group())
