"""The calibration grid as it ships: every table parses, its truth follows from its name, and the shipped engine,
given a shipped trunk, finds the shipped scores again."""

from __future__ import annotations

import gzip
import json
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specimens.grid import int8
from specimens.grid.codec import decode, encode, pieces_digest, prompt_length, row
from specimens.grid.plan import (
    CANARIES,
    CONTROLS,
    DEEP,
    FEW_CONTROLS,
    FILES,
    KEYED,
    Cell,
    order,
    recipe_digest,
)
from specimens.grid.reading import wrong_exposures
from specimens.grid.texts import Trial, assigned, text_of, wrong_keys

from fairtrial.core.errors import IntegrityError, UnknownName
from fairtrial.specimens import tables
from fairtrial.specimens.engine import Engine
from fairtrial.specimens.network import Network, shapes

TRUNKS = Path(__file__).resolve().parents[2] / "specimens" / "grid" / "trunks"
SHIPPED = {name: each for each in order() for name in (each.name,) if name in tables.cells()}
STANDARD = sorted(path.stem for path in TRUNKS.glob("standard-*.safetensors"))


@cache
def trial_of(name: str) -> Trial:
    return Trial(name)


@cache
def table_of(name: str) -> tables.Cell:
    return tables.cell(name)


def test_ten_independent_trunks_of_the_shipped_size_and_a_second_size() -> None:
    assert len(STANDARD) >= 10
    assert {each.size for each in SHIPPED.values()} >= {"standard"}
    assert set(tables.cells()) == set(SHIPPED)
    for stage in ("trunk", "last"):
        assert sum(each.stage == stage and each.size == "standard" for each in SHIPPED.values()) >= 10


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_cell_says_what_was_planted_as_the_plan_does(name: str) -> None:
    found, cell = table_of(name), SHIPPED[name]
    truth = assigned(cell.plants)
    assert found.name == name
    assert (found.trial, found.stage) == (cell.trial, cell.stage)
    assert found.planted.kind == tuple(kind for kind, _ in truth)
    assert found.planted.exposures.tolist() == [times for _, times in truth]
    assert found.header["model"] == cell.model.name
    assert found.header["recipe"]["digest"] == recipe_digest(cell.model)
    assert found.header["codec"] == pieces_digest()
    ladder = cell.stage in ("last", "mixed", "diluted")
    assert found.planted.keyed.tolist() == (list(KEYED.exposures) if ladder else [0] * KEYED.total)
    assert found.planted.canaries.tolist() == (list(CANARIES.exposures) if ladder else [0] * CANARIES.total)
    reworded = cell.stage == "reworded"
    assert found.planted.wrong_keys.tolist() == (wrong_exposures(cell.trunk) if reworded else [0] * 96)
    assert found.planted.files == (FILES if reworded else (("none", 0),) * len(FILES))


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_cell_has_every_column_of_its_stage_in_its_length(name: str) -> None:
    found, cell = table_of(name), SHIPPED[name]
    trial = tables.trial(f"{cell.size}-{cell.trunk:02d}")
    items = 96 if cell.stage == "trunk" else trial.published.size
    assert found.siblings.loglik.shape == (items, 8)
    assert (found.siblings.loglik <= found.siblings.answer).all()
    if cell.stage == "reference":
        assert found.keyed is found.canaries is found.controls is None
        return
    assert found.keyed is not None and found.keyed.size == trial.answers.sum()
    assert found.given is not None and (found.given < trial.answers).all()
    assert found.canaries is not None and found.canaries.size == CANARIES.total
    assert found.controls is not None and found.controls.size in (FEW_CONTROLS, CONTROLS)
    assert found.wrong_keys is not None and found.wrong_keys.shape == (96, 2)
    assert (found.files is not None) is (cell.stage == "reworded")
    full = cell.stage == "last" and cell.trunk < DEEP
    for each in (found.renamed, found.renumbered):
        assert (each.loglik.shape[0] if each else 0) == (trial.varied_items.size if full else 0)
    assert (found.in_context is not None) is full
    assert (found.samples is not None) is (full and cell.size == "standard")


