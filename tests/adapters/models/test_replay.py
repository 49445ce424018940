"""Recorded answers, from a run folder and from plain files: each to its own question, or to none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.adapters.models.recorded import answer, rows
from fairtrial.adapters.stores.folder import RunFolder
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Loglik, Output, Usage
from fairtrial.core.plan import ModelSpec, Plan
from fairtrial.core.question import Generate, Loglikelihood, Question, question_digest
from fairtrial.core.record import Failure, Record, Score
from fairtrial.core.sample import Message
from tests.adapters.models.asking import ask, failure, question, wrong_use


def put(sample: str, text: str = "2 + 2", epoch: int = 1) -> Generate:
    return Generate(sample, epoch, (Message("user", text),), question("x").decoding)


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    """A run folder as the product writes it: an answer, one of a second epoch, a likelihood, a failure."""
    plan = Plan({"name": "sums"}, ModelSpec("fake", "m"), "sha256:0", 4)
    journal = RunFolder.create(tmp_path, plan, "20260101-000000")
    full = Output(
        "4", "stop", "by heart", None, (), Usage(3, 1, 1, 2), "req", "resp", 200, 0.5, 0.1, "m-1", "fp"
    )
    scored: dict[Question, Output] = {
        put("s1"): full,
        put("s1", epoch=2): Output("5", "stop"),
        Loglikelihood("s2", 1, "c", ("a", "b")): Output(None, "stop", logliks=(Loglik(-1.0), Loglik(-2.0))),
    }
    for asked, output in scored.items():
        result = Score("right", 1.0, "4")
        journal.append(
            Record(asked.sample_id, asked.epoch, "2 + 2", ("4",), question_digest(asked), result, output)
        )
    failed = Failure("http-500", "it broke", "try later")
    wire = Output(None, request="req", response="boom", status=500)
    journal.append(Record("s3", 1, "2 + 2", ("4",), question_digest(put("s3")), failed, wire))
    journal.close()
    return f"replay/{journal.path}"


def test_a_run_folder_gives_its_answers_again_to_the_last_field(recorded: str) -> None:
    found = ask(recorded, put("s1"), {})
    assert (found.text, found.reasoning, found.usage) == ("4", "by heart", Usage(3, 1, 1, 2))
    assert (found.request, found.response, found.status) == ("req", "resp", 200)
    assert (found.duration_s, found.first_token_s, found.model, found.fingerprint) == (0.5, 0.1, "m-1", "fp")
    assert ask(recorded, put("s1", epoch=2), {}).text == "5"
    asked = Loglikelihood("s2", 1, "c", ("a", "b"))
    assert ask(recorded, asked, {}, check=True).logliks == (Loglik(-1.0), Loglik(-2.0))


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        (put("s1", "3 + 3"), "other-question"),
        (Loglikelihood("s2", 1, "c", ("a", "x")), "other-question"),
        (Loglikelihood("s2", 1, "c", ("a", "b", "c")), "other-question"),
        (put("s2"), "other-question"),
        (put("s9"), "not-recorded"),
        (put("s1", epoch=3), "not-recorded"),
    ],
)
def test_an_answer_is_never_given_to_another_question(recorded: str, asked: Question, cause: str) -> None:
    error = failure(recorded, asked, {})
    assert (error.cause, error.retryable) == (cause, False)
    assert asked.sample_id in error.message


def test_a_recorded_failure_stays_one_with_its_cause(recorded: str) -> None:
    error = failure(recorded, put("s3"), {})
    assert (error.cause, error.retryable, error.status) == ("http-500", False, 500)
    assert error.response == "boom" and "it broke" in error.message


def test_a_record_that_was_superseded_does_not_come_back(recorded: str) -> None:
    journal = RunFolder.open(Path(recorded.removeprefix("replay/")))
    asked = put("s3")
    result = Score("right", 1.0, "4")
    journal.append(Record("s3", 1, "2 + 2", ("4",), question_digest(asked), result, Output("4", "stop")))
    journal.close()
    assert ask(recorded, asked, {}).text == "4"


# Files.


def file(folder: Path, name: str, text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return f"replay/{path}"


LINES = (
    '{"id": "a", "output": "4", "model": "m-1", "input_tokens": 3, "output_tokens": 1, "duration_s": 0.5, '
    '"stop": "length", "more": [1]}\n\n{"id": 7, "output": null}\n{"id": "a", "epoch": 2, "output": "5"}\n'
    '{"id": "r", "output": "no", "refusal": "I will not"}\n'
)
TABLE = (
    "id,output,epoch,model,input_tokens,output_tokens,duration_s,stop,refusal\n"
    'a,4,,m-1,3,1,0.5,length,\n7,"",,,,,,,\na,5,2,,,,,,\nr,no,,,,,,,I will not\n'
)


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.ndjson", "x.csv", "x.csv.gz"])
def test_files_in_every_kind(name: str, tmp_path: Path) -> None:
    model = file(tmp_path, name, TABLE if "csv" in name else LINES)
    found = ask(model, put("a"), {})
    assert (found.text, found.stop, found.model, found.duration_s) == ("4", "length", "m-1", 0.5)
    assert found.usage == Usage(3, 1)
    assert ask(model, put("a", "any words, since a file doesn't know what was asked"), {}).text == "4"
    assert ask(model, put("a", epoch=2), {}).text == "5"
    assert (ask(model, put("7"), {}).text or None) is None
    refused = ask(model, put("r"), {})
    assert (refused.stop, refused.refusal) == ("refused", "I will not")
    assert "no log-likelihoods" in wrong_use(model, Loglikelihood("a", 1, "c", ("x",)), {}, check=True)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.jsonl", "", "holds no answer"),
        ("x.jsonl", '{"id": "a", "output": "4"}\n{"id": "a", "output": "5"}', "'a', epoch 1 stands twice"),
        ("x.jsonl", '{"id": "a"}', "line 1: id or output is missing"),
        ("x.jsonl", '{"id": "", "output": "4"}', "id or output is missing"),
        ("x.jsonl", '{"id": "a", "output": 4}', "id and output are texts"),
        ("x.jsonl", '{"id": ["a"], "output": "4"}', "id and output are texts"),
        ("x.jsonl", '{"id": true, "output": "4"}', "id and output are texts"),
        ("x.jsonl", '{"id": "a", "output": "4", "epoch": -1}', "epoch is -1"),
        ("x.jsonl", '{"id": "a", "output": "4", "epoch": 0}', "epoch is 0"),
        ("x.jsonl", '{"id": "a", "output": "4", "input_tokens": 1.5}', "input_tokens is 1.5"),
        ("x.jsonl", '{"id": "a", "output": "4", "input_tokens": 1%s}' % ("0" * 30), "input_tokens is 10"),
        ("x.jsonl", '{"id": "a", "output": "4", "duration_s": NaN}', "duration_s is nan"),
        ("x.jsonl", '{"id": "a", "output": "4", "duration_s": -1}', "duration_s is -1"),
        ("x.jsonl", '{"id": "a", "output": "4", "stop": "done"}', "stop is 'done'"),
        ("x.jsonl", "[1]", "line 1: not an object"),
        ("x.jsonl", "{", "line 1: not JSON"),
        ("x.jsonl", b'{"id": "a", "output": "\xe9"}', "line 1: not UTF-8"),
        ("x.jsonl", '{"id": "a", "output": "' + "x" * 11 * 2**20 + '"}', "longer than 10 MB"),
        ("x.csv", "id,output\na\n", "not as many fields"),
        ("x.csv", "id,output\na,4,5\n", "not as many fields"),
        ("x.csv", 'id,output\na,"4\n', "unexpected end"),
        ("x.csv", "name,text\na,4\n", "id or output is missing"),
        ("x.txt", "4", "no recording that can be read"),
        ("x.jsonl.gz", b"", "holds no answer"),
    ],
)  # fmt: skip
def test_files_that_are_none_are_wrong_use(name: str, text: str | bytes, said: str, tmp_path: Path) -> None:
    told = wrong_use(file(tmp_path, name, text), put("a"), {})
    assert said in told and len(told) < 400


def test_a_broken_gz_a_wrong_folder_and_a_wrong_name(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(LINES.encode())[:-9])
    assert "can't be read" in wrong_use(f"replay/{tmp_path}/x.jsonl.gz", put("a"), {})
    (tmp_path / "y.jsonl.gz").write_text(LINES)
    assert "can't be read" in wrong_use(f"replay/{tmp_path}/y.jsonl.gz", put("a"), {})
    assert "no run folder" in wrong_use(f"replay/{tmp_path}", put("a"), {})
    assert "no recording is called" in wrong_use(f"replay/{tmp_path}/absent", put("a"), {})
    assert "does not take the option" in wrong_use(f"replay/{tmp_path}", put("a"), {}, stream=True)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
OPTIONAL = ("epoch", "model", "input_tokens", "output_tokens", "duration_s", "stop", "refusal")
ROW = st.fixed_dictionaries(
    {"id": json_like, "output": json_like},
    optional=dict.fromkeys(OPTIONAL, json_like),
)


@given(ROW)
def test_whatever_a_row_holds_it_is_an_answer_or_wrong_use(row: dict[str, Any]) -> None:
    try:
        (name, epoch), output = answer(row, "row")
    except UsageError:
        return
    assert isinstance(name, str) and epoch >= 1 and (output.text is None or isinstance(output.text, str))


@given(st.binary(max_size=200), st.sampled_from(["x.jsonl", "x.csv", "x.jsonl.gz"]))
def test_whatever_a_file_holds_it_is_rows_or_wrong_use(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("r") / name
    path.write_bytes(data)
    try:
        for where, row in rows(path):
            assert where.startswith(name) and isinstance(row, dict)
    except UsageError:
        pass


@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=30) | st.none()), max_size=8,
                unique_by=lambda pair: pair[0]))  # fmt: skip
def test_what_was_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str | None]]
) -> None:
    path = tmp_path_factory.mktemp("r") / "x.jsonl"
    lines = [json.dumps({"id": name, "output": text}) + "\n" for name, text in pairs]
    path.write_text("".join(lines))
    found = [answer(row, where) for where, row in rows(path)]
    assert [(key[0], output.text) for key, output in found] == pairs
