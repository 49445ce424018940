"""The auditor's own run on items drawn after the freeze: the best label, beside the lab's; and what loses it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.task import Task
from fairtrial.lab import Lab
from fairtrial.lab.amending import campaign_of
from fairtrial.lab.blind import Drawn, DrawRule, draw, freeze, open_items, rows_of
from fairtrial.lab.bundling import Terms, bundled
from fairtrial.lab.coins import commit_coin, reveal_coin
from fairtrial.lab.registering import Terms as Registered
from fairtrial.lab.registration import RegistrationFolder
from fairtrial.lab.run_life import RunLife
from fairtrial.lab.sealing import SealedFolder, reveal, seal
from fairtrial.lab.signing import holder
from fairtrial.trust.beacon import QUICKNET, BeaconRound
from fairtrial.trust.beacon_rule import first_round
from fairtrial.trust.bundle import FREEZE, read_bundle, write_bundle
from fairtrial.trust.sampling import sample
from fairtrial.trust.tlog_proof import parse_tlog_proof
from tests.lab.attest_world import HONEST, bundle_of, problems, read
from tests.lab.log_world import LAB, SINCE
from tests.lab.registered_world import World, world
from tests.lab.test_bundling import method

EVALUATOR, OWNER = SecretKey.new(), SecretKey.new()
PARTIES = ("lab", "evaluator")
CUSTODY = "with us alone from the draw to END; used in no other campaign"
SOON = "2030-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("blind")) as made:
        people = json.loads((made.log / "trust.json").read_bytes())
        more = [(EVALUATOR, "evaluator", "Elsewhere"), (OWNER, "owner", "Owner Example")]
        people["keys"] += [holder(key, role=role, org=org, now=SINCE).to_json() for key, role, org in more]
        (made.log / "trust.json").write_text(json.dumps(people))
        yield made


@dataclass
class Audit:
    """Up to the draw; the steps after it are the test's."""

    place: World
    pool: Task
    name: str

    def __post_init__(self) -> None:
        self.sealed = SealedFolder(self.place.path / "sealed")
        self.frozen = RegistrationFolder(self.place.path / "freeze")
        self.drawn = RegistrationFolder(self.place.path / "drawn")
        self.lab = Lab(self.place.path / "runs")

    def seal(self) -> None:
        seal(self.pool, self.sealed, epoch="2026-1", log=self.place.log, key=OWNER)

    def freeze(self, rule: DrawRule | None = None, **more: Any) -> None:
        terms = Registered(self.name, SOON, claim="it adds", construct="addition", **more)
        asked = rule or DrawRule(8, PARTIES)
        freeze(
            self.lab, self.pool, ModelSpec.parse(HONEST), asked, terms, self.sealed, self.frozen,
            log=self.place.log, key=EVALUATOR,
        )  # fmt: skip

    def toss(self) -> None:
        campaign = self.frozen.need("plan").payload
        keys = {"lab": LAB, "evaluator": EVALUATOR}
        for party, key in keys.items():
            commit_coin(self.place.path / f"{party}.coin", campaign, party, log=self.place.log, key=key)
        for party, key in keys.items():
            reveal_coin(self.place.path / f"{party}.coin", log=self.place.log, key=key, parties=PARTIES)

    def draw(self, **more: Any) -> Drawn:
        given: dict[str, Any] = {"model": ModelSpec.parse(HONEST)} | more
        model = given.pop("model")
        return draw(
            self.lab, self.pool, model, self.frozen, self.sealed, self.drawn,
            log=self.place.log, key=EVALUATOR, deadline=SOON, **given,
        )  # fmt: skip

    def publish(self, task: Task, **more: Any) -> bytes:
        life = self.place.life(self.drawn, key=EVALUATOR)
        assert isinstance(life, RunLife)
        run = self.lab.run(task, HONEST, life=life)
        terms = Terms(method(run), custody=CUSTODY)
        return bundled(run, replace(terms, **more), log=self.place.log, key=EVALUATOR).data

    def open(self, data: bytes) -> bytes:
        return open_items(data, "own.bundle", self.frozen, self.sealed, log=self.place.log, key=OWNER)


@pytest.fixture
def audit(whole: World, tmp_path: Path, request: pytest.FixtureRequest) -> Audit:
    place = World(tmp_path, whole.log)
    return Audit(place, problems(tmp_path, 24), request.node.name)


def test_the_auditors_own_run_is_independent_and_blind(audit: Audit) -> None:
    theirs = bundle_of(audit.place, "the lab's own", task=problems(audit.place.path, 12))
    audit.seal()
    audit.freeze()
    with pytest.raises(UsageError, match="lab has committed to no number"):
        audit.draw()
    audit.toss()
    drawn = audit.draw()
    assert len(set(drawn.indices)) == 8
    data = audit.publish(drawn.task)
    closed = read(audit.place, data)
    assert closed.label == "witnessed-self-run" and closed.next_label == "independent-blind"
    own = read(audit.place, audit.open(data))
    assert own.ok and own.label == "independent-blind", (own.reason, own.lacks)
    checks = {each.check: each for each in own.checks}
    assert checks["sample"].detail == "8 of 24 sealed items, drawn by coin after the freeze, opened after END"
    assert read(audit.place, theirs).label == "witnessed-self-run", "the lab's own number keeps its label"


