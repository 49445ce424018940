"""A line of `records.jsonl` as a record. Strict: a line that is not exactly what was written is an
IntegrityError, since a journal is evidence. Whoever verifies a run reads its lines with this file alone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.output import STOPS, ByToken, Loglik, Output, Usage
from fairtrial.core.record import Attempt, Execution, Failure, Record, Score

USAGE = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cache_write_tokens")
PLAIN = (
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
_OUTPUT = (*PLAIN, "logliks", "usage")
BY_TOKEN = ("logprobs", "means", "deviations")
_SCORE = ("value", "answer", "others")
_FAILURE = ("cause", "message", "remedy")
ATTEMPT = ("at", "duration_s", "status", "cause", "waited_s")
_RECORD = (
    "id",
    "epoch",
    "state",
    "input",
    "target",
    "choices",
    "score",
    "failure",
    "groups",
    "question",
    "cost_usd",
    "output",
    "attempts",
)
EXECUTION = ("sandbox", "cause", "detail", "calls", "seconds")
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")


def parse_record(line: bytes | str, where: str = "records.jsonl") -> Record:
    """A record from its line. Raises IntegrityError naming `where`, for anything that is not one."""
    try:
        data = json.loads(line, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        executed = isinstance(data, dict) and "execution" in data
        return _record(_only(data, (*_RECORD, "execution") if executed else _RECORD))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, UsageError) as error:
        raise IntegrityError(
            f"{where}: this line is no record of ours ({type(error).__name__}: {error})",
            "restore the file from a copy; a journal is never edited by hand",
        ) from error


def _record(data: Mapping[str, Any]) -> Record:
    epoch = _whole(data["epoch"])
    if not epoch:
        raise ValueError("epochs count from 1")
    return Record(
        sample_id=_text(data["id"]),
        epoch=epoch,
        input=_text(data["input"]),
        target=tuple(map(_text, data["target"])),
        question=_text(data["question"]),
        result=_result(data),
        output=None if data["output"] is None else _output(_only(data["output"], _OUTPUT)),
        choices=tuple(map(_text, data["choices"])),
        groups={_text(key): _text(value) for key, value in data["groups"].items()},
        attempts=tuple(_attempt(_only(each, ATTEMPT)) for each in data["attempts"]),
        cost_usd=_money(data["cost_usd"]),
        execution=_execution(data) if "execution" in data else None,
    )


def _result(data: Mapping[str, Any]) -> Score | Failure:
    failure, score = data["failure"], data["score"]
    if (failure is None) == (score is None):
        raise ValueError("exactly one of score and failure must be there")
    if failure is None:
        kept = _only(score, _SCORE)
        others = {_text(name): _number(value) for name, value in kept["others"].items()}
        return Score(data["state"], _number(kept["value"]), _maybe_text(kept["answer"]), others)
    if data["state"] != "failed":
        raise ValueError("a failure's state is failed")
    return Failure(**{name: _text(value) for name, value in _only(failure, _FAILURE).items()})


def _execution(data: Mapping[str, Any]) -> Execution:
    kept = _only(data["execution"], EXECUTION)
    sandbox, seconds, calls = kept["sandbox"], _seconds(kept["seconds"]), _whole(kept["calls"])
    if not isinstance(sandbox, dict) or seconds is None or calls is None:
        raise TypeError("an execution states its sandbox, its calls and its seconds")
    cause = _text(kept["cause"])
    if data["score"] is None or (data["state"] == "right" and cause):
        raise ValueError("what was executed has a score that goes with its cause")
    return Execution(sandbox, cause, _text(kept["detail"]), calls, seconds)


def _output(data: Mapping[str, Any]) -> Output:
    usage = data["usage"]
    if data["stop"] not in STOPS:
        raise ValueError(f"stop {data['stop']!r} is not known")
    return Output(
        text=_maybe_text(data["text"]),
        stop=data["stop"],
        reasoning=_maybe_text(data["reasoning"]),
        refusal=_maybe_text(data["refusal"]),
        logliks=tuple(_loglik(*each) for each in data["logliks"]),
        usage=None
        if usage is None
        else Usage(**{name: _whole(value) for name, value in _only(usage, USAGE).items()}),
        request=_text(data["request"]),
        response=_text(data["response"]),
        status=_whole(data["status"]),
        duration_s=_seconds(data["duration_s"]),
        first_token_s=_seconds(data["first_token_s"]),
        model=_maybe_text(data["model"]),
        fingerprint=_maybe_text(data["fingerprint"]),
    )


def _loglik(logprob: object, greedy: object, tokens: object, *by_token: object) -> Loglik:
    if not (greedy is None or isinstance(greedy, bool)):
        raise TypeError(f"{greedy!r} is neither true, false nor null")
    if len(by_token) > 1:
        raise ValueError("a log-likelihood has four entries at most")
    count = _whole(tokens)
    return Loglik(_number(logprob), greedy, count, _by_token(by_token[0], count) if by_token else None)


def _by_token(data: object, tokens: int | None) -> ByToken:
    told = _only(data, BY_TOKEN)
    logprobs, means, deviations = (
        None if told[name] is None else tuple(map(_number, told[name])) for name in BY_TOKEN
    )
    if logprobs is None or len(logprobs) != tokens:
        raise ValueError("there is not one log-probability a token")
    if (means is None) != (deviations is None):
        raise ValueError("means and deviations go together")
    if any(each is not None and len(each) != tokens for each in (means, deviations)):
        raise ValueError("there is not one mean and one deviation a token")
    if deviations is not None and min(deviations, default=0.0) < 0:
        raise ValueError("a deviation is negative")
    return ByToken(logprobs, means, deviations)


def _attempt(data: Mapping[str, Any]) -> Attempt:
    took, waited = _seconds(data["duration_s"]), _seconds(data["waited_s"])
    if took is None or waited is None:
        raise TypeError("an attempt's times are numbers")
    return Attempt(_text(data["at"]), took, _whole(data["status"]), _maybe_text(data["cause"]), waited)


def _only(data: Any, names: Collection[str]) -> Mapping[str, Any]:
    """`data`, if it is an object with exactly these keys."""
    if not isinstance(data, dict) or len(data) != len(names) or not all(name in data for name in names):
        raise ValueError(f"{', '.join(names)} are the keys, no more and no fewer")
    return data


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _maybe_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise TypeError(f"{value!r} is not a finite number")
    return float(value)


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    seconds = _number(value)
    if seconds < 0:
        raise ValueError(f"{seconds} seconds")
    return seconds


def _whole(value: object) -> int | None:
    """A count from 0, or None. A truth value is no count."""
    if value is None or (type(value) is int and value >= 0):
        return value
    raise TypeError(f"{value!r} is not a whole number from 0")


def _money(value: object) -> str | None:
    if value is not None and not _DECIMAL.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no amount of money")
    return _maybe_text(value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")
