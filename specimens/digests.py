"""`digests.py` of the package: of every file that ships. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from fairtrial.core.canon import digest_bytes

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "fairtrial" / "specimens"


def write_digests() -> None:
    """Writes the table anew, from what lies in `data/`."""
    data, table = PACKAGE / "data", PACKAGE / "digests.py"
    head = table.read_text().partition("DIGESTS: ")[0]
    lines = [
        f'        "{path.relative_to(data).as_posix()}": "{digest_bytes(path.read_bytes())}",\n'
        for path in sorted(data.rglob("*"))
        if path.is_file()
    ]
    listed = "DIGESTS: Mapping[str, str] = MappingProxyType(\n    {\n" + "".join(lines) + "    }\n)\n"
    table.write_text(head + listed)
