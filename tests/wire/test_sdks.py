"""The vendors' own SDKs against our stubs: what they accept and raise shows that the stubs speak the wire."""

from __future__ import annotations

import math

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from tests.wire import anthropic_stub as claude
from tests.wire import faults, ngram
from tests.wire import google_stub as gemini
from tests.wire import openai_stub as gpt
from tests.wire.server import Server


def _openai(stub: Server, key: str = gpt.KEY) -> openai.OpenAI:
    return openai.OpenAI(api_key=key, base_url=stub.base_url, max_retries=0)


def _anthropic(stub: Server, key: str = claude.KEY) -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key=key, base_url=stub.root, max_retries=0)


def _google(stub: Server, key: str = gemini.KEY) -> genai.Client:
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=stub.root))


def _turn(text: str) -> list:
    return [{"role": "user", "content": text}]


def test_openai_chat(openai_stub: Server) -> None:
    with _openai(openai_stub) as client:
        reply = client.chat.completions.create(model="gpt-4o-mini", messages=_turn("hello"), max_tokens=5)
        assert reply.choices[0].message.content == gpt.answer_to("hello")
        assert reply.choices[0].finish_reason == "stop"
        assert reply.usage is not None and reply.usage.prompt_tokens_details.cached_tokens == 8
        refused = client.chat.completions.create(model="gpt-4o-mini", messages=_turn("[refuse]"))
        assert refused.choices[0].message.content is None and "sorry" in refused.choices[0].message.refusal
        tool = client.chat.completions.create(model="gpt-4o-mini", messages=_turn("[tool]")).choices[0]
        assert tool.finish_reason == "tool_calls" and tool.message.tool_calls[0].function.name == "f"


def test_openai_stream(openai_stub: Server) -> None:
    with _openai(openai_stub) as client:
        stream = client.chat.completions.create(
            model="gpt-4o-mini", messages=_turn("hello"), stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == gpt.answer_to("hello")
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 30


def test_openai_echo(openai_stub: Server) -> None:
    prompts = ["one two", "one six"]
    with _openai(openai_stub) as client:
        reply = client.completions.create(model="ngram", prompt=prompts, echo=True, logprobs=1, max_tokens=1)
    assert [choice.index for choice in reply.choices] == [0, 1]
    for choice, prompt in zip(reply.choices, prompts, strict=True):
        told = choice.logprobs
        assert choice.text.startswith(prompt) and "".join(told.tokens).startswith(prompt)
        assert told.token_logprobs[0] is None and told.text_offset[1] == 1
        assert math.isclose(sum(told.token_logprobs[4 : len(prompt)]), ngram.sum_from("one ", prompt[4:]))


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        ("[429]", "gpt-4o-mini", openai.RateLimitError),
        ("[500]", "gpt-4o-mini", openai.InternalServerError),
        ("[context]", "gpt-4o-mini", openai.BadRequestError),
        ("x", "gpt-9", openai.NotFoundError),
    ],
)
def test_openai_errors(openai_stub: Server, text: str, model: str, expected: type[Exception]) -> None:
    with _openai(openai_stub) as client, pytest.raises(expected):
        client.chat.completions.create(model=model, messages=_turn(text))


def test_openai_wrong_key(openai_stub: Server) -> None:
    with _openai(openai_stub, "sk-wrong") as client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model="gpt-4o-mini", messages=_turn("x"))


def test_anthropic_message(anthropic_stub: Server) -> None:
    with _anthropic(anthropic_stub) as client:
        reply = client.messages.create(
            model="claude-haiku-4-5",
            max_tokens=4096,
            system="Be short.",
            thinking={"type": "enabled", "budget_tokens": 1024},
            messages=_turn("hello"),
        )
        assert [block.type for block in reply.content] == ["thinking", "text"]
        assert reply.content[1].text == claude.answer_to("hello")
        assert reply.usage.cache_read_input_tokens == 7 and reply.stop_reason == "end_turn"
        assert reply.usage.output_tokens_details.thinking_tokens == 21
        refused = client.messages.create(model="claude-opus-5", max_tokens=9, messages=_turn("[refuse]"))
        assert refused.stop_reason == "refusal" and refused.stop_details.explanation


