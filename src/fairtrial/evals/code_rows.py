"""Own programming tasks without Python glue: rows that bring their tests along, as text.

    prompt (or input)       what is asked: words, or the head of a function with its docstring
    entry_point             the function that an answer must define
    reference               Python source of a right answer; what tests call besides the program stands here too
    inputs                  a list of argument lists, or
    generator, count        source that defines generate(random), which yields argument tuples, and how many, or
    test                    source that defines check(candidate), which raises where the program is wrong
    compare                 equal, close (within tolerance), set, or custom: a result against the reference's
    tolerance, comparison   for close; for custom, source that defines same(expected, got, *arguments)
    further, seed           inputs to derive from those seen (reported, never scored); for generator and derivation

and id, metadata and any other column as in `rows`. A file in HumanEval's form (task_id, prompt, entry_point,
canonical_solution, test) is read as it is. Nothing of a row is run on the host, nor parsed as Python: reference,
generator, test and comparison run in the oracle's sandbox alone, so no row needs trust.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from keyword import iskeyword
from pathlib import Path
from typing import Any, Final, get_args

from fairtrial.core.canon import JSON
from fairtrial.core.code_text import defines
from fairtrial.core.errors import UsageError
from fairtrial.core.execution import Compare, Exam
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.evals.code_scorer import CodeScorer
from fairtrial.evals.row_files import RowFile
from fairtrial.evals.rows import (
    Ids,
    notices,
    plain_input,
    row_id,
    row_input,
    row_metadata,
    shown,
    stem,
    unpacked,
)
from fairtrial.evals.strict_yaml import WrittenFloat

COLUMNS: Final = (
    *("id", "prompt", "input", "entry_point", "reference", "inputs", "generator", "count", "test"),
    *("compare", "tolerance", "comparison", "further", "seed", "metadata"),
)
HUMANEVAL: Final = ("task_id", "canonical_solution")
"""Further columns of a file in HumanEval's form."""

SOURCE_LIMIT: Final = 2**20
"""Most bytes of one source, in UTF-8, and of all inputs of a row, as JSON."""

MOST: Final = 10_000
"""Inputs of a row, given or generated."""

FURTHER: Final = 30
MOST_FURTHER: Final = 1_000
TOLERANCE: Final = 1e-6
"""How near two floats must be on derived inputs, where a row's own test decides and nothing else is stated."""

ASK_WORDS: Final = (
    "{{ input }}\n\nAnswer with one code block that holds the whole Python function `{{ entry_point }}`, "
    "with all it needs."
)
ASK_HEAD: Final = (
    "Complete this Python function. Answer with one code block that holds the whole function, with all it needs."
    "\n\n```python\n{{ input }}```"
)
_HEAD: Final = re.compile(r"""\s*(?:(?:async )?def |from |import |class |@|#|\"""|[A-Za-z_]\w* *=)""")
_COMPARES: Final = get_args(Compare)


@dataclass(frozen=True, slots=True)
class RowScorer(CodeScorer):
    """A CodeScorer whose exams are a user's own: they are tried before anything is asked. where: the row of each
    sample ("line 3")."""

    where: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class CodeRows:
    """A file's samples and the exam of each, by sample id. heads: every prompt is the head of its function, and
    an answer stands behind it. where: the row of each sample."""

    samples: tuple[Sample, ...]
    exams: Mapping[str, Exam]
    where: Mapping[str, str]
    origin: Origin
    heads: bool
    notices: tuple[str, ...] = ()

    @property
    def scorer(self) -> RowScorer:
        return RowScorer(self.exams, after_prompt=self.heads, where=self.where)

    @property
    def template(self) -> str:
        return ASK_HEAD if self.heads else ASK_WORDS


def has_code_rows(path: Path) -> bool:
    """Whether the first row has an entry_point and no target. Raises UsageError for a file that can't be read."""
    row = next((row for _, row in islice(RowFile(path).rows(), 1)), {})
    return "entry_point" in row and "target" not in row


