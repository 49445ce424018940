"""What a document's text, target, choices and prefix are (`doc_to_*` in `api/task.py`, lm-eval 0.4.13).

A string that equals a column's name is that column; any other is a template. Rendered targets of digits are
numbers where there are choices; rendered lists are read as Python literals, by a parser of literals.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairtrial.core.errors import UsageError
from fairtrial.evals.lmeval.config import Formats, Value
from fairtrial.evals.lmeval.functions import Function, import_function
from fairtrial.evals.lmeval.source import NamedFunction
from fairtrial.evals.prompts import compile_template, render

LITERAL_LIMIT: Final = 100_000
"""Characters of a rendered list that is read as a literal."""

Doc = Mapping[str, Any]
Found = str | int | list[Any] | dict[str, Any] | Function | None


@dataclass(frozen=True, slots=True)
class Words:
    """The formats of a task with their functions imported. columns: those of the split that is asked."""

    formats: Formats
    columns: frozenset[str]
    has_choices: bool
    functions: Mapping[str, Function]

    def text(self, doc: Doc) -> str:
        """The question. Raises UsageError where it is no text."""
        value = self._value("doc_to_text", self.formats.doc_to_text, doc)
        if isinstance(value, str) and value.isdigit() and self.has_choices and self._rendered("doc_to_text"):
            value = int(value)
        if isinstance(value, int) and self.has_choices:
            raise UsageError(
                "doc_to_text is a number: each choice with a context of its own is not supported",
                "write the question in doc_to_text and the choices in doc_to_choice",
            )
        if not isinstance(value, str):
            raise UsageError(
                f"doc_to_text is {value!r:.60}, no text", "write {{ column }} to put it into words"
            )
        return value

    def target(self, doc: Doc) -> str | int | list[Any]:
        """The target as lm-eval has it: a text, an index, or a list of either."""
        given = self.formats.doc_to_target
        value = self._value("doc_to_target", given, doc)
        if isinstance(value, str) and self._rendered("doc_to_target"):
            if value.isdigit() and self.has_choices:
                return _literal_index(value)
            if len(value) >= 2 and value[0] == "[" and value[-1] == "]":
                found = literal(value)
                return value if found is None else found
        if isinstance(value, str | int | list) and not isinstance(value, bool):
            return value
        if isinstance(value, bool):
            return int(value) if self.has_choices else str(value)
        if value is None or isinstance(value, dict):
            raise UsageError(f"doc_to_target is {value!r:.60}", "give every row a target")
        return str(value)

    def choices(self, doc: Doc) -> list[str]:
        """The choices. Raises UsageError where they are no list of texts."""
        given = self.formats.doc_to_choice
        value = self._value("doc_to_choice", given, doc)
        if isinstance(value, str) and self._rendered("doc_to_choice"):
            value = literal(value)
        elif isinstance(given, dict):
            value = list(given.values())
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or not value:
            raise UsageError(
                f"doc_to_choice is {value!r:.80}, no list of texts",
                'quote the choices: YAML reads no, yes, on and off as truth values, so write "no", "yes"',
            )
        return value

    def prefix(self, doc: Doc) -> str:
        """gen_prefix, "" for none."""
        value = self._value("gen_prefix", self.formats.gen_prefix, doc)
        if value is not None and not isinstance(value, str):
            raise UsageError(f"gen_prefix is {value!r:.60}, no text", "write a text")
        return value or ""

    def _rendered(self, key: str) -> bool:
        given = getattr(self.formats, key)
        return isinstance(given, str) and given not in self.columns

    def _value(self, key: str, given: Value, doc: Doc) -> Any:
        if isinstance(given, NamedFunction):
            return self.functions[key](dict(doc))
        if not isinstance(given, str):
            return given
        if given in self.columns:
            if given not in doc:
                raise UsageError(f"{key}: this row has no column {given!r}", "give it one")
            return doc[given]
        return render(compile_template(given), doc)


def words_of(formats: Formats, columns: frozenset[str]) -> Words:
    """The formats with their functions imported (only called once the user trusts the code)."""
    functions = {
        key: import_function(value)
        for key in ("doc_to_text", "doc_to_target", "doc_to_choice", "gen_prefix")
        if isinstance(value := getattr(formats, key), NamedFunction)
    }
    return Words(formats, columns, formats.doc_to_choice is not None, functions)


def field(template: str, doc: Doc) -> str:
    """A description: the column of that name if the row has one, otherwise a template."""
    if not template:
        return ""
    if template in doc:
        value = doc[template]
        if value is not None and not isinstance(value, str):
            raise UsageError(f"description is {value!r:.60}, no text", "write {{ column }}")
        return value or ""
    return render(compile_template(template), doc)


def literal(text: str) -> list[Any] | None:
    """A list written as a Python literal; None where the text is none. Raises UsageError for one too long."""
    if len(text) > LITERAL_LIMIT:
        raise UsageError(f"a list of {len(text):,} characters", f"give at most {LITERAL_LIMIT:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a backslash in a row is no fault of the person who runs it
            value = ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, list) else None


def _literal_index(text: str) -> int:
    if not text.isascii() or len(text) > 9 or (len(text) > 1 and text[0] == "0"):
        raise UsageError(f"the target {text[:40]!r} is no index", "write 0 for the first choice")
    return int(text)
