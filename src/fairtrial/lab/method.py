"""The method record of a run: what a person wrote, completed by what the run tells by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairtrial.core.errors import UsageError
from fairtrial.evals.strict_yaml import WrittenFloat, parse_yaml
from fairtrial.lab.claim_task import read_file
from fairtrial.lab.method_facts import Record
from fairtrial.trust import method
from fairtrial.trust.documents import signed_bytes
from fairtrial.trust.method import FORMAT, Gap, gaps, misplaced
from fairtrial.trust.method_table import GROUPS, fields, says_something


def read_method(path: Path) -> Record:
    """A record that people write, YAML or JSON; decimals may stand there as numbers. Raises UsageError with the
    line of what can't be read, and for groups and fields that are not in the table."""
    value = _plain(parse_yaml(read_file(path), path.name).value)
    if not isinstance(value, dict):
        raise UsageError(f"{path.name} is no method record", "make one: fairtrial method new --run DIR")
    # A group of which everything is still a comment.
    value = {group: {} if part is None else part for group, part in value.items()}
    if problem := misplaced(value):
        raise UsageError(f"{path.name} is no method record: {problem}", f"fields: {', '.join(GROUPS)}")
    return value


def merged(written: Record, told: Record) -> Record:
    """What a person wrote, completed by what the run tells. What both tell stands as the person wrote it, for
    `contradictions` to find."""
    whole: Record = {FORMAT: method.VERSION}
    for group, each in fields():
        ours, theirs = told.get(group, {}).get(each.name), written.get(group, {}).get(each.name)
        value = theirs if says_something(theirs) else ours
        if isinstance(ours, dict) and isinstance(theirs, dict):
            value = ours | theirs
        if value is not None:
            whole.setdefault(group, {})[each.name] = value
    return whole


def contradictions(written: Record, told: Record) -> tuple[Gap, ...]:
    """Where a person's file says something else than the run does."""
    found = []
    for group, each in fields():
        ours, theirs = told.get(group, {}).get(each.name), written.get(group, {}).get(each.name)
        if ours is None or not says_something(theirs):
            continue
        if isinstance(ours, dict) and isinstance(theirs, dict):
            theirs = ours | theirs
            ours = theirs | ours
        if theirs != ours:
            detail = f"the run says {json.dumps(ours, ensure_ascii=False):.160}"
            found.append(Gap(group, each.name, "contradicts the run", detail))
    return tuple(found)


def missing(written: Record, told: Record) -> tuple[Gap, ...]:
    """Everything that keeps the record from being published: gaps of the whole, and contradictions."""
    wrong = contradictions(written, told)
    named = {(each.group, each.field) for each in wrong}
    return (*wrong, *(each for each in gaps(merged(written, told)) if (each.group, each.field) not in named))


def method_bytes(record: Record) -> bytes:
    """The record as a bundle holds it. Raises UsageError where it is not complete."""
    if found := gaps(record):
        raise UsageError(
            f"the method record lacks {found[0].group}.{found[0].field}; gaps in all: {len(found)}",
            "see them all with `fairtrial method check`",
        )
    return signed_bytes(record, "method record")


def draft(told: Record, usual: Record) -> str:
    """A new file: what is known stands there, what is not is a question in a comment."""
    lines = [
        "# Method record. What a run tells by itself is filled in; the questions are for you.",
        '# Where a line allows it: "not-applicable: the reason". Check: fairtrial method check FILE --run DIR',
        f"{FORMAT}: {method.VERSION}",
    ]
    for group, members in GROUPS.items():
        lines += ["", f"{group}:"]
        for each in members:
            value = told.get(group, {}).get(each.name, usual.get(group, {}).get(each.name))
            lines.append(
                f"  # {each.asks}" + (" Or not-applicable, with the reason." if each.optional else "")
            )
            stands = value is not None and (method.reason(value) or each.kind.problem(value) is None)
            written = json.dumps(value, ensure_ascii=False) if value is not None else '""'
            lines.append(f"  {'' if stands else '# '}{each.name}: {written}")
    return "\n".join(lines) + "\n"


def draft_json(told: Record, usual: Record) -> str:
    """The same as JSON, which has no comments: what is not known stands there as an empty text."""
    whole: Record = {FORMAT: method.VERSION}
    for group, each in fields():
        value = told.get(group, {}).get(each.name, usual.get(group, {}).get(each.name))
        whole.setdefault(group, {})[each.name] = "" if value is None else value
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """YAML's numbers as the record writes them: decimals as text, to the digit."""
    if isinstance(value, WrittenFloat):
        return value.text
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
