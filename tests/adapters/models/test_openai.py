"""Our OpenAI client against the stub that OpenAI's own SDK has proven: requests as the SDK sends them, and
replies of every kind."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from fairtrial.adapters.models.chat import part_thinking, reasons
from fairtrial.adapters.models.openai import PRESETS
from fairtrial.core.output import Output, Usage
from tests.adapters.models.asking import ask, failure, last_seen, question, wrong_use
from tests.wire import openai_stub as gpt
from tests.wire.server import Server

MODEL = "openai/gpt-4o-mini"
KEY_ONLY = {"OPENAI_API_KEY": gpt.KEY}


def environ(stub: Server) -> dict[str, str]:
    return {"OPENAI_API_KEY": gpt.KEY, "OPENAI_BASE_URL": stub.base_url}


def put(stub: Server, text: str, model: str = MODEL, **more: Any) -> Output:
    return ask(model, question(text), environ(stub), **more)


def test_the_request_is_the_one_that_openai_s_own_sdk_sends(openai_stub: Server) -> None:
    asked = question(
        "hello", system="Be short.", temperature=0.5, max_tokens=77, stop=("\n\n", "Q:"), top_p=0.9, seed=3
    )
    ask(MODEL, asked, environ(openai_stub))
    ours = last_seen(openai_stub)
    with openai.OpenAI(api_key=gpt.KEY, base_url=openai_stub.base_url, max_retries=0) as client:
        client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "system", "content": "Be short."}, {"role": "user", "content": "hello"}],
            temperature=0.5,
            max_tokens=77,
            stop=["\n\n", "Q:"],
            top_p=0.9,
            seed=3,
        )
    theirs = last_seen(openai_stub)
    assert ours["json"] == theirs["json"]
    assert ours["path"] == theirs["path"]
    assert ours["headers"]["authorization"] == theirs["headers"]["authorization"]
    assert ours["headers"]["content-type"] == theirs["headers"]["content-type"]


def test_what_the_plan_leaves_open_is_not_sent(openai_stub: Server) -> None:
    ask(MODEL, question("hello", temperature=None), environ(openai_stub))
    assert set(last_seen(openai_stub)["json"]) == {"model", "messages", "max_tokens"}


@pytest.mark.parametrize("model", ["o3", "gpt-5-mini"])
def test_a_reasoning_model_gets_an_effort_and_room_and_no_sampling_settings(
    model: str, openai_stub: Server
) -> None:
    found = ask(
        f"openai/{model}",
        question("hello", temperature=0.0, top_p=0.9, max_tokens=500, effort="high", seed=4),
        environ(openai_stub),
    )
    ours = last_seen(openai_stub)["json"]
    with openai.OpenAI(api_key=gpt.KEY, base_url=openai_stub.base_url, max_retries=0) as client:
        client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "hello"}],
            max_completion_tokens=500,
            reasoning_effort="high",
            seed=4,
        )
    assert ours == last_seen(openai_stub)["json"]
    assert found.usage == Usage(20, 30, 24, 8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("o1", True),
        ("o4-mini-2025-04-16", True),
        ("gpt-5", True),
        ("gpt-5.2-pro", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4o", False),
        ("gpt-4.1", False),
        ("omni-moderation", False),
    ],
)
def test_which_models_reason(name: str, expected: bool) -> None:
    assert reasons(name) is expected


@pytest.mark.parametrize("stream", [None, True])
def test_an_answer_with_all_that_belongs_to_it(stream: bool | None, openai_stub: Server) -> None:
    found = put(openai_stub, "hello", stream=stream)
    assert (found.text, found.stop, found.refusal, found.reasoning) == (
        gpt.answer_to("hello"),
        "stop",
        None,
        None,
    )
    assert found.usage == Usage(20, 30, 0, 8)
    assert (found.model, found.fingerprint, found.status) == ("gpt-4o-mini-2026-01-01", "fp_7", 200)
    assert found.duration_s is not None and found.duration_s > 0
    assert found.request == last_seen(openai_stub)["body"], "the exact request text must be kept"
    if stream:
        assert found.response.startswith("data: ") and found.response.endswith("data: [DONE]\n\n")
        assert found.first_token_s is not None and 0 < found.first_token_s <= found.duration_s
        assert last_seen(openai_stub)["json"]["stream_options"] == {"include_usage": True}
    else:
        assert '"id": "chatcmpl-7"' in found.response
        assert found.first_token_s is None


@pytest.mark.parametrize("stream", [None, True])
@pytest.mark.parametrize(
    ("word", "stop", "text"),
    [
        ("refuse", "refused", None),
        ("filter", "refused", None),
        ("length", "length", "You wro"),
        ("null", "stop", None),
        ("tool", "tool", None),
    ],
)
def test_replies_without_a_whole_answer(
    word: str, stop: str, text: str | None, stream: bool | None, openai_stub: Server
) -> None:
    found = put(openai_stub, f"[{word}]", stream=stream)
    assert (found.stop, found.text or None) == (stop, text)
    assert (found.refusal is not None) == (word == "refuse")


@pytest.mark.parametrize("stream", [None, True])
@pytest.mark.parametrize("word", ["think", "reasoning"])
def test_thinking_in_a_field_of_its_own(word: str, stream: bool | None, openai_stub: Server) -> None:
    found = put(openai_stub, f"[{word}]", stream=stream)
    assert found.reasoning == "They want to be counted."
    assert found.text == gpt.answer_to(f"[{word}]")


@pytest.mark.parametrize("stream", [None, True])
def test_thinking_inside_the_answer_is_parted_from_it(stream: bool | None, openai_stub: Server) -> None:
    found = put(openai_stub, "[think-tag]", stream=stream)
    assert (found.reasoning, found.text) == ("They want it.", "Forty-two")
    cut = put(openai_stub, "[think-open]", stream=stream)
    assert (cut.reasoning, cut.text, cut.stop) == ("They want", None, "length")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", (None, "42")),
        ("<think>7?</think>\n42", ("7?", "42")),
        # Templates that open the tag in the prompt: only the end of it comes back.
        ("Is it 7? No.\n</think>\n\n42", ("Is it 7? No.", "42")),
        ("<think>it is 7", ("it is 7", None)),
        ("Write <think> and </think> around it", (None, "Write <think> and </think> around it")),
        ("</think>42", ("", "42")),
        ("", (None, "")),
    ],
)
def test_parting_thinking(text: str, expected: tuple[str | None, str | None]) -> None:
    assert part_thinking(text) == expected


@pytest.mark.parametrize(
    ("text", "cause", "retryable", "status", "wait"),
    [
        ("[429]", "rate-limited", True, 429, 1.5),
        ("[quota]", "quota", False, 429, None),
        ("[500]", "http-500", True, 500, None),
        ("[context]", "context-length", False, 400, None),
    ],
)
def test_refusals_of_the_endpoint(
    text: str, cause: str, retryable: bool, status: int, wait: float | None, openai_stub: Server
) -> None:
    error = failure(MODEL, question(text), environ(openai_stub))
    assert (error.cause, error.retryable, error.status, error.retry_after) == (cause, retryable, status, wait)
    assert error.request == last_seen(openai_stub)["body"] and error.response and '"error"' in error.response


def test_an_unknown_model_names_the_nearest_that_the_endpoint_lists(openai_stub: Server) -> None:
    error = failure("openai/gpt-4o-mni", question("x"), environ(openai_stub))
    assert (error.cause, error.retryable) == ("unknown-model", False)
    assert "gpt-4o-mini" in error.remedy


def test_a_wrong_key_is_named_by_its_variable_and_never_shown(openai_stub: Server) -> None:
    """The stub echoes the key it got, as some servers do."""
    wrong = {**environ(openai_stub), "OPENAI_API_KEY": "sk-wrong-key-77777777"}
    error = failure(MODEL, question("x"), wrong)
    assert (error.cause, error.retryable) == ("wrong-key", False)
    assert "OPENAI_API_KEY" in error.remedy
    everything = f"{error} {error.request} {error.response} {error!r}"
    assert "sk-wrong" not in everything and "[key]" in everything


@pytest.mark.parametrize(
    ("word", "cause"), [("cut", "short-body"), ("stream-error", "provider-error"), ("500", "http-500")]
)
def test_a_stream_that_breaks_is_no_answer(word: str, cause: str, openai_stub: Server) -> None:
    error = failure(MODEL, question(f"[{word}]"), environ(openai_stub), stream=True)
    assert (error.cause, error.retryable) == (cause, True)


@pytest.mark.parametrize("stream", [None, True])
def test_completions_generate_from_the_raw_prompt(stream: bool | None, openai_stub: Server) -> None:
    asked = question("Once upon", system="Tell.", max_tokens=9, stop=("ZZ",), seed=5)
    found = ask(MODEL, asked, environ(openai_stub), api="completions", stream=stream)
    ours = last_seen(openai_stub)
    assert found.text == gpt.answer_to("Tell.\n\nOnce upon") and found.usage == Usage(5, 9, 0, 0)
    assert found.model == "gpt-4o-mini" and found.fingerprint == "fp_7"
    assert (found.first_token_s is not None) == bool(stream)
    with openai.OpenAI(api_key=gpt.KEY, base_url=openai_stub.base_url, max_retries=0) as client:
        sent = client.completions.create(
            model="gpt-4o-mini",
            prompt="Tell.\n\nOnce upon",
            max_tokens=9,
            temperature=0.0,
            stop=["ZZ"],
            seed=5,
            **({"stream": True, "stream_options": {"include_usage": True}} if stream else {}),  # type: ignore[arg-type]
        )
        if stream:
            sent.close()  # type: ignore[union-attr]
    assert ours["json"] == last_seen(openai_stub)["json"]


@pytest.mark.parametrize(
    ("provider", "variable", "usual"),
    [
        ("vllm", "VLLM_API_KEY", "http://127.0.0.1:8000/v1"),
        ("llamacpp", "LLAMA_API_KEY", "http://127.0.0.1:8080/v1"),
        ("ollama", "OLLAMA_API_KEY", "http://127.0.0.1:11434/v1"),
        ("litellm", "LITELLM_API_KEY", "http://127.0.0.1:4000/v1"),
    ],
)
def test_presets_take_their_own_key_and_none_of_openai_s(
    provider: str, variable: str, usual: str, openai_stub: Server
) -> None:
    model = f"{provider}/gpt-4o-mini"
    keys = {variable: gpt.KEY, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    assert ask(model, question("x"), keys, base_url=openai_stub.base_url).text
    other = {"OPENAI_API_KEY": "sk-of-another-house"}
    error = failure(model, question("x"), other, base_url=openai_stub.base_url)
    assert error.cause == "wrong-key" and variable in error.remedy
    assert "authorization" not in last_seen(openai_stub)["headers"], "a key went to a house it isn't for"
    assert (PRESETS[provider].base_url, PRESETS[provider].needs_key) == (usual, False)


def test_an_address_is_needed_and_one_of_the_call_is_cut_back(openai_stub: Server) -> None:
    assert "needs the address" in wrong_use("openai-api/x", question("x"), {})
    for path in ("", "/", "/chat/completions", "/completions"):
        address = openai_stub.base_url + path
        assert ask("openai-api/gpt-4o-mini", question("x"), KEY_ONLY, base_url=address).text


def test_options_that_make_no_sense_are_refused(openai_stub: Server) -> None:
    told = environ(openai_stub)
    assert "needs a key, and OPENAI_API_KEY is not set" in wrong_use(MODEL, question("x"), {})
    assert "api is 'chta'" in wrong_use(MODEL, question("x"), told, api="chta")
    assert "does not take the option temperature" in wrong_use(MODEL, question("x"), told, temperature=1)
    assert "true or false" in wrong_use(MODEL, question("x"), told, stream="yes")


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "openai/o3"])
def test_an_endpoint_that_runs_on_over_a_stop_string_is_cut_there(model: str, openai_stub: Server) -> None:
    """The stub ignores `stop`, as some gateways do; OpenAI's reasoning models take none at all."""
    found = ask(model, question("hello", stop=("nowhere", ": hel", "characters")), environ(openai_stub))
    assert (found.text, found.stop) == ("You wrote 5 ", "stop")
    assert "characters: hello" in found.response, "what came over the wire must be kept"
    assert ("stop" in last_seen(openai_stub)["json"]) == (model != "openai/o3")
    cut = ask(model, question("[length]", stop=("wro",)), environ(openai_stub))
    assert (cut.text, cut.stop) == ("You ", "stop")
    assert ask(model, question("[null]", stop=("x",)), environ(openai_stub)).text is None
