"""From `provider/name` to a model that can be asked.

The table is data: a provider's module is imported when a model of it is opened, and other people's plug-ins
(entry points in the group `fairtrial.models`) are looked for only when a name is not in the table.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any, Final, TypeAlias

from fairtrial.adapters.models.setting import TIMEOUTS, Recordings, Setting, Timeouts
from fairtrial.core.errors import UnknownName, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.ports import Model

GROUP: Final = "fairtrial.models"

Bundled: TypeAlias = Mapping[str, Callable[[ModelSpec], Model]]

PROVIDERS: Final[Mapping[str, str]] = {
    "openai": "fairtrial.adapters.models.openai:OpenAI",
    "openai-api": "fairtrial.adapters.models.openai:OpenAI",
    "vllm": "fairtrial.adapters.models.openai:OpenAI",
    "llamacpp": "fairtrial.adapters.models.openai:OpenAI",
    "ollama": "fairtrial.adapters.models.openai:OpenAI",
    "litellm": "fairtrial.adapters.models.openai:OpenAI",
    "anthropic": "fairtrial.adapters.models.anthropic:Anthropic",
    "google": "fairtrial.adapters.models.google:Google",
    "replay": "fairtrial.adapters.models.replay:Replay",
    "hf": "fairtrial.adapters.models.hf:LocalWeights",
    "python": "fairtrial.adapters.models.function:Function",
}

ADDRESSES: Final[Mapping[str, str]] = {
    "openai": "OPENAI_BASE_URL",
    "openai-api": "OPENAI_BASE_URL",
    "anthropic": "ANTHROPIC_BASE_URL",
}
"""Environment variables that hold a provider's base address."""


def located(spec: ModelSpec, environ: Mapping[str, str]) -> ModelSpec:
    """`spec` with its address among its options, where it comes from the environment.

    The address decides who answers, so it belongs in the plan: otherwise `--resume` would mix the answers of
    two servers, and a local one would be priced as the vendor's.
    """
    address = environ.get(ADDRESSES.get(spec.provider, ""), "").strip()
    if not address or spec.options.get("base_url") is not None:
        return spec
    return replace(spec, options={**spec.options, "base_url": address})


def open_model(
    spec: ModelSpec,
    *,
    environ: Mapping[str, str],
    timeouts: Timeouts = TIMEOUTS,
    connections: int = 10,
    recordings: Recordings | None = None,
    bundled: Bundled | None = None,
) -> Model:
    """The model that `spec` names. Opens no connection yet.

    environ: where keys, base addresses (see `located`) and proxies come from. connections: most at a time.
    recordings: what `replay/NAME` may name besides a folder or file. bundled: providers that come with the
    package and are no adapters (specimens), opened by the function given here.
    Raises UnknownName for a provider nobody knows (with the nearest), UsageError for a missing key (naming
    the variable), a missing address, and options that the provider doesn't take.
    """
    if connections < 1:
        raise UsageError(f"connections is {connections}", "give at least 1")
    spec = located(spec, environ)
    setting = Setting(environ, timeouts, connections, recordings or {})
    opening = (bundled or {}).get(spec.provider)
    if opening is not None:
        return opening(spec)
    model: Model = _provider(spec.provider, tuple(bundled or ()))(spec, setting)
    return model


def _provider(name: str, others: tuple[str, ...]) -> Any:
    """The class of a provider; the only place where provider modules are imported."""
    target = PROVIDERS.get(name)
    if target is None:
        return _plug_in(name, others)
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _plug_in(name: str, others: tuple[str, ...]) -> Any:
    found = entry_points(group=GROUP)
    for point in found:
        if point.name == name:
            return point.load()
    raise UnknownName("provider", name, {*PROVIDERS, *others, *(point.name for point in found)})
