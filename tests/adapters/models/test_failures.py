"""Which cause a refusal has, and how long to wait: real wordings of five kinds of server, and anything else."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.adapters.models import anthropic, chat, completions, google
from fairtrial.adapters.models.events import events
from fairtrial.adapters.models.failures import RETRIED, Asked, parse, retry_after
from fairtrial.adapters.models.http import Reply
from fairtrial.adapters.models.nearest import listed
from fairtrial.adapters.models.shape import count, written
from fairtrial.core.errors import ProviderError
from fairtrial.core.output import Output

ASKED = Asked("openai-api/m", "host", "OPENAI_API_KEY")


def reply(text: str, status: int = 200, **headers: str) -> Reply:
    return Reply(status, text, "{}", headers, 0.1)


def refused(status: int, value: object, **headers: str) -> ProviderError:
    text = value if isinstance(value, str) else json.dumps(value)
    with pytest.raises(ProviderError) as raised:
        parse(reply(text, status, **headers), ASKED)
    return raised.value


OPENAI = {"error": {"message": "m", "type": "invalid_request_error", "param": None, "code": None}}


@pytest.mark.parametrize(
    ("status", "value", "cause"),
    [
        # vLLM, llama.cpp, Ollama, LiteLLM and the vendors each say it in words of their own.
        (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400},
         "context-length"),
        (400, {"error": {"code": 400, "message": "the request exceeds the available context size", "type":
         "exceed_context_size_error"}}, "context-length"),
        (400, {"error": {"message": "litellm.ContextWindowExceededError: too long", "code": "400"}},
         "context-length"),
        (413, {"error": {"message": "prompt is too long"}}, "context-length"),
        (500, {"error": {"message": "maximum context length is 10"}}, "http-500"),
        (404, {"object": "error", "message": "The model `x` does not exist.", "code": 404}, "unknown-model"),
        (404, {"error": "model 'x' not found, try pulling it first"}, "unknown-model"),
        (404, {"error": {"message": "model \"x\" not found, try pulling it first"}}, "unknown-model"),
        (400, {"error": {"message": "Invalid model name passed in model=x"}}, "unknown-model"),
        (404, {"detail": "Not Found"}, "http-404"),
        (404, "404 page not found", "http-404"),
        (401, {"error": {"message": "Authentication Error", "code": "401"}}, "wrong-key"),
        (403, {"error": {"message": "Country not supported"}}, "wrong-key"),
        (402, {"error": {"message": "Insufficient Balance"}}, "quota"),
        (429, {"error": {"message": "m", "code": "insufficient_quota"}}, "quota"),
        (429, {"error": {"message": "You exceeded your current quota, please wait", "code": 429}}, "rate-limited"),
        (429, "Too many requests", "rate-limited"),
        (400, OPENAI, "http-400"),
        (422, {"detail": [{"msg": "field required"}]}, "http-422"),
        (503, "<html>busy</html>", "http-503"),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "http-529"),
        (200, {"error": {"message": "m", "type": "overloaded_error"}}, "provider-error"),
        (200, {"error": {"message": "m", "code": "context_length_exceeded", "type": "invalid_request_error"}},
         "context-length"),
        (200, {"error": {"message": "m", "code": 401}}, "wrong-key"),
    ],
)  # fmt: skip
def test_real_wordings(status: int, value: object, cause: str) -> None:
    error = refused(status, value)
    assert error.cause == cause, error.message
    retried = cause in ("rate-limited", "provider-error") or (status in RETRIED and cause != "quota")
    assert error.retryable is retried


def test_what_a_server_says_is_shown_on_one_short_line() -> None:
    error = refused(400, {"error": {"message": "line\none\n" + "x" * 5000}})
    assert "\n" not in error.message and len(error.message) < 500


NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "Tuesday, 24-Nov-26 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Tue, 24 Nov 2026 14:00:30 +0200"}, 30.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"retry-after-ms": "x", "Retry-After": "9"}, 9.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@given(st.integers(0, 10**9))
def test_a_date_means_that_second(seconds: int) -> None:
    told = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after({"Retry-After": told}, NOW) == seconds


@given(
    st.text()
    | st.from_regex(r"\w{3}, \d{1,12} \w{3} \d{1,12} \d{1,3}:\d\d:\d\d [+-]?\d{0,12}", fullmatch=True)
)
def test_whatever_stands_in_retry_after_is_a_wait_or_nothing(told: str) -> None:
    found = retry_after({"Retry-After": told}, NOW)
    assert found is None or found >= 0


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)


def shaped(*names: str) -> st.SearchStrategy[dict[str, object]]:
    """Objects with some of these names, each holding anything."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, json_like))


