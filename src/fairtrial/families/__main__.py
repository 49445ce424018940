"""`python -m fairtrial.families FILE`: a few samples of every template, and the checks. Exit 1 where one fails."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from fairtrial.core.errors import FairtrialError, UsageError
from fairtrial.families.checks import check_family
from fairtrial.families.template import TemplateFamily
from fairtrial.families.yaml_family import MAX_BYTES, read_family

SHOWN = 3


def main(arguments: list[str]) -> int:
    try:
        if len(arguments) != 1:
            raise UsageError("one family's YAML file is read", "python -m fairtrial.families FILE")
        family = read_family(_bytes(Path(arguments[0])), Path(arguments[0]).name)
        print(_samples(family))
        checks = check_family(family)
    except FairtrialError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    for each in checks:
        print(f"{'ok  ' if each.ok else 'FAIL'}  {each.name}: {each.sentence}")
    return 0 if all(each.ok for each in checks) else 1


def _samples(family: TemplateFamily) -> str:
    lines = [f"family {family.name} {family.digest}"]
    for name in family.templates:
        lines.append(f"{name}{' (held out)' if name in family.held_out else ''}")
        for at in range(SHOWN):
            sample = family.sample(name, hashlib.sha256(f"{family.digest} {name} {at}".encode()).digest())
            lines.append(f"  {sample.text} -> {sample.target[0]}")
    return "\n".join(lines)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path.name} can't be read: {error.strerror}", "check the path") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
