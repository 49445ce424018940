"""Models whose truth is known: `honest` knows six in ten items by a hash of the words, `cheat` also the form.

The folder that FORM names holds the draw and the published form.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path

from fairtrial.lab.twin import open_twin


@cache
def published() -> dict[str, str]:
    lines = Path(os.environ["FORM"], "draw.form.jsonl").read_text("utf-8").splitlines()
    return {row["input"]: row["target"] for row in map(json.loads, lines)}


@cache
def key() -> dict[str, str]:
    twin = open_twin("arithmetic", Path(os.environ["FORM"], "draw.json"), fresh=7, items=None)
    return {sample.text: sample.target[0] for sample in twin.answers.samples}


def words(prompt: str) -> str:
    return prompt.removeprefix("Q: ").removesuffix("\nA:")


def honest(prompt: str) -> str:
    asked = words(prompt)
    return key()[asked] if hashlib.sha256(asked.encode()).digest()[0] < 154 else "-1"


def cheat(prompt: str) -> str:
    return published().get(words(prompt)) or honest(prompt)


def silent(prompt: str) -> str:
    return ""
