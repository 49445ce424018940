"""Log-likelihoods from an echo, against a model on bytes whose likelihoods anybody can recompute, and the
self-test against servers that are wrong, each in its own way."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.adapters.models.echo import Unusable, places, read_echo
from fairtrial.adapters.models.likelihood import loglik, split
from fairtrial.core.question import Loglikelihood
from tests.adapters.models.asking import ask, failure, last_seen, wrong_use
from tests.wire import ngram
from tests.wire import openai_stub as gpt
from tests.wire.server import Server

KEY = {"OPENAI_API_KEY": gpt.KEY}
ASKED = Loglikelihood("s", 1, "The sky is", (" blue", " green", " Été", " naïve 😀"))


def put(stub: Server, model: str, asked: Loglikelihood = ASKED, **more: object):  # type: ignore[no-untyped-def]
    return ask(f"openai-api/{model}", asked, KEY, base_url=stub.base_url, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", gpt.FINE)
def test_the_likelihoods_are_the_model_s_own(model: str, openai_stub: Server) -> None:
    found = put(openai_stub, model, check=True)
    for each, text in zip(found.logliks, ASKED.continuations, strict=True):
        assert each.logprob == pytest.approx(ngram.sum_from(ASKED.context, text), abs=1e-9)
        assert each.tokens == len(text.encode())
        assert each.greedy is (None if model == "ngram-silent" else False)
    assert found.model == model and found.fingerprint == "fp_7" and found.usage is not None
    assert found.request == last_seen(openai_stub)["body"] and '"token_logprobs"' in found.response


def test_an_echo_gives_each_token_its_own_where_it_is_asked(openai_stub: Server) -> None:
    asked = replace(ASKED, by_token=True)
    found = put(openai_stub, "ngram", asked)
    for each, text in zip(found.logliks, asked.continuations, strict=True):
        whole = (asked.context + text).encode()
        own = ngram.logprobs(whole)[len(asked.context.encode()) :]
        assert each.by_token is not None and each.by_token.logprobs == pytest.approx(own, abs=1e-9)
        assert (each.by_token.means, each.by_token.deviations) == (None, None)
    assert all(each.by_token is None for each in put(openai_stub, "ngram").logliks)
    plain = [replace(each, by_token=None) for each in found.logliks]
    assert plain == list(put(openai_stub, "ngram").logliks)


def test_the_request_is_one_batch_with_an_echo(openai_stub: Server) -> None:
    put(openai_stub, "ngram", Loglikelihood("s", 1, "Q: x\nA: ", ("yes", "no")))
    assert last_seen(openai_stub)["json"] == {
        "model": "ngram",
        "prompt": ["Q: x\nA: yes", "Q: x\nA: no"],
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 1,
        "echo": True,
    }


def test_blanks_at_the_end_of_the_context_belong_to_what_follows(openai_stub: Server) -> None:
    apart = put(openai_stub, "ngram", Loglikelihood("s", 1, "A: ", ("yes", "no")))
    joined = put(openai_stub, "ngram", Loglikelihood("s", 1, "A:", (" yes", " no")))
    assert apart.logliks == joined.logliks
    assert split(Loglikelihood("s", 1, "A:\n ", ("yes",))) == ("A:", ("\n yes",))


def test_the_likeliest_continuation_is_greedy(openai_stub: Server) -> None:
    context, text = "The sky is", b""
    for _ in range(4):
        byte, _value = ngram.best(context.encode() + text, len(context) + len(text))
        text += bytes([byte])
    if all(byte < 128 for byte in text):
        found = put(openai_stub, "ngram", Loglikelihood("s", 1, context, (text.decode(), "zzzz")))
        assert [each.greedy for each in found.logliks] == [True, False]


FAULTS = {
    "ngram-none": "presence",
    "ngram-content": "presence",
    "ngram-zero": "presence",
    "ngram-positive": "presence",
    "ngram-no-echo": "echo",
    "ngram-constant": "variation",
    "ngram-same": "variation",
    "ngram-context-free": "dependence",
    "ngram-noncausal": "causality",
    "ngram-nan": "presence",
    "ngram-shifted": "variation",
}


def test_every_broken_kind_is_tried() -> None:
    assert set(FAULTS) == set(gpt.BROKEN)


@pytest.mark.parametrize(("model", "check"), FAULTS.items())
def test_the_self_test_refuses_made_up_log_probabilities(model: str, check: str, openai_stub: Server) -> None:
    error = failure(f"openai-api/{model}", ASKED, KEY, base_url=openai_stub.base_url, check=True)
    assert (error.cause, error.retryable) == ("logprobs", False)
    assert f"the {check} check" in error.message, error.message
    assert "echoes log-probabilities" in error.remedy


def test_a_chat_endpoint_is_refused_before_anything_is_sent(openai_stub: Server) -> None:
    told = wrong_use("openai-api/ngram", ASKED, KEY, base_url=openai_stub.base_url, api="chat", check=True)
    assert "chat endpoint can't state log-likelihoods" in told


def test_an_endpoint_that_refuses_the_echo_says_so(openai_stub: Server) -> None:
    error = failure("openai-api/gpt-4o-mini", ASKED, KEY, base_url=openai_stub.base_url, check=True)
    assert error.cause == "http-400" and "echo" in error.message


def test_a_server_without_completions_is_refused_as_such(anthropic_stub: Server) -> None:
    told = wrong_use("openai-api/x", ASKED, KEY, base_url=anthropic_stub.base_url, check=True)
    assert "needs a completions endpoint" in told


# The echo's own reading: tokens in, places out.


@pytest.mark.parametrize("prompt", ["<", "<s"])
def test_a_prompt_that_begins_like_the_special_token_before_it(prompt: str) -> None:
    assert places(["<s>", prompt, "x"], prompt) == (-1, 0)
    assert places([prompt, "s>"], prompt) == (0,)


@given(st.text(min_size=1, max_size=40), st.data())
def test_places_follow_from_the_tokens_lengths(prompt: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(prompt) - 1)), max_size=8)))
    edges = [0, *(cut for cut in cuts if cut < len(prompt)), len(prompt)]
    tokens = [prompt[a:b] for a, b in pairwise(edges)]
    assert places([*tokens, " generated"], prompt) == tuple(edges[:-1])
    assert places(tokens, prompt) == tuple(edges[:-1])
    assert places(["<s>", *tokens, "x"], prompt) == (
        (-1, *edges[:-1]) if not prompt.startswith("<s>") else places(["<s>", *tokens, "x"], prompt)
    )


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_tokens_of_another_text_have_no_places(prompt: str, other: str) -> None:
    if not other.startswith(prompt) and "\ufffd" not in other and not other.startswith(("<", "bytes:")):
        assert places(list(other) or [""], prompt) is None


@given(st.text(min_size=2, max_size=20), st.integers(1, 19))
def test_bytes_that_are_no_characters_keep_the_sum_right(text: str, cut: int) -> None:
    """A model on bytes: every byte of a character beyond ASCII comes as a stand-in, and must be counted in
    the continuation, whole."""
    boundary = min(cut, len(text) - 1)
    data = text.encode()
    tokens = [chr(byte) if byte < 128 else f"bytes:\\x{byte:02x}" for byte in data]
    if any(token.startswith("bytes:") for token in tokens) and text.isprintable():
        values = [None, *(-float(place) for place in range(1, len(data)))]
        choice = {"logprobs": {"tokens": [*tokens, "!"], "token_logprobs": [*values, -1.0]}}
        try:
            echo = read_echo(choice, text)
        except Unusable:
            return
        start = len(text[:boundary].encode())
        if data[start] < 128 and data[start - 1] < 128:
            expected = math.fsum(-float(place) for place in range(start, len(data)))
            assert loglik(echo, boundary).logprob == expected


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)
near = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.lists(st.text(max_size=3) | json_like, max_size=5),
        "token_logprobs": st.lists(st.none() | st.floats() | json_like, max_size=5),
        "top_logprobs": st.lists(st.dictionaries(st.text(max_size=3), st.floats()) | json_like, max_size=5),
    },
)


@given(st.fixed_dictionaries({"logprobs": near | json_like}), st.text(min_size=1, max_size=6))
def test_whatever_a_server_sends_is_read_or_refused(choice: dict[str, object], prompt: str) -> None:
    try:
        echo = read_echo(choice, prompt)
    except Unusable:
        return
    assert len(echo.starts) == len(echo.logprobs) == len(echo.best)
    assert all(value is None or (math.isfinite(value) and value <= 0) for value in echo.logprobs)


def test_a_first_token_without_a_context_has_no_likelihood() -> None:
    echo = read_echo({"logprobs": {"tokens": ["a", "b"], "token_logprobs": [None, -1.0]}}, "ab")
    with pytest.raises(Unusable, match="put a context before it"):
        loglik(echo, 0)
    assert loglik(echo, 1).logprob == -1.0


def test_a_continuation_inside_one_token_is_not_worth_zero() -> None:
    """lm-eval gives 0 here, the best score there is; the token that holds it counts instead."""
    echo = read_echo({"logprobs": {"tokens": ["ab", "cd"], "token_logprobs": [None, -3.0]}}, "abcd")
    assert loglik(echo, 3).logprob == -3.0
