"""Which choice did a chat answer name?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fairtrial.core.extractors import LETTERS, MAX_TEXT, last_of

_EDGES = " \t\r\n*_`\"'()[]{}.:,;!<>#-"
_LEADING = re.compile(r"\s*[*_`]{0,3}[(\[]?([A-Za-z])[)\].:]")
_BOXED = re.compile(r"\\boxed\{\s*(?:\\text(?:bf)?\{)?\s*\(?([A-Za-z])\)?\s*\}")
_MARKER = re.compile(
    r"\b(?:answer|choice|option)\b[ \t*_`]{0,4}(?:(?:is|are|would be|must be)\b|[:=])[ \t*_`:]{0,6}"
    r"(?:(?:the )?(?:option|choice|letter)\b[ \t*_`:]{0,4})?",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[\"'*_`$]{0,4}[(\[]?([A-Za-z])(?![A-Za-z0-9'’])")
_BRACKETED = re.compile(r"\(([A-Z])\)")


def choice_letter(text: str, choices: Sequence[str]) -> str | None:
    """The letter ("A" the first of `choices`) that a chat answer names, or None.

    The first of these forms that is there decides:
    1. the whole reply is a letter, bare or dressed: `B`, `(B)`, `**B.**`;
    2. the whole reply is the text of one choice, case and end punctuation aside;
    3. `\\boxed{B}`, the last one;
    4. after the last "answer is", "answer:", "option is", …: a letter, or else a choice's text;
    5. the reply begins with a letter and a bracket, full stop or colon: `B) because …`;
    6. exactly one letter stands in round brackets anywhere: `so it must be (B)`.
    A letter beyond the choices counts as none. A bare capital inside a sentence is never read.
    """
    if len(text) > MAX_TEXT:
        return None
    known = LETTERS[: len(choices)]
    stripped = text.strip(_EDGES)
    if len(stripped) == 1 and stripped.upper() in known:
        return stripped.upper()
    named = _by_text(text, choices)
    if named is not None:
        return named
    boxed = [letter.upper() for letter in _BOXED.findall(text)]
    if boxed:
        return boxed[-1] if boxed[-1] in known else None
    marked = _after_marker(text, choices, known)
    if marked is not None:
        return marked
    leading = _LEADING.match(text)
    if leading and leading.group(1).upper() in known:
        return leading.group(1).upper()
    bracketed = set(_BRACKETED.findall(text)) & set(known)
    return bracketed.pop() if len(bracketed) == 1 else None


def letter_alone(text: str, choices: Sequence[str]) -> str | None:
    """The letter where the reply is a letter and nothing else (form 1 above)."""
    stripped = text[: 4 * MAX_TEXT].strip(_EDGES)
    known = LETTERS[: len(choices)]
    return stripped.upper() if len(stripped) == 1 and stripped.upper() in known else None


def _after_marker(text: str, choices: Sequence[str], known: str) -> str | None:
    found = last_of(_MARKER.finditer(text))
    if found is None:
        return None
    tail = text[found.end() :]
    letter = _AFTER.match(tail)
    # "The answer is a unit of force": a small letter with more words behind it is an article.
    if letter and letter.group(1).upper() in known and not _is_word(letter, tail):
        return letter.group(1).upper()
    plain = _plain(tail)
    starts = [at for at, choice in enumerate(choices) if _begins(plain, _plain(choice))]
    if not starts:
        return None
    return LETTERS[max(starts, key=lambda at: len(_plain(choices[at])))]


def _is_word(letter: re.Match[str], tail: str) -> bool:
    after = tail[letter.end() : letter.end() + 2]
    return (
        letter.group() in ("a", "A", "I", "i") and len(after) == 2 and after[0] == " " and after[1].isalpha()
    )


def _by_text(text: str, choices: Sequence[str]) -> str | None:
    plain = _plain(text)
    same = [at for at, choice in enumerate(choices) if plain and plain == _plain(choice)]
    return LETTERS[same[0]] if len(same) == 1 else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip("*_`\"' .")


def _begins(text: str, choice: str) -> bool:
    return bool(choice) and text.startswith(choice) and not text[len(choice) : len(choice) + 1].isalnum()
