"""A bundle: everything that a stranger needs to check a score offline, in one file.

    plan.json  method.json  scores.json  dataset.json      what was planned, how, with which result, on which items
    records.jsonl | records.jsonl.gz                       the journal of the run, as it is in the run's folder
    records.digest.json                                    in its place: its root, and who gets it how
    content.sha256                                         digests of the files above: what the result is about
    freeze.json                                            where items were drawn: the plan that was frozen before
    statements/{plan,run-start,run-end,result}.dsse.json   who said what; entry-7.dsse.json: of other attempts;
                                                           audit….dsse.json: an auditor's
    proofs/{the same}.tlog-proof                           when, and witnessed by whom
    log/entries/{first index}.jsonl, log/edge.json         the log's entries from there on, the tree below them
    log/checkpoint                                         the newest one, cosigned, to which they lead
    policy/trust.json  policy/log.policy                   whose word counts for the publisher: a hint
    audit/…  anchors/…                                     evidence of audits; tokens of time stamps
    manifest.sha256                                        digests of all files but itself; signed by nobody

It is a ZIP whose members are stored as they are, sorted by name, dated 1980-01-01, without extra fields. The same
members make the same bytes, so no byte is free: whoever reads one writes it again and compares. Big files are
gzip files inside. Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Final

from fairtrial.core.errors import IntegrityError, UsageError
from fairtrial.trust.documents import GET_AGAIN

PLAN, METHOD, SCORES, DATASET = "plan.json", "method.json", "scores.json", "dataset.json"
FREEZE: Final = "freeze.json"
RECORDS, RECORDS_GZ, RECORDS_DIGEST = "records.jsonl", "records.jsonl.gz", "records.digest.json"
CONTENT_LIST, MANIFEST = "content.sha256", "manifest.sha256"
STATEMENTS, PROOFS, ENTRIES, AUDIT, ANCHORS = "statements/", "proofs/", "log/entries/", "audit/", "anchors/"
STATEMENT_SUFFIX, PROOF_SUFFIX, ENTRIES_SUFFIX = ".dsse.json", ".tlog-proof", ".jsonl"
EDGE, CHECKPOINT = "log/edge.json", "log/checkpoint"
TRUST, LOG_POLICY = "policy/trust.json", "policy/log.policy"

CONTENT: Final = (PLAN, METHOD, RECORDS, RECORDS_GZ, RECORDS_DIGEST, SCORES, DATASET)
"""What the result is about, as far as it is there."""
ALLOWED: Final = (*CONTENT, CONTENT_LIST, FREEZE, MANIFEST, EDGE, CHECKPOINT, TRUST, LOG_POLICY)
_FOLDERS: Final = (
    (STATEMENTS, STATEMENT_SUFFIX),
    (PROOFS, PROOF_SUFFIX),
    (ENTRIES, ENTRIES_SUFFIX),
    (AUDIT, ""),
    (ANCHORS, ""),
)

MOST_MEMBERS: Final = 10_000
MOST_BYTES: Final = 2**31 - 1
"""Of the whole file: no ZIP64."""
MOST_NAME: Final = 200

_NAME: Final = re.compile(r"[a-z0-9._-]+(?:/[a-z0-9._-]+)*", re.ASCII)
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION, _DATE, _FILE = 20, 33, 0o100644 << 16
"""ZIP 2.0; 1980-01-01; a plain file that its owner may write."""
_UNIX: Final = 3 << 8


def content_list(members: Mapping[str, bytes]) -> bytes:
    """`content.sha256`: the files that the result is about, in the form that `sha256sum -c` reads. To be made, and
    its digest signed as the result's subject, before the bundle is written."""
    return _sums(members, (name for name in CONTENT if name in members))


def manifest(members: Mapping[str, bytes]) -> bytes:
    """`manifest.sha256`: every member but itself."""
    return _sums(members, (name for name in members if name != MANIFEST))