def objects(*names: str, inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, inner | json_like))


MESSAGE = shaped(
    "content", "refusal", "reasoning", "reasoning_content", "tool_calls", "function_call", "role"
)
USAGE = shaped("prompt_tokens", "completion_tokens", "prompt_tokens_details", "input_tokens", "output_tokens")
CHOICE = st.fixed_dictionaries(
    {}, optional={"message": MESSAGE | json_like, "delta": MESSAGE | json_like, "text": json_like,
                  "finish_reason": json_like}
)  # fmt: skip
OPENAI_LIKE = st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICE | json_like, max_size=2) | json_like, "usage": USAGE | json_like,
                  "model": json_like, "error": json_like, "system_fingerprint": json_like}
)  # fmt: skip
CLAUDE_LIKE = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from(["message_start", "content_block_start", "content_block_delta",
                                           "message_delta", "message_stop"]) | json_like,
                  "content": st.lists(shaped("type", "text", "thinking") | json_like, max_size=2) | json_like,
                  "message": json_like, "delta": shaped("text", "thinking", "stop_reason") | json_like,
                  "content_block": shaped("text") | json_like, "stop_reason": json_like,
                  "stop_details": json_like, "usage": USAGE | json_like, "model": json_like}
)  # fmt: skip
PART = shaped("text", "thought", "functionCall")
CANDIDATE = st.fixed_dictionaries(
    {}, optional={"content": st.fixed_dictionaries({"parts": st.lists(PART | json_like, max_size=2) | json_like})
                  | json_like, "finishReason": st.sampled_from(["STOP", "SAFETY"]) | json_like}
)  # fmt: skip
GEMINI_LIKE = st.fixed_dictionaries(
    {}, optional={"candidates": st.lists(CANDIDATE | json_like, max_size=2) | json_like,
                  "promptFeedback": shaped("blockReason") | json_like, "modelVersion": json_like,
                  "usageMetadata": shaped("promptTokenCount", "candidatesTokenCount") | json_like}
)  # fmt: skip


def sound(output: Output) -> None:
    assert output.text is None or isinstance(output.text, str)
    assert output.reasoning is None or isinstance(output.reasoning, str)
    assert output.model is None or isinstance(output.model, str)
    for told in (output.usage.input_tokens, output.usage.output_tokens) if output.usage else ():
        assert told is None or (type(told) is int and told >= 0)


@given(OPENAI_LIKE | json_like, st.sampled_from([chat, completions]))
def test_whatever_an_openai_shaped_server_sends_is_an_answer_or_a_failure(
    value: object, wire: object
) -> None:
    whole = reply(json.dumps(value))
    with suppress(ProviderError):
        sound(wire.read(parse(whole, ASKED), whole, ASKED))  # type: ignore[attr-defined]


@given(CLAUDE_LIKE | json_like)
def test_whatever_anthropic_sends_is_an_answer_or_a_failure(value: object) -> None:
    whole = reply(json.dumps(value))
    with suppress(ProviderError):
        sound(anthropic.read(parse(whole, ASKED), whole, ASKED))


@given(GEMINI_LIKE | json_like)
def test_whatever_google_sends_is_an_answer_or_a_failure(value: object) -> None:
    whole = reply(json.dumps(value))
    with suppress(ProviderError):
        sound(google.read([parse(whole, ASKED)], whole, ASKED))


