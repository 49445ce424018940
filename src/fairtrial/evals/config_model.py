"""The shapes of `fairtrial.yaml`, where foreign bytes come in; pydantic goes no further than this file.

`python -m fairtrial.evals.config_model FILE` writes the JSON Schema.
"""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from fairtrial.core.canon import canonical
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import EFFORTS
from fairtrial.evals.strict_yaml import Document, WrittenFloat

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Effort = Literal["none", "minimal", "low", "medium", "high"]
assert Effort.__args__ == EFFORTS  # type: ignore[attr-defined]


def _model_name(text: str) -> str:
    try:
        ModelSpec.parse(text)
    except UsageError as error:
        raise ValueError(f"{error.message}; {error.remedy}") from error
    return text


ModelName = Annotated[
    str, AfterValidator(_model_name), Field(json_schema_extra={"pattern": "^(python:|[^/]+/.)"})
]


def _dollars(value: Any) -> Any:
    """A sum of money as decimal text: 2.50 stays "2.50"."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = getattr(value, "text", str(value))
    try:
        if isinstance(value, str) and Decimal(value).is_finite() and Decimal(value) > 0:
            return value
    except InvalidOperation:
        pass
    raise ValueError("give US dollars above 0, for example 2.50")


Dollars = Annotated[
    str,
    BeforeValidator(_dollars, json_schema_input_type=Annotated[float, Field(gt=0)] | str),
]


class ModelEntry(BaseModel):
    """A model with settings of its own."""

    model_config = ConfigDict(extra="forbid", strict=True)
    model: ModelName = Field(description="provider/name, for example openai-api/llama")
    base_url: Text | None = Field(None, description="Endpoint of an openai-api/ model")
    api: Literal["chat", "completions"] | None = Field(None, description="Force one API of the endpoint")
    stream: bool | None = Field(None, description="Stream answers: records the time to the first token")


def _entry(value: Any) -> Any:
    return {"model": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


# Written either way; read one way, so that an error names the setting and not a branch of a union.
Candidate = Annotated[ModelEntry, BeforeValidator(_entry, json_schema_input_type=ModelName | ModelEntry)]
Cases = Annotated[
    list[Text],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=Text | Annotated[list[Text], Field(min_length=1)]),
]


class Settings(BaseModel):
    """fairtrial.yaml: what `fairtrial run` does where nothing else is typed."""

    model_config = ConfigDict(extra="forbid", strict=True, title="fairtrial.yaml")
    cases: Cases = Field(description="A file of rows, a task file or a benchmark's name; or a list of them")
    models: list[Candidate] = Field([], description="Candidates: provider/name, or a mapping with model")
    scorer: Text | None = Field(
        None, description="exact, includes, regex:PATTERN, number, choice, json or python:MODULE:FUNCTION"
    )
    tolerance: Annotated[float, Field(ge=0)] | None = Field(
        None, description="For the scorer number: how far off still counts as right"
    )
    template: Text | None = Field(None, description="The prompt of a row, Jinja2: {{ input }}")
    system: Text | None = Field(None, description="System text")
    temperature: Annotated[float, Field(ge=0, le=10)] | None = Field(None, description="Sampling temperature")
    max_tokens: Count | None = Field(None, description="Tokens one answer may take")
    stop: list[Text] | None = Field(None, description="Texts at which an answer ends")
    top_p: Fraction | None = Field(None, description="Nucleus sampling")
    effort: Effort | None = Field(None, description="Reasoning effort, where the model has one")
    seed: int | None = Field(None, description="Seed; sent to the provider as well")
    epochs: Count | None = Field(None, description="Ask every sample so many times")
    limit: Count | None = Field(None, description="Ask only so many samples")
    num_fewshot: Annotated[int, Field(ge=0)] | None = Field(None, description="Worked examples in the prompt")
    form: Text | None = Field(None, description="A benchmark's other form")
    data: Text | None = Field(None, description="Local file of a task whose items don't ship with us")
    include_path: list[Text] | None = Field(None, description="Where lm-eval task files may include from")
    cluster: Text | None = Field(None, description="Column that samples share; errors cluster by it")
    slices: list[Text] | None = Field(None, description="Columns to report by")
    max_cost: Dollars | None = Field(None, description="Stop before so many US dollars are spent")
    max_connections: Count | None = Field(None, description="Requests at once")
    max_retries: Annotated[int, Field(ge=0)] | None = Field(None, description="Attempts after the first")
    max_wait: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Longest wait told by a provider, s"
    )
    timeout: Annotated[float, Field(gt=0)] | None = Field(None, description="Seconds an answer may take")
    fail_under: Fraction | None = Field(None, description="Exit 1 where a score's lower limit is below")
    margin: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="Differences below this don't matter, a fraction"
    )
    volume: Count | None = Field(None, description="Answers a month, for the money in the report")
    price_table: Text | None = Field(None, description="File with your own prices")
    out: Text | None = Field(None, description="Where run folders go")
    resume: bool | None = Field(None, description="Continue the newest unfinished run of the same plan")
    base_url: Text | None = Field(None, description="For every model in this file")
    api: Literal["chat", "completions"] | None = Field(None, description="For every model in this file")
    stream: bool | None = Field(None, description="For every model in this file")


KNOWN = tuple(Settings.model_fields)


def check(name: str, document: Document) -> dict[str, Any]:
    """The settings stated in the file, in the command line's types. Raises UsageError, a line a problem."""
    if not isinstance(document.value, dict):
        raise UsageError(
            f"{name} holds no settings", "write `cases:` and `models:`, or let `fairtrial init` write it"
        )
    stated = _spelled(name, document)
    try:
        settings = Settings.model_validate(_plain(stated))
    except ValidationError as error:
        raise UsageError(*_told(name, document, error.errors())) from error
    found = settings.model_dump(exclude_none=True)
    for key in ("cases", "models", "slices", "stop", "include_path"):
        if key in found:
            found[key] = tuple(found[key])
    return found


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the file."""
    return {"$schema": _DIALECT, **Settings.model_json_schema(mode="validation")}


def _spelled(name: str, document: Document) -> dict[str, Any]:
    """Keys with underscores, as the field's tools spell them either way."""
    spelled: dict[str, Any] = {}
    for key, value in document.value.items():
        plain = key.replace("-", "_")
        if plain in spelled:
            line = document.lines[(key,)]
            raise UsageError(f"{name}, line {line}: {key} stands twice", "keep one spelling")
        document.lines[(plain,)] = document.lines[(key,)]
        spelled[plain] = value
    if "trust_code" in spelled:
        line = document.lines[("trust_code",)]
        raise UsageError(
            f"{name}, line {line}: trust_code can't stand in a file: a file must not switch it on",
            "type --trust-code yourself",
        )
    return spelled


