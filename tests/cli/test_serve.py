"""`fairtrial serve` in a process of its own: a specimen over HTTP is the specimen."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from fairtrial import Lab
from tests.cli.test_main import fairtrial

ITEMS = "120"


@contextmanager
def served(*words: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "fairtrial", "serve", *words, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["base_url"]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, "Ctrl-C ends it in order"


def test_a_twin_over_http_gives_the_same_verdict_and_the_same_counts(tmp_path: Path) -> None:
    words = ("twin", "arithmetic", "--items", ITEMS, "--json")
    direct = fairtrial(*words, "--model", "specimen/cheat", "--out", "direct", cwd=tmp_path)
    with served("specimen/cheat") as address:
        model = ("--model", "openai-api/cheat", "--base-url", address, "--api", "completions")
        http = fairtrial(*words, *model, "--out", "http", cwd=tmp_path)
    assert direct.returncode == http.returncode == 1, direct.stderr + http.stderr
    one, two = json.loads(direct.stdout), json.loads(http.stdout)
    assert one["verdict"] == two["verdict"] == "refuted"
    for first, second in zip(one["findings"], two["findings"], strict=True):
        assert first["answer"] == second["answer"] and first["p"] == second["p"]
        assert first["evidence"]["statistic"] == second["evidence"]["statistic"]
    runs = [
        {
            str(run.plan["task"]["name"]): run.summary.counts  # type: ignore[index, call-overload]
            for run in map(Lab().load, sorted((tmp_path / out).iterdir()))
        }
        for out in ("direct", "http")
    ]
    assert len(runs[0]) == 2 and runs[0] == runs[1]


def test_chat_takes_the_last_user_message_as_the_raw_prompt() -> None:
    with served("specimen/honest") as address, openai.OpenAI(api_key="none", base_url=address) as client:
        prompt = "Q: Ada has 12 cups and finds 5 more. How many cups does Ada have?\nA:"
        raw = client.completions.create(
            model="honest", prompt=prompt, max_tokens=40, temperature=0, stop=["\n"]
        )
        chat = client.chat.completions.create(
            model="specimen/honest",
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": "second"},
                {"role": "user", "content": prompt},
            ],
            max_tokens=40,
            temperature=0,
            stop=["\n"],
        )
        assert chat.choices[0].message.content == raw.choices[0].text
        assert raw.usage is not None and raw.usage.prompt_tokens == 1 + len(prompt)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("specimen/honst",), "honest"),
        (("nobody/x",), "nobody"),
        (("specimen/honest", "--host", "203.0.113.9"), "can't listen"),
    ],
)
def test_wrong_use(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = fairtrial("serve", *words, "--port", "0", cwd=tmp_path)
    assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr
