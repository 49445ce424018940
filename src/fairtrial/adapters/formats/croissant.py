"""A data set's part of a method record as Croissant 1.0 (JSON-LD), for readers who collect data sets that way.

Source: Croissant Format Specification 1.0, "Dataset-level Information" and appendix 1. What it requires and a
record doesn't hold is not made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fairtrial.core.canon import JSON, JSONObject
from fairtrial.core.errors import UsageError

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
REQUIRED: Final = ("description", "license", "name", "url", "creator", "datePublished", "distribution")
"""Of a Croissant data set, besides its context and types."""

_CONTEXT: Final[Mapping[str, JSON]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "fairtrial": "https://fairtrial.dev/terms/",
}


TELLABLE: Final[Mapping[str, str]] = {
    "url": "the data set's page",
    "creator": "who made it",
    "datePublished": "when it was published, such as 2021-10-27",
    "contentUrl": "the address of its file",
    "encodingFormat": "the media type of its file",
}
"""What Croissant requires and no method record holds; whoever exports may tell it."""


def dataset(record: Mapping[str, Any], beside: Mapping[str, str]) -> dict[str, JSON]:
    """The description of the record's data set. record: a method record, complete or not. beside: of `TELLABLE`.

    Croissant's version is declared only where all that it requires is there; otherwise `fairtrial:missing` says
    what isn't, and the file is for a person to complete. Raises UsageError for what isn't in `TELLABLE`.
    """
    if unknown := sorted(set(beside) - set(TELLABLE)):
        raise UsageError(f"{unknown[0]!r} is nothing to be told here", f"known: {', '.join(TELLABLE)}")
    told: Mapping[str, Any] = data if isinstance(data := record.get("data"), Mapping) else {}
    names = {"name": "name", "license": "licence", "version": "version"}
    made: dict[str, JSON] = {key: told[field] for key, field in names.items() if field in told}
    made |= {key: beside[key] for key in ("url", "datePublished") if key in beside}
    if "creator" in beside:
        made["creator"] = {"@type": "sc:Organization", "name": beside["creator"]}
    if said := _description(told):
        made["description"] = said
    missing = [key for key in ("contentUrl", "encodingFormat") if key not in beside]
    if isinstance(digest := told.get("digest"), str):
        made["distribution"] = [
            {
                "@type": "cr:FileObject",
                "@id": "items",
                "name": "items",
                "sha256": digest.removeprefix("sha256:"),
                **{key: beside[key] for key in ("contentUrl", "encodingFormat") if key in beside},
            }
        ]
    missing = [key for key in REQUIRED if key not in made] + missing
    declared: JSONObject = {"fairtrial:missing": missing} if missing else {"conformsTo": CONFORMS_TO}
    return {"@context": dict(_CONTEXT), "@type": "sc:Dataset", **declared, **made}


def _description(told: Mapping[str, Any]) -> str:
    words = {
        "split": "part",
        "n": "items asked",
        "exclusions": "left out",
        "epoch": "epoch",
        "exposure": "exposure",
        "contamination": "test for items seen in training",
    }
    return ". ".join(f"{word.capitalize()}: {told[field]}" for field, word in words.items() if field in told)
