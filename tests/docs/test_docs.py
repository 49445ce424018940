"""The pages keep their word: what docs/build.py checks, and what must never stand in a page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.checker import build

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home|tmp|Users|mnt|private)/\S")
REGISTRY = re.compile(r"pypi\.org|pythonhosted|npmjs|index-url|--find-links|registry\.\w+\.\w", re.IGNORECASE)


def test_the_command_reference_is_what_the_help_texts_say() -> None:
    """Examples and figures take minutes: `make check`, which `make test` runs first, holds the pages to those."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import build; assert build.REFERENCE.read_text('utf-8') == build.reference()",
        ],
        cwd=DOCS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_no_link_is_broken() -> None:
    assert [problem for page in build.pages() for problem in build.broken_links(page)] == []


def test_every_page_is_reachable_from_the_map() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        for target in build.LINK.findall(page.read_text("utf-8")):
            path = target.partition("#")[0]
            if path and ":" not in path:
                waiting.append((page.parent / path).resolve())
    assert set(DOCS.rglob("*.md")) <= reached


def test_no_page_names_a_machine_path_or_a_registry() -> None:
    found = [
        f"{page.relative_to(ROOT)}: {match[0]}"
        for page in build.pages()
        for pattern in (MACHINE_PATH, REGISTRY)
        for match in pattern.finditer(page.read_text("utf-8"))
    ]
    assert found == []


def test_a_broken_link_and_a_missing_anchor_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# Here\n\n## Not *there*\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md#here) [b](other.md#not-there) [c](https://example.org) `[d](none.md)`\n"
        "```text\n[e](none.md)\n```\n[f](gone.md) [g](other.md#elsewhere)\n"
    )
    assert list(build.broken_links(page)) == [
        "page.md: the link gone.md leads nowhere",
        "page.md: other.md has no heading #elsewhere",
    ]


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("one\ntwo", "one\ntwo\n", True),
        ("one", "one\ntwo\n", False),
        ("one\n…\nfour", "one\ntwo\nthree\nfour\n", True),
        ("…\nfour", "four\n", True),
        ("n = …, done", "n = 12, done\n", True),
        ("n = …, done", "n = 12\n, done\n", False),
        ("(1.0)", "(1x0)\n", False),
    ],
)
def test_an_example_holds_only_if_it_was_printed(expected: str, printed: str, same: bool) -> None:
    assert build.holds(expected, printed) is same


def test_an_example_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "examples").mkdir()
    page = tmp_path / "page.md"
    wrong_use = "$ fairtrial power --difference 2\n"
    page.write_text(
        f"```console run\n{wrong_use}$ echo $?\n2\n{wrong_use}```\n"
        "```console run\n$ echo one\ntwo\n```\n"
        "```python run\nraise SystemExit(3)\n```\n"
        "```console\n$ false\n```\n"
    )
    told = list(build.failing_examples(page))
    assert [text.partition("\n")[0] for text in told] == [
        "page.md: `fairtrial power --difference 2` ends with 2:",
        "page.md: `echo one` prints",
        "page.md: a Python example fails:",
    ]


def test_a_figure_that_its_command_does_not_give_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "examples").mkdir()
    mark = "<!-- figure: fairtrial power --json | {} -->{}<!-- end -->\n"
    page = tmp_path / "page.md"
    page.write_text(
        mark.format("difference %", "5.0")
        + mark.format("needed_n", "1,000,000")
        + mark.format("power", "0.8")
    )
    assert [text.partition(" is ")[0] for text in build.wrong_figures(page)] == ["page.md: 1,000,000"]


def test_no_key_reaches_an_example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "examples").mkdir()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-examples")
    page = tmp_path / "page.md"
    page.write_text('```console run\n$ echo "key:$OPENAI_API_KEY."\nkey:.\n```\n')
    assert list(build.failing_examples(page)) == []
