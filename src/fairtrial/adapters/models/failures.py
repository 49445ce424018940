"""A reply that is no answer becomes a ProviderError with one stable cause, whoever sent it.

The table is the specification of the runner (docs/reference/performance.md, faults): what is retried and
what is not is decided here, by status, or by the code inside an error object that came with status 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NoReturn

from fairtrial.adapters.models.http import Reply
from fairtrial.core.errors import ProviderError

RETRIED: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})

_WORDS: Final = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "server_error": 500,
    "api_error": 500,
    "internal_error": 500,
    "internal": 500,
    "unavailable": 503,
    "timeout_error": 504,
    "deadline_exceeded": 504,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "unauthenticated": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "not_found": 404,
    "model_not_found": 404,
}
_QUOTA: Final = re.compile(
    r"insufficient_quota|billing_hard_limit|billing_not_active|credit balance is too low"
    r"|insufficient (credits|balance)",
    re.IGNORECASE,
)
# OpenAI and vLLM; llama.cpp; Anthropic; Google; LiteLLM. Each names the limit in words of its own.
_CONTEXT: Final = re.compile(
    r"context_length_exceeded|maximum context length|exceed_context_size|exceeds the available context size"
    r"|prompt is too long|input token count .{0,40}exceeds|exceeds the maximum number of tokens"
    r"|context window|ContextWindowExceeded",
    re.IGNORECASE,
)
# Google answers 400, and means 401.
_BAD_KEY: Final = re.compile(r"API_KEY_INVALID|API key not valid", re.IGNORECASE)
_DELAY: Final = re.compile(r'"retryDelay"\s*:\s*"(\d{1,7}(?:\.\d{1,9})?)s"')
_NO_MODEL: Final = re.compile(
    r"model_not_found|invalid model|unknown model|models?\b.{0,200}(does not exist|not found|not exist)"
    r"|not_found_error model: ",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked, for error messages. `variable` names the environment variable of the key."""

    model: str
    host: str
    variable: str


