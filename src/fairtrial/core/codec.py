"""A record as one line of `records.jsonl`. The way back is `record_line.parse_record`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import chain

from fairtrial.core.canon import JSON
from fairtrial.core.output import Loglik, Output
from fairtrial.core.quick_json import written
from fairtrial.core.record import Failure, Record
from fairtrial.core.record_line import ATTEMPT, BY_TOKEN, EXECUTION, PLAIN, USAGE


def record_line(record: Record) -> bytes:
    """One JSON object and a newline, in UTF-8, readable as it stands.

    Raises ValueError for a number that JSON can't hold: an adapter let a NaN through, which is a bug.
    """
    _need_finite(record)
    return written(record_json(record)) + b"\n"


def _need_finite(record: Record) -> None:
    """Of the numbers a record holds, those that nobody has looked at. A score's lie in [0, 1]."""
    output, execution = record.output, record.execution
    for attempt in record.attempts:
        _finite((attempt.duration_s, attempt.waited_s))
    if output is not None:
        _finite(each for each in (output.duration_s, output.first_token_s) if each is not None)
        for loglik in output.logliks:
            tokens = loglik.by_token
            _finite((loglik.logprob,))
            if tokens is not None:
                _finite(chain(tokens.logprobs, tokens.means or (), tokens.deviations or ()))
    if execution is not None:
        _finite((execution.seconds,))
        json.dumps(execution.sandbox, allow_nan=False)


def _finite(numbers: Iterable[float]) -> None:
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a number that is not finite can't be kept")


def record_json(record: Record) -> dict[str, JSON]:
    """The record as plain data, keys in reading order. "execution" is there only where something was executed."""
    result, execution = record.result, record.execution
    data: dict[str, JSON] = {
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
        "attempts": [{name: getattr(each, name) for name in ATTEMPT} for each in record.attempts],
    }
    if execution is not None:
        data["execution"] = {name: getattr(execution, name) for name in EXECUTION}
    return data


def _output_json(output: Output) -> dict[str, JSON]:
    data: dict[str, JSON] = {name: getattr(output, name) for name in PLAIN}
    data["logliks"] = [_loglik_json(each) for each in output.logliks]
    usage = output.usage
    data["usage"] = None if usage is None else {name: getattr(usage, name) for name in USAGE}
    return data


def _loglik_json(loglik: Loglik) -> list[JSON]:
    """A fourth entry only where there are tokens."""
    data: list[JSON] = [loglik.logprob, loglik.greedy, loglik.tokens]
    if loglik.by_token is not None:
        kept = {name: getattr(loglik.by_token, name) for name in BY_TOKEN}
        data.append({name: None if value is None else list(value) for name, value in kept.items()})
    return data
