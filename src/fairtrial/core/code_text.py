"""Which part of a written answer is the program? Text in, text out: nothing here is compiled or run, since a
parser fed with hostile source can take its process down. Every step is linear in the length of the answer.

    reply -> fenced blocks -> the one that defines the function -> the program, behind the lines it continues
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

CHAT_RULE: Final = (
    "the last block marked as Python, or not marked, that defines the function; without one the last that is a "
    "function's body; without any block the lines that define the function; assert, print and __main__ lines "
    "below the function are left out"
)
COMPLETION_RULE: Final = "the whole answer up to the first stop string, behind the prompt"
FIRST, ALL = "first code block", "all code blocks"
"""Other readings of a chat answer: as lm-eval and simple-evals read it, and everything that is code."""

_PYTHON: Final = frozenset({"", "py", "py3", "python", "python3", "ipython"})
_FENCE = re.compile(r"([ \t]*)(`{3,}(?=[^`]*$)|~{3,})(.*)")
_WORD = re.compile(r"[^\s{}.,:;]+")
_TEST_LINE = re.compile(r"assert\b|print[ \t]*\(|if[ \t]+__name__\b")
_GOES_ON = (" ", "\t", ")", "]", "}", "else", "elif")
_LEAVES = re.compile(r"(?:return|yield)\b")
_FUTURE = re.compile(r"^from __future__ import .*\n?", re.MULTILINE)
_HEAD = re.compile(r"(?:async[ \t]+)?(?:def|class|for|while|with|if|elif|else|try|except|finally|match)\b")
_SIMPLE = re.compile(
    r"[@#)\]}]|'''|\"\"\"|(?:return|raise|assert|del|global|nonlocal|yield|pass|break|continue)\b"
    r"|import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b"
    r"|\w[\w.\[\]]*(?:,[ \t]*\w[\w.\[\]]*)*[ \t]*(?::[^=]*)?[-+*/|&^%@]{0,2}=(?!=)"
)
_TRIPLE = re.compile(r"\"\"\"|'''")
_CALL = re.compile(r"\w[\w.]{0,200}\(")


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer was read as. answer: the code as it was written. program: what runs. others: the programs of
    other readings, by name; a reading that finds nothing is absent. ended: the code came to its own end, even
    where the answer was cut."""

    answer: str
    program: str
    others: Mapping[str, str] = field(default_factory=dict)
    ended: bool = False


def read_chat(text: str, name: str, prelude: str = "") -> Found | None:
    """The program in a chat answer (CHAT_RULE), None where none is found. name: of the function it must define.

    prelude: lines that stand before it, "" for none; they end in the function's head, so that a body alone
    continues them.
    """
    text = _plain(text)
    code = python_blocks(text)
    if not fenced(text):
        lines = _unfenced(text, name, body=bool(prelude))
        code = () if lines is None else (lines,)
    chosen = _last(code, name, body=bool(prelude))
    if chosen is None:
        return None
    whole = defines(_flush(chosen), name)
    readings = {FIRST: code[0], ALL: "\n".join(map(_flush, code)) if whole else "".join(code)}
    others = {key: _joined(prelude, each, name) for key, each in readings.items()}
    program = _without_tests(_flush(chosen), name) if whole else chosen
    return Found(chosen, _joined(prelude, program, name), others)


def read_completion(text: str, stops: Sequence[str], prelude: str) -> Found | None:
    """The program that an answer completes (COMPLETION_RULE), None for blanks."""
    text = _plain(text)
    kept = text[: min((at for each in stops if (at := text.find(each)) >= 0), default=len(text))]
    if not kept.strip():
        return None
    return Found(kept, prelude + kept, ended=len(kept) < len(text))


def fenced(text: str) -> tuple[tuple[str, str], ...]:
    """Every fenced block as (language in lower case, code). An unclosed one runs to the end of the text, or to a
    fence that stands behind code on its line."""
    found: list[tuple[str, str]] = []
    lines = iter(text.split("\n"))
    for line in lines:
        opening = _FENCE.fullmatch(line)
        if opening is None:
            continue
        indent, fence, told = opening.groups()
        body, closed = _until(lines, fence, len(indent))
        code = "".join(f"{each}\n" for each in body)
        word = _WORD.search(told)
        found.append((word.group().lower() if word else "", code if closed else code.partition(fence)[0]))
    return tuple(found)


def python_blocks(text: str) -> tuple[str, ...]:
    """The code of the blocks marked as Python, or not marked; blank ones left out."""
    return tuple(code for language, code in fenced(text) if language in _PYTHON and code.strip())