def _plain(value: Any) -> Any:
    """WrittenFloat stays for money alone; everything else gets a float."""
    return {
        key: float(each) if isinstance(each, WrittenFloat) and key != "max_cost" else each
        for key, each in value.items()
    }


def _told(name: str, document: Document, errors: list[ErrorDetails]) -> tuple[str, str]:
    problems = sorted({_problem(document, error) for error in errors})
    if len(problems) == 1:
        line, text, remedy = problems[0]
        where = f"line {line}: " if line else ""
        return f"{name}, {where}{text}", remedy or "correct it; `fairtrial init` writes a commented file"
    told = [
        (f"line {line}: " if line else "") + text + (f" ({remedy})" if remedy else "")
        for line, text, remedy in problems
    ]
    return f"{name} has {len(told)} problems:\n  " + "\n  ".join(told), "correct them all"


def _problem(document: Document, error: ErrorDetails) -> tuple[int, str, str]:
    """Line (0: none), what is wrong, and the remedy where it is more than "correct it"."""
    path = at = error["loc"]
    while at and at not in document.lines:
        at = at[:-1]
    line = document.lines.get(at, 0)
    setting = ".".join(map(str, path))
    if error["type"] == "extra_forbidden":
        known = KNOWN if len(path) == 1 else tuple(ModelEntry.model_fields)
        near = get_close_matches(str(path[-1]), known, n=3, cutoff=0.5)
        hint = "the nearest: " + ", ".join(near) if near else "known: " + ", ".join(known)
        return line, f"no setting is called {str(path[-1])[:60]!r}", hint
    if error["type"] == "missing":
        return line, f"{setting} is missing", f"add the key {path[-1]}"
    if error["type"] == "value_error":
        return line, f"{setting}: {error['msg'].removeprefix('Value error, ')}", ""
    said = error["msg"].removeprefix("Input should be ")
    return line, f"{setting} should be {said}, not {error['input']!r:.40}", ""


def write(path: Path) -> None:
    """The schema as a file."""
    path.write_bytes(canonical(schema()) + b"\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
