"""From register to bundle: what a stranger can check, what is refused, and that nothing is left out."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.lab import Run
from fairtrial.lab.bundling import LARGE, Bundled, MethodIncomplete, Terms, bundled
from fairtrial.lab.campaigns import campaigns
from fairtrial.lab.ending import close
from fairtrial.lab.entering import writing
from fairtrial.lab.method_facts import known
from fairtrial.lab.registered_facts import joined, registered_facts
from fairtrial.lab.registering import Terms as Registered
from fairtrial.lab.registration import RESULT, RegistrationFolder
from fairtrial.lab.signing import sign
from fairtrial.trust.bundle import read_bundle
from fairtrial.trust.method_table import fields
from fairtrial.trust.people import parse_people
from fairtrial.trust.predicates import state
from fairtrial.trust.statement import Subject
from fairtrial.trust.verify import verify
from tests.lab import registered_models
from tests.lab.log_world import LAB, OTHER_LAB
from tests.lab.registered_world import NAMES, OWNER, World, let_go, world
from tests.trust.methods import GOOD

RIGHT = "python:tests.lab.registered_models:right"
ORGS = {"example.org/log": "The log's", NAMES[0]: "A", NAMES[1]: "B"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("bundled")) as made:
        yield made


@pytest.fixture
def place(whole: World, tmp_path: Path) -> World:
    registered_models.asked.clear()
    registered_models.failing.clear()
    return World(tmp_path, whole.log)


def registered(place: World, name: str, **more: Any) -> Run:
    terms = Registered(name, "2030-01-01T00:00:00Z", claim="it adds", construct="addition", **more)
    return place.run(place.life(terms=terms), RIGHT)


def method(run: Run) -> dict[str, Any]:
    """What a person would write: everything that neither run nor registration tells."""
    told = joined(known(run), registered_facts(run.path))
    left: dict[str, Any] = {"fairtrial_method": 1}
    for group, each in fields():
        if each.name not in told.get(group, {}) and (group, each.name) != ("records", "access"):
            left.setdefault(group, {})[each.name] = copy.deepcopy(GOOD[group][each.name])
    return left


def made(place: World, run: Run, **more: Any) -> Bundled:
    given: dict[str, Any] = {"method": method(run)} | more
    return bundled(run, Terms(**given), log=place.log, key=LAB)


def read(place: World, data: bytes) -> Any:
    """By a reader with policies of their own, who knows who runs what."""
    people = parse_people((place.log / "trust.json").read_bytes(), "it")
    mine = json.dumps(people.to_json() | {"operators": ORGS}).encode()
    return verify(data, "it", trust=mine, log_policy=(place.log / "log.policy").read_bytes())


def test_from_register_to_a_witnessed_run(place: World) -> None:
    done = made(place, registered(place, "whole"))
    found = read(place, done.data)
    assert found.ok and found.label == "witnessed-self-run", (found.reason, found.lacks)
    outcomes = {each.check: each.outcome for each in found.checks}
    assert {name for name, outcome in outcomes.items() if outcome == "ok"} >= {
        "container",
        "manifest",
        "canonical",
        "policy",
        "signatures",
        "proofs",
        "quorum",
        "keys",
        "order",
        "campaign",
        "method",
        "scores",
        "dataset",
    }
    assert [each["found"] for each in found.scores] == ["re-scored"]
    assert len(found.attempts) == 1 and found.attempts[0]["status"] == "completed"


def test_what_is_in_it(place: World) -> None:
    run = registered(place, "inside")
    members = read_bundle(made(place, run).data, "it")
    assert members["plan.json"] == (run.path / "plan.json").read_bytes()
    assert members["records.jsonl"] == (run.path / "records.jsonl").read_bytes()
    written = json.loads(members["method.json"])
    assert written["claim"] | {"limitations": ""} == {
        "claim": "it adds",
        "construct": "addition",
        "limitations": "",
    }
    assert written["records"]["access"] == "in the bundle"
    assert [each["status"] for each in written["attempts"]["attempts"]] == ["completed"]
    for name in ("plan", "run-start", "run-end", "result"):
        kept = RegistrationFolder.of_run(run.path)
        assert members[f"statements/{name}.dsse.json"] == kept.envelope(name)
        assert members[f"proofs/{name}.tlog-proof"] == kept.proof(name)


def test_no_key_is_in_it(place: World) -> None:
    data = made(place, registered(place, "keyless")).data
    raw = LAB.private.private_bytes_raw()
    for secret in (raw, raw.hex().encode(), b"PRIVATE KEY", (place.log / "log.key").read_bytes()[30:60]):
        assert secret not in data


def test_made_twice_it_is_one_result_and_the_same_file(place: World) -> None:
    run = registered(place, "twice")
    first, second = made(place, run), made(place, run)
    assert first.result.filed.index == second.result.filed.index
    assert place.types("twice").count("result") == 1
    both = [read_bundle(each.data, "it") for each in (first, second)]
    differ = {name for name in both[0] if both[0][name] != both[1][name]}
    assert differ <= {"log/checkpoint", "manifest.sha256"}, "but for what witnesses said again"


def test_a_changed_method_is_another_result(place: World) -> None:
    run = registered(place, "changed")
    first = made(place, run)
    other = method(run)
    other["claim"]["limitations"] = "another one"
    second = made(place, run, method=other)
    assert second.result.filed.index > first.result.filed.index
    found = read(place, second.data)
    assert found.label == "witnessed-self-run" and place.types("changed").count("result") == 2


def test_every_missing_field_blocks_it_and_is_named(place: World) -> None:
    run = registered(place, "gaps")
    whole = method(run)
    named = [(group, name) for group, part in whole.items() if isinstance(part, dict) for name in part]
    # Every field in turn is under test where the method record is; here one of each kind of it.
    for group, name in named[:: 1 if os.environ.get("FAIRTRIAL_EVERY_STEP") else 5]:
        less = copy.deepcopy(whole)
        del less[group][name]
        with pytest.raises(MethodIncomplete) as refused:
            made(place, run, method=less)
        assert [(each.group, each.field) for each in refused.value.gaps] == [(group, name)]
    with pytest.raises(MethodIncomplete, match=r"the first of them claim\.limitations"):
        made(place, run, method={})
    assert "result" not in place.types("gaps"), "nothing is signed before everything is there"


def test_two_runs_off_the_record_and_one_on_it(place: World) -> None:
    """What a log shows, and what it can't: the two are in no bundle, and no check finds them."""
    for _ in range(2):
        place.run(None, RIGHT)
    run = registered(place, "one on it")
    found = read(place, made(place, run).data)
    assert found.label == "witnessed-self-run" and len(found.attempts) == 1
    assert any("outside the log" in each for each in found.limits), "and it says so"
    again = Registered("one on it", "2030-01-01T00:00:00Z")
    place.run(place.life(terms=again, variant="again"), RIGHT)
    found = read(place, made(place, run).data)
    assert len(found.attempts) == 2 and found.label == "self-reported"
    assert "2 attempts; the plan allows 1" in found.lacks


