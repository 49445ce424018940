"""A model that knows eight in ten of the demonstration's siblings, published or not, however it is asked."""

from __future__ import annotations

from functools import cache

from fairtrial.lab.twin import open_twin
from tests.lab.claim_models import knows


@cache
def key() -> dict[str, str]:
    twin = open_twin("arithmetic", None, fresh=7, items=None)
    return {sample.text: sample.target[0] for sample in twin.answers.samples}


def fair(prompt: str) -> str:
    asked = prompt.rpartition("Q: ")[2].removesuffix("\nA:")
    return key()[asked] if asked in key() and knows(prompt, 205) else "-1"
