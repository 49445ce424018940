"""Our Google client against the stub that Google's own SDK has proven."""

from __future__ import annotations

from typing import Any

import pytest
from google import genai
from google.genai import types

from fairtrial.core.output import Output, Usage
from fairtrial.core.question import Loglikelihood
from tests.adapters.models.asking import ask, failure, last_seen, question, wrong_use
from tests.wire import google_stub as gemini
from tests.wire.server import Server

FLASH, PRO = "gemini-2.5-flash", "gemini-3-pro"
KEY = {"GOOGLE_API_KEY": gemini.KEY}


def put(stub: Server, text: str, model: str = PRO, stream: bool | None = None, **decoding: Any) -> Output:
    return ask(f"google/{model}", question(text, **decoding), KEY, base_url=stub.root, stream=stream)


def sdk_sends(stub: Server, model: str, **config: Any) -> dict[str, Any]:
    with genai.Client(api_key=gemini.KEY, http_options=types.HttpOptions(base_url=stub.root)) as client:
        told = types.GenerateContentConfig(**config)
        client.models.generate_content(model=model, contents="hello", config=told)
    return last_seen(stub)


def plain(value: Any) -> Any:
    """Names in one spelling: protobuf's JSON takes `thinkingBudget` and `thinking_budget` alike. A system text
    has no role; what the SDK says there is not read."""
    if isinstance(value, dict):
        return {name.replace("_", "").lower(): plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_the_request_is_the_one_that_google_s_own_sdk_sends(google_stub: Server) -> None:
    asked = question(
        "hello", system="Be short.", temperature=0.5, max_tokens=77, stop=("\n\n", "Q:"), top_p=0.9, seed=3
    )
    ask(f"google/{PRO}", asked, KEY, base_url=google_stub.root)
    ours = last_seen(google_stub)
    theirs = sdk_sends(
        google_stub,
        PRO,
        system_instruction="Be short.",
        temperature=0.5,
        max_output_tokens=77,
        stop_sequences=["\n\n", "Q:"],
        top_p=0.9,
        seed=3,
    )
    expected = plain(theirs["json"])
    expected["systeminstruction"].pop("role", None)
    assert plain(ours["json"]) == expected
    assert ours["headers"]["x-goog-api-key"] == theirs["headers"]["x-goog-api-key"] == gemini.KEY
    assert ours["path"].partition("/models/")[2] == theirs["path"].partition("/models/")[2]
    assert gemini.KEY not in ours["path"], "a key in an address ends in other people's logs"


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        (FLASH, "none", types.ThinkingConfig(thinking_budget=0, include_thoughts=False)),
        (FLASH, "low", types.ThinkingConfig(thinking_budget=2048, include_thoughts=True)),
        (PRO, "low", types.ThinkingConfig(thinking_level="LOW", include_thoughts=True)),
        (PRO, "high", types.ThinkingConfig(thinking_level="HIGH", include_thoughts=True)),
        (PRO, "none", types.ThinkingConfig(thinking_level="MINIMAL", include_thoughts=False)),
    ],
)
def test_effort_becomes_what_the_model_takes(
    model: str, effort: str, expected: types.ThinkingConfig, google_stub: Server
) -> None:
    found = put(google_stub, "hello", model, effort=effort, temperature=None, max_tokens=90)
    ours = last_seen(google_stub)["json"]
    theirs = sdk_sends(google_stub, model, max_output_tokens=90, thinking_config=expected)["json"]
    assert plain(ours) == plain(theirs)
    thinks = effort != "none"
    assert found.text == gemini.answer_to("hello")
    assert found.reasoning == ("They want to be counted." if thinks else None)
    # Google counts thoughts beside the answer; in our words output holds both.
    assert found.usage == (Usage(12, 49, 40, 4) if thinks else Usage(12, 9))


@pytest.mark.parametrize("stream", [None, True])
def test_an_answer_with_all_that_belongs_to_it(stream: bool | None, google_stub: Server) -> None:
    found = put(google_stub, "hello", stream=stream)
    assert (found.text, found.stop, found.refusal, found.reasoning) == (
        gemini.answer_to("hello"),
        "stop",
        None,
        None,
    )
    assert found.usage == Usage(12, 9) and (found.model, found.status) == ("gemini-3-pro-001", 200)
    assert found.request == last_seen(google_stub)["body"]
    assert found.duration_s is not None
    assert (found.first_token_s is not None) == bool(stream)
    assert found.response.startswith("data: " if stream else "{")


@pytest.mark.parametrize("stream", [None, True])
@pytest.mark.parametrize(
    ("word", "stop", "text", "refusal"),
    [
        ("safety", "refused", None, "SAFETY"),
        ("recitation", "refused", None, "RECITATION"),
        ("block", "refused", None, "blocked: PROHIBITED_CONTENT"),
        ("length", "length", "You wro", None),
        ("tool", "tool", None, None),
    ],
)
def test_replies_without_a_whole_answer(
    word: str, stop: str, text: str | None, refusal: str | None, stream: bool | None, google_stub: Server
) -> None:
    found = put(google_stub, f"[{word}]", stream=stream)
    assert (found.stop, found.text, found.refusal) == (stop, text, refusal)


@pytest.mark.parametrize(
    ("text", "model", "cause", "retryable", "wait"),
    [
        ("[429]", PRO, "rate-limited", True, 4.5),
        ("[503]", PRO, "http-503", True, None),
        ("[context]", PRO, "context-length", False, None),
        ("[no-candidates]", PRO, "bad-reply", True, None),
        ("x", "gemini-9", "unknown-model", False, None),
    ],
)
def test_refusals_of_the_endpoint(
    text: str, model: str, cause: str, retryable: bool, wait: float | None, google_stub: Server
) -> None:
    error = failure(f"google/{model}", question(text), KEY, base_url=google_stub.root)
    assert (error.cause, error.retryable, error.retry_after) == (cause, retryable, wait)


def test_a_stream_that_is_cut_is_no_answer(google_stub: Server) -> None:
    error = failure(f"google/{PRO}", question("[cut]"), KEY, base_url=google_stub.root, stream=True)
    assert (error.cause, error.retryable) == ("short-body", True)


def test_keys_go_by_either_name_and_a_wrong_one_is_told(google_stub: Server) -> None:
    base = {"base_url": google_stub.root}
    assert ask(f"google/{PRO}", question("x"), {"GEMINI_API_KEY": gemini.KEY}, **base).text
    error = failure(f"google/{PRO}", question("x"), {"GOOGLE_API_KEY": "AIza-wrong-000"}, **base)
    assert (error.cause, error.retryable) == ("wrong-key", False), "Google says 400 and means 401"
    assert "GOOGLE_API_KEY or GEMINI_API_KEY is not set" in wrong_use(
        f"google/{PRO}", question("x"), {}, **base
    )


def test_an_unknown_model_names_the_nearest_that_the_endpoint_lists(google_stub: Server) -> None:
    error = failure("google/gemini-2.5-flsh", question("x"), KEY, base_url=google_stub.root)
    assert error.cause == "unknown-model" and "gemini-2.5-flash" in error.remedy


def test_likelihoods_can_t_be_asked_for(google_stub: Server) -> None:
    asked = Loglikelihood("s", 1, "a", ("b",))
    assert "only chats" in wrong_use(f"google/{PRO}", asked, KEY, base_url=google_stub.root)


def test_the_answer_ends_at_a_stop_string_that_the_endpoint_ignores(google_stub: Server) -> None:
    assert put(google_stub, "hello", stop=("characters",)).text == "You wrote 5 "
