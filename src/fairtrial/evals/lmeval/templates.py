"""A task file's templates: lm-eval's Jinja2 with its one filter of its own (`utils.py`, 0.4.13), sandboxed."""

from __future__ import annotations

from fairtrial.evals.lmeval.patterns import BoundedPattern
from fairtrial.evals.template import Template


def compile_template(text: str, key: str) -> Template:
    """Raises UsageError for what a prompt has no need of, or what is no template."""
    return Template(text, filters={"regex_replace": regex_replace}, what=key)


def regex_replace(string: str, pattern: str, repl: str, count: int = 0) -> str:
    """`re.sub` as a filter, under a time limit."""
    return BoundedPattern(pattern).replace(string, repl, count)
