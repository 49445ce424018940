"""A task file's own Python: out of its folder alone, run once, named in the plan by the bytes that ran."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.functions import Imports
from fairtrial.evals.lmeval.source import NamedFunction


def _named(folder: Path, name: str, code: str = "") -> NamedFunction:
    if code:
        (folder / "code.py").write_text(code)
    return NamedFunction(name, folder)


def test_a_function_with_the_digest_of_its_file(tmp_path: Path) -> None:
    code = "def f(doc):\n    return doc['a'] * 2\n"
    function = Imports().function(_named(tmp_path, "code.f", code))
    assert function({"a": 3}) == 6
    assert function.form == {"function": "code.f", "sha256": hashlib.sha256(code.encode()).hexdigest()}


def test_a_module_runs_once_for_all_its_functions(tmp_path: Path) -> None:
    code = "seen = []\ndef put(x):\n    seen.append(x)\ndef get():\n    return seen\n"
    imports = Imports()
    put, get = (imports.function(_named(tmp_path, f"code.{name}", code)) for name in ("put", "get"))
    put(1)
    assert get() == [1]
    assert len(imports.functions) == 2


def test_a_module_in_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "code.py").write_text("def f():\n    return 1\n")
    assert Imports().function(NamedFunction("deep.code.f", tmp_path))() == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("f", "names no function"),
        ("../code.f", "names no function"),
        ("code.f()", "names no function"),
        ("os.system", "is not there"),
        ("code.g", "has no function g"),
        ("code.number", "has no function number"),
        ("link.f", "outside the task file's folder"),
        ("broken.f", "can't be imported: ZeroDivisionError"),
        ("syntax.f", "can't be imported: SyntaxError"),
    ],
)
def test_what_is_no_function_of_the_folder_is_refused(tmp_path: Path, name: str, said: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "outside.py").write_text("def f():\n    pass\n")
    os.symlink(tmp_path / "outside.py", folder / "link.py")
    (folder / "broken.py").write_text("1 / 0\n")
    (folder / "syntax.py").write_text("def\n")
    with pytest.raises(UsageError, match=said):
        Imports().function(_named(folder, name, "number = 1\ndef f():\n    pass\n"))


def test_what_a_function_raises_is_told(tmp_path: Path) -> None:
    function = Imports().function(_named(tmp_path, "code.f", "def f(x):\n    return x['missing']\n"))
    with pytest.raises(UsageError, match=r"code\.f failed: KeyError\('missing'\)"):
        function({})


DOCS = Documents([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}])


def test_rows_as_a_tasks_code_uses_them() -> None:
    assert DOCS.column_names == ["a", "b"] and list(DOCS.features) == ["a", "b"] and DOCS.num_rows == 3
    assert (
        DOCS[0] == {"a": 1, "b": "x"}
        and DOCS["a"] == [1, 2, 3]
        and DOCS[:2] == {"a": [1, 2], "b": ["x", "y"]}
    )
    assert DOCS.map(lambda row: {"c": (row["a"], 0)}, num_proc=4)[1] == {"a": 2, "b": "y", "c": [2, 0]}
    assert DOCS.map(lambda row: {"c": 1}, remove_columns=["a", "b"])[0] == {"c": 1}
    assert DOCS.map(lambda row, at: {"at": at}, with_indices=True)["at"] == [0, 1, 2]
    assert DOCS.map(lambda row: None) == DOCS
    assert DOCS.filter(lambda row: row["a"] > 1)["b"] == ["y", "z"]
    assert DOCS.filter(lambda row, at: at == 0, with_indices=True)["b"] == ["x"]
    assert DOCS.select([2, 0])["a"] == [3, 1]
    assert DOCS.rename_column("a", "n").rename_columns({"b": "m"})[0] == {"n": 1, "m": "x"}
    assert DOCS.remove_columns("a") == DOCS.select_columns(["b"])
    assert DOCS.add_column("c", [7, 8, 9])[2] == {"a": 3, "b": "z", "c": 9}


def test_a_row_that_a_function_changes_is_a_copy() -> None:
    def spoil(row: dict[str, Any]) -> None:
        row["a"] = 0

    DOCS.map(spoil)
    assert DOCS["a"] == [1, 2, 3]


def test_an_option_that_would_change_the_rows_is_not_ignored() -> None:
    with pytest.raises(UsageError, match=r"map\(batched=…\)"):
        DOCS.map(lambda row: row, batched=True)
    with pytest.raises(UsageError, match=r"filter\(input_columns=…\)"):
        DOCS.filter(bool, input_columns=["a"])


@pytest.mark.parametrize("value", [None, 3, "rows", [], [1], [{"a": object()}], [{"a": {1, 2}}]])
def test_what_is_no_rows_is_refused(value: Any) -> None:
    with pytest.raises(UsageError):
        Documents.of(value, "it")


def test_a_column_that_a_row_lacks_holds_nothing_there() -> None:
    assert Documents.of([{"a": 1}, {"b": 2}], "it") == [{"a": 1, "b": None}, {"a": None, "b": 2}]
