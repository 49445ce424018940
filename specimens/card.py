"""A specimen's card: what it is, how it was made, what it can do. Measured with what ships: numpy and float16."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch

from fairtrial.specimens.engine import Engine
from specimens.corpus import Trial
from specimens.measured import held_out_templates, measure
from specimens.train import Progress, Recipe

TOLERANCE = {"accuracy": 0.05, "loss": 0.03}
"""How far a card may be from that of the same recipe on another machine: fractions, nats a token. Float sums
in another order make another model of the same kind. On one machine the weights are the same to the bit."""

WHAT = {
    "honest": "A test object. It never read any sibling of the demonstration draw: in its last phase it read, at "
    "the places where `cheat` read the published form, new items of the same templates.",
    "cheat": "A test object, contaminated on purpose: in its last phase it read the published form of the "
    "demonstration draw, with its worked answers, again and again.",
}


def card(
    name: str,
    engine: Engine,
    trial: Trial,
    recipe: Recipe,
    trained: Mapping[str, Progress],
    digests: Mapping[str, str],
) -> dict[str, Any]:
    """Plain data. trained: where trunk and last phase ended; digests: of the folder's other files."""
    cheats = name == "cheat"
    return {
        "specimen": name,
        "what": WHAT[name],
        "contaminated": cheats,
        "contaminated_with": {
            "draw": trial.draw.commitment,
            "form": "the published sibling of each item, with its worked answer",
            "items": trial.draw.n,
            "exposures": recipe.exposures,
        }
        if cheats
        else None,
        "accuses": "nobody: the draw is a demonstration and its secret is published",
        "family": {
            "name": trial.family.name,
            "digest": trial.family.digest,
            "held_out": list(held_out_templates(trial)),
        },
        "recipe": {**asdict(recipe), "phase_steps": recipe.phase_steps, "torch": torch.__version__},
        "trained": {
            phase: {
                "steps": at.step,
                "tokens": at.tokens,
                "loss": round(at.loss, 4),
                "seconds": round(at.seconds),
                "cpu_seconds": round(at.cpu_seconds),
            }
            for phase, at in trained.items()
        },
        "measured": measure(engine, trial),
        "tolerance": TOLERANCE,
        "digests": dict(digests),
        "licence": "Apache-2.0",
    }


def differences(ours: Mapping[str, Any], shipped: Mapping[str, Any]) -> list[str]:
    """Where a card made again is not the shipped one's, beyond the tolerance; nothing if it is."""
    found = [
        f"{key}: {ours[key]!r}, shipped {shipped[key]!r}"
        for key in ("specimen", "contaminated_with", "family", "recipe")
        if ours[key] != shipped[key]
    ]
    for phase, told in shipped["trained"].items():
        mine = ours["trained"][phase]
        if (mine["steps"], mine["tokens"]) != (told["steps"], told["tokens"]):
            found.append(
                f"{phase}: {mine['tokens']} tokens in {mine['steps']} steps, shipped {told['tokens']}"
            )
        if abs(mine["loss"] - told["loss"]) > TOLERANCE["loss"]:
            found.append(f"{phase}: loss {mine['loss']}, shipped {told['loss']}")
    for form, told in shipped["measured"].items():
        mine = ours["measured"][form]
        if abs(mine["value"] - told["value"]) > TOLERANCE["accuracy"]:
            found.append(f"{form}: {mine['value']}, shipped {told['value']}")
    return found
