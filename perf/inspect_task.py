"""The tickets as an Inspect task: same rows, same words; the built-in pattern scorer reads the answer."""

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import pattern
from inspect_ai.solver import generate


@task
def tickets(cases: str) -> Task:
    rows = json_dataset(cases, FieldSpec(input="input", target="target", id="id"))
    return Task(dataset=rows, solver=generate(), scorer=pattern(r"The answer is (\d+)"))
