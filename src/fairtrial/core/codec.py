"""A record as one line of `records.jsonl`, and back. Strict on the way in: a line that is not exactly what
was written is an IntegrityError, since a journal is evidence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError
from fairtrial.core.output import STOPS, Loglik, Output, Usage
from fairtrial.core.record import STATES, Attempt, Failure, Record, Score

_USAGE = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_write_tokens")
_OUTPUT = (
    "text",
    "stop",
    "reasoning",
    "refusal",
    "request",
    "response",
    "status",
    "duration_s",
    "first_token_s",
    "model",
    "fingerprint",
)


def record_line(record: Record) -> bytes:
    """One JSON object and a newline, in UTF-8, readable as it stands.

    Raises ValueError for a number that JSON can't hold: an adapter let a NaN through, which is a bug.
    """
    data = record_json(record)
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        # Half a surrogate pair in a model's reply: escaped, so that the very same text comes back.
        return json.dumps(data, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def record_json(record: Record) -> dict[str, JSON]:
    """The record as plain data, keys in reading order."""
    result = record.result
    return {
        "id": record.sample_id,
        "epoch": record.epoch,
        "state": record.state,
        "input": record.input,
        "target": list(record.target),
        "choices": list(record.choices),
        "score": None
        if isinstance(result, Failure)
        else {"value": result.value, "answer": result.answer, "others": dict(result.others)},
        "failure": {"cause": result.cause, "message": result.message, "remedy": result.remedy}
        if isinstance(result, Failure)
        else None,
        "groups": dict(record.groups),
        "question": record.question,
        "cost_usd": record.cost_usd,
        "output": None if record.output is None else _output_json(record.output),
        "attempts": [
            {
                "at": each.at,
                "duration_s": each.duration_s,
                "status": each.status,
                "cause": each.cause,
                "waited_s": each.waited_s,
            }
            for each in record.attempts
        ],
    }


def _output_json(output: Output) -> dict[str, JSON]:
    data: dict[str, JSON] = {name: getattr(output, name) for name in _OUTPUT}
    data["logliks"] = [[each.logprob, each.greedy, each.tokens] for each in output.logliks]
    usage = output.usage
    data["usage"] = None if usage is None else {name: getattr(usage, name) for name in _USAGE}
    return data


def parse_record(line: bytes | str, where: str = "records.jsonl") -> Record:
    """A record from its line. Raises IntegrityError naming `where`, for anything that is not one."""
    try:
        data = json.loads(line, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        return _record(data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IntegrityError(
            f"{where}: this line is no record of ours ({type(error).__name__}: {error})",
            "restore the file from a copy; a journal is never edited by hand",
        ) from error


def _record(data: Mapping[str, Any]) -> Record:
    failure, score = data["failure"], data["score"]
    if (failure is None) == (score is None):
        raise ValueError("exactly one of score and failure must be there")
    if data["state"] not in STATES:
        raise ValueError(f"state {data['state']!r} is not known")
    result: Score | Failure
    if failure is not None:
        result = Failure(_text(failure["cause"]), _text(failure["message"]), _text(failure["remedy"]))
        if data["state"] != "failed":
            raise ValueError("a failure's state is failed")
    else:
        others = {_text(name): float(value) for name, value in score["others"].items()}
        result = Score(data["state"], float(score["value"]), _maybe_text(score["answer"]), others)
        if not 0 <= result.value <= 1:
            raise ValueError(f"score {result.value} lies outside 0 to 1")
    return Record(
        sample_id=_text(data["id"]),
        epoch=int(data["epoch"]),
        input=_text(data["input"]),
        target=tuple(map(_text, data["target"])),
        question=_text(data["question"]),
        result=result,
        output=None if data["output"] is None else _output(data["output"]),
        choices=tuple(map(_text, data["choices"])),
        groups={_text(key): _text(value) for key, value in data["groups"].items()},
        attempts=tuple(Attempt(**each) for each in data["attempts"]),
        cost_usd=_maybe_text(data["cost_usd"]),
    )


def _output(data: Mapping[str, Any]) -> Output:
    usage = data["usage"]
    if data["stop"] not in STOPS:
        raise ValueError(f"stop {data['stop']!r} is not known")
    return Output(
        **{name: data[name] for name in _OUTPUT},
        logliks=tuple(Loglik(float(value), greedy, tokens) for value, greedy, tokens in data["logliks"]),
        usage=None if usage is None else Usage(**usage),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _maybe_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")