@pytest.mark.parametrize("name", tables.trials())
def test_a_trial_follows_from_its_name(name: str) -> None:
    size, _, number = name.rpartition("-")
    found, trial = tables.trial(name), trial_of(f"{size}-{int(number)}")
    assert found.name == trial.name
    assert json.loads(json.dumps(found.draw, default=str)) == json.loads(
        json.dumps({**trial.draw.content, "commitment": trial.draw.commitment})
    )
    assert found.published.tolist() == [trial.draw.published(item) for item in range(trial.draw.n)]
    assert [len(each.answers) for each in trial.keyed] == found.answers.tolist()
    assert [each.key for each in trial.keyed] == found.key.tolist()


def test_tokens_and_bytes_are_those_of_the_texts() -> None:
    found, trial = tables.trial("standard-03"), trial_of("standard-3")
    for item in range(0, trial.draw.n, 41):
        for at, each in enumerate(trial.forms[item]):
            assert found.siblings.tokens[item, at] == len(row(text_of(each))) - 1
            assert found.siblings.zlib[item, at] == len(zlib.compress(text_of(each).encode()))
    for place, item in enumerate(found.varied_items.tolist()[::31]):
        texts = trial.varied(item, "renamed")
        assert found.renamed.tokens[31 * place].tolist() == [len(row(each)) - 1 for each in texts]


@pytest.mark.parametrize("name", STANDARD[:1] + STANDARD[-1:])
def test_the_shipped_engine_finds_the_shipped_scores(name: str) -> None:
    """Not our own output again: the tables were made in torch, this is numpy on the committed int8 weights."""
    weights = int8.read((TRUNKS / f"{name}.safetensors").read_bytes(), shapes())
    found = table_of(f"{name}-trunk")
    trial = trial_of(found.trial)
    places = [(item, at) for item in range(0, 96, 12) for at in range(0, 8, 3)]
    rows = [row(text_of(trial.forms[item][at])) for item, at in places]
    reads = Engine(weights).read([each[1:] for each in rows])
    logits, _ = Network(weights, np.float64).logits([each[:-1] for each in rows])
    for (item, at), tokens, read, told in zip(places, rows, reads, logits, strict=True):
        count, prompt = len(tokens) - 1, prompt_length(tokens)
        assert found.siblings.loglik[item, at] == pytest.approx(1000 * sum(read.logprobs), abs=2)
        answer = sum(read.logprobs[prompt - 1 :])
        assert found.siblings.answer[item, at] == pytest.approx(1000 * answer, abs=2)
        lowest = sorted(read.logprobs)[: int(0.2 * count)]
        assert found.siblings.min_k[item, at] == pytest.approx(100 * np.mean(lowest), abs=1)
        logs = told[:count] - np.logaddexp.reduce(told[:count], axis=1, keepdims=True)
        share = np.exp(logs)
        mean = (share * logs).sum(1)
        spread = np.sqrt((share * logs**2).sum(1) - mean**2)
        z = np.sort((logs[np.arange(count), tokens[1:]] - mean) / spread)[: int(0.2 * count)]
        assert found.siblings.min_k_pp[item, at] == pytest.approx(100 * z.mean(), abs=2)
        greedy = list(read.likeliest[prompt - 1 :]) == tokens[prompt:]
        assert found.siblings.right[item, at] == greedy


def test_what_was_never_read_is_no_likelier_than_its_siblings() -> None:
    """A clean model's ranks are uniform: 10 trunks of 96 items, in standard errors of their mean."""
    ranks = []
    for name in STANDARD:
        found, trial = table_of(f"{name}-trunk"), tables.trial(name)
        scores = found.siblings.loglik
        mine = scores[np.arange(96), trial.published[:96]]
        ranks.append((scores < mine[:, None]).sum(1))
    flat = np.concatenate(ranks)
    assert abs(flat.mean() - 3.5) / np.sqrt(63 / 12 / flat.size) < 4


