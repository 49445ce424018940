"""`python:module:function`: a function or an object of the user's own, asked as a model.

    def answer(prompt: str) -> str | None: ...             the prompt's text
    async def answer(messages: list[dict]) -> str | None   the turns, if a parameter is called `messages`
    scorer.loglikelihood(context, continuations) -> list of floats, or of (float, greedy) pairs

It runs with the user's rights: naming it on the command line is the consent.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import math
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

from fairtrial.adapters.models.setting import Setting, refuse_options
from fairtrial.adapters.models.shape import written
from fairtrial.core.canon import JSON
from fairtrial.core.errors import ProviderError, UnknownName, UsageError
from fairtrial.core.output import Loglik, Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Generate, Loglikelihood

_SHAPE: Final = "write python:MODULE:FUNCTION, for example python:my_model:answer"


@dataclass(frozen=True, slots=True)
class _Raised:
    """What a call ended in, carried over from its thread."""

    error: BaseException


class Function:
    """A Python callable behind the `Model` port. Its request is the JSON of what it was given."""

    def __init__(self, spec: ModelSpec, setting: Setting) -> None:
        refuse_options(spec)
        self._spec = spec
        self._setting = setting
        self._target = _load(spec)
        self._asks_messages = callable(self._target) and _takes_messages(self._target)

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """Raises UsageError where the object can't be asked `asks`."""
        if asks == "loglikelihood":
            self._scorer()
        elif not callable(self._target):
            raise UsageError(f"{self._spec} can't be called", "name a function, or an object with __call__")

    async def generate(self, question: Generate) -> Output:
        """Call it with the prompt text, or with the turns."""
        await self.check("generate")
        given: JSON
        if self._asks_messages:
            given = [{"role": turn.role, "content": turn.content} for turn in question.messages]
            text, duration_s = await self._call(self._target, given, messages=given)
        else:
            given = question.prompt
            text, duration_s = await self._call(self._target, given, given)
        if text is not None and not isinstance(text, str):
            raise self._wrong(f"returned {type(text).__name__}, not str or None", given)
        return Output(
            text, "stop", request=written(given), response=written(text), duration_s=duration_s
        )  # fmt: skip

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        """Call its `loglikelihood` method."""
        given: JSON = {"context": question.context, "continuations": list(question.continuations)}
        answers, duration_s = await self._call(
            self._scorer(), given, question.context, list(question.continuations)
        )
        if not isinstance(answers, Sequence) or len(answers) != len(question.continuations):
            raise self._wrong(
                f"did not return one number for each of {len(question.continuations)} texts", given
            )
        logliks = tuple(self._loglik(answer, given) for answer in answers)
        told: JSON = [[each.logprob, each.greedy] for each in logliks]
        return Output(
            None,
            "stop",
            logliks=logliks,
            request=written(given),
            response=written(told),
            duration_s=duration_s,
        )

    async def close(self) -> None:
        """Nothing to let go of: threads end with their calls, and one that hangs is not waited for."""

    def _scorer(self) -> Callable[..., Any]:
        method = getattr(self._target, "loglikelihood", None)
        if not callable(method):
            raise UsageError(
                f"{self._spec} states no log-likelihoods",
                "give it a method loglikelihood(context, continuations) that returns a list of floats",
            )
        return method  # type: ignore[no-any-return]

    async def _call(
        self, target: Callable[..., Any], given: JSON, *args: Any, **named: Any
    ) -> tuple[Any, float]:
        """(result, seconds). A plain function runs in a thread: the loop goes on meanwhile."""
        started = perf_counter()
        limit = self._setting.timeouts.whole
        try:
            async with asyncio.timeout(limit) as clock:
                if _is_async(target):
                    result = await target(*args, **named)
                else:
                    call = functools.partial(target, *args, **named)
                    result = await _in_thread(call)
                    if isinstance(result, _Raised):
                        raise result.error
                    if isinstance(result, Awaitable):
                        result = await result
        except (Exception, SystemExit) as error:  # Foreign code may raise anything; it becomes a failure.
            if clock.expired():
                raise self._wrong(f"did not return within {limit:g} s", given, cause="timeout") from error
            raise self._wrong(f"raised {type(error).__name__}: {error}", given) from error
        return result, perf_counter() - started

    def _loglik(self, answer: object, given: JSON) -> Loglik:
        greedy: object = None
        if isinstance(answer, Sequence) and not isinstance(answer, str) and len(answer) == 2:
            answer, greedy = answer
        try:
            logprob = float(answer)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise self._wrong(f"returned {answer!r:.80} for a log-likelihood", given) from None
        if not (math.isfinite(logprob) and logprob <= 0):
            raise self._wrong(
                f"returned {logprob} for a log-likelihood; it is a finite number up to 0", given
            )
        return Loglik(logprob, greedy if isinstance(greedy, bool) else None)

    def _wrong(self, what: str, given: JSON, cause: str = "function-error") -> ProviderError:
        return ProviderError(
            f"{self._spec} {what}",
            "mend the function and run again with --resume",
            cause=cause,
            retryable=cause == "timeout",
            request=written(given),
        )


def _in_thread(call: Callable[[], Any]) -> asyncio.Future[Any]:
    """The result of `call`, or _Raised, from a thread that dies with the process.

    Not an executor's: those are joined at the end, and one call that hangs would hold up the command for ever.
    What is raised comes back as a value, because a future can't carry a StopIteration.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(outcome: Any) -> None:
        if not future.done():
            future.set_result(outcome)

    def body() -> None:
        try:
            outcome = call()
        except (Exception, SystemExit) as error:  # noqa: BLE001 — raised again where it is waited for
            outcome = _Raised(error)
        with suppress(RuntimeError):  # The loop is closed: nobody waits for this any more.
            loop.call_soon_threadsafe(settle, outcome)

    threading.Thread(target=body, name="fairtrial-function", daemon=True).start()
    return future


def _load(spec: ModelSpec) -> Any:
    """The object that `module:path` names; modules are looked for in the current folder as well."""
    module_name, colon, path = spec.name.partition(":")
    if not colon or not module_name or not path:
        raise UsageError(f"{spec} names no function", _SHAPE)
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    try:
        target: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name.partition(".")[0] and error.name != module_name:
            raise UsageError(
                f"{spec}: {module_name} needs the module {error.name}, which is missing"
            ) from error
        raise UsageError(
            f"{spec}: no module is called {module_name!r}", f"{_SHAPE}; run where {module_name}.py lies"
        ) from error
    except (Exception, SystemExit) as error:  # A foreign module may raise anything while it is imported.
        raise UsageError(f"{spec}: importing {module_name} raised {type(error).__name__}: {error}") from error
    for name in path.split("."):
        known = (
            [each for each in vars(target) if not each.startswith("_")] if hasattr(target, "__dict__") else []
        )
        if not hasattr(target, name):
            raise UnknownName(f"function of {module_name}", name, known)
        target = getattr(target, name)
    return target


def _takes_messages(target: Callable[..., Any]) -> bool:
    try:
        return "messages" in inspect.signature(target).parameters
    except (TypeError, ValueError):
        return False


def _is_async(target: Callable[..., Any]) -> bool:
    call = getattr(type(target), "__call__", None)  # noqa: B004 — asks whether it is async, not whether it is there
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(call)
