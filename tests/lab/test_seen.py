"""*Seen* from end to end, with models whose truth is known; legacy files, corpora and weak signals."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fairtrial import Lab
from fairtrial.audit.canary import canary_body
from fairtrial.audit.keyed import KeyedItem, keyed_body
from fairtrial.audit.order import order_body
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.lots import (
    new_lot,
    open_canaries,
    open_keyed,
    open_order,
    read_keyed_items,
    scan_corpus,
)
from fairtrial.lab.seen import SeenResult, ask_seen
from fairtrial.lab.seen_materials import Corpus, Legacy, Materials, seen_plan
from fairtrial.lab.weak import ask_weak
from fairtrial.specimens.files import load
from fairtrial.specimens.network import Network
from fairtrial.specimens.tokens import BEGIN, encode
from tests.cli.test_serve import served
from tests.lab.seen_models import TEXTS
from tests.laboratory import sums

AT = "2026-11-24T12:00:00.000Z"
MODULE = "python:tests.lab.seen_models"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("lots")
    items = [KeyedItem(f"k{at}", f"A colour for {at}?", ("red", "green", "blue")) for at in range(60)]
    with pytest.MonkeyPatch.context() as patch:
        # One draw for ever: at level 0.001 a new one each time would be red once in a thousand runs.
        patch.setattr("fairtrial.lab.lots.secrets.token_bytes", lambda size: bytes(range(size)))
        new_lot("keyed", keyed_body(items), made / "keyed.json", committed_at=AT)
        new_lot(
            "canary", canary_body("id {canary}", count=4, controls=49), made / "canary.json", committed_at=AT
        )
        new_lot("order", order_body(TEXTS), made / "order.json", committed_at=AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLDER", str(made))
        yield made


@pytest.fixture
def materials(folder: Path) -> Materials:
    order = open_order(folder / "order.json")
    return Materials(
        keyed=open_keyed(folder / "keyed.json"),
        canaries=open_canaries(folder / "canary.json"),
        order=(order, order.published(TEXTS)),
    )


def asked(out: Path, model: str, materials: Materials, rule: str = "holm") -> SeenResult:
    plan = seen_plan(materials, rule)  # type: ignore[arg-type]
    return ask_seen(Lab(out), ModelSpec.parse(f"{MODULE}:{model}"), materials, plan)


def test_who_met_the_published_draws_is_found_by_every_test(materials: Materials, tmp_path: Path) -> None:
    told = asked(tmp_path, "reader", materials)
    assert told.finding.answer == "yes" and told.complete and not told.impossible
    assert {each.probe for each in told.evidence if each.rejects} == set(seen_plan(materials).planned)
    assert len(told.runs) == 4 and len(told.finding.also) == 3
    product = asked(tmp_path, "reader", materials, "product")
    assert (
        product.finding.answer == "yes" and "canary-emission" not in seen_plan(materials, "product").planned
    )


def test_who_met_nothing_is_not_said_to_have(materials: Materials, tmp_path: Path) -> None:
    told = asked(tmp_path, "blind", materials)
    assert told.finding.answer == "undetermined" and len(told.evidence) == 4
    assert "would probably have missed" in told.finding.sentence
    assert all(each.p > 0.05 for each in told.evidence)


def test_a_model_without_log_probabilities_is_asked_the_rest(materials: Materials, tmp_path: Path) -> None:
    told = asked(tmp_path, "speaker", replace(materials, siblings=True))
    assert told.finding.answer == "yes"
    assert {each.probe for each in told.evidence} == {"keyed-answers", "canary-emission"}
    assert [each.split()[0] for each in told.impossible] == ["sibling-rank", "canary-rank", "item-order"]
    assert all("not possible" in each for each in told.impossible)


def test_a_file_in_another_order_is_refused_before_a_question(materials: Materials, tmp_path: Path) -> None:
    assert materials.order is not None
    wrong = replace(materials, order=(materials.order[0], TEXTS))
    with pytest.raises(IntegrityError, match="committed order"):
        asked(tmp_path, "blind", wrong)
    assert not list(tmp_path.iterdir())


def test_a_draw_is_never_made_twice_nor_edited(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="exists"):
        new_lot("order", order_body(TEXTS), folder / "order.json", committed_at=AT)
    assert (folder / "order.json").stat().st_mode & 0o077 == 0
    statement = json.loads((folder / "order.statement.json").read_text())
    assert statement["commitment"] == open_order(folder / "order.json").lot.commitment
    edited = tmp_path / "edited.json"
    edited.write_bytes((folder / "order.json").read_bytes().replace(b'"width":4', b'"width":5'))
    with pytest.raises(IntegrityError, match="commitment"):
        open_order(edited)
    with pytest.raises(IntegrityError, match="no keyed file"):
        open_keyed(folder / "order.json")


SHUFFLED = tuple(TEXTS[at * 17 % 40] for at in range(40))


def legacy(texts: tuple[str, ...], **models: tuple[ModelSpec, ...]) -> Legacy:
    return Legacy("stones", texts, draws=59, long_draws=19, **models)  # type: ignore[arg-type]


def test_a_legacy_file_is_tested_only_behind_its_controls(materials: Materials, tmp_path: Path) -> None:
    blind, reader = (ModelSpec.parse(f"{MODULE}:{name}") for name in ("blind", "reader"))
    assert materials.order is not None
    published = materials.order[1]
    held = Materials(legacy=legacy(published, clean=(blind,), planted=(reader,)))
    told = asked(tmp_path, "reader", held)
    assert told.finding.answer == "undetermined" and not told.impossible
    assert [(each.probe, each.tier) for each in told.evidence] == [("item-order-legacy", "strong")]
    assert told.evidence[0].p < 1e-6 and len(told.runs) == 3
    for file, named in (
        (legacy(published, clean=(reader,), planted=(reader,)), "reader)"),
        (legacy(published, planted=(blind,)), "blind)"),
        (legacy(published), "no positive control"),
    ):
        told = asked(tmp_path, "reader", Materials(legacy=file))
        assert not told.evidence and "was not run" in told.impossible[0] and named in told.impossible[0]


def test_a_legacy_file_that_is_sorted_costs_no_question(tmp_path: Path) -> None:
    groups = [f"{'abcdefgh'[at // 20] * 3} tells of {'xyz' * (at // 20)} and {at}" for at in range(160)]
    reader = ModelSpec.parse(f"{MODULE}:reader")
    told = asked(tmp_path, "reader", Materials(legacy=legacy(tuple(groups), planted=(reader,))))
    assert not told.runs and "zlib" in told.impossible[0]


def test_a_corpus_is_scanned_whole(tmp_path: Path) -> None:
    items = {str(at): f"{text} It lies by the river near the old mill." for at, text in enumerate(TEXTS)}
    rows = [{"text": "something else"}, *({"text": items[str(at)]} for at in range(10))]
    path = tmp_path / "corpus.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(each) + "\n" for each in rows).encode()))
    found = scan_corpus(path, items)
    assert len(found.over(0.99)) == 10 and found.documents == 11 and found.matches[0].place == "line 2"
    text = tmp_path / "corpus.txt"
    text.write_text("\n".join(["word " * 300_000, *items.values()]))
    assert len(scan_corpus(text, items).over(0.99)) == 40
    scores = {name: float(int(name) < 20) for name in items}
    told = asked(tmp_path, "blind", Materials(corpus=Corpus(replace(found), scores, 0.99)))
    assert told.evidence[0].probe == "corpus-overlap" and "10 of 40 items" in told.facts[0] and not told.runs
    (tmp_path / "bad.jsonl").write_text('{"text": "x"}\n{"words": 1}\n')
    with pytest.raises(UsageError, match="line 2 has no text"):
        scan_corpus(tmp_path / "bad.jsonl", items)
    (tmp_path / "cut.txt.gz").write_bytes(gzip.compress(b"words " * 9000)[:-20])
    with pytest.raises(UsageError, match="gzip"):
        scan_corpus(tmp_path / "cut.txt.gz", items)


def test_keyed_items_are_read_and_bad_rows_named(tmp_path: Path) -> None:
    path = tmp_path / "items.yaml"
    path.write_text(
        "- {prompt: A divisor of 12?, answers: [2, 3, '4']}\n- {id: x, prompt: B?, answers: [a, b]}\n"
    )
    first, second = read_keyed_items(path)
    assert first.answers == ("2", "3", "4") and second.id == "x"
    path.write_text("- {prompt: A?, answers: [a, b]}\n- {prompt: B?, answers: [a, A]}\n- {prompt: C?}\n")
    with pytest.raises(UsageError) as caught:
        read_keyed_items(path)
    assert "told apart" in str(caught.value) and "answers" in str(caught.value)


def test_the_weak_table_of_a_specimen(tmp_path: Path) -> None:
    rows, runs = ask_weak(
        Lab(tmp_path),
        ModelSpec.parse("specimen/honest"),
        sums(6),
        reference=ModelSpec.parse("specimen/cheat"),
        items=4,
    )
    told = {each.signal: each for each in rows}
    for name in ("loss", "zlib ratio", "reference ratio", "CoDeC", "CDD", "guided prompting"):
        assert told[name].value is not None and told[name].n == 4
    # The papers' formulas, from the network in float64: 2310.16789 and 2404.02936.
    lowest, normed = zip(*(by_hand(each.text) for each in sums(6).samples[:4]), strict=True)
    assert told["Min-K%"].value == pytest.approx(np.mean(lowest), abs=1e-4)
    assert told["Min-K%++"].value == pytest.approx(np.mean(normed), abs=1e-3)
    assert len(runs) == 7
    asked = [run for run in runs if "by_token" in run.plan["task"]]  # type: ignore[operator]
    assert [run.summary.task for run in asked] == ["weak-likelihood"], "no other record grows"
    rows, _ = ask_weak(Lab(tmp_path), ModelSpec.parse(f"{MODULE}:speaker"), sums(4))
    told = {each.signal: each for each in rows}
    assert told["loss"].value is None and "no log-probabilities" in told["loss"].not_possible
    assert told["Min-K%"].not_possible == told["loss"].not_possible
    assert told["CDD"].value == 1.0


def by_hand(text: str) -> tuple[float, float]:
    """(Min-K%, Min-K%++) of a text behind its opening, by honest."""
    before, own = encode("Text:"), encode(f" {text}")
    logits = Network(load("honest"), np.float64).logits([[BEGIN, *before, *own]])[0][0]
    rows = logits[len(before) : len(before) + len(own)]
    logp = rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))
    p = np.exp(logp)
    tokens = logp[np.arange(len(own)), own]
    mean = (p * logp).sum(axis=1)
    deviation = np.sqrt((p * (logp - mean[:, None]) ** 2).sum(axis=1))
    count = len(own) // 5
    return np.sort(tokens)[:count].mean(), np.sort((tokens - mean) / deviation)[:count].mean()


def test_min_k_by_what_the_model_gives(tmp_path: Path) -> None:
    with served("specimen/honest") as url:
        echoing = ModelSpec.parse("openai-api/honest", base_url=url)
        rows, _ = ask_weak(Lab(tmp_path), echoing, sums(4))
    told = {each.signal: each for each in rows}
    lowest = np.mean([by_hand(each.text)[0] for each in sums(4).samples])
    assert told["Min-K%"].value == pytest.approx(lowest, abs=1e-4)
    assert told["Min-K%++"].value is None and "over the whole vocabulary" in told["Min-K%++"].not_possible
    rows, _ = ask_weak(Lab(tmp_path), ModelSpec.parse(f"{MODULE}:blind"), sums(4))
    told = {each.signal: each for each in rows}
    assert told["zlib ratio"].value is not None
    assert told["Min-K%"].not_possible == "no per-token log-probabilities"
