"""Writes docs/reference/cli.md from the commands' help texts; `--check` holds every page to its word.

    python docs/build.py            write the reference
    python docs/build.py --check    exit 1 where it differs from the help texts, where a link or an anchor in
                                    any page of the repository is broken, where an example or a figure fails

What is checked is marked in the page. Each page has a folder of its own, with only `examples` in it.

    ```console run      every `$ command` is run in turn and prints what stands below it; `…` stands for
                        anything, alone on a line for any number of lines. Nothing below: only run.
                        `$ echo $?` shows the status; without it the command must end with 0, 1 or 10.
    ```python run       must not raise
    ```yaml file=NAME   (any language) is written to that file, for the commands below it
    <!-- figure: fairtrial power --json | needed_n -->99<!-- end -->     equals that key of the JSON printed,
                        rounded as written; ` | samples %` for a fraction written in percent or points
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from glob import glob
from pathlib import Path

import click

from fairtrial.cli import VERBS, cli, main

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference" / "cli.md"
WIDTH = 90
SKIPPED = {"runs", "build", "dist", "node_modules", "shared", "examples-out"}
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FIGURE = re.compile(r"<!-- figure: (.+?) \| (\S+)( %)? -->(.*?)<!-- end -->")
SECRETS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY")
HEAD = """# Command line