def test_sealing_and_drawing_again_changes_nothing(audit: Audit) -> None:
    for _ in range(2):
        audit.seal()
        audit.freeze()
    audit.toss()
    audit.toss()
    assert audit.draw().indices == audit.draw().indices
    assert (audit.sealed.path / "sealed.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="holds other items"):
        seal(problems(audit.place.path, 12), audit.sealed, epoch="2026-1", log=audit.place.log, key=OWNER)


def test_items_that_were_opened_early_lose_the_label(audit: Audit) -> None:
    audit.seal()
    audit.freeze()
    audit.toss()
    drawn = audit.draw()
    reveal(audit.sealed, drawn.indices[:1], "a slip", log=audit.place.log, key=OWNER)
    whole = audit.open(audit.publish(drawn.task))
    told = next(each for each in read(audit.place, whole).checks if each.check == "sample")
    assert told.outcome == "failed" and "revealed before END" in told.detail, told
    members = read_bundle(whole, "it")
    reveals = [name for name in members if "/reveal" in name and "manifest" not in name]
    assert len(reveals) == 4, "two statements, two proofs"
    without = {
        name: data for name, data in members.items() if name not in (*_first(members), "manifest.sha256")
    }
    found = read(audit.place, write_bundle(without))
    assert found.label == "witnessed-self-run" and "reveals items before END" in found.lacks


def _first(members: Mapping[str, bytes]) -> tuple[str, str]:
    """Files of the earlier of two reveals."""
    proofs = {
        name: parse_tlog_proof(members[name], name).index for name in members if "proofs/reveal" in name
    }
    early = min(proofs, key=lambda name: proofs[name])
    return early, early.replace("proofs/", "statements/").replace(".tlog-proof", ".dsse.json")


def test_another_model_than_was_frozen_is_refused(audit: Audit) -> None:
    audit.seal()
    audit.freeze()
    audit.toss()
    drawn = audit.draw(model=ModelSpec.parse("specimen/honest-int8"))
    life = audit.place.life(audit.drawn, key=EVALUATOR)
    run = audit.lab.run(drawn.task, "specimen/honest-int8", life=life)
    data = bundled(run, Terms(method(run), custody=CUSTODY), log=audit.place.log, key=EVALUATOR).data
    found = read(audit.place, audit.open(data))
    told = next(each for each in found.checks if each.check == "sample")
    assert told.outcome == "failed" and "another model than the freeze" in told.detail


def test_nobody_opens_items_before_the_end(audit: Audit) -> None:
    data = bundle_of(audit.place, "another", task=problems(audit.place.path, 6))
    audit.seal()
    audit.freeze()
    with pytest.raises(UsageError, match="has no END"):
        audit.open(data)


def test_a_bundle_without_the_frozen_plan_is_not_blind(audit: Audit) -> None:
    audit.seal()
    audit.freeze()
    audit.toss()
    members = read_bundle(audit.open(audit.publish(audit.draw().task)), "it")
    without = {name: data for name, data in members.items() if name not in (FREEZE, "manifest.sha256")}
    found = read(audit.place, write_bundle(without))
    assert found.label == "witnessed-self-run" and FREEZE in found.lacks
    assert campaign_of(members) == audit.frozen.need("plan").payload


def test_a_round_that_is_too_early_is_refused(audit: Audit) -> None:
    """Frozen just now: the deciding round is a minute away, and any round of the past is too early."""
    audit.seal()
    audit.freeze(DrawRule(4))
    with pytest.raises(UsageError, match=r"round \d+ of quicknet decides"):
        audit.draw()
    with pytest.raises(IntegrityError, match="was due too early after the freeze"):
        audit.draw(beacon=BeaconRound(QUICKNET.digest, 1000, "00" * 48))
    assert first_round(QUICKNET, "2026-11-30T12:00:00Z", 0) > 1000


def test_the_drawn_rows_ask_what_was_sealed(audit: Audit) -> None:
    """The file that `run` reads gives the very samples that were drawn."""
    audit.seal()
    audit.freeze()
    audit.toss()
    drawn = audit.draw()
    file = audit.place.path / "elsewhere" / "problems24.jsonl"
    file.parent.mkdir()
    file.write_bytes(rows_of(drawn.task.samples))
    again = audit.lab.task(file, scorer="number", template="Q: {{ input }}\nA:", max_tokens=40)
    assert again.samples == drawn.task.samples
    plan = bytes.fromhex(audit.frozen.need("plan").subjects[0])
    told = audit.frozen.need("plan").fields
    assert told["draw"]["by"] == "coin" and told["ext"] == {"items": 8}
    assert sample(b"another seed".ljust(32), plan, 24, 8) != drawn.indices
