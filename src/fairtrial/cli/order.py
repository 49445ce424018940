"""What was asked for: fairtrial.yaml and the command line, put together."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fairtrial.cli.lm_eval_words import translate
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.evals.config import CONFIG_FILE, OF_MODELS, find_config
from fairtrial.lab import Pace

PLAN_OPTIONS = ("epochs", "limit", "seed")
TASK_OPTIONS = (
    "scorer",
    "tolerance",
    "template",
    "cluster",
    "slices",
    "num_fewshot",
    "form",
    "data",
    "include_path",
    "trust_code",
    "system",
    "temperature",
    "max_tokens",
    "top_p",
    "stop",
    "effort",
)


@dataclass(frozen=True, slots=True)
class Order:
    """Tasks, models and settings. What was typed has won over what stands in the file."""

    tasks: tuple[str, ...]
    models: tuple[ModelSpec, ...]
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, task: tuple[str, ...], given: Mapping[str, Any]) -> Order:
        """Raises UsageError where no task or no model was named, and for what is wrong in the file."""
        settings = {key: value for key, value in given.items() if value not in (None, ())}
        names = [*task, *filter(None, settings.pop("more_tasks", "").split(","))]
        shared = {key: settings.pop(key) for key in OF_MODELS if key in settings}
        specs = _specs(settings, shared)
        allowed = settings.pop("allow_host", ())
        config = find_config(names)
        if config is not None:
            settings = {**config.settings, **settings}
            names = [name for name in names if Path(name) != config.path] or list(config.tasks)
            specs = specs or trusted(config.models, shared, settings, allowed)
        if not names:
            raise UsageError(
                "no task was named",
                f"name a benchmark or a file, or write {CONFIG_FILE} with `fairtrial init`",
            )
        if not specs:
            raise UsageError(
                "no model was named", "add --model provider/name, for example --model openai/gpt-4o-mini"
            )
        return cls(tuple(names), tuple(specs), settings)

    @property
    def out(self) -> str:
        return str(self.settings.get("out", "runs"))

    @property
    def pace(self) -> Pace:
        names = {
            "max_connections": "connections",
            "max_retries": "max_retries",
            "max_wait": "max_wait_s",
            "timeout": "timeout_s",
        }
        return Pace(**{name: self.settings[key] for key, name in names.items() if key in self.settings})

    def task_options(self) -> dict[str, Any]:
        """How each task is opened."""
        chosen = self._chosen(*TASK_OPTIONS)
        if "seed" in self.settings:
            chosen["sampling_seed"] = self.settings["seed"]
        return chosen

    def plan_options(self) -> dict[str, Any]:
        return self._chosen(*PLAN_OPTIONS)

    def run_options(self) -> dict[str, Any]:
        return self._chosen(*PLAN_OPTIONS, "resume", "max_cost")

    def next_step(self, runs: Sequence[Path]) -> str:
        """The comparison of these runs, with the margin and the volume that the file states."""
        words = ["fairtrial", "compare", *map(str, runs)]
        for key in ("margin", "volume"):
            if key in self.settings:
                words += [f"--{key}", str(self.settings[key])]
        return shlex.join([*words, "-o", "report.html"])

    def _chosen(self, *keys: str) -> dict[str, Any]:
        return {key: self.settings[key] for key in keys if key in self.settings}


def loopback(host: str) -> bool:
    """Whether this names the machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trusted(
    specs: Sequence[ModelSpec],
    shared: Mapping[str, Any],
    settings: Mapping[str, Any],
    allowed: Collection[str],
) -> list[ModelSpec]:
    """Models that a file names. A file may come from anybody: its Python runs, and cases and keys go to a host
    of its choice, only when that is allowed."""
    for spec in specs:
        if spec.provider == "python" and not settings.get("trust_code"):
            raise UsageError(
                f"the file names the model {spec}, which runs Python code with your rights",
                "read that code, then add --trust-code",
            )
        host = urlsplit(str(spec.options.get("base_url") or "")).hostname
        if host and "base_url" not in shared and not loopback(host) and host not in allowed:
            raise UsageError(
                f"the file sends your cases, and your key where one is set, to {host} (model {spec})",
                f"if you know that address, add --allow-host {host}",
            )
    return [replace(spec, options={**spec.options, **shared}) for spec in specs]


def _specs(settings: dict[str, Any], shared: Mapping[str, Any]) -> list[ModelSpec]:
    """The models that were typed; takes `model` and `model_args` out of the settings."""
    names = settings.pop("model", ())
    arguments = settings.pop("model_args", None)
    if arguments is None:
        return [ModelSpec.parse(text, **shared) for text in names]
    if len(names) != 1:
        raise UsageError("--model-args goes with one --model, as in lm-eval", "name models as provider/name")
    name, translated = translate(names[0], arguments)
    for key in ("max_connections", "max_retries"):
        if key in translated:
            settings.setdefault(key, int(translated.pop(key)))
    return [ModelSpec.parse(name, **{**translated, **shared})]
