"""Everything decided before the first call. The plan's digest names the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fairtrial.core.canon import JSON, canonical, digest
from fairtrial.core.errors import IntegrityError, UsageError

PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """`provider/name`, and the options that decide which model answers and how (base_url, api, stream).

    Keys and other secrets are never options: they come from the environment, at the adapter.
    """

    provider: str
    name: str
    options: Mapping[str, JSON] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, **options: JSON) -> ModelSpec:
        """`openai/gpt-4o-mini`, `replay/FOLDER`, `python:module:function`. Empty options are dropped."""
        kept = {key: value for key, value in options.items() if value is not None}
        if text.startswith("python:"):
            return cls("python", text.removeprefix("python:"), kept)
        provider, slash, name = text.partition("/")
        if not slash or not provider or not name:
            raise UsageError(
                f"{text!r} names no model",
                "write provider/name, for example openai/gpt-4o-mini or replay/RUN",
            )
        return cls(provider, name, kept)

    def __str__(self) -> str:
        return f"python:{self.name}" if self.provider == "python" else f"{self.provider}/{self.name}"

    def to_json(self) -> dict[str, JSON]:
        return {"provider": self.provider, "name": self.name, "options": dict(self.options)}


@dataclass(frozen=True)
class Plan:
    """What will be run. `task` describes name, version, dataset, prompt, scorer, decoding, system text and
    form in plain JSON; `questions` is the digest over every rendered question in order, so that a changed
    template or few-shot block is another plan. n samples x epochs questions are asked.

    Connections, retries, time-outs and paths are not here: they don't change what is asked.
    """

    task: Mapping[str, JSON]
    model: ModelSpec
    questions: str
    n: int
    epochs: int = 1
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise UsageError("the plan holds no sample", "check the file, or raise --limit")
        if self.epochs < 1:
            raise UsageError(f"epochs is {self.epochs}", "give at least 1")

    def to_json(self) -> dict[str, JSON]:
        return {
            "fairtrial_plan": PLAN_VERSION,
            "task": dict(self.task),
            "model": self.model.to_json(),
            "questions": self.questions,
            "n": self.n,
            "epochs": self.epochs,
            "limit": self.limit,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, JSON]) -> Plan:
        """The plan that `to_json` wrote. Raises IntegrityError for anything else, and for what `Plan` refuses."""
        try:
            task, model = _mapping(data["task"]), _mapping(data["model"])
            if data["fairtrial_plan"] != PLAN_VERSION:
                raise ValueError(f"version {data['fairtrial_plan']} is not {PLAN_VERSION}")
            _text(task["name"])
            spec = ModelSpec(_text(model["provider"]), _text(model["name"]), _mapping(model["options"]))
            limit = data["limit"]
            plan = cls(
                task,
                spec,
                _text(data["questions"]),
                _whole(data["n"]),
                _whole(data["epochs"]),
                None if limit is None else _whole(limit),
                _whole(data["seed"]),
            )
            if plan.to_json() != data:
                raise ValueError("it has other keys")
        except (KeyError, TypeError, ValueError, UsageError) as error:
            raise IntegrityError(
                f"this is no plan of ours ({type(error).__name__}: {error})",
                "restore plan.json from a copy; a plan made by a newer Fairtrial needs that Fairtrial",
            ) from error
        return plan

    @cached_property
    def bytes(self) -> bytes:
        """The canonical bytes, as they stand in `plan.json`."""
        return canonical(self.to_json())

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over `bytes`."""
        return digest(self.to_json())

    @property
    def task_name(self) -> str:
        return str(self.task["name"])

    @property
    def total(self) -> int:
        """Questions to ask: samples x epochs."""
        return self.n * self.epochs


def _mapping(value: JSON) -> Mapping[str, JSON]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r:.60} is no object")
    return value


def _text(value: JSON) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.60} is no text")
    return value


def _whole(value: JSON) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r:.60} is no whole number")
    return value