def defines(code: str, name: str) -> bool:
    """Whether a line at the left margin defines `name`, by def or by assignment."""
    return _definition(name).search(code) is not None


def _until(lines: Iterable[str], fence: str, indent: int) -> tuple[list[str], bool]:
    """The lines up to the closing fence, without the opening one's indentation; whether it was closed."""
    body: list[str] = []
    for line in lines:
        bare = line.strip()
        if len(bare) >= len(fence) and bare == fence[0] * len(bare):
            return body, True
        blanks = len(line) - len(line.lstrip(" \t"))
        body.append(line[min(indent, blanks) :])
    return body, False


def _last(code: Sequence[str], name: str, *, body: bool) -> str | None:
    for fits in (lambda each: defines(_flush(each), name), _is_body if body else lambda each: False):
        for each in reversed(code):
            if fits(each):
                return each
    return None


def _joined(prelude: str, code: str, name: str) -> str:
    """The program: behind the prelude a definition stands by itself, a body is set under the function's head."""
    if not prelude:
        return code
    whole = _flush(code)
    if defines(whole, name) or not _is_body(code):
        # Imports from __future__ are only allowed at the very top.
        lifted = "".join(each if each.endswith("\n") else f"{each}\n" for each in _FUTURE.findall(whole))
        return f"{lifted}{prelude}\n{_FUTURE.sub('', whole) if lifted else whole}"
    first = _first_line(code)
    right = first.startswith("    ") and not first.startswith("     ")
    return prelude + (code if right else textwrap.indent(_flush(code), "    "))


def _flush(code: str) -> str:
    """The code moved to the left margin, where all of it stands further in."""
    return textwrap.dedent(code) if _first_line(code)[:1] in " \t" else code


def _is_body(code: str) -> bool:
    """Whether this is the inside of a function: it begins further in, or leaves a function at the left margin."""
    return _first_line(code)[:1] in " \t" or any(_LEAVES.match(line) for line in code.split("\n"))


def _first_line(code: str) -> str:
    return next((line for line in code.split("\n") if line.strip()), "x")


def _definition(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    return re.compile(
        rf"^(?:(?:async[ \t]+)?def[ \t]+{word}[ \t]*[(\[]|{word}[ \t]*(?::[^=\n]*)?=(?!=))", re.MULTILINE
    )


def _without_tests(code: str, name: str) -> str:
    """The code without the assert, print and __main__ statements at the left margin below the function: tests of
    the model's own, and examples."""
    found = _definition(name).search(code)
    if found is None:
        return code
    kept: list[str] = []
    dropping = False
    for line in code[found.start() :].split("\n"):
        if line and not line.startswith(_GOES_ON):
            dropping = _TEST_LINE.match(line) is not None
        if not dropping:
            kept.append(line)
    return code[: found.start()] + "\n".join(kept)


def _unfenced(text: str, name: str, *, body: bool) -> str | None:
    """The code in an answer without a fence: from the first line of a run of statements to the prose after them,
    where they define the function; or all of it, where it reads as a body and nothing else."""
    found = _definition(name).search(text)
    if found is not None:
        lines = text.split("\n")
        code = list(_marked(lines))
        start = text.count("\n", 0, found.start())
        end = start + 1
        while start and code[start - 1]:
            start -= 1
        while end < len(lines) and code[end]:
            end += 1
        return "\n".join(lines[start:end]).strip("\n") + "\n"
    if body and _statement(_first_line(text).lstrip()) and _is_body(text):
        return text if all(map(_code, text.split("\n"))) else None
    return None


def _marked(lines: Iterable[str]) -> Iterator[bool]:
    """For every line whether it can belong to code; the inside of a string in triple quotes does."""
    quote = ""
    for line in lines:
        code = bool(quote) or _code(line)
        yield code
        for mark in _TRIPLE.findall(line) if code else ():
            quote = mark if not quote else "" if mark == quote else quote


def _code(line: str) -> bool:
    """Whether a line can belong to code: blank, further in, or a statement."""
    return not line.strip() or line[0] in " \t" or _statement(line)


def _statement(line: str) -> bool:
    """Whether a line without indentation reads as Python, not as prose. By its look: nothing is parsed."""
    end = line.partition("#")[0].rstrip()[-1:]
    if _HEAD.match(line):
        return end in (":", "(", "[", "{", "\\", ",") or ":" in line
    if _CALL.match(line):
        return end in (")", "(", ",") or "=" in line
    return _SIMPLE.match(line) is not None


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