def test_the_best_of_many_cant_be_shown_alone(place: World) -> None:
    """A failed attempt, an orphan, and the one that is published; all within the quota, all in the bundle."""
    terms = Registered("best", "2030-01-01T00:00:00Z", quota=3)
    registered_models.failing |= {"3 + 3 ="}
    lost = place.run(place.life(terms=terms, variant="first"), RIGHT)
    close(place.lab().load(lost.path), "failed", "gave up", log=place.log, key=LAB)
    place.run(place.life(terms=terms, variant="orphan"), RIGHT)
    registered_models.failing.clear()
    run = place.run(place.life(terms=terms), RIGHT)
    found = read(place, made(place, run).data)
    assert [(each["variant"], each["status"]) for each in found.attempts] == [
        ("first", "failed"),
        ("orphan", "open"),
        ("primary", "completed"),
    ]
    assert found.label == "witnessed-self-run"
    listed = json.loads(read_bundle(made(place, run).data, "it")["scores.json"])["attempts"]
    assert [each["status"] for each in listed] == ["failed", "open", "completed"]


def test_an_attempt_that_never_ended_is_abandoned_and_counts(place: World) -> None:
    terms = Registered("orphaned", "2030-01-01T00:00:00Z", quota=2)
    registered_models.failing |= {"3 + 3 ="}
    orphan = place.run(place.life(terms=terms, variant="orphan"), RIGHT)
    registered_models.failing.clear()
    run = place.run(place.life(terms=terms), RIGHT)
    started = RegistrationFolder.of_run(orphan.path).need("run-start").fields
    late = dict(started) | {"run": "long ago", "deadline": "2026-01-01T00:00:00Z"}
    plan = hashlib.sha256((run.path / "plan.json").read_bytes()).hexdigest()
    with writing(place.log) as log:
        log.append(sign(state("run-start", [Subject("plan.json", plan)], late), LAB))
    found = read(place, made(place, run).data)
    assert [each["status"] for each in found.attempts] == ["open", "completed", "abandoned"]
    assert found.label == "self-reported" and "3 attempts; the plan allows 2" in found.lacks