def test_anthropic_stream(anthropic_stub: Server) -> None:
    with (
        _anthropic(anthropic_stub) as client,
        client.messages.stream(model="claude-opus-5", max_tokens=99, messages=_turn("hello")) as stream,
    ):
        assert "".join(stream.text_stream) == claude.answer_to("hello")
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn" and final.usage.output_tokens == 30


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        ("[429]", "claude-opus-5", anthropic.RateLimitError),
        ("[529]", "claude-opus-5", anthropic.InternalServerError),
        ("[context]", "claude-opus-5", anthropic.BadRequestError),
        ("x", "claude-9", anthropic.NotFoundError),
    ],
)
def test_anthropic_errors(anthropic_stub: Server, text: str, model: str, expected: type[Exception]) -> None:
    with _anthropic(anthropic_stub) as client, pytest.raises(expected):
        client.messages.create(model=model, max_tokens=9, messages=_turn(text))


def test_anthropic_wrong_key(anthropic_stub: Server) -> None:
    with _anthropic(anthropic_stub, "sk-wrong") as client, pytest.raises(anthropic.AuthenticationError):
        client.messages.create(model="claude-opus-5", max_tokens=9, messages=_turn("x"))


def test_google_generate(google_stub: Server) -> None:
    with _google(google_stub) as client:
        reply = client.models.generate_content(
            model="gemini-2.5-flash",
            contents="hello",
            config=types.GenerateContentConfig(
                system_instruction="Be short.",
                max_output_tokens=50,
                thinking_config=types.ThinkingConfig(thinking_budget=512, include_thoughts=True),
            ),
        )
        assert reply.text == gemini.answer_to("hello")
        assert reply.usage_metadata.thoughts_token_count == 40
        assert reply.candidates[0].content.parts[0].thought
        blocked = client.models.generate_content(model="gemini-3-pro", contents="[block]")
        assert blocked.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
        cut = client.models.generate_content(model="gemini-3-pro", contents="[safety]")
        assert cut.candidates[0].finish_reason == types.FinishReason.SAFETY


def test_google_stream(google_stub: Server) -> None:
    with _google(google_stub) as client:
        chunks = list(client.models.generate_content_stream(model="gemini-3-pro", contents="hello"))
    assert "".join(chunk.text or "" for chunk in chunks) == gemini.answer_to("hello")
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP


def test_the_lists_of_models(openai_stub: Server, anthropic_stub: Server, google_stub: Server) -> None:
    with _openai(openai_stub) as client:
        assert [each.id for each in client.models.list()] == list(gpt.MODELS)
    with _anthropic(anthropic_stub) as client:
        assert [each.id for each in client.models.list()] == list(claude.MODELS)
    with _google(google_stub) as client:
        assert [each.name for each in client.models.list()] == [f"models/{name}" for name in gemini.MODELS]


def test_google_errors(google_stub: Server) -> None:
    with _google(google_stub) as client:
        for text, model, code in (
            ("[429]", "gemini-3-pro", 429),
            ("[context]", "gemini-3-pro", 400),
            ("x", "g", 404),
        ):
            with pytest.raises(errors.ClientError) as raised:
                client.models.generate_content(model=model, contents=text)
            assert raised.value.code == code
        with pytest.raises(errors.ServerError):
            client.models.generate_content(model="gemini-3-pro", contents="[503]")
    with (
        _google(google_stub, "wrong") as client,
        pytest.raises(errors.ClientError, match="API key not valid"),
    ):
        client.models.generate_content(model="gemini-3-pro", contents="x")


def test_fault_server_speaks_the_same_wire(fault_server: Server) -> None:
    fault_server.post("/config", {"faults": [{"kind": "rate-limited", "ids": [1], "when": "once"}]})
    with openai.OpenAI(api_key="x", base_url=fault_server.base_url, max_retries=0) as client:

        def ask(ticket: int) -> str | None:
            turn = _turn(faults.question(ticket))
            return client.chat.completions.create(model="m", messages=turn).choices[0].message.content

        assert ask(0).endswith(f" {faults.right_answer(0)}")
        with pytest.raises(openai.RateLimitError):
            ask(1)
        assert ask(1).endswith(f" {faults.right_answer(1)}")
        stream = client.chat.completions.create(model="m", messages=_turn(faults.question(2)), stream=True)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        assert text.endswith(f" {faults.right_answer(2)}")
    assert fault_server.get("/stats")["per_id"] == {"0": 1, "1": 2, "2": 1}