Written by `python docs/build.py` from the commands' own help texts; `make check` fails when they differ.
The meaning of `--json` stands in [json.md](json.md), the exit statuses in [faults.md](faults.md#exit-status).
"""


def reference() -> str:
    """The page: the group's help, then each verb's, in the order of the table."""
    parts = [HEAD, _section("fairtrial", cli, None)]
    group = _context("fairtrial", cli, None)
    for verb in VERBS:
        command = cli.get_command(group, verb)
        assert command is not None, verb
        parts.append(_section(f"fairtrial {verb}", command, group))
        if isinstance(command, click.Group):
            inner = _context(verb, command, group)
            parts += [
                _section(f"fairtrial {verb} {name}", each, inner) for name, each in command.commands.items()
            ]
    return "\n".join(parts)


def _section(title: str, command: click.Command, parent: click.Context | None) -> str:
    text = command.get_help(_context(title.rpartition(" ")[2], command, parent))
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return f"## {title}\n\n```text\n{lines}\n```\n"


def _context(name: str, command: click.Command, parent: click.Context | None) -> click.Context:
    settings = command.context_settings if parent is None else cli.context_settings
    return click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH, **settings
    )


def pages() -> list[Path]:
    """Every Markdown file of the repository, hidden and made folders aside."""
    found = []
    for folder, below, files in os.walk(ROOT):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in SKIPPED)
        found += [Path(folder, name) for name in sorted(files) if name.endswith(".md")]
    return found


def broken_links(page: Path) -> Iterator[str]:
    """Links to files that are not there, and to anchors that their page does not have."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text("utf-8")))
    for target in LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield f"{_name(page)}: the link {target} leads nowhere"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"{_name(page)}: {_name(file)} has no heading #{anchor}"


@cache
def anchors(page: Path) -> frozenset[str]:
    """A page's anchors, as the usual code hosts make them from headings."""
    found: list[str] = []
    for heading in re.findall(r"^#+ +(.+?) *$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE):
        words = re.sub(r"\]\([^)]*\)", "", heading.lower())
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return frozenset(found)


def failing_examples(page: Path) -> Iterator[str]:
    """What the marked blocks of a page promise and don't keep."""
    blocks = [match.groups() for match in FENCE.finditer(page.read_text("utf-8"))]
    marked = [(kind.strip(), body) for kind, body in blocks if re.search(r" (run$|file=)", kind.strip())]
    if not marked:
        return
    with _elsewhere():
        for kind, body in marked:
            if " file=" in kind:
                Path(kind.rpartition("=")[2]).write_text(body, encoding="utf-8")
            elif kind == "python run":
                yield from _python(page, body)
            elif kind == "console run":
                yield from _console(page, body)
            else:
                yield f"{_name(page)}: a block is marked {kind!r}; only console and python can be run"


def _python(page: Path, body: str) -> Iterator[str]:
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"{_name(page)}: a Python example fails:\n{done.stderr.strip()}"


def _console(page: Path, body: str) -> Iterator[str]:
    status = 0
    steps = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    for number, step in enumerate(steps):
        line, _, expected = re.sub(r"\\\n", " ", step).partition("\n")
        if line == "echo $?":
            printed = f"{status}\n"
        elif line.startswith("cd "):
            os.chdir(line.removeprefix("cd "))
            printed = ""
        else:
            status, printed = run(line)
            told = number + 1 < len(steps) and steps[number + 1].startswith("echo $?")
            if status not in (0, 1, 10) and not told:
                yield f"{_name(page)}: `{line}` ends with {status}:\n{printed.strip()}"
        if expected.strip() and not holds(expected, printed):
            yield f"{_name(page)}: `{line}` prints\n{printed.rstrip()}\nand not\n{expected.rstrip()}"


def run(line: str) -> tuple[int, str]:
    """Exit status and everything printed. Our own command runs in this process, for a process each would
    make the check slow; anything else goes to the shell."""
    words = shlex.split(line, comments=True)
    if words[0] == "fairtrial" and not set("|<>&;$") & set(line):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            status = main([name for word in words[1:] for name in sorted(glob(word)) or [word]])
        return status, printed.getvalue()
    done = subprocess.run(
        line, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def holds(expected: str, printed: str) -> bool:
    """Whether this was printed, trailing blanks aside; `…` stands for anything, alone on a line for lines."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.rstrip().split("…"))) + r"\n"
        for line in expected.strip().splitlines()
    ]
    text = "".join(line.rstrip() + "\n" for line in printed.strip().splitlines())
    return re.fullmatch("".join(lines), text) is not None


def wrong_figures(page: Path) -> Iterator[str]:
    """Figures in the prose that their command doesn't give."""
    for command, key, percent, written in FIGURE.findall(page.read_text("utf-8")):
        value = figure(command, key) * (100 if percent else 1)
        number = re.sub(r"[^\d.\-]", "", written.replace("−", "-"))
        digits = len(number.partition(".")[2])
        if f"{value:.{digits}f}" != number:
            yield f"{_name(page)}: {written} is {value:.{digits}f} according to `{command}`, {key}"


def figure(command: str, key: str) -> float:
    value = output(command)
    for part in key.split("."):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return float(value)


@cache
def output(command: str) -> object:
    """The JSON a command prints, run once for all pages."""
    with (
        _elsewhere(),
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.redirect_stdout(io.StringIO()) as out,
    ):
        main(shlex.split(command)[1:])
    return json.loads(out.getvalue())


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """An empty folder with only `examples` in it, no keys, no colours, 100 columns."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("examples").symlink_to(ROOT / "examples")
        before = dict(os.environ)
        for name in SECRETS:
            os.environ.pop(name, None)
        path = f"{Path(sys.executable).parent}{os.pathsep}{before.get('PATH', '')}"
        os.environ.update(COLUMNS="100", NO_COLOR="1", PATH=path)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def problems() -> Iterator[str]:
    """Everything that --check complains about."""
    if not REFERENCE.exists() or REFERENCE.read_text("utf-8") != reference():
        yield f"{_name(REFERENCE)} is not what the help texts say; run `python docs/build.py`"
    for check in (broken_links, failing_examples, wrong_figures):
        for page in pages():
            yield from check(page)


if __name__ == "__main__":
    if "--check" in sys.argv:
        found = list(problems())
        print(
            "\n\n".join(found) or f"docs: {len(pages())} pages hold", file=sys.stderr if found else sys.stdout
        )
        sys.exit(1 if found else 0)
    REFERENCE.write_text(reference(), encoding="utf-8")