def test_failed_questions_leave_the_denominator_and_are_counted(place: World) -> None:
    registered_models.failing |= {"3 + 3 ="}
    run = registered(place, "some failed")
    close(place.lab().load(run.path), "completed", "", log=place.log, key=LAB)
    found = read(place, made(place, place.lab().load(run.path)).data)
    assert found.label == "witnessed-self-run", found.lacks
    assert found.scores[0]["n"] == 5 and found.counts is not None and found.counts["failed"] == 1


def test_records_can_stay_with_the_lab(place: World) -> None:
    run = registered(place, "elsewhere")
    done = made(place, run, access="ask data@example.org; for research")
    members = read_bundle(done.data, "it")
    told = json.loads(members["records.digest.json"])
    journal = (run.path / "records.jsonl").read_bytes()
    assert told["sha256"] == hashlib.sha256(journal).hexdigest() and told["bytes"] == len(journal)
    assert "records.jsonl" not in members
    found = read(place, done.data)
    assert found.ok and found.label == "self-reported" and "nothing is recomputed" in found.lacks


def test_large_records_are_packed(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = registered(place, "packed")
    monkeypatch.setattr("fairtrial.lab.bundling.LARGE", 100)
    assert LARGE > 2**20
    done = made(place, run)
    assert "records.jsonl.gz" in read_bundle(done.data, "it")
    assert read(place, done.data).label == "witnessed-self-run"


def test_a_log_with_much_else_in_it_is_not_carried_whole(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = registered(place, "large log")
    monkeypatch.setattr("fairtrial.lab.bundle_log.MOST_ENTRIES", 2)
    found = read(place, made(place, run).data)
    assert found.ok and found.label == "self-reported" and "attempts are not excluded" in found.lacks


@pytest.mark.parametrize("which", ["unregistered", "unfinished", "failed"])
def test_what_has_no_bundle(place: World, which: str) -> None:
    if which == "unregistered":
        run = place.run(None, RIGHT)
        told = "was not registered"
    else:
        registered_models.failing |= {"3 + 3 ="}
        run = registered(place, which)
        told = "has no END"
        if which == "failed":
            close(place.lab().load(run.path), "failed", "", log=place.log, key=LAB)
            told = "failed: it has no score"
    with pytest.raises(UsageError, match=told):
        made(place, run)


def test_a_journal_edited_after_end_makes_no_bundle(place: World) -> None:
    run = registered(place, "edited")
    journal = run.path / "records.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    with pytest.raises(IntegrityError, match="not the journal that END speaks of"):
        made(place, place.lab().load(run.path))
    assert "result" not in place.types("edited"), "nothing is signed about it"


def test_what_would_not_verify_is_not_given_away(place: World) -> None:
    run = registered(place, "unverifiable")
    items = run.path / "registration/items.json"
    items.write_bytes(items.read_bytes().replace(b'"s0","s1"', b'"s1","s0"'))
    with pytest.raises(IntegrityError, match="would not verify: dataset: the questions and right answers"):
        made(place, run)


def test_a_result_is_signed_by_a_key_that_the_log_knows(place: World) -> None:
    run = registered(place, "stranger's result")
    with pytest.raises(IntegrityError):
        bundled(run, Terms(method(run)), log=place.log, key=SecretKey.new())
    assert RegistrationFolder.of_run(run.path).envelope(RESULT) is None
    bundled(run, Terms(method(run)), log=place.log, key=OTHER_LAB)


def test_further_entries_can_be_put_in(place: World) -> None:
    said = {"dataset": "sums", "epoch": "1", "root": "0" * 64, "count": 6, "leaf_version": 1}
    said |= {"generator": None, "recipients": [], "published": "sealed"}
    with writing(place.log) as log:
        commit = log.append(sign(state("dataset-commit", [Subject("d", "0" * 64)], said), OWNER))
        log.cosign()
    run = registered(place, "sealed")
    done = made(place, run, also=(commit.index,))
    members = read_bundle(done.data, "it")
    assert {"statements/dataset-commit.dsse.json", "proofs/dataset-commit.tlog-proof"} <= set(members)
    assert f"log/entries/{commit.index}.jsonl" in members, "from there on, so that its entry is proven"
    found = read(place, done.data)
    assert found.ok and found.label == "witnessed-self-run"
    assert "registered the plan" in " ".join(each.what for each in found.chain)
    with pytest.raises(UsageError, match="has no entry 99999"):
        made(place, run, also=(99999,))


def test_a_plan_whose_items_are_drawn(place: World) -> None:
    sealed = {"name": "sealed sums", "root": "ab" * 32, "form": "tree", "count": 100}
    rule = {"by": "coin", "chain": None, "delay_s": 0, "parties": ["owner", "evaluator"]}
    _, done = place.register("drawn", RIGHT, items=sealed, draw=rule, ext={"items": 6})
    said = done.filed.document.fields
    assert (said["dataset"], said["draw"], said["ext"]) == (sealed, rule, {"items": 6})


class Crash(BaseException):
    """The process is gone."""


def test_a_crash_at_every_step_of_bundling_leaves_one_result(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = registered(place, "crashing")
    every = 1 if os.environ.get("FAIRTRIAL_EVERY_STEP") else 4
    for number in range(0, 80, every):
        seen = 0

        def counted(real: Callable[..., Any], last: int = number) -> Callable[..., Any]:
            def call(*arguments: Any, **keywords: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen > last:
                    raise Crash
                return real(*arguments, **keywords)

            return call

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace"):
                patch.setattr(os, name, counted(getattr(os, name)))
            try:
                made(place, run)
                break
            except Crash:
                let_go(place.log)
    assert number > 10, "there are more steps than that"
    found = read(place, made(place, run).data)
    assert found.label == "witnessed-self-run" and place.types("crashing").count("result") == 1


def test_campaigns_tell_what_never_started(place: World) -> None:
    place.register("idle", RIGHT)
    with writing(place.log) as log:
        log.cosign()
    (idle,) = [each for each in campaigns(place.log) if each.name == "idle"]
    assert [state for _, state in idle.plans()] == ["open"] and idle.attempts == ()
    late = type(idle)(idle.filed, "2031-01-01T00:00:00Z")
    assert [state for _, state in late.plans()] == ["registered, never started"]
    with pytest.raises(UsageError, match="holds no log"):
        campaigns(place.path)


def test_the_same_in_python(place: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With files named by their paths, as somebody writes it."""
    monkeypatch.chdir(place.path)
    key = Path("lab.key")
    key.write_bytes(LAB.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    lab, cases = place.lab(), place.sums()
    index = lab.register(
        cases,
        RIGHT,
        "registration",
        scorer="exact",
        campaign="in python",
        deadline="7d",
        claim="it adds",
        construct="addition",
        log=place.log,
        key=key,
    )
    run = lab.run(cases, RIGHT, scorer="exact", life=lab.life("registration", key=key))
    Path("method.json").write_text(json.dumps(method(run)))
    found = lab.bundle(run, "a.bundle", method="method.json", key=key)
    assert found.ok and [each.index for each in found.chain] == [index, index + 1, index + 2, index + 3]
    assert read(place, Path("a.bundle").read_bytes()).label == "witnessed-self-run"
    with pytest.raises(UsageError, match="in which log is"):
        lab.life("elsewhere", key=key)
