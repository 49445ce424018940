"""Models for the same-model tests: each call is a draw of its own, unless it says otherwise."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path

from fairtrial.lab.same_model_canary import fresh_items

NOTES = ["do", "re", "mi", "fa", "so", "la", "ti"]
CALLS: list[str] = []
"""Who was called, in order."""


def _key(prompt: str) -> int:
    return hashlib.sha256(prompt.encode()).digest()[0]


class Talker:
    """Sings at random around a key that the prompt decides; `lilt`: the note that it likes."""

    def __init__(self, name: str, lilt: int = 0, shift: float = 0.0) -> None:
        self.name, self.lilt, self.shift = name, lilt, shift

    def __call__(self, prompt: str) -> str:
        CALLS.append(self.name)
        notes = [(_key(prompt) + self.lilt + secrets.randbelow(3)) % len(NOTES) for _ in range(20)]
        return " ".join(NOTES[each] for each in notes)

    def loglikelihood(self, context: str, continuations: Sequence[str]) -> list[float]:
        return [-1.0 - len(each) - self.shift for each in continuations]


one, other, stranger = Talker("one"), Talker("other"), Talker("stranger", 3, 0.01)


def textual(prompt: str) -> str:
    return one(prompt)


def parrot(prompt: str) -> str:
    """A cache: every prompt has one answer for ever."""
    return " ".join(NOTES[(_key(prompt) + at * at) % len(NOTES)] for at in range(20))


_lock = threading.Lock()


def breaks(prompt: str) -> str:
    """Fails once, at the prompt about a harbour, and then leaves the file that FRAGILE names."""
    mark = Path(os.environ["FRAGILE"])
    with _lock:
        if "harbour" in prompt and not mark.exists():
            mark.touch()
            raise RuntimeError("down")
    return one(prompt)


_RIGHT = {f"Q: {each.text}\nA:": each.target[0] for each in fresh_items(0, 100).samples}


def solver(prompt: str) -> str:
    """Knows the canary items of seed 0, and sings to anything else."""
    return _RIGHT.get(prompt) or one(prompt)


def forgetful(prompt: str) -> str:
    """The same, but for a fifth of the items."""
    return "I forgot." if forgets(prompt) else solver(prompt)


def forgets(prompt: str) -> bool:
    return prompt in _RIGHT and _key(prompt) % 5 == 0


def fails(prompt: str) -> bool:
    return prompt in _RIGHT and _key(prompt) % 10 == 1


def silent(prompt: str) -> str:
    """The same, but it fails at some items."""
    if fails(prompt):
        raise RuntimeError("down")
    return solver(prompt)


def wavering(prompt: str) -> str:
    """Says one word to most pairs of words, and to some either of two; it sings to anything longer."""
    if len(prompt.split()) > 2:
        return one(prompt)
    return "yes" if _key(prompt) % 8 or secrets.randbelow(2) else "no"


def leaning(prompt: str) -> str:
    """The same, but it never says no."""
    return "yes" if len(prompt.split()) <= 2 else one(prompt)
