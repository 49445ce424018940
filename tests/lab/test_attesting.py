"""An auditor's six tests on published bundles: what is honest passes, what isn't is told; all of it is signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab import Lab
from fairtrial.lab.amending import campaign_of
from fairtrial.lab.attest_case import Access
from fairtrial.lab.attesting import Auditor, Chance, attest
from fairtrial.lab.bundling import Terms, bundled
from fairtrial.lab.coins import commit_coin, reveal_coin
from fairtrial.lab.objecting import object_to
from fairtrial.lab.registering import Terms as Registered
from fairtrial.lab.registering import register
from fairtrial.lab.registration import RegistrationFolder
from fairtrial.trust.bundle import content_list, read_bundle, write_bundle
from fairtrial.trust.dsse import parse_envelope
from fairtrial.trust.sampling import sample
from fairtrial.trust.statement import parse_foreign_statement
from tests.lab.attest_world import (
    HONEST,
    NOW,
    PARTIES,
    audited,
    bundle_of,
    keeping,
    outcomes,
    problems,
    read,
    toss,
)
from tests.lab.log_world import AUDITOR, LAB, OTHER_LAB
from tests.lab.registered_world import World, world
from tests.lab.test_bundling import method


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("attested")) as made:
        yield made


@pytest.fixture
def place(whole: World, tmp_path: Path) -> World:
    return World(tmp_path, whole.log)


@pytest.fixture(scope="module")
def honest(whole: World) -> bytes:
    """A specimen's score on two dozen word problems, registered, run and published."""
    return bundle_of(whole, "honest", margin="0.3")


def said(data: bytes) -> dict[str, object]:
    members = read_bundle(data, "it")
    name = next(name for name in members if name.startswith("statements/audit"))
    return dict(parse_foreign_statement(parse_envelope(members[name], name), name).predicate)


def test_an_honest_score_by_a_coin(place: World, honest: bytes) -> None:
    """Scores again, drawn items again, token counts: all hold; the label is the lab's own, the audit beside it."""
    before = read(place, honest)
    assert before.label == "witnessed-self-run", (before.reason, before.lacks)
    campaign = campaign_of(read_bundle(honest, "it"))
    toss(place, campaign)
    done = audited(place, honest, Chance(PARTIES), items=16, only=("T-A", "T-B", "T-F"))
    assert outcomes(done) == {
        "T-A": "passed", "T-B": "passed", "T-C": "not run", "T-D": "not run", "T-E": "not run", "T-F": "passed"
    }, done.tests  # fmt: skip
    assert done.verdict == "supported"
    after = read(place, done.data)
    assert after.ok and after.label == "witnessed-self-run" and after.attempts == before.attempts
    checks = {each.check: each for each in after.checks}
    assert checks["audit"].outcome == "ok" and "T-B passed" in checks["audit"].detail
    assert any("audited it: supported" in each.what and each.index is not None for each in after.chain)
    fields = said(done.data)
    assert fields["conflicts"] == "none" and fields["funding"] == "the auditor's own"
    items = fields["items"]
    assert isinstance(items, dict) and items["by"] == "coin" and len(items["indices"]) == 16
    members = read_bundle(done.data, "it")
    plan = bytes.fromhex(before.about["plan"]) if before.about else b""
    assert items["indices"] == list(sample(bytes.fromhex(items["seed"]), plan, 24, 16))
    told = json.loads(members["audit/t-b.json"])
    assert len(told["items"]) == 16 and told["low"].startswith("-") and "audit/t-b.records.jsonl" in members
    assert members["content.sha256"] == read_bundle(honest, "it")["content.sha256"]


def test_what_passed_is_told_to_readers_of_in_toto(place: World, honest: bytes) -> None:
    done = audited(place, honest, only=("T-A", "T-F"))
    members = read_bundle(done.data, "it")
    told = parse_foreign_statement(parse_envelope(members["audit/svr.dsse.json"], "it"), "it")
    assert told.predicate["properties"] == ["FAIRTRIAL_RESCORE_EXACT", "FAIRTRIAL_TOKEN_COUNTS_FIT"]
    assert done.verdict == "inconclusive", "nothing was asked again"


def test_a_second_auditor_stands_beside_the_first(place: World, honest: bytes) -> None:
    first = audited(place, honest, only=("T-A",))
    second = audited(place, first.data, only=("T-F",))
    found = read(place, second.data)
    audits = [each for each in found.chain if each.what.startswith("audited it")]
    assert found.ok and len(audits) >= 2
    names = set(read_bundle(second.data, "it"))
    assert "audit/t-a.json" in names and any(name.endswith("-t-f.json") for name in names)


def test_a_swapped_model_is_found_by_t_e(place: World, honest: bytes) -> None:
    swapped = audited(
        place,
        honest,
        model=ModelSpec.parse("specimen/cheat"),
        reference=ModelSpec.parse("specimen/honest"),
        only=("T-E",),
        completions=3,
    )
    assert outcomes(swapped)["T-E"] == "failed" and swapped.verdict == "refuted", swapped.tests
    same = audited(place, honest, reference=ModelSpec.parse("specimen/honest"), only=("T-E",), completions=2)
    assert outcomes(same)["T-E"] == "passed", same.tests