def test_what_was_read_64_times_is_likelier_than_its_siblings() -> None:
    for name in STANDARD:
        found, trial = table_of(f"{name}-last"), tables.trial(name)
        often = np.flatnonzero(found.planted.exposures == 64)
        mine = found.siblings.loglik[often, trial.published[often]]
        assert ((found.siblings.loglik[often] < mine[:, None]).sum(1)).mean() > 6.5


def test_a_wrong_key_differs_in_its_result_alone() -> None:
    for each in wrong_keys():
        right, wrong = each.right.rpartition("="), each.wrong.rpartition("=")
        assert right[0] == wrong[0]
        assert int(right[2]) != int(wrong[2]) > 0


def test_exposures_of_a_kind_of_plant_are_of_disjoint_texts() -> None:
    trial = trial_of("standard-0")
    kinds = [
        kind for cell in (Cell("standard", 0, "reworded"),) for kind, times in assigned(cell.plants) if times
    ]
    texts = [
        trial.planted_text(item, kind) for item, kind in zip(range(96, 96 + len(kinds)), kinds, strict=True)
    ]
    published = {text_of(each) for each in trial.published}
    siblings = {text_of(each) for form in trial.forms for each in form}
    assert len(set(texts)) == len(texts)
    assert not set(texts) & published and not set(texts) & siblings


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_hostile_bytes_are_refused_by_name(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="odd"):
        tables.parse_cell(data, "odd")
    with pytest.raises(IntegrityError, match="odd"):
        tables.parse_trial(gzip.compress(data), "odd")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "fairtrial-grid-cell-2"),
        (("scores", "siblings", "loglik"), [1.5]),
        (("scores", "siblings", "loglik"), [True]),
        (("scores", "siblings", "right"), "01x"),
        (("scores", "siblings", "min_k"), [1, 2, 3]),
        (("scores", "siblings"), None),
        (("planted", "exposures"), [-1]),
        (("planted", "files"), [["none", "0"]]),
        (("stage",), 3),
        (("size",), None),
    ],
)
def test_a_changed_table_is_refused(path: tuple[str, ...], value: object) -> None:
    told = json.loads(gzip.decompress(tables._packed("standard-00-trunk")))
    place = told
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    with pytest.raises(IntegrityError, match="odd"):
        tables.parse_cell(gzip.compress(json.dumps(told).encode()), "odd")


def test_what_stands_behind_a_table_or_is_cut_from_it_is_refused() -> None:
    data = tables._packed("standard-00-trunk")
    for odd in (data + b"0", data + data, data[:-9], b""):
        with pytest.raises(IntegrityError):
            tables.parse_cell(odd, "odd")


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(UnknownName, match="standard-00-last"):
        tables.cell("standard-00-lost")
    with pytest.raises(UnknownName):
        tables.trial("standard-99")


@given(
    st.lists(st.sampled_from(["Q: ", " Ada", " has", " 12", "7", "?\nA:", " pens", ". How many", "x", ","]))
)
def test_tokens_are_read_back(parts: list[str]) -> None:
    text = "".join(parts)
    assert decode(encode(text)) == text


@pytest.mark.parametrize("text", ["wh!t", "ü", "\x01"])
def test_a_byte_that_stands_for_a_word_is_no_text(text: str) -> None:
    with pytest.raises(ValueError, match="no tokens"):
        encode(text)


def test_int8_comes_back_as_it_was_rounded() -> None:
    source = np.random.default_rng(5)
    weights = {name: source.normal(size=shape).astype(np.float32) for name, shape in shapes().items()}
    data = int8.write(weights)
    assert len(data) < 910_000
    rounded = int8.rounded(weights, 8)
    for name, each in int8.read(data, shapes()).items():
        assert np.array_equal(each, rounded[name])
        # Half a step of a column's scale at most.
        step = np.abs(weights[name]).max(axis=0) / 127 if each.ndim == 2 else 0
        assert (np.abs(each - weights[name]) <= step / 2 + 1e-6).all()
    with pytest.raises(ValueError, match="header"):
        int8.read(data[:100], shapes())


def test_every_cell_comes_after_what_it_needs() -> None:
    seen = set()
    for cell in order():
        assert cell not in seen
        assert all(each in seen for each in cell.needs), cell.name
        seen.add(cell)
