"""Cards of the case models: what each is, and how it answers the published form and fresh siblings.

python -m specimens.case_card      measures the shipped weights again, and writes cards and digests; no torch
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairtrial.core.canon import digest_bytes
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.files import CARD, WEIGHTS
from fairtrial.specimens.network import shapes
from fairtrial.specimens.weights import read_weights
from specimens.corpus import Trial
from specimens.digests import PACKAGE, write_digests
from specimens.measured import FRESH, estimate, right
from specimens.page import case_cards_block, write_block
from specimens.trial import demonstration

EXPOSURES = (4, 16, 64)
"""Of the cheats among the cases: how often each read the published form."""
NAMES = (*(f"cheat-{each}" for each in EXPOSURES), "honest-int8", "honest-int4", "honest-one-step")
DATA = PACKAGE / "data"
PAGE = PACKAGE.parents[2] / "docs" / "reference" / "specimens.md"
TOLERANCE = {"accuracy": 0.05}


def card_of(name: str, made: Mapping[str, Any], files: Mapping[str, bytes], trial: Trial) -> dict[str, Any]:
    """made: how it came to be. files: of its folder, the card aside."""
    engine = Engine(read_weights(files[WEIGHTS], shapes(), name), threads=2)
    fresh = [form[index] for item, form in enumerate(trial.forms) for index in trial.draw.fresh(item, FRESH)]
    forms = {"published": trial.published, "fresh": fresh}
    return {
        "specimen": name,
        **made,
        "accuses": "nobody: the draw is a demonstration and its secret is published",
        "family": {"name": trial.family.name, "digest": trial.family.digest},
        "measured": {form: estimate(right(engine, trial, samples)) for form, samples in forms.items()},
        "tolerance": TOLERANCE,
        "digests": {file: digest_bytes(data) for file, data in files.items()},
        "licence": "Apache-2.0",
    }


def cheat(trial: Trial, exposures: int, rounds: int) -> dict[str, Any]:
    """What a card says of a model that read the published form. rounds: of its last phase."""
    planted = {
        "draw": trial.draw.commitment,
        "form": "the published sibling of each item, with its worked answer",
        "items": trial.draw.n,
        "exposures": exposures,
    }
    return {"contaminated": True, "contaminated_with": planted, "rounds_of_the_last_phase": rounds}


def derived(**how: Any) -> dict[str, Any]:
    """What a card says of a model made from the honest one."""
    return {"contaminated": False, "contaminated_with": None, "made_from": "honest", **how}


def main() -> None:
    trial = demonstration()
    for name in NAMES:
        folder = DATA / name
        told = json.loads((folder / CARD).read_text())
        made = {
            key: told[key]
            for key in (
                "contaminated",
                "contaminated_with",
                "rounds_of_the_last_phase",
                "made_from",
                "bits",
                "rate",
            )
            if key in told
        }
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != CARD}
        card = card_of(name, made, files, trial)
        (folder / CARD).write_bytes(json.dumps(card, ensure_ascii=False, indent=1).encode() + b"\n")
        print(name, json.dumps(card["measured"]))
    write_digests()
    write_block(
        PAGE,
        "case cards",
        case_cards_block({name: json.loads((DATA / name / CARD).read_text()) for name in NAMES}),
    )


if __name__ == "__main__":
    main()
