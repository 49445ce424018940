"""The parent's end of a pipe beside guests that do everything wrong. Each ends in a Breach, in time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from fairtrial.sandbox.channel import Breach, Channel, Deadline

MOST = 1 << 16
WALL_S = 3.0

Open = Callable[..., Channel]


@pytest.fixture
def talk() -> Iterator[Open]:
    """A channel to a script of ours, whose standard output is a raw pipe."""
    channels = []

    def opened(script: str, wall_s: float = WALL_S) -> Channel:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", f"import os, time\n{script}"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        channel = Channel("program", process, Deadline.after(wall_s), MOST)
        channels.append((channel, process))
        return channel

    yield opened
    for channel, process in channels:
        channel.close()
        assert process.returncode is not None


def breach(act: Callable[[], object]) -> Breach:
    with pytest.raises(Breach) as caught:
        act()
    return caught.value


def test_a_message_there_and_back(talk: Open) -> None:
    channel = talk("while True: os.write(1, os.read(0, 70000))")
    for message in ({"a": [1, "é"]}, {"b": "x" * 40_000}):
        channel.say(message)
        assert channel.hear() == message
    channel.quiet()


def test_a_message_in_drips_is_whole(talk: Open) -> None:
    channel = talk(
        "for byte in b'\\0\\0\\0\\x07[1,2,3]': os.write(1, bytes([byte])); time.sleep(0.01)\ntime.sleep(9)"
    )
    assert channel.hear() == [1, 2, 3]


@pytest.mark.parametrize(
    "script",
    [
        "time.sleep(99)",
        "os.write(1, b'\\0\\0')\ntime.sleep(99)",
        "os.write(1, b'\\0\\0\\xff\\xff' + b'[' * 9)\ntime.sleep(99)",
        "os.write(1, b'\\0\\0\\xff\\xff')\nwhile True: os.write(1, b' '); time.sleep(0.01)",
    ],
    ids=["silence", "half a length", "half a message", "drips"],
)
def test_who_does_not_answer_is_out_of_time(talk: Open, script: str) -> None:
    channel = talk(script, 0.6)
    began = time.monotonic()
    found = breach(channel.hear)
    assert (found.cause, found.plain) == ("timeout", False)
    assert time.monotonic() - began < 1.5


def test_who_does_not_read_can_not_hold_us(talk: Open) -> None:
    channel = talk("time.sleep(99)", 0.6)
    began = time.monotonic()
    assert breach(lambda: channel.send(b"x" * 10_000_000)).cause == "timeout"
    assert time.monotonic() - began < 1.5


def test_who_talks_instead_of_reading_is_caught_at_once(talk: Open) -> None:
    channel = talk("while True: os.write(1, b'x' * 60000)")
    began = time.monotonic()
    found = breach(lambda: channel.send(b"x" * 10_000_000))
    assert (found.cause, found.plain) == ("bad-reply", True)
    assert time.monotonic() - began < WALL_S - 0.5


def test_the_clock_runs_out_on_a_guest_that_always_has_an_answer(talk: Open) -> None:
    channel = talk("while True: os.read(0, 99); os.write(1, b'\\0\\0\\0\\x011')", 0.8)
    began = time.monotonic()

    def forever() -> None:
        while True:
            channel.say(1)
            assert channel.hear() == 1

    assert breach(forever).cause == "timeout"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("size", [MOST + 1, 1 << 31, (1 << 32) - 1])
def test_a_flood_is_refused_by_its_length_alone(talk: Open, size: int) -> None:
    channel = talk(f"os.write(1, ({size}).to_bytes(4, 'big'))\ntime.sleep(99)")
    assert breach(channel.hear).cause == "flood"


def test_the_largest_message(talk: Open) -> None:
    body = f"b'\"' + b'x' * {MOST - 2} + b'\"'"
    channel = talk(
        f"data = ({MOST}).to_bytes(4, 'big') + {body}\nwhile data: data = data[os.write(1, data):]\ntime.sleep(9)"
    )
    assert channel.hear() == "x" * (MOST - 2)


@pytest.mark.parametrize("more", ["\\0", " ", "\\n", "\\0\\0\\0\\x011"])
def test_bytes_behind_a_message(talk: Open, more: str) -> None:
    channel = talk(f"os.write(1, b'\\0\\0\\0\\x011{more}')\ntime.sleep(99)")
    assert breach(channel.hear).plain


def test_bytes_before_a_request(talk: Open) -> None:
    channel = talk("os.write(1, b'x')\ntime.sleep(99)")
    time.sleep(0.5)
    assert breach(channel.quiet).cause == "bad-reply"


def test_an_empty_message(talk: Open) -> None:
    channel = talk("os.write(1, bytes(4))\ntime.sleep(99)")
    assert breach(channel.hear).cause == "bad-reply"


@pytest.mark.parametrize(
    "script, cause, word",
    [
        ("os._exit(0)", "crashed", "status 0"),
        ("os.kill(os.getpid(), 11)", "crashed", "SIGSEGV"),
        ("os.kill(os.getpid(), 24)", "timeout", "processor"),
        ("os._exit(255)", "crashed", "status 255"),
        ("os.close(1)\ntime.sleep(99)", "crashed", "closed"),
        ("os.write(1, b'\\0\\0\\0\\x09{')", "crashed", "status 0"),
    ],
)
def test_a_death(talk: Open, script: str, cause: str, word: str) -> None:
    found = breach(talk(script).hear)
    assert (found.cause, found.plain) == (cause, False)
    assert word in found.detail


def test_a_death_while_we_write(talk: Open) -> None:
    channel = talk("os._exit(3)")
    assert breach(lambda: channel.send(b"x" * 10_000_000)).cause == "crashed"


def test_closing_kills_reaps_and_lets_go(talk: Open) -> None:
    before = len(os.listdir("/proc/self/fd"))
    channel = talk(
        "import signal\n"
        "for number in set(range(1, 32)) - {9, 19}: signal.signal(number, signal.SIG_IGN)\n"
        "time.sleep(99)"
    )
    channel.close()
    assert len(os.listdir("/proc/self/fd")) == before
    channel.close()
