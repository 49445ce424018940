"""Formats: their words, the draw, the YAML form, many as one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.audit.format_draw import draw
from fairtrial.audit.format_file import read_format_family
from fairtrial.audit.format_task import CLAIMED, many, read_scores
from fairtrial.audit.formats import CASES, DEFAULT, OWN, Format, FormatFamily, formatted
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output
from fairtrial.core.question import Decoding, Generate, Loglikelihood, question_digest
from fairtrial.core.record import Failure, Record
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.scorers import LikelihoodChoice, parse_scorer
from fairtrial.core.task import Task
from fairtrial.evals.prompts import TemplatePrompt

POOL = tuple(Sample(f"train-{at}", f"What is {at}+1?", (str(at + 1),)) for at in range(20, 40))
NAMED = {each.id: each for each in POOL}
PLAIN = Format("", "Q:", "A:", "as written", " ", "\n", "\n\n", "", (), OWN, 1.0, None)


def sums(n: int = 6) -> Task:
    return Task(
        name="sums",
        version="1",
        asks="generate",
        samples=tuple(Sample(f"row-{at}", f"What is {at}+1?", (str(at + 1),)) for at in range(n)),
        origin=Origin("sums", "here", "sha256:00"),
        prompt=TemplatePrompt(),
        scorer=parse_scorer("number"),
        decoding=Decoding(max_tokens=64, stop=("###",)),
    )


def test_the_words_of_a_format_are_what_its_parts_say() -> None:
    made = Format(
        "Sum up.",
        "q:",
        "a:",
        "upper",
        "\n",
        " ",
        "\n--\n".replace("--", ""),
        "",
        ("train-20", "train-31"),
        OWN,
        1.0,
        None,
    )
    assert made.words(sums().samples[0], NAMED) == (
        "Sum up.\n\nQ:\nWhat is 20+1? A: 21\n\nQ:\nWhat is 31+1? A: 32\n\nQ:\nWhat is 0+1? A:"
    )
    choices = Sample("c", "Which?", ("B",), ("one", "two"))
    lettered = replace(PLAIN, letter="({})", question="", answer="Answer:", lead="")
    assert lettered.words(choices, {}) == "Which?\n(A) one\n(B) two\nAnswer:"
    shown = replace(POOL[0], metadata={"solution": "20+1=21"})
    assert "A: 20+1=21\n\nQ: Wh" in replace(PLAIN, examples=("train-20",)).words(POOL[1], {shown.id: shown})


def test_a_format_changes_prompt_and_decoding_and_nothing_else() -> None:
    made = replace(PLAIN, question="Task:", case="lower", length=2.0, temperature=0.3, examples=("train-25",))
    task, asked = sums(), formatted(sums(), made, NAMED)
    question = asked.question(asked.samples[0])
    assert isinstance(question, Generate) and question.prompt.startswith(
        "task: What is 25+1?\na: 26\n\ntask: "
    )
    assert question.decoding == Decoding(temperature=0.3, max_tokens=128, stop=("###", "\ntask:"))
    kept = {each.name for each in fields(Task)} - {"prompt", "decoding"}
    assert all(getattr(asked, name) == getattr(task, name) for name in kept)
    # A stop that the task has already would cut there as well.
    one_line = replace(task, decoding=Decoding(stop=("\n",)))
    assert formatted(one_line, made, NAMED).decoding.stop == ("\n",)
    with pytest.raises(UsageError, match="no worked example 'gone'"):
        replace(made, examples=("gone",)).words(task.samples[0], NAMED)


def test_a_draw_is_the_same_for_everybody_and_another_for_another_seed() -> None:
    drawn = draw(DEFAULT, sums(), POOL, n=100, seed=4)
    assert drawn == draw(DEFAULT, sums(), POOL, n=100, seed=4)
    # Written down once: a changed draw is another version.
    assert drawn.formats[0].digest[:20] == "sha256:080c45dba279b"
    assert len({each.digest for each in drawn.formats}) == 100
    other = draw(DEFAULT, sums(), POOL, n=100, seed=5)
    assert other.digest != drawn.digest and other.formats[0] != drawn.formats[0]
    longer = draw(DEFAULT, sums(), POOL, n=120, seed=4)
    assert longer.formats[:100] == drawn.formats
    assert all(str(each) for each in drawn.formats)


def test_every_value_of_every_part_is_drawn_about_as_often_as_any_other() -> None:
    drawn = draw(DEFAULT, sums(), POOL, n=1_200).formats
    for part in ("instruction", "question", "answer", "case", "turn", "gap", "length", "temperature"):
        listed = getattr(DEFAULT, part)
        told = np.array([sum(getattr(each, part) == value for each in drawn) for value in listed])
        # Chi-square with len - 1 degrees of freedom; beyond 30 once in 20,000 for six values.
        assert ((told - told.mean()) ** 2 / told.mean()).sum() < 30, part
    shots = np.bincount([len(each.examples) for each in drawn])[list(DEFAULT.shots)]
    assert shots.min() > 150
    first = [each.examples[0] for each in drawn if each.examples]
    assert len(set(first)) == len(POOL)
    assert {each.reading for each in drawn} == {OWN, "number after a marker", "the whole answer"}


def test_no_format_is_the_tasks_own_and_no_example_is_a_scored_item() -> None:
    own = replace(sums(), prompt=formatted(sums(), PLAIN, {}).prompt)
    family = FormatFamily("two", question=("Q:", "P:"), answer=("A:",), readings=(OWN,))
    assert [each.question for each in draw(family, own, (), n=1).formats] == ["P:"]
    with pytest.raises(UsageError, match="gave 1 different formats, and 2 are wanted"):
        draw(family, own, (), n=2)
    with pytest.raises(UsageError, match="'twin' is one of the scored items"):
        draw(DEFAULT, sums(), (*POOL, replace(sums().samples[2], id="twin")), n=10)


def test_prompts_beyond_the_bound_are_left_out_by_length_alone() -> None:
    drawn = draw(DEFAULT, sums(), POOL, n=40, room=60)
    told = [each.words(sample, drawn.pool) for each in drawn.formats for sample in sums().samples]
    assert max(len(each.encode()) for each in told) <= 60 and drawn.too_long > 0
    with pytest.raises(UsageError, match="whose prompts have at most 10 bytes"):
        draw(DEFAULT, sums(), POOL, n=2, room=10)


def test_a_small_pool_gives_formats_with_few_examples() -> None:
    drawn = draw(DEFAULT, sums(), POOL[:1], n=50)
    assert {len(each.examples) for each in drawn.formats} == {0, 1}
    with pytest.raises(UsageError, match="none of the worked examples"):
        draw(replace(DEFAULT, shots=(5,)), sums(), (), n=5)


def letters(n: int = 4) -> Task:
    return replace(
        sums(),
        asks="loglikelihood",
        samples=tuple(Sample(f"row-{at}", f"Which is {at}?", ("A",), (str(at), "x", "y")) for at in range(n)),
        prompt=_Letters(),
        scorer=LikelihoodChoice("none", ("bytes",)),
    )


class _Letters:
    form: Mapping[str, Any] = {"template": "letters"}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", sample.text),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return (" A", " B", " C")


class _Texts(_Letters):
    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return sample.choices


def test_the_likelihood_of_letters_has_formats_and_that_of_texts_has_none() -> None:
    drawn = draw(DEFAULT, letters(), (), n=30)
    assert {each.reading for each in drawn.formats} == {OWN, "acc_bytes"}
    assert {(each.length, each.temperature) for each in drawn.formats} == {(1.0, None)}
    question = formatted(letters(), drawn.formats[0], {}).question(letters().samples[1])
    assert isinstance(question, Loglikelihood) and question.continuations == (" A", " B", " C")
    assert "Which is 1?" in question.context and "1" in question.context.partition("?")[2]
    with pytest.raises(UsageError, match="how likely whole texts are"):
        draw(DEFAULT, replace(letters(), prompt=_Texts()), (), n=30)
    talk = Sample("talk", (Message("user", "a"), Message("assistant", "b"), Message("user", "c")), ("d",))
    with pytest.raises(UsageError, match="'talk' is a conversation"):
        draw(DEFAULT, replace(sums(), samples=(talk,)), (), n=2)


def records(task: Task, value: Any) -> list[Record]:
    """value: (part, item) -> reply, None for a failure."""
    found = []
    for sample in task.samples:
        part, _, item = sample.id.partition("/")
        reply = value(part, item)
        output = Output(reply, "stop")
        assert not isinstance(task.scorer, type(None))
        result = Failure("down", "no answer") if reply is None else task.scorer(output, sample)  # type: ignore[operator]
        digest = question_digest(task.question(sample))
        found.append(Record(sample.id, 1, sample.text, sample.target, digest, result, output))
    return found


def test_many_formats_are_one_task_whose_answers_are_read_as_each_format_says() -> None:
    task = sums(20)
    drawn = draw(DEFAULT, task, POOL, n=12)
    asked = many(task, drawn)
    first = task.samples[0]
    for made in drawn.formats:
        sample = next(each for each in asked.samples if each.id == f"{made.key}/row-0")
        assert replace(asked.question(sample), sample_id="row-0") == formatted(task, made, NAMED).question(
            first
        )
    # The marked answer is right, the last number wrong: which of the two is read decides.
    told = read_scores(
        records(asked, lambda part, item: f"Answer: {int(item[4:]) + 1}\nNot 999."), task, drawn
    )
    assert told.scores.shape == (12, 20) and told.items[3] == "row-3"
    for made, row in zip(told.formats, told.scores, strict=True):
        assert row.mean() == (made.reading == "number after a marker")
    assert told.claimed.mean() == 0 and told.readings["number after a marker"].mean() == 1
    assert len(told.readings[OWN]) == 12


def test_formats_that_differ_in_reading_alone_are_asked_once() -> None:
    family = FormatFamily("readings", question=("Q:",), answer=("A:",))
    drawn = draw(family, sums(), (), n=3)
    assert len({each.key for each in drawn.formats}) == 1
    assert len(many(sums(), drawn).samples) == 2 * len(sums().samples)


def test_a_failure_is_never_a_zero() -> None:
    task = sums(20)
    drawn = draw(replace(DEFAULT, readings=(OWN,)), task, POOL, n=5)
    dead, torn = drawn.formats[1].key, drawn.formats[3].key

    def reply(part: str, item: str) -> str | None:
        number = int(item[4:])
        if (part == dead and number >= 15) or (part == torn and number == 7):
            return None
        return str(number + 1)

    told = read_scores(records(many(task, drawn), reply), task, drawn)
    assert told.scores.shape == (4, 19) and told.scores.min() == 1 and "row-7" not in told.items
    assert told.left_out == {
        "formats that got too few answers": 1,
        "items that some format got no answer to": 1,
    }
    with pytest.raises(UsageError, match="claimed configuration got no answer to 20 of 20"):
        read_scores(
            records(many(task, drawn), lambda part, item: None if part == CLAIMED else "1"), task, drawn
        )


YAML = """formats: ours
question: ["Q:", ""]
answer: ["A:"]
case: [as written, upper]
gap: ["\\n\\n"]
letter: ["({})"]
shots: [0, 4]
readings: [own]
length: [1, 1.5]
temperature: [null, 0.7]
"""


def test_a_family_of_ones_own_is_a_yaml_file() -> None:
    told = read_format_family(YAML.encode(), "ours.yaml")
    assert told == FormatFamily(
        "ours",
        question=("Q:", ""),
        answer=("A:",),
        case=("as written", "upper"),
        letter=("({})",),
        shots=(0, 4),
        readings=("own",),
        length=(1.0, 1.5),
        temperature=(None, 0.7),
    )
    assert told.digest == read_format_family(YAML.encode(), "other.yaml").digest != DEFAULT.digest


def test_the_file_in_the_documentation_is_a_family_and_names_every_part() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "format-family.md"
    shown = page.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    assert read_format_family(shown.encode(), page.name).name == "ours"
    assert {line.partition(":")[0] for line in shown.splitlines()} == {
        "formats", *(each.name for each in fields(FormatFamily) if each.name != "name")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("questoin: [Q]", "line 2: the key 'questoin' is not known"),
        ("question: Q", "line 2: question is no list"),
        ("question: []", "line 2: question is no list"),
        ("question: [Q, Q]", "line 2: 'Q' stands twice"),
        ("question: [1]", "line 2: a text of 0 to 4,000"),
        ("lead: ['']", "line 2: a text of 1 to 4,000"),
        ("gap: [or]", "line 2: gap is made of blanks"),
        ("case: [Title]", "line 2: no case 'Title'"),
        ("letter: ['{0.__class__}']", "does not hold {} once"),
        ("letter: ['A)']", "does not hold {} once"),
        ("shots: [-1]", "line 2: -1 is no whole number from 0 to 64"),
        ("shots: [true]", "True is no whole number"),
        ("shots: [1.0]", "1.0 is no whole number"),
        ("length: [0]", "0 is no number above 0 to 100"),
        ("temperature: [-0.1]", "-0.1 is no number from 0 to 10"),
        ("temperature: [true]", "True is no number"),
        ("question: [&a Q]", "anchors and aliases"),
        ("formats: again", "the key 'formats' stands already"),
    ],
)
def test_what_is_no_family_is_refused_by_line(line: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_format_family(f"formats: ours\n{line}\n".encode(), "f.yaml")
    assert said in refused.value.message


@pytest.mark.parametrize(
    "text", ["", "[]", "question: [Q]", "formats: ''", "formats: 3", "x: [", "a" * 300_000]
)
def test_what_is_no_mapping_with_a_name_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_format_family(text.encode(), "f.yaml")


texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cc", "Cs")), max_size=8
)
families = st.fixed_dictionaries(
    {"formats": texts.filter(bool)},
    optional={
        "question": st.lists(texts, min_size=1, max_size=4, unique=True),
        "case": st.lists(st.sampled_from(list(CASES)), min_size=1, unique=True),
        "turn": st.lists(st.sampled_from([" ", "\n", "\n\n"]), min_size=1, unique=True),
        "shots": st.lists(st.integers(0, 64), min_size=1, max_size=5, unique=True),
        "temperature": st.lists(
            st.none() | st.floats(0, 10).map(lambda x: round(x, 3)), min_size=1, unique=True
        ),
    },
)


@settings(max_examples=60, deadline=None)
@given(families)
def test_what_a_family_states_is_read_back(told: dict[str, Any]) -> None:
    read = read_format_family(yaml.safe_dump(told, allow_unicode=True).encode(), "f.yaml").to_json()
    assert all(
        (value == read["name"]) if key == "formats" else tuple(value) == read[key]
        for key, value in told.items()
    )


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=80)
    | st.text(max_size=80).map(lambda text: f"formats: x\n{text}".encode(errors="replace"))
)
def test_hostile_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        read_format_family(data, "f.yaml")
    except UsageError as error:
        assert error.message
