"""Where the event loop starts, and what Ctrl-C does to it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fairtrial.core.ports import Progress
from fairtrial.evals.stop import Stop
from fairtrial.lab.run import STOPPED

T = TypeVar("T")


@contextlib.contextmanager
def interrupts(stop: Stop, progress: Progress) -> Iterator[None]:
    """First Ctrl-C: send nothing new, take what is in flight. Second: stop at once, the journal intact."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if stop.wanted and task is not None:
            task.cancel()
            return
        stop.request(f"{STOPPED} by Ctrl-C")
        progress.notice(
            "stopping: nothing new is sent, answers on the way are taken; Ctrl-C again stops at once"
        )

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def settled_memory() -> Iterator[None]:
    """What is loaded by now stays to the end: the collector need not walk it again for every few samples."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def to_the_end(start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, also where a loop already runs (a notebook): then on a thread of its own.

    There an interrupt cancels the coroutine, which may still end well (a run returns what it has).
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(start())
    runner = asyncio.Runner()
    loop = runner.get_loop()
    task = loop.create_task(start())
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(_ended, runner, task)
        try:
            return ending.result()
        except KeyboardInterrupt:
            loop.call_soon_threadsafe(task.cancel)
            return ending.result()


def _ended(runner: asyncio.Runner, task: asyncio.Task[T]) -> T:
    """The task's result. The loop is closed on the thread it ran on: the caller's thread has one of its own."""
    with runner:
        return runner.run(_result(task))


async def _result(task: asyncio.Task[T]) -> T:
    return await task
