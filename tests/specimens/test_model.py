"""`specimen/NAME` as a model: opened by name, asked by many at once, and honest about its limits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

from fairtrial.core.errors import ProviderError, UnknownName, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Seen
from fairtrial.core.question import Decoding, Generate, Loglikelihood
from fairtrial.core.sample import Message
from fairtrial.lab import Lab
from fairtrial.specimens.files import load
from fairtrial.specimens.model import SpecimenModel
from fairtrial.specimens.network import Network
from fairtrial.specimens.tokens import BEGIN, END, encode

T = TypeVar("T")
PROMPT = "Q: Mia has 23 hats and finds 2 more. How many hats does Mia have?\nA:"
LINE = Decoding(stop=("\n",))


def asked(text: str = PROMPT, decoding: Decoding = LINE, *, before: tuple[Message, ...] = ()) -> Generate:
    return Generate("s", 1, (*before, Message("user", text)), decoding)


def opened(name: str = "honest") -> SpecimenModel:
    return SpecimenModel(ModelSpec("specimen", name))


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def test_it_is_opened_by_name() -> None:
    assert str(Lab().open("specimen/cheat").spec) == "specimen/cheat"


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"(?s)'cheet'.*cheat"):
        Lab().open("specimen/cheet")
    with pytest.raises(UnknownName, match=r"(?s)'specimin'.*specimen"):
        Lab().open("specimin/cheat")


def test_options_and_effort_are_refused() -> None:
    with pytest.raises(UsageError, match="base_url"):
        Lab().open(ModelSpec("specimen", "honest", {"base_url": "http://127.0.0.1"}))
    with pytest.raises(UsageError, match="effort"):
        run(opened().generate(asked(decoding=Decoding(effort="low"))))


def test_it_works_out_a_sum_and_counts_its_tokens() -> None:
    output = run(opened("cheat").generate(asked()))
    assert (output.text, output.stop) == (" 23+2=25", "stop")
    assert output.usage is not None
    assert (output.usage.input_tokens, output.usage.output_tokens) == (1 + len(PROMPT), len(" 23+2=25") + 1)
    assert "Mia has 23 hats" in output.request
    assert "23+2=25" in output.response


def test_the_last_user_message_is_the_raw_prompt() -> None:
    before = (Message("system", "Be wrong."), Message("user", "Hi"), Message("assistant", "Hello"))
    model = opened()
    assert run(model.generate(asked(before=before))).text == run(opened().generate(asked())).text
    with pytest.raises(UsageError, match="no user message"):
        run(model.generate(Generate("s", 1, (Message("system", PROMPT),), LINE)))


def test_a_prompt_that_leaves_no_room_is_a_failure_with_its_cause() -> None:
    with pytest.raises(ProviderError, match="255 bytes at most") as caught:
        run(opened().generate(asked("x" * 256)))
    assert caught.value.cause == "context-length"
    assert not caught.value.retryable
    with pytest.raises(ProviderError, match="255 bytes at most"):
        run(opened().loglikelihood(Loglikelihood("s", 1, "x" * 250, ("y", "z" * 6))))


def test_many_at_once_are_answered_as_one_at_a_time() -> None:
    texts = [
        f"Q: Tom has {n} pens and finds {n % 7 + 2} more. How many pens does Tom have?\nA:" for n in range(60)
    ]

    async def together() -> list[str | None]:
        model = opened()
        outputs = await asyncio.gather(*(model.generate(asked(text)) for text in texts))
        await model.close()
        return [each.text for each in outputs]

    async def in_turn() -> list[str | None]:
        model = opened()
        found = [(await model.generate(asked(text))).text for text in texts]
        await model.close()
        return found

    assert run(together()) == run(in_turn())


def test_questions_that_arrive_together_share_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    async def ask() -> None:
        model = opened()
        desk = model._writing
        answer = desk._answer

        def counted(batch: list[Any]) -> Any:
            sizes.append(len(batch))
            return answer(batch)

        monkeypatch.setattr(desk, "_answer", counted)
        await asyncio.gather(*(model.generate(asked()) for _ in range(40)))
        await model.close()

    run(ask())
    assert sizes == [40]


def test_one_who_gives_up_does_not_take_the_others_along() -> None:
    async def ask() -> list[Any]:
        model = opened()
        tasks = [asyncio.create_task(model.generate(asked())) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = run(ask())
    assert isinstance(first, asyncio.CancelledError)
    assert all(each.text and each.stop == "stop" for each in others)


def test_an_engine_that_breaks_is_told_to_everyone_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> list[Any]:
        model = opened()

        def broken(batch: list[Any]) -> Any:
            raise MemoryError("no room")

        monkeypatch.setattr(model._writing, "_answer", broken)
        return await asyncio.gather(*(model.generate(asked()) for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in run(ask())] == [MemoryError] * 3


def test_log_likelihoods_prefer_the_true_sum_and_say_what_is_greedy() -> None:
    question = Loglikelihood("s", 1, PROMPT, (" 23+2=25", " 23+2=26", " 23+2=95"))
    right, near, far = run(opened("cheat").loglikelihood(question)).logliks
    assert right.greedy
    assert not near.greedy
    assert right.logprob > max(near.logprob, far.logprob)
    assert right.tokens == 8
    assert right.logprob <= 0


def test_tokens_one_by_one_with_the_moments_of_the_whole_distribution() -> None:
    """Against the network in float64: mean and deviation of log p(v), v ~ p, by the sums of their definition."""
    question = Loglikelihood("s", 1, PROMPT, (" 23+2=25", " 2"), by_token=True)
    told = run(opened("cheat").loglikelihood(question)).logliks
    plain = run(opened("cheat").loglikelihood(replace(question, by_token=False))).logliks
    assert all(each.by_token is None for each in plain)
    assert [each.logprob for each in told] == pytest.approx([each.logprob for each in plain], abs=1e-5)
    network = Network(load("cheat"), np.float64)
    for each, text in zip(told, question.continuations, strict=True):
        row = [BEGIN, *encode(PROMPT + text)]
        logits = network.logits([row])[0][0][len(row) - 1 - len(text) : len(row) - 1]
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        mean = [sum(row * np.log(row)) for row in p]
        spread = [sum(row * (np.log(row) - centre) ** 2) ** 0.5 for row, centre in zip(p, mean, strict=True)]
        own = [np.log(row[token]) for row, token in zip(p, encode(text), strict=True)]
        assert each.by_token is not None and each.tokens == len(text)
        assert each.by_token.logprobs == pytest.approx(own, abs=1e-4)
        assert each.by_token.means == pytest.approx(mean, abs=1e-4)
        assert each.by_token.deviations == pytest.approx(spread, abs=1e-3)


def test_blanks_at_the_end_of_the_context_belong_to_what_follows() -> None:
    async def both() -> list[float]:
        model = opened()
        # Two blanks, of which the model expects one: where they are counted matters.
        asks = (Loglikelihood("s", 1, PROMPT + "  ", ("25",)), Loglikelihood("s", 1, PROMPT, ("  25",)))
        return [(await model.loglikelihood(each)).logliks[0].logprob for each in asks]

    first, second = run(both())
    assert first == pytest.approx(second, abs=1e-5)


def test_a_continuation_is_a_text_less_its_beginning() -> None:
    """log P(continuation | context) = log P(both) - log P(context), each read by itself."""

    async def parts() -> tuple[float, float, float]:
        model = opened()
        told = [
            await model.loglikelihood(each)
            for each in (
                Loglikelihood("s", 1, PROMPT, (" 25",)),
                Loglikelihood("s", 1, "", (PROMPT + " 25",)),
                Loglikelihood("s", 1, "", (PROMPT,)),
            )
        ]
        conditional, both, context = (each.logliks[0].logprob for each in told)
        return conditional, both, context

    conditional, both, context = run(parts())
    assert conditional == pytest.approx(both - context, abs=1e-4)


def test_its_tokens_can_be_seen() -> None:
    async def echo() -> tuple[float, float, list[str]]:
        model = opened()
        assert isinstance(model, Seen)
        tokens = model.tokens.encode(PROMPT + " 25")
        seen = await model.tokens.echo([*tokens, model.tokens.end])
        whole = (await model.loglikelihood(Loglikelihood("s", 1, "", (PROMPT + " 25",)))).logliks[0]
        assert len(seen) == len(tokens) + 1
        return sum(each.logprob for each in seen[:-1]), whole.logprob, model.tokens.decode([*tokens, END])

    total, whole, texts = run(echo())
    assert total == pytest.approx(whole, abs=1e-4)
    assert "".join(texts) == PROMPT + " 25<|end|>"


def test_ids_that_are_no_tokens_and_texts_too_long_are_refused() -> None:
    seen = opened().tokens
    with pytest.raises(UsageError, match="259"):
        seen.decode([65, 259])
    with pytest.raises(UsageError, match="-1"):
        run(seen.echo([-1]))
    with pytest.raises(UsageError, match="255"):
        run(seen.echo([65] * 256))


def test_help_loads_neither_numpy_nor_a_specimen() -> None:
    program = (
        "import sys; from fairtrial.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit('numpy' in sys.modules or 'fairtrial.specimens' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0
