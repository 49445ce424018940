"""A scorer of the user's own: only where allowed, and no accident of it is ever a score."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.output import Output
from fairtrial.core.record import Score
from fairtrial.core.sample import Sample
from fairtrial.evals.python_scorer import python_scorer

CODE = """
from pathlib import Path
Path("was_imported").touch()
class Box:
    @staticmethod
    def mark(answer, sample):
        return answer == sample.target[0]
half = lambda answer, sample: 0.5
nothing = lambda answer, sample: None
def seen(answer, sample):
    return float((sample.id, sample.text, sample.choices, sample.metadata["k"]) == ("s1", "ask", (), 1))
above = lambda answer, sample: 1.01
below = lambda answer, sample: -0.01
nan = lambda answer, sample: float("nan")
text = lambda answer, sample: "1"
def raises(answer, sample): raise KeyError("k")
def leaves(answer, sample): raise SystemExit(0)
number = 3
"""
SAMPLE = Sample("s1", "ask", ("right",), metadata={"k": 1})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "marks.py").write_text(CODE)
    (tmp_path / "broken.py").write_text("raise RuntimeError('at import')\n")
    (tmp_path / "leaving.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "lacking.py").write_text("import no_such_module_of_mine\n")
    yield tmp_path
    for name in ("marks", "broken", "leaving", "lacking"):
        sys.modules.pop(name, None)


def score(name: str, answer: str = "right") -> Score:
    return python_scorer(f"python:marks:{name}", trust_code=True)(Output(answer, "stop"), SAMPLE)


def test_without_trust_nothing_is_imported(here: Path) -> None:
    with pytest.raises(UsageError, match="would run with your rights") as caught:
        python_scorer("python:marks:half", trust_code=False)
    assert "--trust-code" in caught.value.remedy
    assert not (here / "was_imported").exists() and "marks" not in sys.modules


def test_what_it_returns_is_the_score() -> None:
    assert (score("Box.mark").state, score("Box.mark").value) == ("right", 1.0)
    assert (score("Box.mark", "other").state, score("Box.mark", "other").value) == ("wrong", 0.0)
    assert (score("half").state, score("half").value) == ("partial", 0.5)
    assert (score("nothing").state, score("nothing").value) == ("unparsed", 0.0)
    assert score("seen").value == 1.0, "the function gets the whole sample"


@pytest.mark.parametrize("name", ["above", "below", "nan", "text"])
def test_what_is_no_score_is_an_error(name: str) -> None:
    with pytest.raises(UsageError, match=f"python:marks:{name} returned .* on sample 's1'"):
        score(name)


@pytest.mark.parametrize(("name", "kind"), [("raises", "KeyError"), ("leaves", "SystemExit")])
def test_what_it_raises_is_an_error_of_that_sample(name: str, kind: str) -> None:
    with pytest.raises(UsageError, match=f"raised {kind} on sample 's1'") as caught:
        score(name)
    assert "--resume" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("python:marks", "names no function"),
        ("python::half", "names no function"),
        ("python:", "names no function"),
        ("python:marks:", "names no function"),
        ("python:marks:number", "can't be called"),
        ("python:no_such_marks:f", "no module is called 'no_such_marks'"),
        ("python:marks.sub:f", "no module is called 'marks.sub'"),
        ("python:lacking:f", "needs the module no_such_module_of_mine"),
        ("python:broken:f", "importing broken raised RuntimeError: at import"),
        ("python:leaving:f", "importing leaving raised SystemExit"),
        ("python:../marks:f", "names no function"),
        ("python:.marks:f", "names no function"),
    ],
)
def test_what_names_no_function(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        python_scorer(text, trust_code=True)
    assert said in caught.value.message


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(UnknownName, match="no function of marks is called 'haf'") as caught:
        python_scorer("python:marks:haf", trust_code=True)
    assert "the nearest: half" in caught.value.remedy


def test_the_form_says_that_code_was_trusted() -> None:
    form = python_scorer("python:marks:half", trust_code=True).form
    assert form["name"] == "python:marks:half"
    assert form["extractor"] == {
        "name": "python:marks:half",
        "extract": "the user's function",
        "trust_code": True,
    }
