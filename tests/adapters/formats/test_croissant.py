"""The data set as Croissant: nothing is made up, and no version is declared while anything is missing."""

from __future__ import annotations

import json

import pytest

from fairtrial.adapters.formats.croissant import CONFORMS_TO, REQUIRED, TELLABLE, dataset
from fairtrial.core.errors import UsageError
from tests.trust.methods import GOOD, without

TOLD = {
    "url": "https://example.org/sums",
    "creator": "Example Lab",
    "datePublished": "2021-10-27",
    "contentUrl": "https://example.org/sums.jsonl",
    "encodingFormat": "application/jsonlines",
}


def test_a_whole_one() -> None:
    made = dataset(GOOD, TOLD)
    assert made["conformsTo"] == CONFORMS_TO
    assert set(REQUIRED) <= set(made)
    assert made["@type"] == "sc:Dataset"
    assert (made["name"], made["license"], made["version"]) == ("sums", "MIT", "1")
    assert made["creator"] == {"@type": "sc:Organization", "name": "Example Lab"}
    (file,) = made["distribution"]  # type: ignore[misc]
    assert file["sha256"] == "0" * 64
    assert (file["@type"], file["contentUrl"]) == ("cr:FileObject", TOLD["contentUrl"])
    assert "Test for items seen in training: not tested" in str(made["description"])
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize("key", TELLABLE)
def test_what_nobody_told_is_named_and_nothing_is_declared(key: str) -> None:
    made = dataset(GOOD, {name: value for name, value in TOLD.items() if name != key})
    assert made["fairtrial:missing"] == [key]
    assert "conformsTo" not in made


@pytest.mark.parametrize(
    ("field", "lacks"), [("name", "name"), ("licence", "license"), ("digest", "distribution")]
)
def test_what_the_record_lacks_is_named(field: str, lacks: str) -> None:
    made = dataset(without("data", field), TOLD)
    assert made["fairtrial:missing"] == [lacks]
    assert "conformsTo" not in made


def test_an_empty_record_gives_an_empty_description() -> None:
    made = dataset({}, {})
    assert set(made) == {"@context", "@type", "fairtrial:missing"}
    assert set(REQUIRED) <= set(made["fairtrial:missing"])  # type: ignore[arg-type]


def test_other_keys_are_refused() -> None:
    with pytest.raises(UsageError, match="'licence' is nothing to be told here"):
        dataset(GOOD, {"licence": "MIT"})
