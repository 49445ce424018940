"""The method record: no field can be left out, blank, put off or misspelt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.documents import decimal_text, signed_bytes
from fairtrial.trust.method import FORMAT, complete, gaps, misplaced, parse_method, reason, schema
from fairtrial.trust.method_table import ABSENT, GROUPS, Field, fields
from tests.trust.methods import GOOD, without

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "method.schema.json"
ALL = [(group, each) for group, each in fields()]
TABLE = """
claim: claim construct limitations
registration: plan log_index preregistered_at deviations
people: evaluator relationship funding conflicts
model: provider id revision weights* access release public system_prompt tools* scaffold*
data: name version digest licence split n exclusions epoch exposure contamination
prompting: template fewshot decoding samples_per_item aggregation
scoring: scorer extraction judge* agreement*
environment: harness container sandbox hardware*
attempts: attempts quota sequence
failures: errors refusals timeouts truncations treatment
result: counts scores clustering multiplicity baselines
records: digest access cost_usd tokens
comparison: human_baseline* audit auditor_signature
"""


def test_the_table_is_the_one_agreed_upon() -> None:
    """A field that quietly became optional, or went, would weaken every record from then on."""
    told = [
        f"{group}: " + " ".join(each.name + "*" * each.optional for each in members)
        for group, members in GROUPS.items()
    ]
    assert told == TABLE.strip().splitlines()


def test_a_complete_record_is_read() -> None:
    assert gaps(GOOD) == ()
    complete(GOOD, "method.json")
    assert parse_method(signed_bytes(GOOD), "method.json") == GOOD
    jsonschema.validate(GOOD, schema())


@pytest.mark.parametrize(("group", "each"), ALL, ids=lambda value: getattr(value, "name", value))
def test_each_field_is_mandatory(group: str, each: Field) -> None:
    record = without(group, each.name)
    (gap,) = gaps(record)
    assert (gap.group, gap.field, gap.fault, gap.detail) == (group, each.name, "absent", each.asks)
    with pytest.raises(IntegrityError, match=rf"method\.json: {group}\.{each.name} is absent"):
        complete(record, "method.json")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(record, schema())


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_is_mandatory(group: str) -> None:
    assert len(gaps({key: value for key, value in GOOD.items() if key != group})) == len(GROUPS[group])


@pytest.mark.parametrize(("group", "each"), ALL, ids=lambda value: getattr(value, "name", value))
def test_words_that_put_it_off_are_no_value(group: str, each: Field) -> None:
    for word in (*ABSENT, "TBD", "N/A", " n/a ", "Tbd.", "\n", None):
        assert [gap.fault for gap in gaps(without(group, each.name, word))] == ["absent"], word


@pytest.mark.parametrize(("group", "each"), ALL, ids=lambda value: getattr(value, "name", value))
def test_not_applicable_needs_leave_and_a_reason(group: str, each: Field) -> None:
    spelt = (
        "not-applicable:",
        "not-applicable:  ",
        "Not-Applicable: n/a",
        "not applicable",
        "Not_applicable.",
    )
    for value in (*spelt, "not-applicable: TBD"):
        (gap,) = gaps(without(group, each.name, value))
        assert gap.fault == "wrong"
        assert ("needs its reason" in gap.detail) is each.optional
    found = gaps(without(group, each.name, "not-applicable: it is an API"))
    assert (found == ()) is each.optional
    assert [gap.fault for gap in gaps(without(group, each.name, [[1]]))] == ["wrong"]


@pytest.mark.parametrize("value", ["none", "not offered by the provider", "not tested", "unknown"])
def test_saying_that_there_is_nothing_is_a_value(value: str) -> None:
    assert gaps(without("people", "conflicts", value)) == ()


@pytest.mark.parametrize(
    ("group", "field", "value", "told"),
    [
        ("model", "public", "maybe", "'maybe' is not one of yes, no, unknown"),
        ("model", "public", True, "True is not one of yes, no, unknown"),
        ("data", "n", 0, "0 is not a count from 1 on"),
        ("data", "digest", "sha1:ab", "'sha1:ab' is not sha256:"),
        ("failures", "errors", -1, "-1 is not a count"),
        ("failures", "errors", True, "True is not a count"),
        ("result", "scores", [], "is no list of 1 or more"),
        ("registration", "preregistered_at", "yesterday", "is not a time in UTC"),
        ("result", "baselines", {"random": "0.25", "trivial": "TBD"}, ".trivial: 'TBD' says nothing"),
        ("attempts", "quota", {"primary": 2, "variants": 0}, ".primary: 2 is not 1"),
    ],
)
def test_values_of_another_kind(group: str, field: str, value: Any, told: str) -> None:
    (gap,) = gaps(without(group, field, value))
    assert gap.fault == "wrong"
    assert told in gap.detail


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({}, "fairtrial_method is not 1"),
        ({FORMAT: True}, "fairtrial_method is not 1"),
        ({FORMAT: 2}, "fairtrial_method is not 1"),
        ({FORMAT: 1, "claims": {}}, "the group 'claims' is not known"),
        ({FORMAT: 1, "claim": []}, "the group 'claim' is no object"),
        ({FORMAT: 1, "people": {"confilcts": "none"}}, "the field 'confilcts' in 'people' is not known"),
    ],
)
def test_what_has_no_place_is_refused(record: dict[str, Any], told: str) -> None:
    assert misplaced(record) == told
    with pytest.raises(IntegrityError, match="is no method record"):
        parse_method(signed_bytes(record), "method.json")


def test_the_reason_is_read() -> None:
    assert reason("not-applicable: an API") == "an API"
    assert reason(" NOT-APPLICABLE:an API ") == reason("not applicable - an API") == "an API"
    assert reason("not-applicable:") == ""
    assert reason("it is not-applicable: an API") is None
    assert reason(7) is None


def test_the_published_schema_is_current() -> None:
    assert json.loads(PUBLISHED.read_text()) == schema(), (
        f"run `fairtrial method schema > docs/reference/{PUBLISHED.name}`"
    )
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1 / 3, "0.3333333333333333"),
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (-0.5, "-0.5"),
    ],
)
def test_figures_as_text(value: float, text: str) -> None:
    assert decimal_text(value) == text
    assert float(text) == value
