"""Our server as others see it: through the openai SDK, through our own client, and with bad input."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from fairtrial import Lab
from tests.web.ngram_model import written
from tests.wire import ngram

ROOT = Path(__file__).parents[2]


@contextmanager
def served(*words: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.web.ngram_model", *words], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="none", base_url=address, max_retries=0) as made:
        yield made


def turn(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("name", ["specimen/ngram", "ngram"])
def test_chat_answers_to_both_names(client: openai.OpenAI, name: str) -> None:
    reply = client.chat.completions.create(model=name, messages=turn("hello"), max_tokens=7)
    text, ended = written("hello", 7)
    assert reply.choices[0].message.content == text and reply.model == name
    assert reply.choices[0].finish_reason == ("stop" if ended else "length")
    assert reply.usage is not None
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (5, len(text))


def test_chat_streams_the_same_answer_with_usage_at_the_end(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="ngram",
        messages=turn("hello"),
        max_tokens=40,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text, _ = written("hello", 40)
    told = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(told) == text and len([piece for piece in told if piece]) > 1
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == len(text)


def test_completions_take_several_prompts_texts_and_token_ids(client: openai.OpenAI) -> None:
    reply = client.completions.create(model="ngram", prompt=["one", "two"], max_tokens=5)
    assert [choice.text for choice in reply.choices] == [written("one", 5)[0], written("two", 5)[0]]
    ids = client.completions.create(model="ngram", prompt=list(b"one"), max_tokens=5)
    assert ids.choices[0].text == written("one", 5)[0]
    pieces = list(client.completions.create(model="ngram", prompt="one", max_tokens=40, stream=True))
    assert "".join(piece.choices[0].text for piece in pieces if piece.choices) == written("one", 40)[0]


def test_echo_states_the_likelihood_of_every_token_of_the_prompt(client: openai.OpenAI) -> None:
    text = "the cat sat"
    reply = client.completions.create(model="ngram", prompt=text, max_tokens=1, echo=True, logprobs=1)
    choice = reply.choices[0]
    told = choice.logprobs
    assert told is not None and told.token_logprobs is not None and told.tokens is not None
    assert told.token_logprobs[0] is None and told.text_offset == list(range(len(told.tokens)))
    assert math.isclose(sum(told.token_logprobs[4 : len(text)]), ngram.sum_from("the ", text[4:]))
    # Whoever counts the generated tokens off must find exactly one, also where the model ended at once.
    assert len(told.tokens) == len(text) + 1


def test_an_end_at_once_is_told_as_a_token(client: openai.OpenAI) -> None:
    """lm-eval cuts the last token off: if the model had nothing to add, that must not be the prompt's own."""
    for prompt in (f"x{n}" for n in range(40)):
        reply = client.completions.create(model="ngram", prompt=prompt, max_tokens=1, echo=True, logprobs=1)
        told = reply.choices[0].logprobs
        assert told is not None and told.tokens is not None
        ended = reply.choices[0].finish_reason == "stop"
        assert len(told.tokens) == len(prompt) + (2 if ended else 1)


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [each.id for each in client.models.list()] == ["specimen/ngram"]
    assert client.models.retrieve("ngram").id == "ngram"


def test_our_own_client_passes_its_self_test_and_reads_likelihoods(address: str, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "1", "input": "hello", "target": "x"}\n', encoding="utf-8")
    lab = Lab(tmp_path / "runs", environ={"OPENAI_BASE_URL": address})
    run = lab.run(rows, "openai-api/ngram", max_tokens=6)
    assert next(iter(run.records())).output.text == written("hello", 6)[0]  # type: ignore[union-attr]


def post(address: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address + path, body, method="POST"), timeout=10
        ) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/chat/completions", b"{", 400, "no JSON"),
        ("/chat/completions", b"[" * 100_000, 400, "no JSON"),
        ("/chat/completions", b"[1]", 400, "object"),
        ("/chat/completions", b'{"model": "ngram"}', 400, "messages"),
        ("/chat/completions", b'{"model": "ngram", "messages": []}', 400, "messages"),
        (
            "/chat/completions",
            b'{"model": "other", "messages": [{"role": "user", "content": "x"}]}',
            404,
            "other",
        ),
        (
            "/chat/completions",
            b'{"model": "ngram", "messages": [{"role": "user", "content": "x"}], "tools": [{"type": "function"}]}',
            400,
            "tools",
        ),
        (
            "/chat/completions",
            b'{"model": "ngram", "messages": [{"role": "user", "content": "x"}], "n": 2}',
            400,
            "n:",
        ),
        (
            "/chat/completions",
            b'{"model": "ngram", "messages": [{"role": "user", "content": "x"}], "presence_penalty": 1}',
            400,
            "presence_penalty",
        ),
        ("/completions", b'{"model": "ngram", "prompt": ""}', 400, "empty"),
        ("/completions", b'{"model": "ngram", "prompt": []}', 400, "empty"),
        ("/completions", b'{"model": "ngram", "prompt": [999]}', 400, "token"),
        ("/completions", b'{"model": "ngram", "prompt": ["a", 1]}', 400, "prompt"),
        ("/completions", b'{"model": "ngram", "prompt": "x", "logprobs": 1}', 400, "echo"),
        ("/completions", b'{"model": "ngram", "prompt": "x", "max_tokens": 0}', 400, "max_tokens"),
        ("/completions", b'{"model": "ngram", "prompt": "[boom]"}', 502, "went out"),
        ("/nowhere", b"{}", 404, "Not Found"),
    ],
)
def test_bad_requests_are_refused_in_openais_shape(
    address: str, path: str, body: bytes, status: int, told: str
) -> None:
    code, value = post(address, path, body)
    assert code == status and told in value["error"]["message"]


def test_too_large_a_body_is_refused(address: str) -> None:
    code, value = post(address, "/completions", b" " * (17 * 1024 * 1024))
    assert code == 413 and "error" in value


def test_a_model_without_tokens_answers_texts_and_refuses_the_rest() -> None:
    with served("text") as address:
        ask = b'{"model": "ngram", "prompt": "x", "max_tokens": 3'
        assert post(address, "/completions", ask + b"}")[0] == 200
        for more in (b', "echo": true}', b', "echo": true, "logprobs": 1}'):
            code, value = post(address, "/completions", ask + more)
            assert code == 400 and "shows no tokens" in value["error"]["message"]
