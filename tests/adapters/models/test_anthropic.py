"""Our Anthropic client against the stub that Anthropic's own SDK has proven."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from fairtrial.adapters.models.anthropic import generation
from fairtrial.core.output import Output, Usage
from fairtrial.core.question import Loglikelihood
from tests.adapters.models.asking import ask, failure, last_seen, question, wrong_use
from tests.wire import anthropic_stub as claude
from tests.wire.server import Server

OLD, BOTH, NEW = "claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-5"


def environ(stub: Server) -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": claude.KEY, "ANTHROPIC_BASE_URL": stub.root}


def put(stub: Server, text: str, model: str = OLD, stream: bool | None = None, **decoding: Any) -> Output:
    return ask(f"anthropic/{model}", question(text, **decoding), environ(stub), stream=stream)


def sdk_sends(stub: Server, sampling: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The request that Anthropic's SDK makes, as the stub saw it. Its release 2 has no parameters for
    sampling any more; models up to Claude 4.6 take them all the same."""
    with anthropic.Anthropic(api_key=claude.KEY, base_url=stub.root, max_retries=0) as client:
        client.messages.create(**body, messages=[{"role": "user", "content": "hello"}], extra_body=sampling)
    return last_seen(stub)


def test_the_request_is_the_one_that_anthropic_s_own_sdk_sends(anthropic_stub: Server) -> None:
    put(
        anthropic_stub, "hello", temperature=0.5, max_tokens=77, stop=("Q:",), top_p=0.9, seed=3
    )  # fmt: skip
    ours = last_seen(anthropic_stub)
    sampling = {"temperature": 0.5, "top_p": 0.9}
    theirs = sdk_sends(anthropic_stub, sampling, model=OLD, max_tokens=77, stop_sequences=["Q:"])
    assert ours["json"] == theirs["json"], (
        "the seed too must be missing: Anthropic refuses what it doesn't know"
    )
    assert ours["path"] == theirs["path"]
    assert ours["headers"]["x-api-key"] == claude.KEY
    assert ours["headers"]["anthropic-version"] in claude.VERSIONS


def test_the_system_text_stands_apart(anthropic_stub: Server) -> None:
    ask(f"anthropic/{NEW}", question("hello", system="Be short.", max_tokens=9), environ(anthropic_stub))
    ours = last_seen(anthropic_stub)["json"]
    assert ours == sdk_sends(anthropic_stub, {}, model=NEW, max_tokens=9, system="Be short.")["json"]


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "config"),
    [
        (OLD, "minimal", {"type": "enabled", "budget_tokens": 1024}, None),
        (OLD, "high", {"type": "enabled", "budget_tokens": 2000}, None),
        (OLD, "none", {"type": "disabled"}, None),
        (BOTH, "low", {"type": "adaptive", "display": "summarized"}, {"effort": "low"}),
        (NEW, "minimal", {"type": "adaptive", "display": "summarized"}, {"effort": "low"}),
        (NEW, "high", {"type": "adaptive", "display": "summarized"}, {"effort": "high"}),
    ],
)
def test_effort_becomes_what_the_model_takes(
    model: str, effort: str, thinking: dict[str, Any], config: dict[str, Any] | None, anthropic_stub: Server
) -> None:
    found = put(anthropic_stub, "hello", model, effort=effort, max_tokens=4000)
    ours = last_seen(anthropic_stub)["json"]
    assert ours["thinking"] == thinking and ours.get("output_config") == config
    assert ("temperature" in ours) == (effort == "none")
    thinks = effort != "none"
    assert found.text == claude.answer_to("hello")
    assert found.reasoning == ("They want to be counted." if thinks else None)
    assert found.usage == Usage(22, 30, 21 if thinks else None, 7, 5)


def test_too_little_room_for_the_thinking_is_said_before_anything_is_sent(anthropic_stub: Server) -> None:
    before = len(anthropic_stub.get("/seen"))
    told = wrong_use(
        f"anthropic/{OLD}", question("x", effort="low", max_tokens=1000), environ(anthropic_stub)
    )
    assert "--max-tokens 2048" in told
    assert len(anthropic_stub.get("/seen")) == before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude-3-5-sonnet-20241022", "budget"),
        ("claude-3-haiku-20240307", "budget"),
        ("claude-2.1", "budget"),
        ("claude-sonnet-4-20250514", "budget"),
        ("claude-opus-4-1", "budget"),
        ("claude-haiku-4-5-20251001", "budget"),
        ("claude-sonnet-4-6", "both"),
        ("claude-opus-4-7", "adaptive"),
        ("claude-opus-4-10", "adaptive"),
        ("claude-opus-5", "adaptive"),
        ("something-else", "adaptive"),
    ],
)
def test_what_a_model_takes_goes_by_its_name(name: str, expected: str) -> None:
    assert generation(name) == expected


