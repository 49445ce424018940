"""Foreign words on a terminal: what can't be printed is shown, so that nobody's text steers the screen."""

from __future__ import annotations


def visible(text: str) -> str:
    """The text with every unprintable character but the line feed as its code: `\\\\x1b`, `\\\\u202e`.

    Unprintable is what Unicode calls control, format, surrogate, unassigned, or a separator other than the
    blank: escape sequences, bells, carriage returns, and marks that reorder what a reader sees.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else _code(ord(each)) for each in text)


def _code(point: int) -> str:
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