def read_code_rows(path: Path) -> CodeRows:
    """Raises UsageError for a file that can't be read, and for bad rows: all of them in one message."""
    file, ids = RowFile(path), Ids()
    samples: list[Sample] = []
    exams: dict[str, Exam] = {}
    where: dict[str, str] = {}
    extra: dict[str, None] = {}
    for at, row in file.rows():
        try:
            values = _values(row, as_text=file.kind == "csv")
            asked, exam = _asked(values), _exam(values)
            name = ids.name(row_id(values.get("id")), [plain_input(asked), exam.entry_point], at)
            metadata = row_metadata(values, [each for each in COLUMNS if each != "entry_point"])
            samples.append(Sample(name, asked, (exam.reference,), metadata=metadata))
        except UsageError as error:
            file.faults.add(at, error.message, error.remedy)
            continue
        exams[name], where[name] = exam, at
        extra |= dict.fromkeys(each for each in row if each not in (*COLUMNS, *HUMANEVAL))
    file.faults.raise_if_any()
    heads = sum(_is_head(each.input, exams[each.id].entry_point) for each in samples)
    told = notices(len(samples), list(extra), ids)
    if 0 < heads < len(samples):
        told.append(
            f"{heads} of {len(samples)} prompts are heads of functions; all are asked in the same words."
        )
    told.append(_told(list(exams.values())))
    origin = Origin(stem(path), path.name, file.digest)
    return CodeRows(tuple(samples), exams, where, origin, heads == len(samples), tuple(told))


def _told(exams: list[Exam]) -> str:
    kinds = {
        "by a test": sum(bool(exam.test) for exam in exams),
        "on inputs": sum(not exam.test for exam in exams),
    }
    counted = ", ".join(f"{n} {kind}" for kind, n in kinds.items() if n)
    return f"Answers are run in a sandbox and marked {counted}."


def _values(row: Mapping[str, Any], *, as_text: bool) -> dict[str, Any]:
    """The row's columns, HumanEval's under our names; in a CSV an empty cell is nothing, and lists and numbers are
    read as JSON."""
    values = {name: value for name, value in row.items() if value is not None}
    if as_text:
        values = {name: value for name, value in values.items() if value.strip()}
        for name in ("inputs", "metadata", "count", "tolerance", "further", "seed"):
            if name in values:
                values[name] = unpacked(name, values[name])
    if "prompt" in values and "input" in values:
        raise UsageError("prompt and input are both there", "keep one of the two")
    if "task_id" in values:
        values.setdefault("id", values.pop("task_id"))
    if "canonical_solution" in values:
        body = _source(values, "canonical_solution")
        values.setdefault("reference", _source(values, "prompt") + body)
        del values["canonical_solution"]
    return values


def _asked(values: Mapping[str, Any]) -> str | tuple[Message, ...]:
    if "prompt" not in values and "input" not in values:
        raise UsageError("prompt is missing", "say in the column prompt what is asked for")
    asked = row_input(values.get("prompt", values.get("input")))
    # The code block that shows a head ends on a line of its own.
    head = isinstance(asked, str) and _is_head(asked, str(values.get("entry_point")))
    return f"{asked}\n" if head and not asked.endswith("\n") else asked  # type: ignore[union-attr]


def _is_head(asked: str | tuple[Message, ...], name: str) -> bool:
    """Whether this is Python that a function's body continues, by its look: a parser is no place for a stranger's
    text."""
    if not isinstance(asked, str) or "```" in asked or not name.isidentifier():
        return False
    return _HEAD.match(asked) is not None and defines(asked, name)


def _exam(values: Mapping[str, Any]) -> Exam:
    name = values.get("entry_point")
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise UsageError(f"entry_point is {shown(name)}", "name the function that an answer must define")
    test, generator = _source(values, "test"), _source(values, "generator")
    inputs, count = _inputs(values.get("inputs")), _whole(values, "count", 0, MOST)
    _check_kind(name, test, inputs, generator, count)
    reference = _source(values, "reference")
    if not reference:
        raise UsageError(f"{name}: reference is missing", "give the source of a right answer")
    compare, tolerance, comparison = _comparison(values, bool(test))
    return Exam(
        entry_point=name,
        reference=reference,
        test=test,
        inputs=inputs,
        generator=generator,
        count=count,
        compare=compare,
        tolerance=tolerance,
        comparison=comparison,
        further=_whole(values, "further", FURTHER, MOST_FURTHER),
        seed=_whole(values, "seed", 0, 2**53 - 1),
    )


