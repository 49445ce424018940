"""OpenAI's wire as a server reads and writes it: chat completions and (legacy) completions. Pure.

What would change the answer and can't be done is refused with status 400 that names it; what changes nothing
here (`user`, `metadata`, `store`, …) is passed over. Source: OpenAI API reference, "Create chat completion" and
"Create completion"; vLLM's completions for `echo` with `logprobs` and for prompts of token ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output, Usage
from fairtrial.core.ports import Echoed
from fairtrial.core.question import Decoding, Generate
from fairtrial.core.sample import Message

MOST_PROMPTS: Final = 512
DEFAULT_TOKENS: Final = {"chat": 1024, "completions": 16}
"""`max_tokens` where a request names none; 16 is the reference's own for completions."""
FINISH: Final = {"stop": "stop", "length": "length", "refused": "content_filter", "tool": "tool_calls"}
NOTHING: Final[tuple[object, ...]] = (None, {}, [])
UNSUPPORTED: Final[dict[str, tuple[object, ...]]] = {
    **dict.fromkeys(("tools", "functions", "logit_bias", "suffix", "min_p", "top_k", "prompt_logprobs"), ()),
    **dict.fromkeys(("tool_choice", "function_call"), ("none", "auto")),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), (0,)),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "best_of": (1,),
}
"""What would change the answer, and its values beside NOTHING that ask for nothing."""

Kind = TypeVar("Kind", bound="_Asked")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: Literal["text"]
    text: str


class _Turn(BaseModel):
    model_config = ConfigDict(extra="ignore")
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[_Part]

    def message(self) -> Message:
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return Message("system" if self.role == "developer" else self.role, text)


class _StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")
    include_usage: StrictBool = False


class _Asked(BaseModel):
    """What both kinds of request share."""

    model_config = ConfigDict(extra="allow")
    model: str
    max_tokens: StrictInt | None = Field(default=None, ge=0, le=1_000_000)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: StrictInt | None = None
    stop: str | list[str] | None = None
    n: StrictInt | None = Field(default=None, ge=1, le=1)
    stream: StrictBool | None = None
    stream_options: _StreamOptions | None = None

    def decoding(self, kind: str, most: int | None) -> Decoding:
        stop = () if self.stop is None else (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)
        return Decoding(
            temperature=1.0 if self.temperature is None else self.temperature,
            max_tokens=most or DEFAULT_TOKENS[kind],
            stop=tuple(text for text in stop if text),
            top_p=self.top_p,
            seed=self.seed,
        )


class ChatRequest(_Asked):
    messages: list[_Turn] = Field(min_length=1, max_length=10_000)
    max_completion_tokens: StrictInt | None = Field(default=None, ge=1, le=1_000_000)
    logprobs: StrictBool | None = None

    def question(self) -> Generate:
        decoding = self.decoding("chat", self.max_completion_tokens or self.max_tokens)
        return Generate("served", 1, tuple(turn.message() for turn in self.messages), decoding)


class CompletionRequest(_Asked):
    prompt: str | list[str] | list[StrictInt] | list[list[StrictInt]]
    echo: StrictBool = False
    logprobs: StrictInt | None = Field(default=None, ge=0, le=5)

    @property
    def prompts(self) -> list[str | list[int]]:
        """One prompt, or several; each a text or token ids."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        ids = [each for each in self.prompt if isinstance(each, int)]
        return [ids] if ids else [each for each in self.prompt if not isinstance(each, int)]

    def question(self, prompt: str) -> Generate:
        # max_tokens 0 goes with echo, and then nothing is generated: the caller looks before it asks.
        return Generate(
            "served", 1, (Message("user", prompt),), self.decoding("completions", self.max_tokens)
        )


def parse_chat(body: object) -> ChatRequest:
    """Raises UsageError that names what is wrong or not supported."""
    asked = _parsed(ChatRequest, body)
    if asked.logprobs:
        raise UsageError("logprobs of a chat are not supported", "use /v1/completions with echo")
    return asked


def parse_completion(body: object) -> CompletionRequest:
    """Raises UsageError that names what is wrong or not supported."""
    asked = _parsed(CompletionRequest, body)
    if not asked.prompts or any(len(each) == 0 for each in asked.prompts):
        raise UsageError("a prompt is empty", "send at least one token")
    if len(asked.prompts) > MOST_PROMPTS:
        raise UsageError(f"{len(asked.prompts)} prompts in one request", f"send at most {MOST_PROMPTS}")
    if asked.stream and (len(asked.prompts) > 1 or asked.echo or asked.logprobs is not None):
        raise UsageError("a stream takes one prompt, without echo and logprobs", "leave out `stream`")
    if asked.echo and asked.stop:
        raise UsageError("echo takes no stop strings", "leave `stop` out")
    if asked.logprobs is not None and not asked.echo:
        raise UsageError("logprobs of generated tokens are not supported", "add `echo`, or leave them out")
    return asked


def _parsed(kind: type[Kind], body: object) -> Kind:
    try:
        asked = kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise UsageError(f"{where}: {first['msg']}", "see OpenAI's API reference") from error
    for name, neutral in UNSUPPORTED.items():
        if (asked.model_extra or {}).get(name) not in (*NOTHING, *neutral):
            raise UsageError(f"{name} is not supported here", "leave it out")
    return asked


def usage(counted: Sequence[Usage | None]) -> dict[str, Any] | None:
    """The sum; None where a reply's usage is unknown, which is not zero."""
    known = [each for each in counted if each is not None]
    asked = [each.input_tokens for each in known if each.input_tokens is not None]
    said = [each.output_tokens for each in known if each.output_tokens is not None]
    if not len(counted) == len(asked) == len(said):
        return None
    return {
        "prompt_tokens": sum(asked),
        "completion_tokens": sum(said),
        "total_tokens": sum(asked) + sum(said),
    }


def chat_choice(output: Output) -> dict[str, Any]:
    message = {"role": "assistant", "content": output.text, "refusal": output.refusal}
    if output.reasoning is not None:
        message["reasoning_content"] = output.reasoning
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": finish(output)}


def text_choice(index: int, text: str, reason: str, logprobs: dict[str, Any] | None) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": reason}


def finish(output: Output) -> str:
    return FINISH.get(output.stop, "stop")


def echoed(pieces: Sequence[str], told: Sequence[Echoed], best: Sequence[str]) -> dict[str, Any]:
    """`logprobs` of an echoed prompt. The first token has none: nothing that was sent stands before it."""
    offsets, at = [], 0
    for piece in pieces:
        offsets.append(at)
        at += len(piece)
    values = [None, *(each.logprob for each in told[1:])]
    tops = [
        None if at == 0 else {word: each.best_logprob} | {piece: each.logprob}
        for at, (piece, each, word) in enumerate(zip(pieces, told, best, strict=True))
    ]
    return {"tokens": list(pieces), "token_logprobs": values, "top_logprobs": tops, "text_offset": offsets}


def error(message: str, kind: str, code: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
