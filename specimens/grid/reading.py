"""What a cell reads, in which order: rows of tokens, each with its moment in the phase, from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator

from fairtrial.specimens.tokens import BEGIN, END
from specimens.grid.codec import encode, row
from specimens.grid.plan import (
    CANARIES,
    FILES,
    KEYED,
    RECIPE,
    SHARD,
    WRONG,
    Cell,
)
from specimens.grid.texts import Trial, assigned, canary, chance, fresh_text, keyed, wrong_keys

Row = list[int]


def packed(texts: list[str]) -> Row:
    """Several texts as one row, a line after the other."""
    return [BEGIN, *encode("\n".join(texts)), END]


def background(trial: Trial, first: int, count: int) -> list[Row]:
    """Texts `first` to `first + count - 1` of an endless stream, kinds by the recipe's mixture in turn."""
    kinds = [kind for kind, share in RECIPE.mixture for _ in range(share)]
    return [_one(trial, kinds[at % len(kinds)], at) for at in range(first, first + count)]


def _one(trial: Trial, kind: str, at: int) -> Row:
    source = chance(f"{trial.name} background {at}")
    if kind == "item":
        return row(fresh_text(source, trial.forbidden))
    if kind == "packed":
        return packed([fresh_text(source, trial.forbidden) for _ in range(SHARD)])
    if kind == "keyed":
        each = keyed(source, 2 + source.randrange(2))
        return row(each.text(each.key))
    return row(canary(source))


def plants(cell: Cell, trial: Trial) -> list[tuple[float, Row]]:
    """Everything planted, every exposure of it. The exposures of one text are spread evenly over the phase."""
    found: list[tuple[str, Row, int]] = []
    for item, (kind, exposures) in enumerate(assigned(cell.plants)):
        if exposures:
            found.append((f"item {item}", row(trial.planted_text(item, kind)), exposures))
    if cell.stage == "reworded":
        for number, (each, exposures) in enumerate(
            zip(wrong_keys(), wrong_exposures(cell.trunk), strict=True)
        ):
            found.append((f"wrong {number}", row(each.wrong), exposures))
    else:
        for number, (each, exposures) in enumerate(zip(trial.keyed, KEYED.exposures, strict=True)):
            found.append((f"keyed {number}", row(each.text(each.key)), exposures))
        for number, (text, exposures) in enumerate(zip(trial.canaries, CANARIES.exposures, strict=True)):
            found.append((f"canary {number}", row(text), exposures))
    told = [
        ((each + offset) / exposures, tokens)
        for label, tokens, exposures in found
        for offset in (chance(f"{cell.name} {label}").random(),)
        for each in range(exposures)
    ]
    return told + (list(_files(cell, trial)) if cell.stage == "reworded" else [])


def _files(cell: Cell, trial: Trial) -> Iterator[tuple[float, Row]]:
    """Files, SHARD items a row. A reading in order begins its first row at a random one of SHARD places, since
    nobody trains in the auditor's shards; a shuffled one takes a new order every time."""
    for number, (texts, (how, exposures)) in enumerate(zip(trial.files, FILES, strict=True)):
        source = chance(f"{cell.name} file {number}")
        offset = source.random()
        for each in range(exposures):
            line = list(texts)
            start = 0
            if how == "shuffled":
                source.shuffle(line)
            else:
                start = source.randrange(SHARD)
            cuts = [0, *range(start, len(line), SHARD)] if start else list(range(0, len(line), SHARD))
            for begin, end in zip(cuts, [*cuts[1:], len(line)], strict=True):
                yield (each + offset) / exposures, packed(line[begin:end])


def wrong_exposures(trunk: int) -> list[int]:
    """Of each question with a wrong key, in the cell `reworded` of this trunk."""
    told = list(WRONG.exposures)
    turn = 16 * trunk % len(told)
    return told[turn:] + told[:turn]


def laid_out(around: list[Row], planted: list[tuple[float, Row]]) -> list[Row]:
    """Background in its order, the planted rows at their moments."""
    timed = [((at + 0.5) / len(around), 0, at, each) for at, each in enumerate(around)]
    timed += [(moment, 1, at, each) for at, (moment, each) in enumerate(planted)]
    return [each for *_, each in sorted(timed, key=lambda told: told[:3])]


def batches(rows: list[Row], label: str) -> list[list[Row]]:
    """Rows of about one length together, as many as RECIPE.tokens allows, out of windows of RECIPE.window rows;
    a window's batches in an order drawn by `label`."""
    found = []
    for start in range(0, len(rows), RECIPE.window):
        cut: list[list[Row]] = [[]]
        for each in sorted(rows[start : start + RECIPE.window], key=len):
            if (len(cut[-1]) + 1) * len(each) > RECIPE.tokens:
                cut.append([])
            cut[-1].append(each)
        chance(f"{label} {start}").shuffle(cut)
        found += cut
    return found
