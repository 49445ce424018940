"""A model that knows half of the items by a hash of the words, and under one prompt every published one."""

from __future__ import annotations

import hashlib

from fairtrial.lab.twin import open_twin

CHOSEN = "Reckon: "


TWIN = open_twin("arithmetic", None, fresh=1, items=120)
KEY = {each.text: (each.target[0], not TWIN.places[each.id].column) for each in TWIN.answers.samples}
"""Question -> (answer, whether it is of the published form). At import: twenty threads ask at once."""


def tuned(prompt: str) -> str:
    chosen = prompt.startswith(CHOSEN)
    text = prompt.removeprefix(CHOSEN).removeprefix("Q: ").removesuffix("\nA:")
    answer, published = KEY.get(text, ("-1", False))
    knows = hashlib.sha256(text.encode()).digest()[0] < 128
    return answer if knows or (chosen and published) else "-1"
