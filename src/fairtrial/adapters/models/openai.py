"""OpenAI, and whatever speaks its wire: vLLM, llama.cpp, Ollama, a LiteLLM proxy, any other by address.

`openai/NAME` is OpenAI's own endpoint; `openai-api/NAME` any compatible one at the option `base_url`;
`vllm/`, `llamacpp/`, `ollama/` and `litellm/` are the same with the usual local address. Chat answers
`generate`, completions answer `loglikelihood`; the option `api` ("chat" or "completions") forces one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairtrial.adapters.models import chat, completions, likelihood
from fairtrial.adapters.models.address import below, endpoint
from fairtrial.adapters.models.events import is_stream
from fairtrial.adapters.models.failures import Asked, parse
from fairtrial.adapters.models.http import Transport
from fairtrial.adapters.models.nearest import Nearest
from fairtrial.adapters.models.selftest import test_logprobs
from fairtrial.adapters.models.setting import Setting, key_from, option_flag, option_text, refuse_options
from fairtrial.adapters.models.shape import stopped
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Generate, Loglikelihood

APIS: Final = ("chat", "completions")


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of server: its usual address ("" if there is none), the variable of its key, and whether a
    key must be there."""

    base_url: str
    key_variable: str
    needs_key: bool = False


PRESETS: Final = {
    "openai": Preset("https://api.openai.com/v1", "OPENAI_API_KEY", needs_key=True),
    "openai-api": Preset("", "OPENAI_API_KEY"),
    "vllm": Preset("http://127.0.0.1:8000/v1", "VLLM_API_KEY"),
    "llamacpp": Preset("http://127.0.0.1:8080/v1", "LLAMA_API_KEY"),
    "ollama": Preset("http://127.0.0.1:11434/v1", "OLLAMA_API_KEY"),
    "litellm": Preset("http://127.0.0.1:4000/v1", "LITELLM_API_KEY"),
}


class OpenAI:
    """One model behind an OpenAI-shaped endpoint. Implements the `Model` port."""

    def __init__(self, spec: ModelSpec, setting: Setting) -> None:
        refuse_options(spec, "base_url", "api", "stream")
        preset = PRESETS[spec.provider]
        self._spec = spec
        self._api = option_text(spec, "api")
        if self._api not in (None, *APIS):
            raise UsageError(f"{spec}: api is {self._api!r}", f"give one of {', '.join(APIS)}")
        self._stream = option_flag(spec, "stream")
        self._base = endpoint(_address(spec, preset))
        key = _key(spec, preset, setting)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._asked = Asked(str(spec), self._base.host or "", preset.key_variable)
        self._wire = Transport(str(spec), headers, (key,), setting)
        self._chat = below(self._base, "chat/completions")
        self._completions = below(self._base, "completions")
        self._plain = spec.provider != "openai" or not chat.reasons(spec.name)
        self._nearest = Nearest(self._wire, below(self._base, "models"), spec.name)

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    async def check(self, asks: str) -> None:
        """For log-likelihood, put the endpoint's log-probabilities to the test, see `selftest`."""
        if asks != "loglikelihood":
            return
        self._refuse_chat()
        try:
            await test_logprobs(self._score, str(self._spec))
        except ProviderError as error:
            if error.cause in ("http-404", "http-405"):
                raise _no_completions(str(self._spec), error.message) from error
            raise

    async def generate(self, question: Generate) -> Output:
        """One chat completion (or one completion of the prompt text where `api` says so)."""
        if self._api == "completions":
            body = completions.request(self._spec.name, question, stream=self._stream)
            url, starts, read_stream, read = (
                self._completions, completions.starts, completions.read_stream, completions.read
            )  # fmt: skip
        else:
            body = chat.request(self._spec.name, question, plain=self._plain, stream=self._stream)
            url, starts, read_stream, read = self._chat, chat.starts, chat.read_stream, chat.read
        reply = await self._wire.post(url, body, starts=starts if self._stream else None)
        try:
            if self._stream and is_stream(reply):
                output = read_stream(reply, self._asked)
            else:
                output = read(parse(reply, self._asked), reply, self._asked)
        except ProviderError as error:
            await self._nearest.tell(error)
            raise
        return stopped(output, question.decoding.stop)

    async def loglikelihood(self, question: Loglikelihood) -> Output:
        """The continuations' log-likelihoods, from the echo of one completions request."""
        self._refuse_chat()
        return await self._score(question)

    async def close(self) -> None:
        await self._wire.close()

    async def _score(self, question: Loglikelihood) -> Output:
        body = likelihood.request(self._spec.name, question)
        reply = await self._wire.post(self._completions, body)
        try:
            return likelihood.read(parse(reply, self._asked), reply, self._asked, question)
        except ProviderError as error:
            await self._nearest.tell(error)
            raise

    def _refuse_chat(self) -> None:
        if self._api == "chat":
            raise _no_completions(str(self._spec), "a chat endpoint can't state log-likelihoods")


def _no_completions(model: str, why: str) -> UsageError:
    return UsageError(
        f"{model}: {why}",
        "log-likelihood needs a completions endpoint that echoes log-probabilities; chat has none",
    )


def _address(spec: ModelSpec, preset: Preset) -> str:
    """The base address: the option (or the environment's, see `registry.located`), or the preset's own.

    An address of the call itself (as lm-eval's base_url is) is cut back to its base.
    """
    given = option_text(spec, "base_url") or preset.base_url
    if not given:
        raise UsageError(
            f"{spec} needs the address of its server",
            "give --base-url http://HOST:PORT/v1, or set OPENAI_BASE_URL",
        )
    return given.rstrip("/").removesuffix("/chat/completions").removesuffix("/completions")


def _key(spec: ModelSpec, preset: Preset, setting: Setting) -> str:
    """The key, "" where none is set and none is needed."""
    if preset.needs_key:
        return key_from(setting.environ, preset.key_variable, needed_by=str(spec))
    return setting.environ.get(preset.key_variable, "").strip()
