"""The log-probability self-test: refuse an endpoint whose echoed log-probabilities can't be what they claim.

A server that ignores `echo`, or states log-probabilities of generated tokens only, gives every choice the
same likelihood: scores then come out exactly at chance, and nothing else looks wrong (llama.cpp issue
27174; lm-eval issues 1196, 1704, 2326). So three short questions go out before the first real one, and each
of these must hold:

1. echo: the tokens join to the prompt; every one after the first has a finite log-probability up to 0
   (checked while the reply is read);
2. variation: the continuations of one context don't all have the same likelihood, nor are all of them 0, and
   single letters don't either (a server whose values stand one place too late tells all letters alike);
3. causality: text that two prompts share at their start has the same likelihood in both, whatever follows,
   up to TOLERANCE (batched arithmetic in half precision is not exact);
4. dependence: the same continuations don't have the same likelihoods after two unlike contexts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fairtrial.core.errors import ProviderError
from fairtrial.core.output import Output
from fairtrial.core.question import Loglikelihood

ABSOLUTE: Final = 0.05
RELATIVE: Final = 0.02
"""Two readings of one likelihood may differ by ABSOLUTE nats plus RELATIVE of its size."""

_CONTEXT: Final = "The capital of France is"
_OTHER: Final = "Seven times eight makes fifty-six; nine times nine makes"
_SHARED: Final = " Paris"
_WORDS: Final = (_SHARED, " a banana", " 81, xq")
_LETTERS: Final = (" A", " B", " C")
_CONTINUATIONS: Final = (*_WORDS, *_LETTERS)
_LONGER: Final = tuple(_SHARED + text for text in (", and it lies", " xq zv jj", " Paris Paris"))

Ask = Callable[[Loglikelihood], Awaitable[Output]]


async def test_logprobs(ask: Ask, model: str) -> None:
    """Put the test to `ask`. Raises ProviderError with cause `logprobs` that names the failed check."""
    plain = await ask(Loglikelihood("self-test 1", 1, _CONTEXT, _CONTINUATIONS))
    values = [entry.logprob for entry in plain.logliks]
    if all(value == 0 for value in values):
        raise _failed(model, "presence", "every log-probability is 0", plain)
    for alike in (values[: len(_WORDS)], values[len(_WORDS) :]):
        if len(set(alike)) == 1:
            raise _failed(
                model, "variation", "three unlike continuations have one and the same likelihood", plain
            )

    other = await ask(Loglikelihood("self-test 2", 1, _OTHER, _CONTINUATIONS))
    if [entry.logprob for entry in other.logliks] == values:
        raise _failed(model, "dependence", "the likelihoods are the same after another context", other)

    await _test_causality(ask, model)


async def _test_causality(ask: Ask, model: str) -> None:
    """One prompt alone, and the same prompt with three endings, each scored up to the shared end."""
    whole = await ask(Loglikelihood("self-test 3", 1, _CONTEXT, _LONGER))
    tails = await ask(
        Loglikelihood("self-test 4", 1, _CONTEXT + _SHARED, tuple(t[len(_SHARED) :] for t in _LONGER))
    )
    # The shared words are the second context's last part, so their own likelihood is a difference.
    heads = [
        both.logprob - tail.logprob for both, tail in zip(whole.logliks, tails.logliks, strict=True)
    ]  # fmt: skip
    if max(heads) - min(heads) > ABSOLUTE + RELATIVE * abs(min(heads)):
        raise _failed(
            model, "causality", "the likelihood of the same words depends on what follows them", whole
        )


def _failed(model: str, check: str, what: str, output: Output) -> ProviderError:
    return ProviderError(
        f"{model}: its log-probabilities fail the {check} check: {what}",
        "scores from this endpoint would be made up; use one that echoes log-probabilities (vLLM does)",
        cause="logprobs",
        status=output.status,
        request=output.request,
        response=output.response,
    )
