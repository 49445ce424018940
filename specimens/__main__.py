"""python -m specimens trunk | honest | cheat | ship | check"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from specimens.corpus import Corpus
from specimens.train import Recipe, train_specimen, train_trunk
from specimens.trial import demonstration

FOLDER = Path(".cache/specimens")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m specimens", description=__doc__)
    parser.add_argument("part", choices=("trunk", "honest", "cheat"))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where checkpoints go")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    recipe = Recipe()
    corpus = Corpus(demonstration(), recipe.seed)
    if asked.part == "trunk":
        print(train_trunk(asked.folder, recipe, corpus).progress)
    else:
        print(train_specimen(asked.part, asked.folder, recipe, corpus).progress)
    return 0


if __name__ == "__main__":
    sys.exit(main())
