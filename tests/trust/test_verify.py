"""What a verification says, by whose policies, and that nothing in a bundle makes it stumble."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairtrial.benchmarks.gsm8k import gsm8k, gsm8k_cot
from fairtrial.benchmarks.mmlu import mmlu_generative
from fairtrial.benchmarks.packaged import Request
from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.core.record import Failure
from fairtrial.core.scorers import SCORERS, LikelihoodChoice, parse_scorer
from fairtrial.trust import bundle
from fairtrial.trust.bundle import content_list, read_bundle, write_bundle
from fairtrial.trust.checkpoint import cosign
from fairtrial.trust.records import records_root, unpacked
from fairtrial.trust.recounting import recount
from fairtrial.trust.rescoring import pure_scorer
from fairtrial.trust.telling import told
from fairtrial.trust.tlog_proof import parse_tlog_proof
from fairtrial.trust.tree import leaf_hash, node_hash
from fairtrial.trust.verification import CHECKS, Verification
from tests.trust.chain import POLICY, SCORER, SUMS, WITNESSES, Chain, four, plan, record, rewritten, utc
from tests.trust.logs import NOON
from tests.trust.signers import person


@pytest.fixture(scope="module")
def control() -> Chain:
    chain = Chain()
    chain.build()
    return chain


def outcomes(found: Verification) -> dict[str, str]:
    return {each.check: each.outcome for each in found.checks}


def test_every_check_is_told_in_its_order_whatever_failed(control: Chain) -> None:
    for data in (control.data, control.data[:100], b""):
        assert tuple(each.check for each in control.verified(data).checks) == CHECKS


def test_the_contract_of_the_json(control: Chain) -> None:
    told_json = json.loads(json.dumps(control.verified().to_json()))
    assert (told_json["ok"], told_json["label"]) == (True, "witnessed-self-run")
    assert all({"check", "ok", "detail"} <= set(each) for each in told_json["checks"])
    assert {each["ok"] for each in told_json["checks"]} == {True, None}
    cut = control.verified(control.data[:-1]).to_json()
    assert (cut["ok"], cut["label"]) == (False, None)


def test_by_the_publishers_own_policies_it_is_self_reported(control: Chain) -> None:
    for given_ in ({"trust": None}, {"log_policy": None}, {"trust": None, "log_policy": None}):
        found = control.verified(**given_)
        assert (found.ok, found.label) == (True, "self-reported")
        assert outcomes(found)["policy"] == "missing"
        assert (
            "that the keys belong to whom they are said to: you brought no policy of your own" in found.limits
        )


def test_by_a_reader_who_trusts_somebody_else_nothing_is_signed(control: Chain) -> None:
    other = Chain(people=(person("lab", key=person("owner").key),)).trust
    found = control.verified(trust=other)
    assert (found.ok, found.label, outcomes(found)["signatures"]) == (False, None, "failed")


def test_without_any_trust_policy_nothing_is_signed(control: Chain) -> None:
    found = control.verified(rewritten(control.members, {bundle.TRUST: None}), trust=None)
    assert (found.ok, outcomes(found)["signatures"]) == (False, "failed")


def test_a_fault_in_the_readers_own_file_is_an_error_and_no_finding(control: Chain) -> None:
    with pytest.raises(IntegrityError, match="your trust policy"):
        control.verified(trust=b"{}")
    with pytest.raises(UsageError, match="your log policy names no quorum"):
        control.verified(log_policy=POLICY.replace(b"quorum both\n", b""))


def test_an_auditor_whom_the_reader_does_not_know_is_not_heard_and_no_fault_of_the_score() -> None:
    def audited(chain: Chain) -> None:
        fields = {
            "campaign": chain.campaign,
            "auditor": "Auditors",
            "tests": [{"test": "T-E", "outcome": "passed", "detail": "alike", "evidence": []}],
            "items": None,
            "conflicts": "none",
            "funding": "own",
            "verdict": "supported",
        }
        chain.enter("audit", "audit", chain.made["result"].digest, fields)

    chain = Chain(between={"end": audited})
    known = chain.verified(chain.data)
    assert (known.label, outcomes(known)["audit"]) == ("witnessed-self-run", "ok")
    assert "that the answers came from the named model" not in known.limits
    stranger = Chain(people=(person("lab", org="Example Lab"),)).trust
    found = chain.verified(chain.data, trust=stranger)
    assert (found.label, outcomes(found)["audit"], outcomes(found)["signatures"]) == (
        "witnessed-self-run",
        "missing",
        "missing",
    )
    assert "that the answers came from the named model" in found.limits


def test_a_later_retraction_stands_beside_the_score() -> None:
    def retracted(chain: Chain) -> None:
        fields = {"reason": "the targets were wrong", "evidence": []}
        chain.enter("entry-4", "retraction", chain.made["result"].digest, fields)

    chain = Chain(between={"end": retracted})
    found = chain.verified(chain.data)
    check = next(each for each in found.checks if each.check == "audit")
    assert (check.outcome, found.ok) == ("missing", True)
    assert (
        "the result has a retraction (statements/entry-4.dsse.json): the targets were wrong" in check.detail
    )


def test_records_kept_elsewhere_are_stated_not_recomputed() -> None:
    found = Chain(elsewhere={}).verified()
    check = next(each for each in found.checks if each.check == "scores")
    assert (found.label, check.outcome) == ("self-reported", "missing")
    assert check.detail == "the records are not in the bundle (on request): nothing is recomputed"
    assert found.scores[0]["note"] == "stated, not recomputed: the records are not in the bundle"


@pytest.mark.parametrize(
    ("changes", "check", "says"),
    [
        ({"root": "ab" * 32}, "scores", "of the records, records.digest.json abababababababab"),
        ({"n": 5}, "scores", "END states the n 4 of the records, records.digest.json 5"),
        ({"sha256": "ab" * 32}, "method", "the method record gives records.digest as sha256:"),
    ],
)
def test_records_kept_elsewhere_are_those_of_end(changes: dict[str, Any], check: str, says: str) -> None:
    found = Chain(elsewhere=changes).verified()
    seen = next(each for each in found.checks if each.check == check)
    assert (seen.outcome, says in seen.detail) == ("failed", True), seen.detail


def test_packed_records_are_read_as_they_are() -> None:
    import gzip

    data = b"".join(b"%d\n" % at for at in range(1000))
    assert unpacked(gzip.compress(data), "x") == data
    with pytest.raises(IntegrityError, match="it is cut off"):
        unpacked(gzip.compress(data)[:-4], "x")


def test_the_records_root_by_hand() -> None:
    a, b, c = (leaf_hash(each) for each in (b"1", b"2", b"3"))
    assert records_root([b"1\n", b"2\n", b"3\n"]) == node_hash(node_hash(a, b), c).hex()


def test_the_text_says_what_was_checked_and_never_verified_alone(control: Chain) -> None:
    text = told(control.verified())
    for part in (
        "label       witnessed-self-run",
        "not independent-blind: ",
        "3 right, 1 wrong",
        "entry 2   ended the run",
    ):
        assert part in text
    assert "accuracy 0.75 [0.300642, 0.954413], 95 % wilson, n = 4; re-scored from the answers" in text
    assert "that no run happened outside the log" in text
    assert "verified" not in text


@pytest.mark.parametrize("name", [each for each in SCORERS if not each.startswith("regex")])
def test_a_scorer_comes_back_from_its_form(name: str) -> None:
    scorer = parse_scorer(name, tolerance=0.5 if name == "number" else None)
    assert pure_scorer(json.loads(json.dumps(dict(scorer.form)))) == scorer


def test_likelihood_comes_back_from_its_form() -> None:
    scorer = LikelihoodChoice("characters", ("none", "bytes"))
    assert pure_scorer(json.loads(json.dumps(dict(scorer.form)))) == scorer


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": "judge"},
        dict(parse_scorer("regex:(.+)").form),
        dict(SCORER.form) | {"extractor": dict(SCORER.form)["extractor"] | {"absolute": True}},  # type: ignore[operator]
        dict(SCORER.form) | {"more": 1},
        {"name": "likelihood", "extractor": [], "alternatives": {}},
    ],
)
def test_a_scorer_of_another_kind_does_not_come_back(form: dict[str, Any]) -> None:
    assert pure_scorer(form) is None


def test_a_judged_score_is_recounted_and_said_to_be() -> None:
    asked = plan(4, four(), scorer={"metric": "accuracy", "name": "judge"})
    chain = Chain(plan=asked, score={"recomputable": "recounted"})
    found = chain.verified(chain.data)
    assert found.scores[0]["note"] == "recounted, not re-scored"
    assert (found.label, outcomes(found)["scores"]) == ("witnessed-self-run", "ok")


def test_a_judged_score_that_is_called_rescored_caps_the_label() -> None:
    asked = plan(4, four(), scorer={"metric": "accuracy", "name": "judge"})
    found = Chain(plan=asked).verified()
    assert (found.label, outcomes(found)["scores"]) == ("self-reported", "missing")


def test_failed_answers_leave_the_denominator_and_are_counted() -> None:
    rows = four()
    rows[3] = replace(rows[3], result=Failure("timeout", "late"), output=None)
    found = Chain(records=rows, plan=plan(4, rows)).verified()
    assert found.counts is not None and (found.counts["failed"], found.counts["right"]) == (1, 3)
    assert (found.label, found.scores[0]["n"], found.scores[0]["value"]) == ("witnessed-self-run", 3, "1.0")


def test_a_failed_question_that_was_asked_again_counts_once() -> None:
    rows = four()
    first = replace(rows[0], result=Failure("timeout", "late"), output=None)
    found = Chain(records=[first, *rows], plan=plan(4, rows)).verified()
    assert (found.label, found.scores[0]["n"]) == ("witnessed-self-run", 4)


def test_an_interval_without_closed_form_is_stated_and_the_value_recomputed() -> None:
    rows = [*four(), *(replace(each, epoch=2) for each in four())]
    asked = replace(plan(4, four()), epochs=2)
    score = {"method": "wilson with effective n", "recomputable": "stated", "value": "0.75", "n": 4}
    rows[4] = replace(record("sum-1", *SUMS["sum-1"], "It is 5.", seconds=NOON + 80), epoch=2)
    honest = Chain(records=rows, plan=asked, score=score | {"value": "0.625"}).verified()
    assert honest.scores[0]["note"] == "re-scored from the answers; its interval is stated, not recomputed"
    assert outcomes(honest)["scores"] == "ok"
    lying = Chain(records=rows, plan=asked, score=score).verified()
    assert outcomes(lying)["scores"] == "failed"
    assert "accuracy: the value is given as 0.75; the records make it 0.625" in lying.reason


def test_recount_knows_only_the_plans_own_metric() -> None:
    chain = Chain()
    chain.build()
    assert recount({"metric": "pass@2"}, {"scorer": dict(SCORER.form)}, None).how == "stated"  # type: ignore[arg-type]


def test_a_bundle_is_refused_before_it_is_written() -> None:
    good = Chain().build()
    with pytest.raises(UsageError, match="it has no place in a bundle"):
        write_bundle({**good, "readme.txt": b""})
    with pytest.raises(UsageError, match=r"content\.sha256 is not the list of these files"):
        write_bundle({**good, bundle.SCORES: b"{}"})


@settings(max_examples=50)
@given(
    st.dictionaries(st.sampled_from([*bundle.CONTENT, "audit/a", "anchors/b.tsr"]), st.binary(max_size=60))
)
def test_what_is_written_is_read(members: dict[str, bytes]) -> None:
    listed = {**members, bundle.CONTENT_LIST: content_list(members)}
    data = write_bundle(listed)
    assert read_bundle(data, "x") == {**listed, bundle.MANIFEST: bundle.manifest(listed)}
    assert write_bundle(listed) == data


MUTATIONS: list[Callable[[Any, random.Random], Any]] = [
    lambda value, rng: None,
    lambda value, rng: True,
    lambda value, rng: [],
    lambda value, rng: {},
    lambda value, rng: -1,
    lambda value, rng: "",
    lambda value, rng: "9" * 5000,
    lambda value, rng: [value, value],
    lambda value, rng: {"a": value},
    lambda value, rng: rng.choice(["0", "NaN", "1e999", "\u202e", "../x", "2026-02-30T00:00:00Z"]),
]


def mutated(value: Any, rng: random.Random) -> Any:
    """One place in a JSON value changed."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        return {**value, key: mutated(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        return [*value[:at], mutated(value[at], rng), *value[at + 1 :]]
    return rng.choice(MUTATIONS)(value, rng)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_content_makes_the_verifier_stumble(control: Chain, seed: int) -> None:
    rng = random.Random(seed)
    names = [name for name in sorted(control.members) if name.endswith((".json", ".jsonl"))]
    name = rng.choice(names)
    lines = control.members[name].splitlines() if name.endswith(".jsonl") else [control.members[name]]
    at = rng.randrange(len(lines))
    lines[at] = json.dumps(
        mutated(json.loads(lines[at]), rng), separators=(",", ":"), sort_keys=True
    ).encode()
    data = b"\n".join(lines) + (b"\n" if name.endswith(".jsonl") else b"")
    found = control.verified(rewritten(control.members, {name: data}))
    assert len(found.checks) == len(CHECKS)
    assert told(found) and json.dumps(found.to_json())
    if data != control.members[name] and name != bundle.TRUST:
        assert not found.ok


