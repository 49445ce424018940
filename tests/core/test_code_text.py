"""Which lines of an answer are the program: by example, over all of HumanEval against Python's own parser, and on
hostile text."""

from __future__ import annotations

import ast
import gzip
import json
import textwrap
import time
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairtrial.core.code_text import (
    ALL,
    FIRST,
    defines,
    fenced,
    python_blocks,
    read_chat,
    read_completion,
)

HEAD = 'import math\n\ndef f(x):\n    """Half of x."""\n'
WHOLE = "def f(x):\n    return x / 2\n"


def body_of(program: str) -> str:
    """The last definition of f in a program, by Python's own parser."""
    found = [each for each in ast.parse(program).body if getattr(each, "name", "") == "f"]
    statements = found[-1].body  # type: ignore[attr-defined]
    return (
        "\n".join(map(ast.unparse, statements))
        .removeprefix("'Half of x.'\n")
        .removeprefix('"""Half of x."""\n')
    )


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{WHOLE}```",
        f"Sure! Here it is:\n\n```python\n{WHOLE}```\n\nIt halves x. For example `f(2)` is 1.",
        f"```\n{WHOLE}```",
        f"```Python3 title='f.py'\n{WHOLE}```",
        f"``` {{.python}}\n{WHOLE}```",
        f"~~~py\n{WHOLE}~~~",
        f"````python\n{WHOLE}````",
        f"```python\n{WHOLE}",
        f"```python\n{WHOLE.rstrip()}```\nThat is all.",
        f"```python\r\n{WHOLE}```".replace("\n", "\r\n"),
        f"1. First:\n\n   ```python\n{textwrap.indent(WHOLE, '   ')}   ```\n2. Done.",
        f"```python\n{textwrap.indent(WHOLE, '    ')}```",
        f"Run `pip install x`:\n```bash\npip install x\n```\nthen\n```python\n{WHOLE}```",
        f"A draft:\n```python\ndef f(x):\n    return x\n```\nNo, that is wrong. Better:\n```python\n{WHOLE}```",
        f"```python\n{WHOLE}```\nUse it:\n```python\nprint(f(3))\n```",
        f"```python\n{WHOLE}\nassert f(2) == 7\nprint(\n    f(4),\n)\nif __name__ == '__main__':\n    f('x')\n```",
        f"```python\nfrom __future__ import annotations\nfrom typing import Any\n\n{WHOLE}```",
        f"{WHOLE}\nThis function divides x by two.",
        f"Here is the function:\n\nimport math\n\n{WHOLE}\nNote that the result, x / 2, is a float.\n",
        "```python\n    return x / 2\n```",
        "```\nreturn x / 2\n```",
        "```python\n  y = x\n  return y / 2\n```",
        "    return x / 2\n",
        "return x / 2",
        "f = lambda x: x / 2\n",
        "```python\nf = lambda x: x / 2\n```",
    ],
)
def test_the_function_is_found(answer: str) -> None:
    found = read_chat(answer, "f", HEAD)
    assert found is not None
    scope: dict[str, object] = {}
    exec(compile(found.program, "answer", "exec"), scope)
    assert scope["f"](5) == 2.5 and "math" in scope  # type: ignore[operator]
    assert not defines(HEAD.replace("def f", "def g"), "f")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I can't help with that.",
        "You could use a list comprehension, for instance.",
        "Return the sum.",
        " I am sorry, but no.",
        "```bash\nls\n```",
        "```cpp\nint f(int x) { return x / 2; }\n```",
        "```python\n\n```",
        "```python\nclass Solution:\n    def f(self, x):\n        return x / 2\n```",
        "```python\nprint(f(3))\n```",
        "```python\ndef ff(x):\n    return x\nf == 3\n```",
        "`def f(x): return x / 2`",
    ],
)
def test_where_nothing_defines_it_nothing_is_found(answer: str) -> None:
    assert read_chat(answer, "f", HEAD) is None


def test_without_a_prelude_a_body_is_no_program() -> None:
    assert read_chat("```python\n    return x / 2\n```", "f") is None
    found = read_chat(f"```python\n{WHOLE}```", "f")
    assert found is not None and found.program == WHOLE


def test_other_readings_keep_what_the_rule_drops() -> None:
    first, second = "def f(x):\n    return g(x)\n", f"def g(x):\n    return x\n{WHOLE}assert f(2)\n"
    answer = f"```python\n{first}```\n```python\n{second}```"
    found = read_chat(answer, "f", HEAD)
    assert found is not None
    assert found.answer.startswith("def g") and "assert" in found.answer and "assert" not in found.program
    assert found.others[FIRST] == f"{HEAD}\n{first}"
    assert found.others[ALL].count("def f") == 3 and "assert" in found.others[ALL]
    split = (
        "```python\ndef half(x):\n    return x / 2\n```\nand\n```python\ndef f(x):\n    return half(x)\n```"
    )
    found = read_chat(split, "f", HEAD)
    assert found is not None
    assert "def half" not in found.program and "def half" in found.others[ALL]