@pytest.mark.parametrize("stream", [None, True])
def test_an_answer_with_all_that_belongs_to_it(stream: bool | None, anthropic_stub: Server) -> None:
    found = put(anthropic_stub, "hello", stream=stream)
    assert (found.text, found.stop, found.refusal, found.reasoning) == (
        claude.answer_to("hello"),
        "stop",
        None,
        None,
    )
    assert found.usage == Usage(22, 30, None, 7, 5), "cached tokens are part of the input"
    assert (found.model, found.status) == ("claude-haiku-4-5-20260101", 200)
    assert found.request == last_seen(anthropic_stub)["body"]
    assert found.duration_s is not None
    if stream:
        assert found.response.startswith("event: message_start")
        assert found.first_token_s is not None and 0 < found.first_token_s <= found.duration_s
    else:
        assert '"id": "msg_7"' in found.response and found.first_token_s is None


@pytest.mark.parametrize("stream", [None, True])
@pytest.mark.parametrize(
    ("word", "stop", "text"),
    [
        ("refuse", "refused", None),
        ("length", "length", "You wro"),
        ("tool", "tool", None),
        ("empty", "stop", None),
    ],
)
def test_replies_without_a_whole_answer(
    word: str, stop: str, text: str | None, stream: bool | None, anthropic_stub: Server
) -> None:
    found = put(anthropic_stub, f"[{word}]", stream=stream)
    assert (found.stop, found.text) == (stop, text)
    assert found.refusal == ("It is against the policy." if word == "refuse" else None)


@pytest.mark.parametrize(
    ("text", "model", "cause", "retryable", "wait"),
    [
        ("[429]", OLD, "rate-limited", True, 3.0),
        ("[529]", OLD, "http-529", True, None),
        ("[context]", OLD, "context-length", False, None),
        ("[credit]", OLD, "quota", False, None),
        ("x", "claude-9", "unknown-model", False, None),
    ],
)
def test_refusals_of_the_endpoint(
    text: str, model: str, cause: str, retryable: bool, wait: float | None, anthropic_stub: Server
) -> None:
    error = failure(f"anthropic/{model}", question(text), environ(anthropic_stub))
    assert (error.cause, error.retryable, error.retry_after) == (cause, retryable, wait)


@pytest.mark.parametrize(("word", "cause"), [("cut", "short-body"), ("stream-error", "provider-error")])
def test_a_stream_that_breaks_is_no_answer(word: str, cause: str, anthropic_stub: Server) -> None:
    error = failure(f"anthropic/{OLD}", question(f"[{word}]"), environ(anthropic_stub), stream=True)
    assert (error.cause, error.retryable) == (cause, True)


def test_a_wrong_key_and_no_key(anthropic_stub: Server) -> None:
    wrong = {**environ(anthropic_stub), "ANTHROPIC_API_KEY": "sk-ant-wrong-0000"}
    error = failure(f"anthropic/{OLD}", question("x"), wrong)
    assert (error.cause, error.retryable) == ("wrong-key", False) and "ANTHROPIC_API_KEY" in error.remedy
    assert "ANTHROPIC_API_KEY is not set" in wrong_use(f"anthropic/{OLD}", question("x"), {})


def test_an_unknown_model_names_the_nearest_that_the_endpoint_lists(anthropic_stub: Server) -> None:
    error = failure("anthropic/claude-haiku-4.5", question("x"), environ(anthropic_stub))
    assert error.cause == "unknown-model" and "claude-haiku-4-5" in error.remedy


def test_likelihoods_can_t_be_asked_for(anthropic_stub: Server) -> None:
    asked = Loglikelihood("s", 1, "a", ("b",))
    assert "only chats" in wrong_use(f"anthropic/{OLD}", asked, environ(anthropic_stub))


def test_blank_stop_strings_are_not_sent_and_cut_at_all_the_same(anthropic_stub: Server) -> None:
    found = put(anthropic_stub, "hello", stop=("\n\n", " ", "Q:"))
    assert last_seen(anthropic_stub)["json"]["stop_sequences"] == ["Q:"]
    assert (found.text, found.stop) == ("You", "stop")
