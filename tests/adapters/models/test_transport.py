"""What can go wrong below and inside HTTP, against a server that sends bytes as no web framework would."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fairtrial.adapters.models.address import endpoint, proxy_of
from fairtrial.adapters.models.setting import Timeouts
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output, Usage
from tests.adapters.models.asking import ask, failure, question, wrong_use
from tests.wire.server import Server, start

KEY = "sk-secret/with+marks/0123456789"
ENVIRON = {"OPENAI_API_KEY": KEY}
SHORT = Timeouts(connect=1.0, first_byte=0.5, between=0.5, whole=1.0)


@pytest.fixture(scope="module")
def raw() -> Iterator[Server]:
    with start("tests.wire.raw") as server:
        yield server


def put(raw: Server, kind: str, **more: object) -> Output:
    return ask("openai-api/m", question("x"), ENVIRON, base_url=f"{raw.root}/{kind}", **more)  # type: ignore[arg-type]


def fails(raw: Server, kind: str, **more: object):  # type: ignore[no-untyped-def]
    return failure("openai-api/m", question("x"), ENVIRON, base_url=f"{raw.root}/{kind}", **more)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("good", "42"),
        ("gzip", "42"),
        ("null-error", "42"),
        ("parts", "42"),
        ("nul", "4\x002"),
        ("surrogate", "\ud83d 42"),
        ("number", None),
        ("long-header", None),
    ],
)
def test_odd_but_whole_replies(kind: str, text: str | None, raw: Server) -> None:
    if kind == "long-header":
        assert fails(raw, kind).cause == "bad-reply"
    else:
        assert put(raw, kind).text == text


def test_a_large_reply_is_read_whole(raw: Server) -> None:
    found = put(raw, "large")
    assert found.text is not None and len(found.text) == 15 * 2**20


@pytest.mark.parametrize(
    ("kind", "cause", "words"),
    [
        ("gzip-bomb", "bad-reply", "grows beyond 16,777,216"),
        ("gzip-cut", "short-body", "middle"),
        ("gzip-tail", "bad-reply", "behind its end"),
        ("gzip-not", "bad-reply", "can't be inflated"),
        ("brotli", "bad-reply", "'br'"),
        ("too-large", "bad-reply", "17,825,792 bytes"),
        ("too-large-chunked", "bad-reply", "grows beyond"),
        ("html", "bad-reply", "HTML page in place of JSON"),
        ("html-502", "http-502", "502"),
        ("empty", "bad-reply", "not a JSON object"),
        ("half", "short-body", "middle"),
        ("half-json", "bad-reply", "not a JSON object"),
        ("chunk-cut", "short-body", "middle"),
        ("latin-1", "bad-reply", "not UTF-8"),
        ("deep", "bad-reply", "not a JSON object"),
        ("array", "bad-reply", "not a JSON object"),
        ("text", "bad-reply", "not a JSON object"),
        ("no-choices", "bad-reply", "empty list of choices"),
        ("odd-choice", "bad-reply", "not an object"),
        ("no-message", "bad-reply", "without a message"),
        ("not-http", "bad-reply", "HTTP"),
        ("inner-text", "provider-error", "it broke"),
        ("inner-429", "rate-limited", "429"),
    ],
)
def test_replies_that_are_none_are_asked_again(kind: str, cause: str, words: str, raw: Server) -> None:
    error = fails(raw, kind)
    assert (error.cause, error.retryable) == (cause, True), error.message
    assert words in error.message
    assert error.request and '"messages"' in error.request


@pytest.mark.parametrize(
    ("kind", "cause"),
    [("created", "http-201"), ("html-403", "bad-reply"), ("inner-400", "provider-error")],
)
def test_other_statuses_are_told_as_they_are(kind: str, cause: str, raw: Server) -> None:
    assert fails(raw, kind).cause == cause


@pytest.mark.parametrize("kind", ["redirect", "redirect-308"])
def test_a_redirect_is_not_followed_with_a_key(kind: str, raw: Server) -> None:
    before = len(raw.get("/seen"))
    error = fails(raw, kind)
    assert error.cause.startswith("http-30") and not error.retryable
    assert "is not followed" in error.message and "--base-url" in error.remedy
    assert len(raw.get("/seen")) == before + 1, "the redirect was followed"
    assert KEY not in f"{error} {error.response}", "a key came back in the address and is shown"


def test_an_echoed_key_is_blotted_out_however_it_is_written(raw: Server) -> None:
    found = put(raw, "echo-key")
    assert found.text == "your key is [key]"
    assert KEY not in found.response and KEY.replace("/", "\\/") not in found.response
    assert KEY not in repr(found)


def test_tokens_that_are_no_counts_are_unknown(raw: Server) -> None:
    assert put(raw, "no-usage").usage is None
    assert put(raw, "list-usage").usage is None
    assert put(raw, "huge-usage").usage == Usage()
    assert put(raw, "odd-usage").usage == Usage()


def test_a_wait_is_told_in_seconds_or_as_a_date(raw: Server) -> None:
    assert fails(raw, "limited").retry_after == 7
    assert fails(raw, "empty-429").retry_after == 7
    assert 30 < fails(raw, "date").retry_after <= 41


@pytest.mark.parametrize("kind", ["silent", "trickle"])
def test_silence_ends_in_a_time_out(kind: str, raw: Server) -> None:
    error = fails(raw, kind, timeouts=SHORT)
    assert (error.cause, error.retryable) == ("timeout", True)
    assert "--timeout" in error.remedy


def test_a_stream_is_timed_to_its_first_token_not_to_its_head(raw: Server) -> None:
    found = put(raw, "slow-stream", stream=True)
    assert found.text == "42" and found.first_token_s is not None and found.duration_s is not None
    assert 0.3 <= found.first_token_s <= found.duration_s


@pytest.mark.parametrize(
    ("kind", "cause"),
    [("stalled-stream", "timeout"), ("cut-stream", "short-body"), ("cut-event", "short-body")],
)
def test_a_stream_that_stops_in_the_middle_is_no_answer(kind: str, cause: str, raw: Server) -> None:
    error = fails(raw, kind, stream=True, timeouts=Timeouts(between=0.3))
    assert (error.cause, error.retryable) == (cause, True)


def test_dead_hosts(raw: Server) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = failure("openai-api/m", question("x"), {}, base_url=f"http://127.0.0.1:{port}/v1")
    assert (error.cause, error.retryable) == ("connection", True)
    assert f"127.0.0.1:{port} can't be reached" in error.message and "server is running" in error.remedy


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid"])
def test_a_name_that_can_t_be_resolved(host: str) -> None:
    error = failure("openai-api/m", question("x"), {}, base_url=f"http://{host}/v1")
    assert (error.cause, error.retryable) == ("connection", True)
    assert f"the name {host} can't be resolved" in error.message


def test_a_prompt_with_half_a_character_is_sent_and_kept(raw: Server) -> None:
    found = ask("openai-api/m", question("half \ud83d"), ENVIRON, base_url=f"{raw.root}/good")
    assert found.text == "42" and "\\ud83d" in found.request


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A TLS server with a certificate that nobody has signed but itself, and that certificate."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stub")])
    now = datetime.now(UTC)

    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cert.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with start("tests.wire.raw", {"cert": str(pem), "key": str(folder / "key.pem")}) as server:
        yield server, pem


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tls: tuple[Server, Path]) -> None:
    server, _ = tls
    error = failure("openai-api/m", question("x"), ENVIRON, base_url=f"{server.root}/good")
    assert (error.cause, error.retryable) == ("certificate", False)
    assert "is not trusted" in error.message and "SSL_CERT_FILE" in error.remedy


def test_plain_words_to_a_tls_server_and_back(tls: tuple[Server, Path], raw: Server) -> None:
    server, _ = tls
    for address in (server.root.replace("https", "http"), raw.root.replace("http", "https")):
        error = failure("openai-api/m", question("x"), ENVIRON, base_url=f"{address}/good", timeouts=SHORT)
        assert error.cause in ("connection", "bad-reply", "short-body", "timeout")


@pytest.mark.parametrize(
    "address",
    [
        "http://user:pass@host/v1",
        "http://token@host/v1",
        "http://host/v1?api_key=sk-1",
        "http://host/v1#x",
        "ftp://host/v1",
        "host:8000/v1",
        "http://",
        "http://host:99999/v1",
        "http://host:abc/v1",
        "",
        "  ",
        "http://[::1/v1",
    ],
)
def test_addresses_with_a_secret_or_that_are_none_are_refused(address: str) -> None:
    with pytest.raises(UsageError) as raised:
        endpoint(address)
    assert "pass" not in str(raised.value).replace("password", "") and "sk-1" not in str(raised.value)


def test_an_address_with_a_secret_is_refused_wherever_it_comes_from() -> None:
    for environ in ({"OPENAI_API_KEY": "k" * 9, "OPENAI_BASE_URL": "http://me:pass@host/v1"},):
        assert "password" in wrong_use("openai/m", question("x"), environ)


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://a.example/v1", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.example/v1", {"https_proxy": "p:1"}, "http://p:1"),
        ("http://a.example/v1", {"HTTPS_PROXY": "http://p:1"}, None),
        ("https://a.example/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, None),
        ("https://a.example/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.example, *"}, None),
        ("https://aexample/v1", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"}, "http://p:1"),
        ("http://127.0.0.1:8000", {"http_proxy": "http://p:1", "no_proxy": "127.0.0.1"}, None),
    ],
)
def test_proxies(url: str, environ: dict[str, str], expected: str | None) -> None:
    found = proxy_of(endpoint(url), environ)
    assert (None if found is None else str(found).rstrip("/")) == expected
