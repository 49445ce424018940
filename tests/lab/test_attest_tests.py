"""Single tests of an audit on bundles that lie: a lab with its own tools signs whatever it likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairtrial.core.output import Output, Usage
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Generate
from fairtrial.core.record import Record, Score
from fairtrial.lab import Lab, attest_tests
from fairtrial.lab.attest_case import Access, Case, Picked, items_of
from fairtrial.lab.attest_repeats import repeats_task
from fairtrial.lab.tokenizers import tokens_of
from fairtrial.trust import bundle
from fairtrial.trust.contents import content_bytes
from fairtrial.trust.parts import read_parts
from tests.trust.chain import Chain, four, plan

HOW = Decoding(max_tokens=32).to_json()


def case(
    path: Path, records: Sequence[Record] | None = None, chain: Chain | None = None, **access: Any
) -> Case:
    members = (chain or Chain(records=records)).build()
    return Case(Lab(path), members, read_parts(members), Access(**access), bytes(32))


def rescored(path: Path, records: Sequence[Record]) -> tuple[str, str]:
    found = attest_tests.tested(case(path, records), "T-A")
    return found.outcome, found.detail


def test_true_records_pass(tmp_path: Path) -> None:
    assert rescored(tmp_path, four())[0] == "passed"


def test_an_edited_score_fails(tmp_path: Path) -> None:
    """The fourth answer is wrong; the lab's record says right, and all is signed and counted accordingly."""
    *others, wrong = four()
    lie = replace(wrong, result=Score("right", 1.0, "10"))
    outcome, detail = rescored(tmp_path, [*others, lie])
    assert outcome == "failed" and "recorded as right, 1" in detail


def test_an_edited_answer_fails(tmp_path: Path) -> None:
    """The other way round: the score is the one that was signed, and the answer no longer gives it."""
    right, *others = four()
    assert right.output is not None
    lie = replace(right, output=replace(right.output, text="It is 5."))
    outcome, detail = rescored(tmp_path, [lie, *others])
    assert outcome == "failed" and "its answer gives wrong, 0" in detail


def test_an_interval_that_is_too_narrow_fails(tmp_path: Path) -> None:
    found = attest_tests.tested(case(tmp_path, chain=Chain(score={"low": "0.74"})), "T-A")
    assert found.outcome == "failed" and "low" in found.detail


def test_records_kept_elsewhere_leave_t_a_undone(tmp_path: Path) -> None:
    given = case(tmp_path)
    members = {name: data for name, data in given.members.items() if name != bundle.RECORDS}
    told = {
        "fairtrial_records": 1,
        "root": "00" * 32,
        "n": 4,
        "sha256": "00" * 32,
        "bytes": 9,
        "access": "ask us",
    }
    members[bundle.RECORDS_DIGEST] = content_bytes("digest of records", told)
    found = attest_tests.tested(replace(given, members=members, parts=read_parts(members)), "T-A")
    assert (found.outcome, found.detail) == ("not run", "the records are not in the bundle, or can't be read")


def test_tokens_that_are_reported_wrongly_are_named(tmp_path: Path) -> None:
    def with_tokens(count: int) -> Case:
        records = [
            replace(each, output=Output("12", "stop", usage=Usage(2, count), response="12"))
            for each in four()
        ]
        given = case(tmp_path, four(), Chain(plan=plan(4, decoding=HOW), records=records))
        return replace(given, access=Access(tokenizer="specimen"))

    assert attest_tests.tested(with_tokens(3), "T-F").outcome == "passed"
    found = attest_tests.tested(with_tokens(7), "T-F")
    assert found.outcome == "failed" and "7 tokens are reported, its text has 2" in found.detail