def _check_kind(name: str, test: str, inputs: tuple[Any, ...], generator: str, count: int) -> None:
    if not (test or inputs or generator):
        raise UsageError(f"nothing tests {name}", "give inputs, a generator with a count, or a test")
    if test and (inputs or generator):
        raise UsageError(
            f"{name} has a test, and inputs beside it", "keep one: a test calls the program itself"
        )
    if bool(generator) != bool(count):
        raise UsageError(
            f"{name}: {'generator' if generator else 'count'} stands alone",
            "a generator needs a count of inputs to take from it, and a count a generator",
        )


def _comparison(values: Mapping[str, Any], tested: bool) -> tuple[Compare, float, str]:
    code = _source(values, "comparison")
    stated = values.get("compare", "custom" if code else "close" if tested else "equal")
    if stated not in _COMPARES:
        raise UsageError(f"compare is {shown(stated)}", f"write one of {', '.join(_COMPARES)}")
    if (stated == "custom") != bool(code):
        raise UsageError(
            f"compare is {stated}, and comparison is {'given' if code else 'missing'}",
            "a custom comparison is source that defines same(expected, got, *arguments); no other needs any",
        )
    tolerance = values.get("tolerance", TOLERANCE if tested and "compare" not in values else None)
    if (stated == "close") != (tolerance is not None):
        raise UsageError(
            f"compare is {stated}, and tolerance is {'missing' if tolerance is None else 'given'}",
            "close needs a tolerance, such as 1e-6; no other has one",
        )
    number = isinstance(tolerance, (int, float)) and not isinstance(tolerance, bool)
    if tolerance is not None and not (number and 0 <= tolerance < 1e300):
        raise UsageError(f"tolerance is {shown(tolerance)}", "write a number from 0, such as 1e-6")
    return stated, float(tolerance or 0), code


def _source(values: Mapping[str, Any], name: str) -> str:
    """A column of Python source, "" where it is missing."""
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{name} is {shown(value)}", "write Python source, or leave the column out")
    if len(value.encode()) > SOURCE_LIMIT:
        raise UsageError(f"{name} is longer than {SOURCE_LIMIT // 2**20} MB", "shorten it")
    return value


def _whole(values: Mapping[str, Any], name: str, usual: int, most: int) -> int:
    value = values.get(name, usual)
    if type(value) is not int or not 0 <= value <= most:
        raise UsageError(f"{name} is {shown(value)}", f"write a whole number from 0 to {most:,}")
    return value


def _inputs(value: Any) -> tuple[tuple[JSON, ...], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise UsageError(
            f"inputs is {shown(value)}", "write a list of argument lists, such as [[1, 2], [3, 4]]"
        )
    for number, each in enumerate(value, 1):
        if not isinstance(each, list):
            raise UsageError(
                f"input {number} is {shown(each)}, no list of arguments",
                "write each input as the list of its arguments: [[5]] calls with 5, [[[1, 2]]] with one list",
            )
    if len(value) > MOST or len(json.dumps(value)) > SOURCE_LIMIT:
        raise UsageError(
            f"inputs holds {len(value):,} calls, {len(json.dumps(value)):,} bytes",
            f"at most {MOST:,} and {SOURCE_LIMIT // 2**20} MB: let a generator make them",
        )
    return tuple(tuple(map(_argument, each)) for each in value)


def _argument(value: Any) -> JSON:
    """Plain JSON of exact types; an integer of any size stays one."""
    if isinstance(value, dict):
        return {name: _argument(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_argument(item) for item in value]
    return float(value) if isinstance(value, WrittenFloat) else value
