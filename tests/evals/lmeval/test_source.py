"""A task file and what it includes are hostile bytes: no escape, no bomb, no endless chain."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.loading import load_task
from fairtrial.evals.lmeval.source import NamedFunction, looks_like_task, read_source
from fairtrial.evals.strict_yaml import MAX_YAML


def _written(folder: Path, text: str, name: str = "task.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_local_keys_win_over_included_ones_and_later_includes_over_earlier(tmp_path: Path) -> None:
    _written(tmp_path, "a: 1\nb: 1\nc: 1\ntask_list: [x]\n", "one.yaml")
    _written(tmp_path, "b: 2\nc: 2\n", "deep/two")
    keys = read_source(_written(tmp_path, "include: [one.yaml, deep/two]\nc: 3\n")).keys
    assert keys == {"a": 1, "b": 2, "c": 3}


def test_yaml_is_read_as_version_1_1_since_lm_eval_does(tmp_path: Path) -> None:
    text = "a: no\nb: 1:30\nc: 010\nd: 2024-01-01\ne: !function code.f\n"
    keys = read_source(_written(tmp_path, text)).keys
    assert keys == {"a": False, "b": 90, "c": 8, "d": "2024-01-01", "e": NamedFunction("code.f", tmp_path)}


def test_a_function_belongs_to_the_folder_of_the_file_that_names_it(tmp_path: Path) -> None:
    _written(tmp_path, "process_docs: !function code.f\n", "deep/base.yaml")
    keys = read_source(_written(tmp_path, "include: deep/base.yaml\n")).keys
    assert keys["process_docs"].folder == tmp_path / "deep"


@pytest.mark.parametrize("name", ["../secret.yaml", "ABSOLUTE", "link.yaml", "linked/secret.yaml", "a\0b"])
def test_no_include_outside_the_folder(tmp_path: Path, name: str) -> None:
    secret = _written(tmp_path, "task: secret\n", "secret.yaml")
    inside = tmp_path / "inside"
    inside.mkdir()
    os.symlink(secret, inside / "link.yaml")
    os.symlink(tmp_path, inside / "linked")
    name = str(secret) if name == "ABSOLUTE" else name
    path = _written(inside, f'include: "{name}"\n'.replace("\0", "\\0"))
    with pytest.raises(UsageError, match=r"outside the task file's folder|names no file"):
        read_source(path)


def test_an_allowed_folder_may_be_included_from(tmp_path: Path) -> None:
    shared = _written(tmp_path, "a: 1\n", "shared/base.yaml").parent
    path = _written(tmp_path, "include: base.yaml\n", "inside/task.yaml")
    with pytest.raises(UsageError, match="not there"):
        read_source(path)
    assert read_source(path, (shared,)).keys == {"a": 1}


@pytest.mark.parametrize("name", ["../rows.jsonl", "link.jsonl"])
def test_no_rows_from_outside_the_folder(tmp_path: Path, name: str) -> None:
    secret = _written(tmp_path, '{"q": "x", "a": "y"}\n', "rows.jsonl")
    inside = tmp_path / "inside"
    inside.mkdir()
    os.symlink(secret, inside / "link.jsonl")
    text = "task: t\ndataset_path: json\ntest_split: test\ndoc_to_text: q\ndoc_to_target: a\n"
    path = _written(inside, text + f"dataset_kwargs: {{data_files: {{test: {name}}}}}\n")
    with pytest.raises(UsageError, match="outside the task file's folder"):
        load_task(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nb: *x\n", "anchors and aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", "the tag"),
        ("a: !function {x: 1}\n", "the tag"),
        ("a: " + "[" * 70 + "]" * 70 + "\n", "nested more than 64 deep"),
        ("a: 1\na: 2\n", "stands already"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("- a\n", "no mapping"),
        ("a: [1\n", "no YAML"),
        ("a: " + "1" * 5000 + "e1\ninclude: 3\n", "include is 3"),
    ],
)
def test_no_bomb_and_nothing_but_plain_data(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_source(_written(tmp_path, text))


def test_a_size_limit(tmp_path: Path) -> None:
    path = tmp_path / "task.yaml"
    path.write_bytes(b"task: x\n#" + b"a" * MAX_YAML)
    with pytest.raises(UsageError, match="10 MB"):
        read_source(path)


def test_no_circle_and_no_endless_chain(tmp_path: Path) -> None:
    _written(tmp_path, "include: task.yaml\n", "other.yaml")
    with pytest.raises(UsageError, match=r"in a circle: task\.yaml → other\.yaml → task\.yaml"):
        read_source(_written(tmp_path, "include: other.yaml\n"))
    for at in range(40):
        _written(tmp_path, f"include: c{at + 1}.yaml\n", f"c{at}.yaml")
    with pytest.raises(UsageError, match="more than 32 files"):
        read_source(tmp_path / "c0.yaml")


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("task: x\n", "t.yaml", True),
        ("# notes\n---\ninclude: base\n", "t.yml", True),
        ('"dataset_path": x\n', "t.yaml", True),
        ("{task: x}\n", "t.yaml", True),
        ("- input: x\n  target: y\n", "t.yaml", False),
        ("cases: rows.jsonl\ntask: x\n", "t.yaml", False),
        ("input: task\n", "t.yaml", False),
        ("task: x\n", "t.jsonl", False),
        ("[task: x]\n", "t.yaml", False),
        ("", "t.yaml", False),
    ],
)
def test_which_files_are_task_files(tmp_path: Path, text: str, name: str, expected: bool) -> None:
    assert looks_like_task(_written(tmp_path, text, name)) is expected


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.text(alphabet="task:include- {}[]&*!\n#'\"ab", max_size=200).map(str.encode)
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    looks_like_task(path)
    try:
        read_source(path)
    except UsageError as error:
        assert error.remedy
