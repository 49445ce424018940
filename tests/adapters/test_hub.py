"""Dataset files from a hub: the pinned bytes or none, once fetched then kept, and never a token elsewhere."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fairtrial.adapters.hub import Hub
from fairtrial.core.errors import IntegrityError, StoreError, UsageError

DATA = b'{"row": 1}\n' * 50
SHA = hashlib.sha256(DATA).hexdigest()
PATH = "/datasets/some/set/resolve/abc123/data/val.jsonl"
PLACE = ("some/set", "data/val.jsonl", "abc123")


@dataclass
class Seen:
    root: str = ""
    paths: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)


@pytest.fixture
def hub() -> Iterator[Seen]:
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.paths.append(self.path)
            seen.tokens.append(self.headers.get("Authorization"))
            if self.path.startswith("/moved"):
                self.send_response(302)
                self.send_header("Location", seen.root + PATH)
                self.end_headers()
            elif self.path == PATH:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(DATA)
            elif self.path.startswith("/cut"):
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"10\r\nabc")
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.root = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()


def environ(hub: Seen, home: Path, **more: str) -> dict[str, str]:
    return {"HF_ENDPOINT": hub.root, "HF_HOME": str(home), **more}


def test_a_file_is_fetched_once_by_its_revision_and_kept(hub: Seen, tmp_path: Path) -> None:
    assert Hub(environ(hub, tmp_path)).fetch(*PLACE, SHA) == DATA
    assert Hub(environ(hub, tmp_path)).fetch(*PLACE, SHA) == DATA
    assert hub.paths == [PATH]
    offline = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    assert Hub(offline).fetch(*PLACE, SHA) == DATA
    assert [path.name for path in (tmp_path / "fairtrial").iterdir()] == [SHA], "half a file lies about"


def test_another_file_under_the_pinned_name_is_refused_and_not_kept(hub: Seen, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=f"SHA-256 {SHA}, not {'0' * 64}"):
        Hub(environ(hub, tmp_path)).fetch(*PLACE, "0" * 64)
    assert not (tmp_path / "fairtrial").exists()


def test_a_kept_file_that_was_changed_is_refused_by_name(hub: Seen, tmp_path: Path) -> None:
    Hub(environ(hub, tmp_path)).fetch(*PLACE, SHA)
    kept = tmp_path / "fairtrial" / SHA
    kept.write_bytes(DATA[:-1])
    with pytest.raises(IntegrityError) as raised:
        Hub(environ(hub, tmp_path)).fetch(*PLACE, SHA)
    assert f"delete {kept}" in raised.value.remedy


def test_offline_is_honoured(hub: Seen, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="HF_HUB_OFFLINE is set") as raised:
        Hub(environ(hub, tmp_path, HF_HUB_OFFLINE="1")).fetch(*PLACE, SHA)
    assert "--data FILE" in raised.value.remedy and hub.paths == []


@pytest.mark.parametrize("endpoint", ["/nowhere", "/cut"])
def test_what_can_t_be_had_is_wrong_use_with_a_way_out(endpoint: str, hub: Seen, tmp_path: Path) -> None:
    told = environ(hub, tmp_path, HF_ENDPOINT=hub.root + endpoint)
    with pytest.raises(UsageError, match="can't be fetched") as raised:
        Hub(told).fetch(*PLACE, SHA)
    assert "--data FILE" in raised.value.remedy


@pytest.mark.parametrize("endpoint", ["file:///etc", "ftp://host", "host"])
def test_an_endpoint_that_is_no_web_address_is_refused(endpoint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no web address"):
        Hub({"HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path)}).fetch(*PLACE, SHA)


def test_a_dead_hub(tmp_path: Path) -> None:
    told = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    with pytest.raises(UsageError, match="can't be fetched"):
        Hub(told).fetch(*PLACE, SHA)


def test_the_token_goes_to_the_hub_and_not_to_where_it_points(hub: Seen, tmp_path: Path) -> None:
    told = environ(hub, tmp_path, HF_TOKEN="hf_secret", HF_ENDPOINT=hub.root + "/moved")
    assert Hub(told).fetch(*PLACE, SHA) == DATA
    assert hub.tokens == ["Bearer hf_secret", None]


def test_a_cache_that_can_t_be_written_is_a_store_error(hub: Seen, tmp_path: Path) -> None:
    (tmp_path / "fairtrial").write_text("a file in the folder's place")
    with pytest.raises(StoreError, match="can't be kept") as raised:
        Hub(environ(hub, tmp_path)).fetch(*PLACE, SHA)
    assert "HF_HOME" in raised.value.remedy


def test_without_hf_home_it_is_the_user_s_cache(hub: Seen, tmp_path: Path) -> None:
    for told in ({"XDG_CACHE_HOME": str(tmp_path / "x")}, {"HOME": str(tmp_path / "h")}):
        assert Hub({"HF_ENDPOINT": hub.root, **told}).fetch(*PLACE, SHA) == DATA
    assert (tmp_path / "x" / "fairtrial" / SHA).is_file()
    assert (tmp_path / "h" / ".cache" / "fairtrial" / SHA).is_file()