def test_a_function_below_the_tests_is_kept() -> None:
    found = read_chat(f"```python\n{WHOLE}print(1)\n\ndef g():\n    pass\n```", "f", HEAD)
    assert found is not None and "print" not in found.program and "def g" in found.program


def test_a_completion_is_the_paper_s() -> None:
    stops = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
    found = read_completion("    return x / 2\n\ndef g():\n    pass\n", stops, HEAD)
    assert found is not None and found.program == HEAD + "    return x / 2\n" and found.ended
    found = read_completion("    return x / 2\n", stops, HEAD)
    assert found is not None and found.program == HEAD + "    return x / 2\n" and not found.ended
    earliest = read_completion("    y = x\nprint(1)\nclass A: pass", stops, HEAD)
    assert earliest is not None and earliest.answer == "    y = x"
    assert read_completion(" \n", stops, HEAD) is None and read_completion("\nif x:", stops, HEAD) is None


def rows() -> list[dict[str, str]]:
    data = files("fairtrial.benchmarks").joinpath("data", "humaneval_test.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


STYLES = (
    "{body}",
    "```python\n{whole}```",
    "Certainly:\n\n```python\n{whole}```\nIt works as follows. Complexity: O(n).",
    "{whole}",
    "{whole}\nThe function works as described above.",
    "```\n{body}```",
    "- as a list item:\n\n  ```python\n{inner}  ```",
    "```python\n{whole}\n\nprint({name})\nassert {name}\n```\n\n```text\noutput\n```",
)


@pytest.mark.parametrize("style", STYLES)
def test_every_humaneval_solution_in_every_style_parses_to_itself(style: str) -> None:
    """Against Python's own parser: the function that the program ends with is the reference, node for node."""
    for row in rows():
        whole, name = row["prompt"] + row["canonical_solution"], row["entry_point"]
        inner = textwrap.indent(whole, "  ", lambda line: line != "\n")
        answer = style.format(whole=whole, body=row["canonical_solution"], name=name, inner=inner)
        found = read_chat(answer, name, row["prompt"])
        assert found is not None, row["task_id"]
        assert last_function(found.program, name) == last_function(whole, name), row["task_id"]


def last_function(source: str, name: str) -> str:
    return ast.dump([each for each in ast.parse(source).body if getattr(each, "name", "") == name][-1])


LINES = st.text(st.characters(exclude_characters="`~\n\r", exclude_categories=("Cs",)), max_size=30)


@given(
    before=st.lists(LINES, max_size=5), code=st.lists(LINES, max_size=8), after=st.lists(LINES, max_size=5)
)
def test_what_stands_between_fences_comes_back_to_the_letter(
    before: list[str], code: list[str], after: list[str]
) -> None:
    inside = "".join(f"{line}\n" for line in code)
    text = "\n".join([*before, f"```py\n{inside}```", *after])
    assert fenced(text) == (("py", inside),)
    assert python_blocks(text) == ((inside,) if inside.strip() else ())


PIECES = st.lists(
    st.sampled_from(
        ["```", "```python", "~~~", "def f(x):", "    return x", "return", "f = 1", "print(", ")", "\n", " "]
    )
    | st.text(max_size=8),
    max_size=30,
).map("\n".join)


@given(PIECES, st.sampled_from(["", HEAD]))
def test_any_text_is_read_or_not_and_nothing_else_happens(text: str, prelude: str) -> None:
    found = read_chat(text, "f", prelude)
    if found is not None:
        assert found.program.strip() and found.answer.strip()
        assert set(found.others) == {FIRST, ALL}


@pytest.mark.parametrize(
    "unit",
    [
        "`",
        "```\n",
        "```python\n",
        " ",
        "\n",
        "(",
        "=",
        "a,",
        "a.",
        "def f(",
        "def f(x):\n",
        "    ",
        "#",
        "x = 1\n",
        "f:",
    ],
)
def test_hostile_repetition_costs_no_more_than_its_length(unit: str) -> None:
    text = f"def f(x):\n{unit * (400_000 // len(unit))}\n```"
    began = time.process_time()
    read_chat(text, "f", HEAD)
    read_chat(f"```python\n{text}", "f", HEAD)
    assert time.process_time() - began < 3