def test_what_cannot_be_asked_again_is_said(tmp_path: Path) -> None:
    """The chain's plan has no prompt: a bundle alone doesn't tell how its items were asked."""
    given = case(tmp_path, model=ModelSpec.parse("specimen/honest"), margin=0.3)
    given = replace(given, picked=Picked("all", None, (0, 1, 2, 3)))
    found = attest_tests.tested(given, "T-B")
    assert found.outcome == "not run" and "decoding is no object" in found.detail
    assert items_of(given.parts) == ["sum-1", "sum-2", "sum-3", "sum-4"]
    assert attest_tests.tested(given, "T-C").outcome == "not run"
    assert attest_tests.tested(replace(given, access=Access(model=None)), "T-D").outcome == "not run"


def test_repeats_stand_at_random_places(tmp_path: Path) -> None:
    given = case(tmp_path, model=ModelSpec.parse("openai-api/x"), repeats=10)
    first = repeats_task(given)
    assert [each.id for each in first.samples] == [each.id for each in repeats_task(given).samples]
    other = repeats_task(replace(given, lots=bytes([1]) * 32))
    assert [each.id for each in first.samples] != [each.id for each in other.samples]
    texts = {each.id: each.text for each in first.samples}
    assert len(texts) == 40 and texts["open-0 alike-1"] == texts["open-0 alike-2"]
    assert len({texts[f"open-0 {arm}"] for arm in ("alike-1", "altered-1", "altered-2")}) == 3
    assert first.decoding.seed is None and first.decoding.temperature == 1.0
    seeded = repeats_task(
        replace(given, access=replace(given.access, model=ModelSpec.parse("specimen/honest")))
    )
    asked = [seeded.question(each) for each in seeded.samples]
    seeds = [each.decoding.seed for each in asked if isinstance(each, Generate)]
    assert seeds == list(range(1, 41)), "each request has a seed of its own"


def test_a_bundle_opens_no_folder_of_this_machine() -> None:
    assert tokens_of("", ModelSpec.parse("hf//etc")) is None
    counted = tokens_of("specimen", ModelSpec.parse("openai-api/x"))
    assert counted is not None and counted("häh") == 4


@pytest.mark.parametrize("broken", [{"origin": {"name": 1}}, {"decoding": {"stop": 3}}, {"scorer": 7}])
def test_a_hostile_plan_is_a_reason_and_no_crash(tmp_path: Path, broken: dict[str, Any]) -> None:
    given = case(tmp_path, model=ModelSpec.parse("specimen/honest"), margin=0.3)
    assert given.parts.plan is not None
    prompt = {"template": "{{ input }}", "language": "jinja2", "version": "1"}
    given.parts.plan["task"] |= {"prompt": prompt, "decoding": HOW} | broken
    found = attest_tests.tested(replace(given, picked=Picked("all", None, (0, 1, 2, 3))), "T-B")
    assert found.outcome == "not run", found


def test_the_auditors_own_task_must_be_the_plans(tmp_path: Path) -> None:
    given = case(tmp_path, model=ModelSpec.parse("specimen/honest"), margin=0.3)
    file = tmp_path / "sums.jsonl"
    file.write_text('{"id": "sum-1", "input": "2+2?", "target": "4"}\n')
    task = Lab(tmp_path).task(file, scorer="number")
    given = replace(given, access=replace(given.access, task=task), picked=Picked("all", None, (0,)))
    found = attest_tests.tested(given, "T-B")
    assert found.outcome == "not run" and "the task has another" in found.detail


def test_items_in_other_words_than_recorded_are_not_asked(tmp_path: Path) -> None:
    """The plan's template isn't the one that the records were asked with: the bundle tells two stories."""
    given = case(tmp_path, model=ModelSpec.parse("specimen/honest"), margin=0.3)
    assert given.parts.plan is not None
    prompt = {"template": "Other words: {{ input }}", "language": "jinja2", "version": "1"}
    origin = {"name": "sums", "source": "sums", "digest": "", "split": "", "revision": "", "licence": ""}
    given.parts.plan["task"] |= {"prompt": prompt, "decoding": HOW, "origin": origin}
    found = attest_tests.tested(replace(given, picked=Picked("all", None, (0, 1, 2, 3))), "T-B")
    assert found.outcome == "not run" and "can't be asked in the same words" in found.detail, found
