"""From a sample to the words that are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from fairtrial.core.canon import JSON
from fairtrial.core.errors import UsageError
from fairtrial.core.extractors import LETTERS
from fairtrial.core.sample import Message, Sample

if TYPE_CHECKING:
    from fairtrial.evals.template import Template

FORM_VERSION: Final = "1"
PLAIN: Final = "{{ input }}"
"""The row's input is the whole prompt."""

MULTIPLE_CHOICE: Final = (
    "{{ input }}\n\n"
    "{% for choice in choices %}{{ letters[loop.index0] }}) {{ choice }}\n{% endfor %}\n"
    "Answer with the letter of the right choice alone."
)
"""The input, each choice behind its letter, and how to answer. Asked of rows with choices by default."""


@dataclass(frozen=True, slots=True)
class TemplatePrompt:
    """A sample in a Jinja2 template's words, as one user turn.

    The template knows `input`, `choices`, `letters` ("A", "B", … one a choice), `metadata`, and every
    metadata key under its own name (the four above win). Of a conversation, the template's text takes the
    place of the last user turn, and `input` is that turn's text; the turns around it stay as they are.
    Raises UsageError when made from a broken template, and when a row lacks a name that it uses.
    """

    template: str = PLAIN
    _compiled: Template | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.template != PLAIN:
            # jinja2 takes 0.06 s of CPU to load; most files of rows are asked as they stand.
            template = import_module("fairtrial.evals.template").Template(self.template)
            object.__setattr__(self, "_compiled", template)

    @property
    def form(self) -> Mapping[str, JSON]:
        return {"template": self.template, "language": "jinja2", "version": FORM_VERSION}

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        if isinstance(sample.input, str):
            return (Message("user", self._text(sample, sample.input)),)
        if self._compiled is None:
            return sample.input
        turns = list(sample.input)
        last = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=None)
        if last is None:
            raise UsageError(
                f"sample {sample.id!r} has no user turn to put the template in", "give its input one"
            )
        turns[last] = Message("user", self._text(sample, turns[last].content))
        return tuple(turns)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return ()

    def _text(self, sample: Sample, asked: str) -> str:
        if self._compiled is None:
            return asked
        variables: dict[str, Any] = {
            **sample.metadata,
            "input": asked,
            "choices": list(sample.choices),
            "letters": list(LETTERS[: len(sample.choices)]),
            "metadata": sample.metadata,
        }
        try:
            text = self._compiled.render(variables)
        except UsageError as error:
            raise UsageError(f"sample {sample.id!r}: {error.message}", error.remedy) from error
        if not text.strip():
            raise UsageError(f"sample {sample.id!r}: the template gives an empty prompt", "use {{ input }}")
        return text
