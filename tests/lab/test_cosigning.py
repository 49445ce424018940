"""Witnesses that answer badly: what a log believes, and what it calls missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fairtrial.core.errors import IntegrityError, ProviderError
from fairtrial.lab.cosigning import ask, gather
from fairtrial.trust.checkpoint import cosign
from fairtrial.trust.log_policy import LogPolicy, Party, parse_log_policy
from fairtrial.trust.note import NoteSignature
from fairtrial.trust.tree import consistency_proof
from fairtrial.trust.witness import SIZE_TYPE, parse_request
from tests.trust.logs import NOON, WITNESSES, checkpoint, levels

SIGNED = checkpoint(5)
GOOD, OTHER = (cosign(SIGNED.checkpoint, key, NOON).line.encode() for key in WITNESSES[:2])
Scripted = tuple[int, str, bytes]


@contextmanager
def _witness(*answers: Scripted) -> Iterator[tuple[Party, list[bytes]]]:
    """Gives these answers in turn; what it was asked."""
    asked: list[bytes] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, kind, body = left.pop(0)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Party("one", WITNESSES[0].public, f"http://127.0.0.1:{server.server_port}"), asked
    finally:
        server.shutdown()
        server.server_close()


def _prove(old: int, new: int) -> tuple[bytes, ...]:
    return consistency_proof(old, new, levels(new))


def _ask(party: Party, last: int = 0) -> tuple[NoteSignature, ...]:
    return ask(party, SIGNED, _prove, last)


def test_the_size_is_learnt_from_409_and_proven_from_there() -> None:
    with _witness((409, SIZE_TYPE, b"3\n"), (200, "text/plain", GOOD)) as (party, asked):
        assert [each.line.encode() for each in _ask(party)] == [GOOD]
    assert [parse_request(each).old for each in asked] == [0, 3]
    assert parse_request(asked[1]).proof == _prove(3, 5)


def test_lines_by_other_keys_are_passed_over() -> None:
    with _witness((200, "text/plain", OTHER + GOOD)) as (party, _):
        assert [each.line.encode() for each in _ask(party)] == [GOOD]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([(200, "text/plain", OTHER)], "no cosignature by the key in the policy"),
        ([(200, "text/plain", b"")], "answered no cosignature"),
        ([(200, "text/plain", GOOD[:-1])], "answered no cosignature"),
        ([(200, "text/plain", b"nonsense\n")], "answered no cosignature"),
        ([(200, "text/plain", GOOD.replace(b"A", b"B", 3))], "answered"),
        ([(200, "text/plain", b"x" * 100_000)], "more than 65,536 bytes"),
        ([(404, "text/plain", b"")], "answered 404"),
        ([(403, "text/plain", b"")], "answered 403"),
        ([(500, "text/plain", b"")], "answered 500"),
        ([(302, "text/plain", b"")], "answered 302"),
        ([(409, "text/plain", b"3\n")], "answered 409 with"),
        ([(409, SIZE_TYPE, b"3")], "answered 409 with"),
        ([(409, SIZE_TYPE, b"03\n")], "answered 409 with"),
        ([(409, SIZE_TYPE, b"3\n"), (409, SIZE_TYPE, b"4\n")], "answered 409"),
    ],
)
def test_an_answer_that_is_none_is_no_cosignature(answers: list[Scripted], told: str) -> None:
    with _witness(*answers) as (party, _), pytest.raises(ProviderError, match=told):
        _ask(party)


def test_another_tree_stops_the_log() -> None:
    with (
        _witness((409, SIZE_TYPE, b"9\n")) as (party, _),
        pytest.raises(IntegrityError, match="has cosigned 9 entries"),
    ):
        _ask(party)
    with (
        _witness((422, "text/plain", b"forked")) as (party, _),
        pytest.raises(IntegrityError, match="refuses the tree"),
    ):
        _ask(party)


def test_one_that_is_away_is_missing_and_the_quorum_is_judged_without_it() -> None:
    with _witness((200, "text/plain", GOOD)) as (party, _):
        done = gather(SIGNED, _policy(party.url, "any"), _prove, lambda _: 0)
    assert done.met and done.times == {WITNESSES[0].public: NOON}
    assert [name for name, _ in done.missing] == ["two", "three"]
    with _witness((200, "text/plain", GOOD)) as (party, _):
        assert not gather(SIGNED, _policy(party.url, "2"), _prove, lambda _: 0).met


def _policy(url: str, threshold: str) -> LogPolicy:
    one, two, three = (key.public.vkey for key in WITNESSES)
    text = f"witness one {one} {url}\nwitness two {two} http://127.0.0.1:9\nwitness three {three}\n"
    return parse_log_policy(f"{text}group g {threshold} one two three\nquorum g\n".encode(), "it")
