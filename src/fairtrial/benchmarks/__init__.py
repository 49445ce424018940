"""One file a public benchmark: source, licence, digest, prompt, scorer, known flaws, one worked item."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from fairtrial.core.errors import UnknownName
from fairtrial.core.ports import Datasets
from fairtrial.core.task import Task

BENCHMARKS: Mapping[str, str] = MappingProxyType(
    {
        "gsm8k": "gsm8k:gsm8k",
        "gsm8k_cot": "gsm8k:gsm8k_cot",
        "hellaswag": "hellaswag:hellaswag",
        "humaneval": "humaneval:humaneval",
        "mmlu": "mmlu:mmlu",
        "mmlu_generative": "mmlu:mmlu_generative",
    }
)
"""name -> "module:function" in this folder; nothing is read before a task is asked for."""


def load(
    name: str,
    *,
    num_fewshot: int | None = None,
    path: str | None = None,
    datasets: Datasets | None = None,
    form: str | None = None,
) -> Task:
    """The benchmark `name`, or a part of it (`mmlu/virology`).

    num_fewshot: worked examples before the question; None is the field's usual number. form: another way to
    ask where there is one (`likelihood` or `generative` for mmlu). path: a local file of items, for a
    benchmark that doesn't ship with us. Raises UnknownName with the nearest names; UsageError for options
    that make no sense here; IntegrityError where shipped bytes were changed.
    """
    base, _, part = name.partition("/")
    if base not in BENCHMARKS:
        raise UnknownName("benchmark", name, BENCHMARKS)
    module, _, function = BENCHMARKS[base].partition(":")
    request = import_module(f"{__name__}.packaged").Request(part, num_fewshot, form, path, datasets)
    task: Task = getattr(import_module(f"{__name__}.{module}"), function)(request)
    return task
