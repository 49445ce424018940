"""How the bundled models were made.

train PART: the trunk, or a specimen's last phase; goes on from the last checkpoint. card NAME: the card of what
was trained, held against the shipped one; exit 1 where they differ beyond the tolerance. ship: put what was
trained into the package, with cards, digests, the tests' golden figures and the page that shows the cards.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from fairtrial.core.canon import digest_bytes
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.files import CARD, WEIGHTS
from fairtrial.specimens.network import shapes
from fairtrial.specimens.weights import read_weights
from fairtrial.trust.draw_file import draw_bytes
from specimens.card import card, differences
from specimens.corpus import Corpus
from specimens.digests import write_digests
from specimens.folder import config, json_file, tokenizer, tokenizer_config, weights_file
from specimens.golden import golden, halved
from specimens.page import cards_block, write_block
from specimens.train import Recipe, Training, train_specimen, train_trunk
from specimens.trial import demonstration

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "fairtrial"
DATA = SOURCE / "specimens" / "data"
TESTS = ROOT / "tests" / "specimens"
NAMES = ("honest", "cheat")
RECIPE = Recipe()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m specimens", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".cache" / "specimens", help="for checkpoints")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("train").add_argument("part", choices=("trunk", *NAMES))
    verbs.add_parser("card").add_argument("name", choices=NAMES)
    verbs.add_parser("ship")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus(demonstration(), RECIPE.seed)
    if asked.verb == "train":
        if asked.part == "trunk":
            training = train_trunk(asked.folder, RECIPE, corpus)
        else:
            training = train_specimen(asked.part, asked.folder, RECIPE, corpus)
        print(f"{asked.part}: {training.progress}")
        return 0
    if asked.verb == "card":
        return compare(asked.name, asked.folder, corpus)
    cards = {name: ship(name, asked.folder, corpus) for name in NAMES}
    (SOURCE / "families" / "arithmetic.draw.json").write_bytes(draw_bytes(corpus.trial.draw))
    write_digests()
    write_block(ROOT / "docs" / "reference" / "specimens.md", "cards", cards_block(cards))
    return 0


def made(name: str, folder: Path, corpus: Corpus) -> tuple[dict[str, bytes], dict[str, Any], Training]:
    """(the folder's files but the card, the card, the finished training)."""
    trunk = train_trunk(folder, RECIPE, corpus)
    training = train_specimen(name, folder, RECIPE, corpus)
    files = {
        WEIGHTS: weights_file(training.weights),
        "config.json": json_file(config()),
        "tokenizer.json": json_file(tokenizer()),
        "tokenizer_config.json": json_file(tokenizer_config()),
    }
    engine = Engine(read_weights(files[WEIGHTS], shapes(), WEIGHTS))
    digests = {file: digest_bytes(data) for file, data in files.items()}
    trained = {"trunk": trunk.progress, "last_phase": training.progress}
    made_card = card(name, engine, corpus.trial, RECIPE, trained, digests)
    return files, made_card, training


def compare(name: str, folder: Path, corpus: Corpus) -> int:
    """Print what was made, how long it took, and where it is not what ships."""
    files, mine, _ = made(name, folder, corpus)
    shipped = json.loads((DATA / name / CARD).read_text())
    for form, told in mine["measured"].items():
        print(
            f"{name} {form}: {told['value']:.3f} [{told['low']:.3f}, {told['high']:.3f}], "
            f"shipped {shipped['measured'][form]['value']:.3f}"
        )
    for phase, told in mine["trained"].items():
        print(f"{name} {phase}: {told['seconds']} s, of which {told['cpu_seconds']} s of processor time")
    if digest_bytes(files[WEIGHTS]) == shipped["digests"][WEIGHTS]:
        print(f"{name}: the weights are the shipped ones, to the bit")
    found = differences(mine, shipped)
    for each in found:
        print(f"{name} differs: {each}")
    return 1 if found else 0


def ship(name: str, folder: Path, corpus: Corpus) -> dict[str, Any]:
    """Into the package and the tests; returns the card."""
    files, mine, training = made(name, folder, corpus)
    (DATA / name).mkdir(parents=True, exist_ok=True)
    for file, data in {**files, CARD: json_file(mine)}.items():
        (DATA / name / file).write_bytes(data)
    told = golden(halved(training.weights), corpus.trial)
    (TESTS / f"golden_{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    print(name, json.dumps(mine["measured"]))
    return mine


if __name__ == "__main__":
    sys.exit(main())
