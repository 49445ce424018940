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
from fairtrial.evals.lmeval.formats import FORMATS, Formats
from fairtrial.evals.lmeval.functions import Function, Imports
from fairtrial.evals.lmeval.source import NamedFunction
from fairtrial.evals.lmeval.templates import compile_template
from fairtrial.evals.template import Template

LITERAL_LIMIT: Final = 100_000
"""Characters of a rendered list that is read as a literal."""

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """The formats of a task, or of its worked examples, ready to be used.

    columns: those of the split that is asked, by which lm-eval tells a column from a template, in the examples
    too. has_choices: the task has choices, whatever its examples have. example: these are the examples' formats.
    """

    formats: Formats
    columns: frozenset[str]
    has_choices: bool
    example: bool
    functions: Mapping[str, Function]
    templates: Mapping[str, Template]

    def text(self, doc: Doc) -> str:
        """The question. Raises UsageError where it is no text."""
        value = self._value("doc_to_text", doc)
        number = isinstance(value, int) or (
            isinstance(value, str) and value.isdigit() and "doc_to_text" in self.templates
        )
        if number and self.has_choices:
            raise UsageError(
                "doc_to_text is a number: each choice with a context of its own is not supported",
                "write the question in doc_to_text and the choices in doc_to_choice",
            )
        if not isinstance(value, str):
            raise UsageError(
                f"doc_to_text is {value!r:.60}, no text", "write {{ column }} to put it into words"
            )
        return value

    def target(self, doc: Doc) -> Any:
        """The target as lm-eval has it: a text, a number, an index, a list of them."""
        value = self._value("doc_to_target", doc)
        if isinstance(value, str) and "doc_to_target" in self.templates:
            if value.isdigit() and self.has_choices:
                return _index(value)
            if len(value) >= 2 and value[0] == "[" and value[-1] == "]":
                found = literal(value)
                return value if found is None else found
        return value

    def choices(self, doc: Doc) -> list[str]:
        """The choices. Raises UsageError where they are no list of texts."""
        given, value = self.formats.doc_to_choice, self._value("doc_to_choice", doc)
        if isinstance(value, str) and "doc_to_choice" in self.templates:
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
        value = self._value("gen_prefix", doc)
        if value is not None and not isinstance(value, str):
            raise UsageError(f"gen_prefix is {value!r:.60}, no text", "write a text")
        return value or ""

    def _value(self, key: str, doc: Doc) -> Any:
        given = getattr(self.formats, key)
        if key in self.functions:
            return self.functions[key](dict(doc))
        # For the prefix of an example lm-eval looks into the example itself.
        if not isinstance(given, str) or (key == "gen_prefix" and not given):
            return given
        if given in (doc if key == "gen_prefix" and self.example else self.columns):
            if given not in doc:
                raise UsageError(f"{key}: this row has no column {given!r}", "give it one")
            return doc[given]
        return self.templates[key].render(doc)


def words_of(
    formats: Formats, columns: frozenset[str], imports: Imports, *, has_choices: bool, example: bool
) -> Words:
    """The formats with their templates compiled and their functions imported (the user trusts the code)."""
    functions: dict[str, Function] = {}
    templates: dict[str, Template] = {}
    for key in FORMATS:
        value = getattr(formats, key)
        if isinstance(value, NamedFunction):
            functions[key] = imports.function(value)
        elif isinstance(value, str) and (value not in columns or (key == "gen_prefix" and example)):
            templates[key] = compile_template(value, key)
    return Words(formats, columns, has_choices, example, functions, templates)


@dataclass(frozen=True, slots=True)
class Description:
    """What stands before everything: the column of that name if the row has one, otherwise a template."""

    text: str
    template: Template

    @classmethod
    def of_key(cls, text: str) -> Description:
        return cls(text, compile_template(text, "description"))

    def of(self, doc: Doc) -> str:
        if not self.text:
            return ""
        if self.text not in doc:
            return self.template.render(doc)
        value = doc[self.text]
        if value is not None and not isinstance(value, str):
            raise UsageError(f"description is {value!r:.60}, no text", "write {{ column }}")
        return value or ""


def literal(text: str) -> list[Any] | None:
    """A list written as a Python literal; None where the text is none. Raises UsageError for one too long."""
    if len(text) > LITERAL_LIMIT:
        raise UsageError(f"a list of {len(text):,} characters", f"give at most {LITERAL_LIMIT:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a backslash in a row is no fault of the person who runs it
            # literal_eval drops blanks in front, as lm-eval's does
            value = ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return value if isinstance(value, list) else None


def _index(text: str) -> int:
    if not text.isascii() or len(text) > 9 or (len(text) > 1 and text[0] == "0"):
        raise UsageError(f"the target {text[:40]!r} is no index", "write 0 for the first choice")
    return int(text)
