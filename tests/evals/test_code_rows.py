"""Code rows to samples and exams: every column in every format, every bad row by its line, and nothing is run."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import FairtrialError, UsageError
from fairtrial.core.execution import Exam, Trial
from fairtrial.core.output import Output
from fairtrial.core.sample import Message
from fairtrial.evals.code_rows import MOST, SOURCE_LIMIT, CodeRows, has_code_rows, read_code_rows
from fairtrial.evals.own_task import own_task

DOUBLE = "def double(x):\n    return 2 * x\n"
HEAD = 'def double(x):\n    """Twice x."""\n'
ROW: dict[str, Any] = {
    "id": "d",
    "prompt": "Write double.",
    "entry_point": "double",
    "reference": DOUBLE,
    "inputs": [[1]],
}


def jsonl(folder: Path, *rows: Any) -> Path:
    path = folder / "code.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def read(folder: Path, *rows: Any) -> CodeRows:
    return read_code_rows(jsonl(folder, *rows))


def exam(folder: Path, **changed: Any) -> Exam:
    row = {name: value for name, value in {**ROW, **changed}.items() if value is not None}
    return read(folder, row).exams["d"]


def test_every_column(tmp_path: Path) -> None:
    row = {
        **ROW,
        "inputs": [[1, "a"], [{"k": [2.5, None, True]}, []]],
        "generator": "def generate(random):\n    yield (1,)\n",
        "count": 1,
        "compare": "close",
        "tolerance": 0.001,
        "further": 7,
        "seed": 11,
        "topic": "sums",
        "metadata": {"level": 2},
    }
    found = read(tmp_path, row)
    assert found.exams == {
        "d": Exam(
            "double",
            DOUBLE,
            "",
            ((1, "a"), ({"k": [2.5, None, True]}, [])),
            row["generator"],
            1,
            "close",
            0.001,
            "",
            7,
            11,
        )
    }
    (sample,) = found.samples
    assert (sample.id, sample.input, sample.target, sample.choices) == ("d", "Write double.", (DOUBLE,), ())
    assert sample.metadata == {"level": 2, "entry_point": "double", "topic": "sums"}
    assert found.notices == (
        "Other columns became metadata: topic.",
        "Answers are run in a sandbox and marked 1 on inputs.",
    )
    assert found.where == {"d": "line 1"}
    numbers = [type(each) for each in found.exams["d"].inputs[1][0]["k"]]  # type: ignore[index,call-overload,union-attr]
    assert numbers == [float, type(None), bool]


def test_the_same_rows_in_every_format_are_the_same_exams(tmp_path: Path) -> None:
    rows = [
        {**ROW, "compare": "close", "tolerance": 0.5, "further": 3},
        {**ROW, "id": "e", "inputs": [[2.5, [1, 2]], [10**30]], "seed": 4},
    ]
    lines = jsonl(tmp_path, *rows)
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tmp_path / "rows.yaml").write_text(yaml.safe_dump(rows))
    with open(tmp_path / "rows.csv", "w", newline="") as file:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            cells = [row.get(name, "") for name in columns]
            writer.writerow([each if isinstance(each, str) else json.dumps(each) for each in cells])
    with gzip.open(tmp_path / "rows.jsonl.gz", "wb") as packed:
        packed.write(lines.read_bytes())
    wanted = read_code_rows(lines)
    assert wanted.exams["e"].inputs[1] == (10**30,)
    for name in ("rows.json", "rows.yaml", "rows.csv", "rows.jsonl.gz"):
        found = read_code_rows(tmp_path / name)
        assert (found.samples, found.exams) == (wanted.samples, wanted.exams), name


def test_a_file_in_humaneval_s_form_is_read_as_it_is(tmp_path: Path) -> None:
    row = {
        "task_id": "Mine/0",
        "prompt": HEAD,
        "entry_point": "double",
        "canonical_solution": "    return x + x\n",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n",
    }
    found = read(tmp_path, row)
    assert found.exams["Mine/0"] == Exam(
        "double", HEAD + "    return x + x\n", row["test"], compare="close", tolerance=1e-6, further=30
    )
    assert found.heads and found.notices == ("Answers are run in a sandbox and marked 1 by a test.",)
    trial = found.scorer.trial(Output("```python\n    return 2 * x\n```", "stop"), found.samples[0])
    assert isinstance(trial, Trial)
    assert trial.program == HEAD + "    return 2 * x\n"


def test_words_and_heads_are_asked_differently(tmp_path: Path) -> None:
    def asked(*prompts: Any) -> list[str]:
        rows = [{**ROW, "id": str(at), "prompt": prompt} for at, prompt in enumerate(prompts)]
        task = own_task(jsonl(tmp_path, *rows))
        return [task.prompt.messages(sample)[-1].content for sample in task.samples]

    words, head = "Write double(x).", HEAD.rstrip("\n")
    assert asked(words) == [
        (
            "Write double(x).\n\nAnswer with one code block that holds the whole Python function `double`, "
            "with all it needs."
        )
    ]
    (told,) = asked(head)
    assert told.startswith("Complete this Python function.") and told.endswith(f"```python\n{HEAD}```")
    mixed = asked(words, head)
    assert all(text.endswith("with all it needs.") for text in mixed)
    for prose in ("x", "Complete:\n```python\n" + HEAD + "```", "Finish it:\n" + HEAD, "def triple(x):"):
        assert not read(tmp_path, {**ROW, "prompt": prose}).heads, prose
    for code in ("FACTOR = 2\n\n" + HEAD, "\n\nimport math\n\n\n" + HEAD, "@cache\n" + HEAD):
        assert read(tmp_path, {**ROW, "prompt": code}).heads, code


def test_a_conversation_can_be_asked(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Write double."}]
    task = own_task(jsonl(tmp_path, {**ROW, "prompt": turns}))
    assert [turn.role for turn in task.prompt.messages(task.samples[0])] == ["system", "user"]
    assert task.samples[0].input == (Message("system", "Be brief."), Message("user", "Write double."))


def test_a_row_without_id_is_named_by_what_it_asks(tmp_path: Path) -> None:
    rows = [{name: value for name, value in ROW.items() if name != "id"} for _ in range(2)]
    rows[1]["entry_point"] = "twice"
    before = [sample.id for sample in read(tmp_path, *rows).samples]
    rows[0]["reference"] += "\n# the same, told better\n"
    assert [sample.id for sample in read(tmp_path, *rows).samples] == before
    assert len(set(before)) == 2


def test_defaults(tmp_path: Path) -> None:
    plain = exam(tmp_path)
    assert (plain.compare, plain.tolerance, plain.further, plain.count, plain.seed) == ("equal", 0, 30, 0, 0)
    by_test = exam(tmp_path, inputs=None, test="def check(candidate): ...")
    assert (by_test.compare, by_test.tolerance) == ("close", 1e-6)
    assert exam(tmp_path, inputs=None, test="x", compare="equal").compare == "equal"
    custom = exam(tmp_path, comparison="def same(expected, got, *arguments): ...")
    assert custom.compare == "custom"
    assert exam(tmp_path, compare="set", further=0).further == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"inputs": None}, "nothing tests double"),
        ({"inputs": None, "generator": "x"}, "generator stands alone"),
        ({"count": 5}, "count stands alone"),
        ({"generator": "x", "count": 0}, "generator stands alone"),
        ({"generator": "x", "count": MOST + 1}, "count is 10001"),
        ({"generator": "x", "count": True}, "count is true"),
        ({"test": "def check(candidate): ..."}, "double has a test, and inputs beside it"),
        ({"reference": None}, "reference is missing"),
        ({"reference": "  "}, "reference is"),
        ({"reference": 5}, "reference is 5"),
        ({"reference": "é" * (SOURCE_LIMIT // 2 + 1)}, "reference is longer than 1 MB"),
        ({"entry_point": "two words"}, 'entry_point is "two words"'),
        ({"entry_point": "class"}, 'entry_point is "class"'),
        ({"entry_point": 5}, "entry_point is 5"),
        ({"prompt": None}, "prompt is missing"),
        ({"prompt": " "}, "blank"),
        ({"input": "x"}, "prompt and input are both there"),
        ({"inputs": []}, "inputs is []"),
        ({"inputs": [1, 2]}, "input 1 is 1, no list of arguments"),
        ({"inputs": [[1], "ab"]}, "input 2 is"),
        ({"inputs": {"a": 1}}, "inputs is"),
        ({"inputs": [[0]] * (MOST + 1)}, "10,001 calls"),
        ({"inputs": [["x" * SOURCE_LIMIT]]}, "1 calls"),
        ({"compare": "same"}, 'compare is "same"'),
        ({"compare": ["equal"]}, "compare is"),
        ({"compare": "custom"}, "compare is custom, and comparison is missing"),
        ({"compare": "set", "comparison": "x"}, "compare is set, and comparison is given"),
        ({"compare": "close"}, "compare is close, and tolerance is missing"),
        ({"tolerance": 0.1}, "compare is equal, and tolerance is given"),
        ({"compare": "close", "tolerance": -1}, "tolerance is -1"),
        ({"compare": "close", "tolerance": True}, "tolerance is true"),
        ({"compare": "close", "tolerance": "1e-6"}, "tolerance is"),
        ({"further": 1_001}, "further is 1001"),
        ({"further": -1}, "further is -1"),
        ({"seed": 2**53}, "seed is"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"metadata": {"entry_point": "x"}}, "entry_point stands as a column and in metadata"),
    ],
)
def test_a_bad_row_is_refused_with_what_to_do(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        exam(tmp_path, **changed)
    assert said in str(caught.value) and "code.jsonl, line 1" in str(caught.value)
    assert caught.value.remedy


def test_all_bad_rows_are_told_at_once(tmp_path: Path) -> None:
    bad = [{**ROW, "id": "b", "reference": ""}, {**ROW, "id": "c", "inputs": None}, {**ROW, "id": "d"}]
    with pytest.raises(UsageError, match="3 bad rows") as caught:
        read(tmp_path, ROW, *bad)
    for line in ("line 2: ", "line 3: ", "line 4: the id 'd' stands already on line 1"):
        assert line in caught.value.message


def test_code_rows_are_known_by_their_columns(tmp_path: Path) -> None:
    assert has_code_rows(jsonl(tmp_path, ROW))
    assert not has_code_rows(jsonl(tmp_path, {"input": "a", "target": "b"}))
    assert not has_code_rows(jsonl(tmp_path, {"input": "a", "target": "b", "entry_point": "f"}))
    assert not has_code_rows(jsonl(tmp_path))
    with pytest.raises(UsageError, match="entry_point in its first row"):
        own_task(jsonl(tmp_path, {"input": "a", "target": "b"}, ROW))
    with pytest.raises(UsageError, match="bring their own tests"):
        own_task(jsonl(tmp_path, ROW), scorer="exact")
    with pytest.raises(UsageError, match="bring their own tests"):
        own_task(jsonl(tmp_path, ROW), tolerance=0.1)


def test_a_row_s_code_is_part_of_the_plan(tmp_path: Path) -> None:
    forms = []
    for changed in ({}, {"reference": DOUBLE + "\n"}, {"inputs": [[2]]}, {"seed": 1}, {"further": 5}):
        forms.append(json.dumps(own_task(jsonl(tmp_path, {**ROW, **changed})).scorer.form, sort_keys=True))
    assert len(set(forms)) == len(forms)


def test_nothing_of_a_row_is_run_or_parsed(tmp_path: Path) -> None:
    """Source that would do harm to whoever runs it, kill a parser, or is none at all."""
    mark = tmp_path / "ran"
    harm = f"open({str(mark)!r}, 'w').close()\n"
    row = {**ROW, "reference": harm + DOUBLE, "generator": harm, "count": 2, "comparison": harm}
    deep = {**ROW, "id": "deep", "reference": "(" * 100_000, "prompt": "def double(" + "[" * 100_000}
    none = {**ROW, "id": "none", "reference": "no Python at all", "compare": "set"}
    task = own_task(jsonl(tmp_path, row, deep, none))
    assert len(task.samples) == 3 and not mark.exists()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*ROW, "test", "generator", "count", "compare", "x"]), plain, max_size=6)
)
@settings(max_examples=200, deadline=None)
def test_any_row_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changed: dict[str, Any]
) -> None:
    path = jsonl(tmp_path_factory.mktemp("any"), {**ROW, **changed})
    try:
        found = read_code_rows(path)
    except FairtrialError as error:
        assert isinstance(error, UsageError) and error.remedy
    else:
        assert list(found.exams) == [sample.id for sample in found.samples]


@given(st.lists(st.lists(plain, max_size=3), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_inputs_arrive_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, inputs: list[list[Any]]
) -> None:
    found = read(tmp_path_factory.mktemp("inputs"), {**ROW, "inputs": inputs}).exams["d"].inputs
    assert json.dumps(found) == json.dumps(inputs)
