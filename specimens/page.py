"""The cards as tables in docs/reference/specimens.md, between the marks that stand there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairtrial.specimens.files import WEIGHTS

FORMS = {
    "published": "published form, accuracy in %",
    "fresh": "fresh siblings, accuracy in %",
    "held_out": "held-out templates, accuracy in %",
    "likelihood_rank": "rank of the published sibling's likelihood among its siblings, in % (chance: 50)",
}


def write_block(page: Path, mark: str, text: str) -> None:
    """Replace what stands between `<!-- MARK -->` and `<!-- end MARK -->`; SystemExit where they are missing."""
    old = page.read_text()
    block = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end {mark} -->)", re.DOTALL)
    if not block.search(old):
        raise SystemExit(f"{page.name} has no place for {mark}")
    page.write_text(block.sub(lambda found: f"{found[1]}{text}{found[2]}", old))


def cards_block(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: what was measured, how each was trained, and the digests."""
    names = list(cards)
    parts = [_row("", *names), _row("---", *("---" for _ in names))]
    for form, title in FORMS.items():
        parts.append(_row(title, *(_estimate(cards[name]["measured"][form]) for name in names)))
    for phase in ("trunk", "last_phase"):
        told = [cards[name]["trained"][phase] for name in names]
        title = phase.replace("_", " ")
        parts.append(
            _row(f"{title}: steps, tokens", *(f"{each['steps']:,}, {each['tokens']:,}" for each in told))
        )
        parts.append(
            _row(f"{title}: loss at its end, nats a token", *(f"{each['loss']:.3f}" for each in told))
        )
        times = (f"{each['cpu_seconds']:,} ({each['seconds']:,})" for each in told)
        parts.append(_row(f"{title}: processor seconds (wall clock, a busy machine)", *times))
    table = "\n".join(parts)
    first = cards[names[0]]
    lines = [
        "",
        "In brackets: 95 % intervals (Wilson) for new items of these very templates; n is "
        + ", ".join(f"{told['n']:,} ({form.replace('_', ' ')})" for form, told in first["measured"].items())
        + ".",
        "",
        f"- family: {first['family']['name']}, `{first['family']['digest']}`",
        f"- draw: `{cards['cheat']['contaminated_with']['draw']}`",
    ]
    for name in names:
        lines += [f"- {name}, `{file}`: `{digest}`" for file, digest in cards[name]["digests"].items()]
    recipe = ", ".join(f"{key} {value}" for key, value in first["recipe"].items())
    return table + "\n" + "\n".join([*lines, f"- recipe of both: {recipe}"]) + "\n"


def case_cards_block(cards: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: what the case models are, and what was measured."""
    parts = [_row("model", "made how", "published form", "fresh siblings"), _row("---", "---", "---", "---")]
    for name, card in cards.items():
        measured = (_estimate(card["measured"][form]) for form in ("published", "fresh"))
        parts.append(_row(f"`specimen/{name}`", _how(card), *measured))
    counts = {form: told["n"] for form, told in next(iter(cards.values()))["measured"].items()}
    told = ", ".join(f"{n:,} ({form})" for form, n in counts.items())
    lines = ["", f"Accuracy in %, 95 % intervals (Wilson) as above; n is {told}.", ""]
    lines += [f"- {name}, `{WEIGHTS}`: `{card['digests'][WEIGHTS]}`" for name, card in cards.items()]
    return "\n".join([*parts, *lines]) + "\n"


def _how(card: Mapping[str, Any]) -> str:
    if card["contaminated"]:
        times, rounds = card["contaminated_with"]["exposures"], card["rounds_of_the_last_phase"]
        return f"as `cheat`; read the published form {times} times in {rounds} rounds of the last phase"
    if "bits" in card:
        return f"`honest`, every weight rounded to {card['bits']} bits"
    return f"`honest` after one further training step, every weight moved by about {card['rate']:g}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _estimate(told: Mapping[str, Any]) -> str:
    return f"{100 * told['value']:.1f} [{100 * told['low']:.1f}, {100 * told['high']:.1f}]"
