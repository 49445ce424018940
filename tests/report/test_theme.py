"""Contrast of every pair that carries meaning, in both schemes, by the formula of WCAG 2.2."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from fairtrial.core.record import STATES
from fairtrial.report.theme import DARK, FRAGMENT_STYLE, LIGHT, STYLE, style_hash

TEXT, SIGN = 4.5, 3.0
"""Success criteria 1.4.3 (AA, letters of any size) and 1.4.11 (parts of a drawing)."""

LETTERS = [
    *[(letters, "paper") for letters in ("ink", "muted", "accent", "alarm")],
    *[(letters, "panel") for letters in ("ink", "muted")],
    *[(letters, "alarm-panel") for letters in ("ink", "alarm")],
]
SIGNS = [(sign, "paper") for sign in ("accent", "reach", "muted", "alarm", *STATES)]
SCHEMES = {"light": LIGHT, "dark": DARK}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2, definitions)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_on_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WebAIM's example, just below AA


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("letters", "ground"), LETTERS)
def test_letters(scheme: str, letters: str, ground: str) -> None:
    colours = SCHEMES[scheme]
    assert contrast(colours[letters], colours[ground]) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("sign", "ground"), SIGNS)
def test_signs(scheme: str, sign: str, ground: str) -> None:
    colours = SCHEMES[scheme]
    assert contrast(colours[sign], colours[ground]) >= SIGN


def test_a_dot_is_told_from_the_ring_around_it() -> None:
    """Dots have a ring of paper, segments of a bar too: neighbours need no contrast of their own."""
    assert ".dot{fill:var(--accent);stroke:var(--paper)" in STYLE
    assert ".ft-states-bar rect{stroke:var(--paper)" in STYLE


def test_both_schemes_name_the_same_colours_and_all_are_used() -> None:
    assert LIGHT.keys() == DARK.keys()
    used = set(re.findall(r"var\(--([a-z-]+)\)", STYLE))
    assert used == LIGHT.keys() | {"serif"}


def test_no_colour_outside_the_palette() -> None:
    rules = re.sub(r"--[a-z-]+:[^;}]+", "", STYLE)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules)
    assert "opacity" not in rules  # it would change a contrast that was measured


def test_the_style_asks_for_nothing() -> None:
    for style in (STYLE, FRAGMENT_STYLE):
        assert not re.search(r"url\(|@import|@font-face|expression\(|https?:", style)


def test_a_fragment_styles_nothing_outside_itself() -> None:
    rules = re.sub(r"@media[^{]*\{", "", FRAGMENT_STYLE)
    for selectors in re.findall(r"([^{}]+)\{", rules):
        for each in selectors.split(","):
            assert each.strip().startswith(".ft"), each


def test_the_hash_is_the_one_a_browser_computes() -> None:
    digest = hashlib.sha256(STYLE.encode("utf-8")).digest()
    assert style_hash(STYLE) == f"'sha256-{base64.standard_b64encode(digest).decode('ascii')}'"