def test_fresh_siblings_tell_a_memorised_form(place: World, honest: bytes) -> None:
    given = {"family": "arithmetic", "only": ("T-C",), "siblings": 100}
    done = audited(place, honest, model=ModelSpec.parse("specimen/cheat"), **given)
    told = next(each for each in done.tests if each.test == "T-C")
    assert told.outcome == "undetermined" and "accuses nobody" in told.detail and "n = " in told.detail


def test_a_cache_is_seen_and_a_fresh_answer_is_not(place: World, honest: bytes) -> None:
    """A real endpoint in another process that gives its first answer to a prompt for ever, at once."""
    with keeping("answers", 0.12) as url:
        model = ModelSpec.parse("openai-api/keeper", base_url=url)
        kept = audited(place, honest, model=model, only=("T-D",), repeats=12)
    told = next(each for each in kept.tests if each.test == "T-D")
    assert told.outcome == "failed" and "12 answers came again word for word" in told.detail, told
    with keeping("none") as url:
        model = ModelSpec.parse("openai-api/keeper", base_url=url)
        fresh = audited(place, honest, model=model, only=("T-D",), repeats=16)
    told = next(each for each in fresh.tests if each.test == "T-D")
    assert told.outcome == "passed" and "could have been missed" in told.detail, told


def test_a_cache_that_waits_is_told_and_not_judged(place: World, honest: bytes) -> None:
    with keeping("slowly", 0.01) as url:
        model = ModelSpec.parse("openai-api/keeper", base_url=url)
        done = audited(place, honest, model=model, only=("T-D",), repeats=12)
    told = next(each for each in done.tests if each.test == "T-D")
    assert told.outcome == "undetermined" and "no sooner" in told.detail, told


def test_a_specimen_draws_each_time(place: World, honest: bytes) -> None:
    done = audited(place, honest, only=("T-D",), repeats=10)
    assert outcomes(done)["T-D"] != "failed", done.tests


def test_refusals_are_told_as_refusals(place: World, honest: bytes) -> None:
    done = audited(
        place, honest, model=None, only=("T-A", "T-B", "T-E"), refused={"T-E": "no weights are given"}
    )
    told = {each.test: (each.outcome, each.detail) for each in done.tests}
    assert told["T-E"] == ("refused", "access was refused: no weights are given")
    assert told["T-B"] == ("not run", "no model was named that could be asked")
    assert told["T-C"] == ("not run", "the auditor didn't choose it")
    assert done.verdict == "inconclusive"


def test_which_tests_are_made_may_be_drawn(place: World, honest: bytes) -> None:
    campaign = campaign_of(read_bundle(honest, "it"))
    with pytest.raises(UsageError, match="drawn by a coin or a beacon"):
        audited(place, honest, Chance(tests=2), model=None)
    done = audited(place, honest, Chance(PARTIES, tests=2), model=None)
    assert [each.detail for each in done.tests].count("it was not drawn") == 4
    again = audited(place, honest, Chance(PARTIES, tests=2), model=None)
    assert outcomes(again) == outcomes(done), campaign


def test_another_model_behind_the_name_fails_the_rerun(place: World) -> None:
    """The published score is of a model that knows the items; the one that is offered is not."""
    data = bundle_of(place, "swapped", "specimen/cheat", margin="0.1", task=problems(place.path, 40))
    done = audited(place, data, only=("T-B",), model=ModelSpec.parse("specimen/honest-one-step"))
    told = next(each for each in done.tests if each.test == "T-B")
    assert told.outcome in ("failed", "undetermined") and "40 of 40 drawn items" in told.detail, told


def test_a_coin_that_has_not_fallen_draws_nothing(place: World) -> None:
    data = bundle_of(place, "untossed", task=problems(place.path, 6))
    campaign = campaign_of(read_bundle(data, "it"))
    with pytest.raises(UsageError, match="lab has committed to no number"):
        audited(place, data, Chance(PARTIES), only=("T-A",))
    commit_coin(place.path / "lab.coin", campaign, "lab", log=place.log, key=LAB)
    with pytest.raises(UsageError, match="the other party has not committed yet"):
        reveal_coin(place.path / "lab.coin", log=place.log, key=LAB, parties=PARTIES)
    assert (place.path / "lab.coin").stat().st_mode & 0o777 == 0o600


def test_an_older_coin_of_the_other_party_is_not_this_one(place: World) -> None:
    """Both tossed before the result. Who shows its new number now shows it to somebody who hasn't committed."""
    terms = Registered("two coins", "2030-01-01T00:00:00Z", claim="it adds", construct="addition")
    folder = RegistrationFolder(place.path / "registration")
    task = problems(place.path, 6)
    register(place.lab().plan(task, HONEST)[0], terms, folder, log=place.log, key=LAB)
    campaign = folder.need("plan").payload
    for party, key in (("lab", LAB), ("auditor", AUDITOR)):
        commit_coin(place.path / f"old-{party}.coin", campaign, party, log=place.log, key=key)
    run = place.lab().run(task, HONEST, life=place.life(folder))
    bundled(run, Terms(method(run)), log=place.log, key=LAB)
    new = place.path / "new.coin"
    commit_coin(new, campaign, "lab", log=place.log, key=LAB)
    with pytest.raises(UsageError, match="the other party has not committed yet"):
        reveal_coin(new, log=place.log, key=LAB, parties=PARTIES)
    commit_coin(place.path / "new-auditor.coin", campaign, "auditor", log=place.log, key=AUDITOR)
    reveal_coin(new, log=place.log, key=LAB, parties=PARTIES)


