"""Nouns in, HTML, SVG and terminal text out. Pure: no I/O, no clock."""
