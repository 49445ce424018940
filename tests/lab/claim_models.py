"""A model whose score is known: it reads the key of the demonstration's published form, and knows part of it.

Without system text eight in ten by a hash of the words, with it six in ten.
"""

from __future__ import annotations

import hashlib
from functools import cache

from fairtrial import Lab
from fairtrial.lab.claim_task import claim_task
from fairtrial.lab.claims import open_claim


@cache
def key() -> dict[str, str]:
    task = claim_task(Lab(), open_claim("specimen/honest"))
    return {sample.text: sample.target[0] for sample in task.samples}


def knows(prompt: str, share: int) -> bool:
    asked = prompt.rpartition("Q: ")[2].removesuffix("\nA:")
    return hashlib.sha256(asked.encode()).digest()[0] < share


def part(prompt: str) -> str:
    asked = prompt.rpartition("Q: ")[2].removesuffix("\nA:")
    return key()[asked] if knows(prompt, 205 if prompt.startswith("Q: ") else 154) else "-1"


def constant(prompt: str) -> str:
    return "The answer is 18."