@pytest.mark.parametrize(
    "scorer", [gsm8k(Request()).scorer, gsm8k_cot(Request()).scorer, mmlu_generative(Request()).scorer]
)
def test_public_benchmarks_are_scored_again(scorer: Any) -> None:
    """Their rules are in `core`: whoever publishes a score on them is checked answer by answer."""
    assert pure_scorer(json.loads(json.dumps(dict(scorer.form)))) == scorer


def test_the_time_is_that_of_witnesses_without_interest() -> None:
    """A lab whose own witness backdates START: any one of two witnesses is asked for, and theirs came too late."""
    chain = Chain(operators={WITNESSES[1].name: "Example Lab"}, witnesses={"run-start": WITNESSES[1:]})
    members = chain.build()
    early = parse_tlog_proof(members["proofs/run-start.tlog-proof"], "x")
    late = cosign(early.signed.checkpoint, WITNESSES[0], NOON + 75)
    signed = replace(early.signed, note=early.signed.note.with_signatures([late]))
    data = rewritten(members, {"proofs/run-start.tlog-proof": replace(early, signed=signed).data})
    any_one = POLICY.replace(b"group both all", b"group both any")
    found = chain.verified(data, log_policy=any_one)
    check = next(each for each in found.checks if each.check == "order")
    assert check.outcome == "failed"
    assert check.detail == (
        f"run-start was witnessed at {utc(NOON + 75)}, and the first request went out at {utc(NOON + 70)}"
    )