def test_a_copied_coin_is_refused(place: World) -> None:
    """The auditor's file holds the lab's number: the seed would be the lab's to choose."""
    data = bundle_of(place, "copied", task=problems(place.path, 6))
    campaign = campaign_of(read_bundle(data, "it"))
    ours, theirs = place.path / "lab.coin", place.path / "auditor.coin"
    commit_coin(ours, campaign, "lab", log=place.log, key=LAB)
    theirs.write_text(ours.read_text().replace('"lab"', '"auditor"'))
    commit_coin(theirs, campaign, "auditor", log=place.log, key=AUDITOR)
    reveal_coin(ours, log=place.log, key=LAB, parties=PARTIES)
    reveal_coin(theirs, log=place.log, key=AUDITOR, parties=PARTIES)
    with pytest.raises(IntegrityError, match="copies the number"):
        audited(place, data, Chance(PARTIES), only=("T-A",))


def test_disputes_and_retractions_are_entries_and_nothing_goes(place: World) -> None:
    data = bundle_of(place, "disputed", task=problems(place.path, 6))
    result = read(place, data).chain[-1]
    payload = parse_envelope(read_bundle(data, "it")["statements/result.dsse.json"], "it").digest
    with pytest.raises(UsageError, match="signed by others"):
        object_to("retraction", payload, "not mine", log=place.log, key=OTHER_LAB)
    object_to("dispute", payload, "the items are wrong", log=place.log, key=OTHER_LAB, evidence=[b"a letter"])
    object_to("retraction", payload, "we agree", log=place.log, key=LAB)
    found = read(place, audited(place, data, only=("T-A",)).data)
    words = [each.what for each in found.chain]
    assert "disputes: the items are wrong" in words and "retracts: we agree" in words and result.what in words
    assert next(each for each in found.checks if each.check == "audit").outcome == "missing"


def test_a_bundle_of_another_log_is_refused(place: World, tmp_path: Path, honest: bytes) -> None:
    with world(tmp_path / "other") as other, pytest.raises((IntegrityError, UsageError)):
        audited(World(tmp_path, other.log), honest, only=("T-A",))


def test_an_auditor_states_conflicts_and_funding() -> None:
    with pytest.raises(UsageError, match="without conflicts"):
        Auditor("Auditor", AUDITOR, " ", "none")


def test_records_that_stayed_elsewhere_are_scored_when_they_are_handed_out(place: World) -> None:
    data = bundle_of(place, "elsewhere", task=problems(place.path, 6), access="ask us")
    assert outcomes(audited(place, data, only=("T-A",)))["T-A"] == "not run"
    journal = next((place.path / "runs").glob("*/records.jsonl")).read_bytes()
    done = audited(place, data, only=("T-A", "T-F"), records=journal)
    assert outcomes(done)["T-A"] == outcomes(done)["T-F"] == "passed", done.tests
    assert "records.jsonl" not in read_bundle(done.data, "it"), "they stay where they are"
    with pytest.raises(IntegrityError, match="not the records that the bundle speaks of"):
        audited(place, data, only=("T-A",), records=journal[:-1])
    with pytest.raises(UsageError, match="has its records"):
        audited(place, bundle_of(place, "here", task=problems(place.path, 6)), records=journal)


def test_a_changed_copy_is_not_attested(place: World, honest: bytes) -> None:
    """An edited record that nobody signed: the audit would be about another file."""
    members = {name: data for name, data in read_bundle(honest, "it").items() if name != "manifest.sha256"}
    lie = members["records.jsonl"].replace(b'"state":"wrong"', b'"state":"right"', 1)
    members["records.jsonl"] = lie
    members["content.sha256"] = content_list(members)
    before = read(place, audited(place, honest, only=("T-A",)).data).chain[-1].index
    with pytest.raises(IntegrityError, match="is not as its result was signed"):
        audited(place, write_bundle(members), only=("T-A",))
    after = read(place, audited(place, honest, only=("T-A",)).data).chain[-1].index
    assert before is not None and after == before, "nothing was entered about it; the same audit is one entry"


def test_a_key_that_the_log_does_not_take_is_refused_before_anything_is_asked(
    place: World, honest: bytes
) -> None:
    for key, what in ((SecretKey.new(), "not at all"), (LAB, "as lab")):
        with pytest.raises(UsageError, match=what):
            attest(
                Lab(place.path / "audit"), honest, "it", Auditor("Somebody", key, "none", "none"), Access(),
                log=place.log, time=NOW,
            )  # fmt: skip
    assert not (place.path / "audit").exists()