@given(
    st.lists(OPENAI_LIKE | CLAUDE_LIKE | GEMINI_LIKE | json_like | st.just("[DONE]"), max_size=4),
    st.sampled_from([chat, completions, anthropic, google]),
)
def test_whatever_stands_in_a_stream_is_an_answer_or_a_failure(values: list[object], wire: object) -> None:
    lines = [value if value == "[DONE]" else json.dumps(value) for value in values]
    stream = reply("".join(f"data: {line}\n\n" for line in lines))
    with suppress(ProviderError):
        sound(wire.read_stream(stream, ASKED))  # type: ignore[attr-defined]
    for line in lines:
        assert wire.starts(line) in (True, False)  # type: ignore[attr-defined]


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=2), max_size=5), st.data())
def test_events_come_back_as_they_were_sent_however_lines_end(
    values: list[dict[str, str]], data: st.DataObject
) -> None:
    values = [value for value in values if not value.get("error")]
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    noise = data.draw(st.sampled_from([": ping", "event: x", "id: 3", "retry: 5"]))
    text = "".join(f"{noise}{end}data: {json.dumps(value, ensure_ascii=False)}{end}{end}" for value in values)
    assert list(events(reply(text), ASKED)) == values


@pytest.mark.parametrize("wire", [chat, completions])
@pytest.mark.parametrize(
    ("broken", "retryable"),
    [
        ({"finish_reason": "error", "error": {"code": 502, "message": "upstream"}}, True),
        ({"finish_reason": "error", "error": {"code": 403, "message": "moderated"}}, False),
        ({"finish_reason": "error"}, True),
        ({"finish_reason": "abort"}, True),
    ],
)
def test_half_an_answer_that_the_server_gave_up_is_none(
    broken: dict[str, object], retryable: bool, wire: object
) -> None:
    """OpenRouter and vLLM say so inside the choice, with status 200 and part of a text."""
    choice = {"index": 0, "message": {"content": "4"}, "delta": {"content": "4"}, "text": "4", **broken}
    text = json.dumps({"choices": [choice]})
    for reading, whole in (
        ("read", reply(text)),
        ("read_stream", reply(f"data: {text}\n\ndata: [DONE]\n\n")),
    ):
        with pytest.raises(ProviderError) as raised:
            if reading == "read":
                wire.read(parse(whole, ASKED), whole, ASKED)  # type: ignore[attr-defined]
            else:
                wire.read_stream(whole, ASKED)  # type: ignore[attr-defined]
        assert raised.value.retryable is retryable


def test_an_event_over_several_lines_is_one() -> None:
    assert list(events(reply('data: {"a":\ndata: 1}\n\ndata: [DONE]'), ASKED)) == [{"a": 1}, {"done": True}]


@given(json_like)
def test_a_list_of_models_may_hold_anything(value: object) -> None:
    assert all(isinstance(name, str) for name in listed(json.dumps({"data": value, "models": value})))
    assert listed(json.dumps(value)) == [] or isinstance(value, dict)


def test_a_list_of_models_that_is_none() -> None:
    assert listed("<html>") == listed("[" * 100_000) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (7, 7), (-1, None), (7.0, None), (True, None), ("7", None), (None, None), (2**53, None)],
)
def test_counts(value: object, expected: int | None) -> None:
    assert count({"n": value}, "n") == expected


@given(st.text())
def test_a_request_is_json_with_bytes_whatever_the_prompt(text: str) -> None:
    assert json.loads(written({"prompt": text}).encode()) == {"prompt": text}


def test_a_request_holds_plain_characters_and_escapes_half_ones() -> None:
    assert written({"prompt": "é 😀"}) == '{"prompt":"é 😀"}'
    assert json.loads(written({"prompt": "half \ud83d"}).encode()) == {"prompt": "half \ud83d"}
