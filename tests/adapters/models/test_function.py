"""A function of the user's own as a model: whatever it does is an answer or a failure, never a crash or a hang."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from fairtrial.adapters.models.setting import Timeouts
from fairtrial.adapters.registry import open_model
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Loglik
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Loglikelihood
from tests.adapters.models.asking import ask, failure, question, wrong_use
from tests.cli.test_main import fairtrial

MODULE = """
import sys, time, threading

def answer(prompt): return prompt.upper()
def nothing(prompt): return None
def empty(prompt): return ""
def half(prompt): return "half \\ud83d"
async def later(messages): return f"{messages[0]['role']}: {messages[-1]['content']}"
def wrapped(prompt): return later([{"role": "system", "content": prompt}])
def number(prompt): return 42
def raises(prompt): raise RuntimeError("out of\\nwords")
def leaves(prompt): sys.exit(0)
def exhausted(prompt): return next(iter(()))
def hangs(prompt): time.sleep(600)
async def hangs_too(prompt):
    import asyncio
    await asyncio.sleep(60)

class Called:
    def __call__(self, prompt): return "called"
    def method(self, prompt): return "method"
called = Called()

meeting = threading.Barrier(8, timeout=10)
def together(prompt):
    meeting.wait()
    return "all here"

class Scores:
    def loglikelihood(self, context, continuations):
        if context == "pairs": return [(-1.0, True), (-2.0, False)]
        if context == "few": return [-1.0]
        if context == "nan": return [float("nan"), -1.0]
        if context == "positive": return [0.5, -1.0]
        if context == "words": return ["a", "b"]
        if context == "none": return None
        return [-float(len(text)) for text in continuations]
scores = Scores()
plain = 3
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_own_model.py").write_text(MODULE)
    (tmp_path / "my_broken_model.py").write_text("raise ValueError('at import')")
    (tmp_path / "my_lacking_model.py").write_text("import no_such_module_at_all")
    (tmp_path / "my_leaving_model.py").write_text("raise SystemExit(0)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def named(name: str) -> str:
    return f"python:my_own_model:{name}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("answer", "HELLO"),
        ("nothing", None),
        ("empty", ""),
        ("half", "half \ud83d"),
        ("wrapped", "system: hello"),
        ("called", "called"),
        ("called.method", "method"),
    ],
)
def test_what_it_returns_is_the_answer(name: str, text: str | None) -> None:
    found = ask(named(name), question("hello"), {})
    assert (found.text, found.stop, found.usage) == (text, "stop", None)
    assert json.loads(found.request) == "hello" and json.loads(found.response) == text
    assert found.duration_s is not None


def test_a_parameter_called_messages_gets_the_turns() -> None:
    found = ask(named("later"), question("hello", system="Be short."), {})
    assert found.text == "system: hello"
    assert json.loads(found.request)[0] == {"role": "system", "content": "Be short."}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("number", "returned int, not str or None"),
        ("raises", "raised RuntimeError: out of"),
        ("leaves", "raised SystemExit"),
        ("exhausted", "raised StopIteration"),
    ],
)
def test_what_it_does_wrong_is_a_failure_of_that_sample(name: str, said: str) -> None:
    error = failure(named(name), question("hello"), {}, timeouts=Timeouts(whole=5))
    assert (error.cause, error.retryable) == ("function-error", False)
    assert said in error.message and json.loads(error.request or "") == "hello"


@pytest.mark.parametrize("name", ["hangs", "hangs_too"])
def test_a_call_that_hangs_ends_in_a_time_out(name: str) -> None:
    error = failure(named(name), question("hello"), {}, timeouts=Timeouts(whole=0.2))
    assert (error.cause, error.retryable) == ("timeout", True)


def test_a_call_that_hangs_does_not_hold_up_the_command(here: Path) -> None:
    (here / "cases.jsonl").write_text('{"input": "x", "target": "1"}\n')
    started = monotonic()
    words = ["run", "cases.jsonl", "--model", named("hangs"), "--timeout", "0.5", "--max-retries", "0"]
    done = fairtrial(*words, "--json", "--no-report", cwd=here)
    assert done.returncode == 3, done.stderr
    assert monotonic() - started < 60
    assert json.loads(done.stdout)["runs"][0]["failures"][0]["cause"] == "timeout"


def test_a_function_that_leaves_does_not_take_the_run_with_it(here: Path) -> None:
    (here / "cases.jsonl").write_text('{"input": "x", "target": "1"}\n')
    done = fairtrial("run", "cases.jsonl", "--model", named("leaves"), "--json", "--no-report", cwd=here)
    assert done.returncode == 3 and json.loads(done.stdout)["runs"][0]["counts"]["failed"] == 1


def test_plain_functions_run_at_the_same_time() -> None:
    async def go() -> list[str | None]:
        model = open_model(ModelSpec.parse(named("together")), environ={}, connections=8)
        outputs = await asyncio.gather(*(model.generate(question(str(n))) for n in range(8)))
        await model.close()
        return [output.text for output in outputs]

    assert asyncio.run(go()) == ["all here"] * 8


def test_log_likelihoods_with_and_without_greedy() -> None:
    found = ask(named("scores"), Loglikelihood("s", 1, "x", ("a", "bcd")), {}, check=True)
    assert found.logliks == (Loglik(-1.0), Loglik(-3.0))
    pairs = ask(named("scores"), Loglikelihood("s", 1, "pairs", ("a", "b")), {})
    assert pairs.logliks == (Loglik(-1.0, True), Loglik(-2.0, False))


@pytest.mark.parametrize("context", ["few", "nan", "positive", "words", "none"])
def test_log_likelihoods_that_are_none_are_failures(context: str) -> None:
    error = failure(named("scores"), Loglikelihood("s", 1, context, ("a", "b")), {})
    assert (error.cause, error.retryable) == ("function-error", False)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("python:no_such_module_here:f", "no module is called 'no_such_module_here'"),
        ("python:my_own_model:anser", "the nearest: answer"),
        ("python:my_own_model:called.methd", "no function of my_own_model is called 'methd'"),
        ("python:my_own_model", "names no function"),
        ("python::f", "names no function"),
        ("python:my_own_model:", "names no function"),
        ("python:my_broken_model:f", "raised ValueError: at import"),
        ("python:my_lacking_model:f", "needs the module no_such_module_at_all"),
        ("python:my_leaving_model:f", "raised SystemExit"),
        ("python:my_own_model:plain", "can't be called"),
    ],
)
def test_names_that_are_none_are_wrong_use(model: str, said: str) -> None:
    assert said in wrong_use(model, question("x"), {})


def test_what_it_can_t_do_and_options_it_does_not_take() -> None:
    asked: Any = Loglikelihood("s", 1, "x", ("a",))
    assert "states no log-likelihoods" in wrong_use(named("answer"), asked, {}, check=True)
    assert "does not take the option" in wrong_use(named("answer"), question("x"), {}, stream=True)
    with pytest.raises(UsageError, match="connections is 0"):
        open_model(ModelSpec.parse(named("answer")), environ={}, connections=0)
