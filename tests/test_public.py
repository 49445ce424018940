"""The public surface, and what it costs to look at it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import fairtrial

NAMES = {
    "Comparison",
    "Decoding",
    "Estimate",
    "FairtrialError",
    "Lab",
    "Message",
    "ModelSpec",
    "Pace",
    "Plan",
    "Record",
    "Run",
    "Sample",
    "Summary",
    "Task",
    "__version__",
    "verify",
}

HEAVY = {
    "aiohttp",
    "asyncio",
    "numpy",
    "scipy",
    "pydantic",
    "jinja2",
    "rich",
    "yaml",
    "genai_prices",
    "rfc8785",
}


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport sys; print(' '.join(sorted(sys.modules)), file=sys.__stdout__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_list_of_public_names_is_held() -> None:
    assert set(fairtrial.__all__) == NAMES == set(fairtrial._NAMES) == set(dir(fairtrial))
    for name in NAMES:
        assert getattr(fairtrial, name) is not None


def test_the_version_is_the_package_s() -> None:
    assert fairtrial.__version__ == version("fairtrial")


def test_importing_the_package_loads_nothing_of_it() -> None:
    ours = {name for name in loaded("import fairtrial") if name.startswith("fairtrial.")}
    assert ours == set()


def test_help_loads_no_heavy_module() -> None:
    code = "import contextlib, io\nfrom fairtrial.cli import main\n"
    code += "with contextlib.redirect_stdout(io.StringIO()): assert main(['--help']) == 0"
    modules = loaded(code)
    assert not HEAVY & modules
    foreign = {name.partition(".")[0] for name in modules - loaded("pass")} - sys.stdlib_module_names
    assert foreign == {"click", "fairtrial"}, "the standard library, click and us: nothing else"
    ours = {name for name in modules if name.startswith("fairtrial.")}
    assert ours == {
        "fairtrial.cli",
        "fairtrial.core",
        "fairtrial.core.errors",
        "fairtrial.core.version",
        "fairtrial.report",
        "fairtrial.report.plain",
    }


def test_the_nouns_load_no_network_and_no_arithmetic() -> None:
    modules = loaded("import fairtrial.core.codec, fairtrial.core.task, fairtrial.core.comparison")
    assert not (HEAVY - {"rfc8785"}) & modules


def test_a_run_of_right_and_wrong_answers_loads_no_arrays_and_no_templates(tmp_path: Path) -> None:
    """Each costs more CPU than some hundred answers. Text that people see is made with all of them."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"input": "2 + 2", "target": "4"}\n{"input": "2 + 3", "target": "5"}\n')
    words = [
        "run",
        str(rows),
        "--model",
        "python:textwrap:dedent",
        "--out",
        str(tmp_path),
        "--no-report",
        "--json",
    ]
    modules = loaded(f"import sys\nfrom fairtrial.cli import main\nassert main({words}) == 0")
    assert {"fairtrial.evals.runner", "fairtrial.metrics.summary"} <= modules
    assert not {"numpy", "scipy", "pydantic", "jinja2", "regex", "rich", "genai_prices"} & modules
