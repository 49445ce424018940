"""The guests' sources as an interpreter in a container meets them: older, and with nothing but its own library."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib.resources import files

import pytest

from fairtrial.sandbox import guest

PARTS = sorted({*guest.CANDIDATE, *guest.FURTHER})


def source(part: str) -> str:
    return files("fairtrial.sandbox").joinpath(part.replace(".", "/") + ".py").read_text()


@pytest.mark.parametrize("part", PARTS)
def test_the_syntax_is_python_3_9s(part: str) -> None:
    ast.parse(source(part), feature_version=(3, 9))


@pytest.mark.parametrize("part", PARTS)
def test_only_the_standard_library_and_earlier_parts_are_imported(part: str) -> None:
    for node in ast.walk(ast.parse(source(part))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            inside = name.removeprefix(guest.PREFIX)
            assert inside in PARTS or name.split(".")[0] in sys.stdlib_module_names, name


def test_the_program_gets_no_part_of_an_exam() -> None:
    carried = guest.sources(guest.CANDIDATE).decode(errors="ignore")
    for word in ("expected", "reference", "check("):
        assert word not in carried.replace("no test, no expected value", "")


def test_nothing_of_ours_stays_importable_beside_the_program() -> None:
    """Nor does the current folder, a .pth file or the environment reach it."""
    program = """
import sys
def seen():
    ours = [name for name in sys.modules if "fairtrial" in name]
    return [ours, sys.argv, sys.flags.isolated, sys.flags.no_site]
"""
    process = subprocess.Popen(
        guest.command(sys.executable, guest.CANDIDATE), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    from fairtrial.sandbox.frames import pack

    asked = pack({"n": "1", "load": [program, "seen", "", 4096]}) + pack({"n": "2", "call": [[], {"d": []}]})
    said, _ = process.communicate(guest.sources(guest.CANDIDATE) + asked, timeout=30)
    size = int.from_bytes(said[:4], "big")
    assert json.loads(said[4 : 4 + size]) == {"n": "1", "v": None}
    assert json.loads(said[8 + size :]) == {"n": "2", "v": [[], [""], 1, 1]}
