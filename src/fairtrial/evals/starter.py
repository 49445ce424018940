"""What `fairtrial init` writes for somebody who starts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

OWN_TESTS: Final = "tests"
"""What `init` calls the marking of programming tasks: the rows bring it along."""

_HEAD = """# fairtrial.yaml: what `fairtrial run` asks, and whom. `fairtrial check` reads it and asks nobody.
# A flag on the command line wins over what stands here. Paths are relative to this file.

# My cases: a file of rows (.jsonl, .csv or .yaml) with the columns input and target, or a benchmark (gsm8k,
# mmlu, hellaswag, humaneval). Optional columns: id, choices, metadata; every other column can be sliced by.
# Programming tasks: rows with prompt, entry_point, reference, and inputs, a generator or a test.
"""

_MODELS = """
# My candidates, as provider/name. Keys come from the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY,
# GOOGLE_API_KEY). A server of your own:
#   - model: openai-api/llama-3.1-8b
#     base_url: http://localhost:8000/v1
"""

_SCORER = """
# How an answer is marked: exact, includes, regex:PATTERN, number, choice or json.
"""

_TESTS = """
# How an answer is marked: the rows bring their own tests, run in a sandbox. `fairtrial doctor` says which.
"""

_REST = """
# tolerance: 0.01            # for the scorer number: how far off still counts as right

# The prompt of one row, in Jinja2. Without it the input is asked as it stands, with its choices below it.
# template: |
#   Sort this ticket into billing, bug or other. Answer with the one word.
#
#   {{ input }}
# system: You work at the help desk of a software company.

# temperature: 0             # the default
# max_tokens: 1024           # the default
# limit: 20                  # only so many rows, to try it out
# epochs: 1                  # ask every row so many times
# slices: [language]         # columns to report by
# cluster: customer          # column that rows share; the intervals allow for it

# max_cost: 2.50             # US dollars; stop before more is spent
# max_connections: 20        # requests at once
# fail_under: 0.8            # exit 1 where the lower limit of a score is below
# margin: 0.02               # differences below 2 points don't matter to me
# volume: 100000             # answers a month, for the money per month in the report
# out: runs                  # where run folders go
"""


def starter(cases: str, models: Sequence[str], scorer: str) -> str:
    """The commented fairtrial.yaml: these cases, these candidates, this scorer (or OWN_TESTS)."""
    listed = "".join(f"  - {_quoted(model)}\n" for model in models)
    chosen = f"models:\n{listed}" if models else "models: []\n"
    marked = _TESTS if scorer == OWN_TESTS else f"{_SCORER}scorer: {_quoted(scorer)}\n"
    return f"{_HEAD}cases: {_quoted(cases)}\n{_MODELS}{chosen}{marked}{_REST}"


def sample_cases(scorer: str) -> str:
    """Three rows, as JSON lines, for somebody without a file; programming tasks for OWN_TESTS."""
    rows = _CODE_ROWS if scorer == OWN_TESTS else _ROWS
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


_ROWS: Final = (
    {
        "id": "t1",
        "input": "Which planet is closest to the Sun? Answer with its name.",
        "target": "Mercury",
    },
    {
        "id": "t2",
        "input": "What is the capital of Australia? Answer with the name of the city.",
        "target": "Canberra",
    },
    {
        "id": "t3",
        "input": "In which season do leaves fall? Answer with one word.",
        "target": ["Autumn", "Fall", "autumn", "fall"],
    },
)

_CODE_ROWS: Final = (
    {
        "id": "initials",
        "prompt": "Write initials(name), which returns the first letters of a name's words in upper case.",
        "entry_point": "initials",
        "reference": "def initials(name):\n    return ''.join(word[0].upper() for word in name.split())\n",
        "inputs": [["ada lovelace"], ["Grace Brewster Hopper"], ["plato"], [""]],
    },
    {
        "id": "mean",
        "prompt": "Write mean(numbers), which returns the arithmetic mean of a list of numbers.",
        "entry_point": "mean",
        "reference": "def mean(numbers):\n    return sum(numbers) / len(numbers)\n",
        "generator": (
            "def generate(random):\n    while True:\n"
            "        yield ([random.randint(-50, 50) for _ in range(random.randint(1, 9))],)\n"
        ),
        "count": 20,
        "compare": "close",
        "tolerance": 1e-9,
    },
    {
        "id": "is_leap",
        "prompt": "Write is_leap(year), which says whether a year is a leap year in the Gregorian calendar.",
        "entry_point": "is_leap",
        "reference": "import calendar\n\ndef is_leap(year):\n    return calendar.isleap(year)\n",
        "test": (
            "def check(candidate):\n    for year in (1900, 2000, 2023, 2024):\n"
            "        assert candidate(year) is is_leap(year)\n"
        ),
    },
)


def _quoted(text: str) -> str:
    """A text as YAML reads it back, whatever stands in it: JSON's quotes are YAML's too."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)