def write_bundle(members: Mapping[str, bytes]) -> bytes:
    """The file, its manifest added. members: by name, `content.sha256` among them.

    Raises UsageError for a name that no bundle holds, for a content list that isn't theirs, and for too much.
    """
    for name in members:
        if problem := name_problem(name):
            raise UsageError(f"a bundle has no member {name[:80]!r}: {problem}")
    if members.get(CONTENT_LIST) != content_list(members):
        raise UsageError(
            f"{CONTENT_LIST} is not the list of these files",
            "make it with content_list, then sign the result",
        )
    whole = {**members, MANIFEST: manifest(members)}
    if len(whole) > MOST_MEMBERS or sum(map(len, whole.values())) > MOST_BYTES - 2**22:
        raise UsageError(
            f"{len(whole):,} files are too many, or too large, for one bundle",
            "keep the records outside it: --records digest",
        )
    return zipped(whole)


def read_bundle(data: bytes, name: str) -> dict[str, bytes]:
    """Every member by name. name: of the file, for messages.

    Raises IntegrityError, naming the fault, for any file but the very one that `zipped` makes of these members.
    Their content is not looked at; `manifest` and `content_list` are there to be compared.
    """
    try:
        members = _members(data)
        _compare(zipped(members), data)
    except (ValueError, struct.error) as error:
        raise IntegrityError(f"{name} is no bundle: {error}", GET_AGAIN) from error
    return members


def name_problem(name: str) -> str | None:
    """Why no member of a bundle may be called so; None where one may."""
    parts = name.split("/")
    if len(name) > MOST_NAME or not _NAME.fullmatch(name) or any(set(part) <= {"."} for part in parts):
        return "names are a-z, 0-9, '.', '_', '-', with '/' between folders, and lead nowhere else"
    if name in ALLOWED or any(_fits(name, folder, suffix) for folder, suffix in _FOLDERS):
        return None
    return "it has no place in a bundle"


def _fits(name: str, folder: str, suffix: str) -> bool:
    return name.startswith(folder) and name.endswith(suffix) and len(name) > len(folder) + len(suffix)


def _sums(members: Mapping[str, bytes], names: Iterable[str]) -> bytes:
    lines = (f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(names))
    return "".join(lines).encode("ascii")


def zipped(members: Mapping[str, bytes]) -> bytes:
    """The one ZIP of these members, whatever they are."""
    files, directory, at = [], [], 0
    for name in sorted(members):
        data, path = members[name], name.encode("ascii")
        about = (_VERSION, 0, 0, 0, _DATE, zlib.crc32(data), len(data), len(data), len(path), 0)
        local = _LOCAL.pack(b"PK\x03\x04", *about)
        directory.append(_CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, *about, 0, 0, 0, _FILE, at) + path)
        files += [local, path, data]
        at += len(local) + len(path) + len(data)
    listed = b"".join(directory)
    count = len(members)
    return b"".join([*files, listed, _END.pack(b"PK\x05\x06", 0, 0, count, count, len(listed), at, 0)])


def _members(data: bytes) -> dict[str, bytes]:
    """What stands behind each local header, from the first byte on: a bundle has nothing before or between."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data):,} bytes; {MOST_BYTES:,} are allowed")
    members: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        _, _, flags, method, _, _, _, size, real, length, extra = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size + length
        path = data[at + _LOCAL.size : start].decode("latin-1")
        if problem := name_problem(path):
            raise ValueError(f"it has a member {path[:80]!r}: {problem}")
        if path in members:
            raise ValueError(f"the member {path!r} stands twice")
        if method or flags or extra or size != real:
            raise ValueError(f"the member {path!r} is compressed, encrypted, or has extra fields")
        if start + size > len(data):
            raise ValueError(f"the member {path!r} is cut off")
        if len(members) == MOST_MEMBERS:
            raise ValueError(f"more than {MOST_MEMBERS:,} members")
        members[path] = data[start : start + size]
        at = start + size
    if not members:
        raise ValueError("it doesn't begin with a stored member of a ZIP file")
    return members


def _compare(expected: bytes, found: bytes) -> None:
    if expected == found:
        return
    if found.startswith(expected):
        raise ValueError(f"{len(found) - len(expected):,} bytes follow its end")
    if expected.startswith(found):
        raise ValueError(f"it is cut off: {len(expected) - len(found):,} bytes are missing at its end")
    at = next(at for at, pair in enumerate(zip(expected, found, strict=False)) if pair[0] != pair[1])
    raise ValueError(f"its bytes are not those that its members make, from byte {at:,} on")
