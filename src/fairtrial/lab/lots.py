"""Key files, canaries, shuffled files, corpora: opened, and made, on disk."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import secrets
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from fairtrial.adapters.stores.folder import write_file
from fairtrial.audit.canary import Canaries, canaries
from fairtrial.audit.corpus import Overlap, Scan
from fairtrial.audit.keyed import KeyedForm, KeyedItem, keyed_form
from fairtrial.audit.lot import MAX_BYTES, Kind, Lot, lot_bytes, parse_lot, statement_bytes
from fairtrial.audit.order import OrderForm, order_form
from fairtrial.core.canon import JSON
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.evals.row_files import FILE_LIMIT, ROW_LIMIT, RowFile, need_file
from fairtrial.evals.rows import read_rows
from fairtrial.trust.draw import SECRET_BYTES

ROWS: Final = (".jsonl", ".ndjson", ".csv", ".json", ".yaml", ".yml")
_BLOCK: Final = 2**20


def read_keyed_items(path: Path) -> tuple[KeyedItem, ...]:
    """Keyed items from rows (YAML, JSON, JSONL, CSV): `prompt`, `answers` (a list), and `id`, else "item-N".
    Raises UsageError that names the row."""
    file = RowFile(path)
    found = []
    for at, (where, row) in enumerate(file.rows()):
        try:
            found.append(_keyed_item(row, f"item-{at:05d}"))
        except UsageError as error:
            file.faults.add(where, error.message, error.remedy)
    file.faults.raise_if_any()
    if not found:
        raise UsageError(f"{path} holds no item", "write one row an item: prompt and answers")
    return tuple(found)


def new_lot(kind: Kind, body: Mapping[str, JSON], path: Path, *, committed_at: str) -> Lot:
    """Draw. FILE keeps the secret; FILE.statement.json is to be made known at once, before the model can react.

    Raises StoreError where one of the files exists already, for a second draw would be a chance to choose.
    """
    beside = [path, path.with_suffix(".statement.json")]
    if there := [each for each in beside if each.exists()]:
        raise StoreError(f"{there[0]} exists", "choose another file; a draw is never made twice")
    secret, salt = secrets.token_bytes(SECRET_BYTES), secrets.token_bytes(SECRET_BYTES)
    lot = Lot(kind, body, committed_at, secret, salt)
    _CHECKS[kind](lot)
    write_file(path, lot_bytes(lot), mode=0o600)
    write_file(beside[1], statement_bytes(lot))
    return lot


def open_keyed(path: Path) -> KeyedForm:
    """Raises IntegrityError for a file that is no key file, or doesn't match its commitment."""
    return keyed_form(_lot(path, "keyed"))


def open_canaries(path: Path) -> Canaries:
    return canaries(_lot(path, "canary"))


def open_order(path: Path) -> OrderForm:
    return order_form(_lot(path, "order"))


def texts_of(path: Path) -> tuple[str, ...]:
    """The items of a file of rows in its order: input and, on a new line, the answer."""
    return tuple("\n".join([each.text, *each.target[:1]]) for each in read_rows(path).samples)


def scan_corpus(path: Path, items: Mapping[str, str]) -> Overlap:
    """Which items overlap with a corpus: rows with a field `text`, one a document, or a text file, which is one
    document; gzipped or not. The digest is that of the file as it is.

    Raises UsageError for a file that can't be read to its end, or is longer than 512 MB: a scan is whole or none.
    """
    scan = Scan(items)
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith(ROWS):
        return scan.overlap(_scan_text(path, scan))
    file = RowFile(path)
    for where, row in file.rows():
        text = row.get("text")
        if not isinstance(text, str):
            raise UsageError(f"{path.name}, {where} has no text under `text`", "a scan is whole or none")
        scan.read([text], where)
    file.faults.raise_if_any()
    return scan.overlap(file.digest)


def _scan_text(path: Path, scan: Scan) -> str:
    """Reads a text file through the scan; its digest."""
    need_file(path)
    hasher = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK):
                hasher.update(block)
            file.seek(0)
            stream: IO[bytes] = file
            if path.name.lower().endswith(".gz"):
                stream = gzip.GzipFile(fileobj=file)  # type: ignore[assignment]
            scan.read(_pieces(stream, path.name), path.name)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UsageError(f"{path.name} is no whole gzip file: {error}", "pack or fetch it again") from error
    except OSError as error:
        raise UsageError(
            f"{path} can't be read: {error.strerror}", "check the path and its rights"
        ) from error
    return f"sha256:{hasher.hexdigest()}"


def _pieces(stream: IO[bytes], name: str) -> Iterator[str]:
    """A text in pieces that end at a blank, so that no word is cut."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest, total = "", 0
    while block := stream.read(_BLOCK):
        total += len(block)
        if total > FILE_LIMIT:
            raise UsageError(f"{name} is longer than {FILE_LIMIT // 2**20} MB", "scan it in parts")
        text = rest + decoder.decode(block)
        cut = max(text.rfind(" "), text.rfind("\n"))
        rest = text[cut + 1 :]
        if len(rest) > ROW_LIMIT:
            raise UsageError(f"{name} has no blank within {ROW_LIMIT // 2**20} MB", "that is no text")
        yield text[: cut + 1]
    yield rest + decoder.decode(b"", final=True)


def _lot(path: Path, kind: Kind) -> Lot:
    need_file(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}", f"name a {kind} file") from error
    lot = parse_lot(data, path.name, kind)
    try:
        _CHECKS[kind](lot)
    except UsageError as error:
        raise IntegrityError(f"{path.name} is no {kind} file: {error.message}", error.remedy) from error
    return lot


def _keyed_item(row: Mapping[str, Any], name: str) -> KeyedItem:
    answers: Any = row.get("answers")
    if isinstance(answers, str):  # CSV holds a list as its JSON text
        try:
            answers = json.loads(answers)
        except ValueError:
            answers = None
    if not isinstance(answers, Sequence) or isinstance(answers, str):
        raise UsageError("the row has no list under `answers`", "list all valid answers that are asked for")
    texts = [str(each) if type(each) is int else each for each in answers]
    told, prompt = row.get("id", name), row.get("prompt")
    if not all(isinstance(each, str) for each in (told, prompt, *texts)):
        raise UsageError("`id`, `prompt` and each of `answers` are texts", "put quotes around them")
    return KeyedItem(str(told), str(prompt), tuple(map(str, texts)))


_CHECKS: Final[Mapping[Kind, Any]] = {"keyed": keyed_form, "canary": canaries, "order": order_form}