def parse(reply: Reply, asked: Asked) -> dict[str, Any]:
    """The reply's JSON object, for a good status. Raises ProviderError for everything else."""
    if reply.status != 200:
        refuse(reply, asked)
    try:
        value = json.loads(reply.text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        fail_unreadable(reply, asked)
    # Some gateways put an error beside nothing, some an empty "error": null beside a good answer.
    if value.get("error"):
        refuse_inner(value["error"], reply, asked)
    return value


def refuse(reply: Reply, asked: Asked) -> NoReturn:
    """Raise for a reply whose status is not 200."""
    status = reply.status
    said, codes = _what_it_said(reply.text)
    if 300 <= status < 400:
        target = reply.headers.get("Location", "")[:200]
        raise _error(
            reply, asked, f"http-{status}", f"redirects to {target or 'elsewhere'}, which is not followed",
            "give the final address with --base-url",
        )  # fmt: skip
    if said is None and _is_page(reply) and status not in RETRIED:
        fail_unreadable(reply, asked)
    _classify(status, said or "no reason given", codes, reply, asked, f"http-{status}")


def refuse_inner(error: object, reply: Reply, asked: Asked) -> NoReturn:
    """Raise for an error object that came with status 200 (or inside a stream), by its inner code."""
    said, codes = _read_error(error)
    status = next((number for number in map(_as_status, codes) if number), 500)
    _classify(status, said or "no reason given", codes, reply, asked, "provider-error")


def fail_unreadable(reply: Reply, asked: Asked) -> NoReturn:
    """Raise `bad-reply` for text that is not the JSON object it should be."""
    if _is_page(reply):
        raise _error(
            reply, asked, "bad-reply", "sent an HTML page in place of JSON: is a proxy in between?",
            "check the base address, and HTTP_PROXY and NO_PROXY", retryable=True,
        )  # fmt: skip
    raise _error(reply, asked, "bad-reply", "sent something that is not a JSON object", "", retryable=True)


def bad_shape(reply: Reply, asked: Asked, what: str) -> ProviderError:
    """A JSON reply without the parts an answer must have (an empty list of choices, say)."""
    return _error(reply, asked, "bad-reply", f"sent {what}", "", retryable=True)


def broken_stream(reply: Reply, asked: Asked) -> ProviderError:
    """A stream that ended before it said that it was finished."""
    return _error(reply, asked, "short-body", "ended its stream in the middle", "", retryable=True)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait as the headers say: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date
    (RFC 9110, 10.2.3). None where nothing readable was said; never negative."""
    if milliseconds := _number(headers.get("retry-after-ms")):
        return milliseconds / 1000
    told = headers.get("Retry-After")
    if told is None:
        return None
    seconds = _number(told)
    if seconds is not None:
        return seconds
    try:
        date = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def _classify(
    status: int, said: str, codes: tuple[str, ...], reply: Reply, asked: Asked, otherwise: str
) -> NoReturn:
    everything = " ".join((*codes, said))
    retryable = status in RETRIED
    cause, remedy = otherwise, ""
    if status in (400, 402, 403, 429) and (status == 402 or _QUOTA.search(everything)):
        cause, retryable, remedy = (
            "quota",
            False,
            "the account is out of credit: add some, or use another key",
        )
    elif status == 429:
        cause, remedy = "rate-limited", "lower --max-connections, or wait and run again with --resume"
    elif status in (400, 413, 422) and _CONTEXT.search(everything):
        cause, remedy = (
            "context-length",
            "shorten the prompt or --max-tokens, or use a model with a longer context",
        )
    elif status in (401, 403) or (status == 400 and _BAD_KEY.search(everything)):
        cause, remedy = "wrong-key", f"check {asked.variable}; it is set wrongly, or may not use this model"
    elif status in (400, 404) and _NO_MODEL.search(everything):
        cause, remedy = "unknown-model", "check the model's name"
    elif status == 404:
        remedy = "check the base address: the path may lack /v1"
    inner = "" if status == reply.status else f"{reply.status} with the error "
    raise _error(reply, asked, cause, f"answered {inner}{status}: {said}", remedy, retryable=retryable)


def _error(
    reply: Reply, asked: Asked, cause: str, what: str, remedy: str, *, retryable: bool = False
) -> ProviderError:
    return ProviderError(
        f"{asked.model}: {asked.host} {what}",
        remedy,
        cause=cause,
        retryable=retryable,
        status=reply.status,
        retry_after=_wait(reply) if retryable else None,
        request=reply.request,
        response=reply.text,
    )


def _wait(reply: Reply) -> float | None:
    """As the headers say, or Google's RetryInfo in the body."""
    told = retry_after(reply.headers)
    if told is None and (delay := _DELAY.search(reply.text)):
        return float(delay[1])
    return told


def _what_it_said(text: str) -> tuple[str | None, tuple[str, ...]]:
    """(message, codes) of an error reply; (None, ()) where it is no JSON."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None, ()
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return _one_line(text), ()
    inner = value.get("error") or value
    said, codes = _read_error(inner)
    return said or _one_line(text), codes


def _read_error(error: object) -> tuple[str | None, tuple[str, ...]]:
    if not isinstance(error, dict):
        return _one_line(str(error)), ()
    said = next((error[key] for key in ("message", "detail", "error", "msg") if error.get(key)), None)
    codes = tuple(
        str(error[key]) for key in ("code", "status", "type") if isinstance(error.get(key), (str, int))
    )
    return (_one_line(str(said)) if said is not None else None), codes


def _as_status(code: str) -> int:
    """The HTTP status a code stands for; 0 where it stands for none."""
    if code.isascii() and code.isdigit() and len(code) == 3 and 400 <= int(code) <= 599:
        return int(code)
    return _WORDS.get(code.lower(), 0)


def _is_page(reply: Reply) -> bool:
    head = reply.text[:512].lstrip().lower()
    return head.startswith(("<!doctype html", "<html", "<head", "<body"))


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text.strip()):
        return None
    return float(text)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:299] + "…"
