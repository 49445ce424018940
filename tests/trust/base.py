"""The trusted base: every line of ours that runs when a bundle is verified.

    .venv/bin/python -m tests.trust.base [FILE]         the sum is written between the marks in FILE

Lines of code are those that are neither blank nor comment nor docstring. Statements are what the formatter spreads
over them: a call over five lines is one.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

from verifier.build import SOURCE, sources

BEGIN, END = "<!-- base -->", "<!-- end base -->"


def code_lines(text: str) -> int:
    """Lines that hold a token which is no comment and no docstring."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in (
            tokenize.COMMENT,
            tokenize.NL,
            tokenize.NEWLINE,
            tokenize.INDENT,
            tokenize.DEDENT,
        ):
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def statements(text: str) -> int:
    """Statements, docstrings aside."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in found)


def counted() -> list[tuple[Path, int, int, int]]:
    """File, all its lines, its lines of code, its statements."""
    texts = {path: path.read_text(encoding="utf-8") for path in sources()}
    return [(path, text.count("\n"), code_lines(text), statements(text)) for path, text in texts.items()]


def sentence() -> str:
    """The sum, as the documentation states it; lines rounded, so that not every change moves it."""
    rows = counted()
    code, said = (round(sum(row[at] for row in rows), -2) for at in (2, 3))
    return f"{len(rows)} files, about {code:,} lines of code ({said:,} statements)"


def main(words: list[str]) -> int:
    rows = counted()
    print(" lines   code  statements")
    for path, *numbers in rows:
        print("{:6,} {:6,} {:6,}".format(*numbers), path.relative_to(SOURCE))
    total = [sum(row[at] for row in rows) for at in (1, 2, 3)]
    print("{:6,} {:6,} {:6,}".format(*total), f"in all {len(rows)} files")
    if words:
        page = Path(words[0])
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        page.write_text(f"{before}{BEGIN}{sentence()}{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
