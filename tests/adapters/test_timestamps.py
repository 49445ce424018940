"""Tokens that are none: over another message, by another root, broken, any byte changed, of two certificates."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fairtrial.adapters import timestamps
from fairtrial.adapters.timestamps import _bare, _parts, ask, read_roots, stamped
from fairtrial.core.errors import FairtrialError, IntegrityError, ProviderError, UsageError
from fairtrial.trust.verification import Stamp
from tests.adapters.authority import NO_OPENSSL, OPENSSL, Authority

pytestmark = pytest.mark.skipif(OPENSSL is None, reason=NO_OPENSSL)
MESSAGE = b"example.org/log\n3\nroot\n"


@pytest.fixture(scope="module", params=["elliptic", "rsa"])
def authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp(request.param), request.param)


def roots(authority: Authority) -> tuple[x509.Certificate, ...]:
    return read_roots(authority.roots, "root.pem")


def refused(token: bytes, authority: Authority, message: bytes = MESSAGE) -> bool:
    try:
        return stamped(token, [message], roots(authority)) is None
    except IntegrityError:
        return True


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_good_token_tells_time_and_authority(authority: Authority, digest: str) -> None:
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    found = stamped(authority.token(MESSAGE, digest), [b"other", MESSAGE], roots(authority))
    after = datetime.datetime.now(datetime.UTC)
    assert isinstance(found, Stamp) and found.message == 1
    assert before <= datetime.datetime.fromisoformat(found.time) <= after
    assert found.authority == "CN=Example tsa,O=Example Time"


def test_another_message_is_another_message(authority: Authority) -> None:
    with pytest.raises(IntegrityError, match="over other bytes"):
        stamped(authority.token(b"else"), [MESSAGE], roots(authority))


def test_by_another_root_it_is_nobodys(authority: Authority, tmp_path: Path) -> None:
    # The same name on the root, another key.
    assert stamped(authority.token(MESSAGE), [MESSAGE], roots(Authority.new(tmp_path))) is None


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_no_byte_of_a_token_is_free(authority: Authority) -> None:
    token = authority.token(MESSAGE)
    assert not refused(token, authority)
    for at in range(len(token)):
        for change in (0x01, 0x20, 0x80, 0xFF):
            changed = bytearray(token)
            changed[at] ^= change
            assert refused(bytes(changed), authority), (at, change)


def test_what_is_cut_or_followed_is_none(authority: Authority) -> None:
    token = authority.token(MESSAGE)
    for wrong in (b"", token[:-1], token[: len(token) // 2], token + b"\0", b"0" * 70_000, _parts(token)[1]):
        with pytest.raises(IntegrityError):
            stamped(wrong, [MESSAGE], roots(authority))


def test_a_reply_with_words_in_its_status_is_kept_without_them(authority: Authority) -> None:
    token = authority.token(MESSAGE)
    words = bytes.fromhex("3009020100") + b"\x30\x04\x0c\x02ok"
    body = words + _parts(token)[1]
    wordy = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    assert timestamps._client().decode_timestamp_response(wordy).status_string == ["ok"]
    assert refused(wordy, authority)
    assert _bare(wordy) == token


def test_only_who_may_stamp_does(authority: Authority) -> None:
    """A certificate for code, of the same root: openssl would not stamp with it, so the token is made by hand."""
    with pytest.raises(IntegrityError, match="unsuitable certificate purpose"):
        stamped(_by_code(authority), [MESSAGE], roots(authority))


def test_two_certificates_of_one_number_are_one_too_many(authority: Authority) -> None:
    """The root gave the number 7 to two."""
    signed = ("x509", "-req", "-in", "code.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "7")
    authority.openssl(*signed, "-extfile", "conf", "-extensions", "code", "-days", "30", "-out", "seven.pem")
    seven = x509.load_pem_x509_certificate((authority.folder / "seven.pem").read_bytes())
    status, token = _parts(authority.token(MESSAGE))
    forged = _wrap(0x30, status + _with(token, seven.public_bytes(Encoding.DER)))
    with pytest.raises(IntegrityError, match="2 certificates are the signer's"):
        stamped(forged, [MESSAGE], roots(authority))


def test_certificates_that_lead_nowhere_are_not_carried_along(authority: Authority, tmp_path: Path) -> None:
    status, token = _parts(authority.token(MESSAGE))
    root = x509.load_pem_x509_certificate(authority.roots).public_bytes(Encoding.DER)
    other = x509.load_pem_x509_certificate(Authority.new(tmp_path).roots).public_bytes(Encoding.DER)
    assert not refused(_wrap(0x30, status + _with(token, root)), authority)
    assert refused(_wrap(0x30, status + _with(token, other)), authority)


def _by_code(authority: Authority) -> bytes:
    """A token whose TSTInfo is right, signed with the key of the certificate for code."""
    token = authority.token(MESSAGE)
    (signed,) = _parts(_parts(_parts(token)[1])[1])
    content = _parts(_parts(_parts(signed)[2])[1])[0]
    folder = authority.folder
    start = content[1] & 0x7F if content[1] & 0x80 else 0
    (folder / "tst").write_bytes(content[2 + start :])
    words = ("cms", "-sign", "-binary", "-in", "tst", "-nodetach", "-md", "sha256", "-outform", "DER")
    kind = ("-econtent_type", "1.2.840.113549.1.9.16.1.4", "-nosmimecap")
    authority.openssl(*words, *kind, "-signer", "code.pem", "-inkey", "code.key", "-out", "cms")
    return _wrap(0x30, timestamps._BARE + (folder / "cms").read_bytes())


def _with(content_info: bytes, *more: bytes) -> bytes:
    """Further certificates in it: no signature covers their list."""
    oid, wrapped = _parts(content_info)
    (inner,) = _parts(wrapped)
    version, digests, encapsulated, certificates, signers = _parts(inner)
    listed = _wrap(0xA0, b"".join(sorted([*_parts(certificates), *more])))
    inner = _wrap(0x30, version + digests + encapsulated + listed + signers)
    return _wrap(0x30, oid + _wrap(0xA0, inner))


def _wrap(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x82]) + len(body).to_bytes(2, "big") + body


def test_asked_over_http(authority: Authority) -> None:
    with authority.served() as url:
        token, found = ask(url, MESSAGE, roots(authority))
        assert stamped(token, [MESSAGE], roots(authority)) == found
        with pytest.raises(ProviderError, match="answered 404"):
            ask(url.replace("/tsr", "/gone"), MESSAGE, roots(authority))
        with pytest.raises(ProviderError, match="no time stamp"):
            ask(url.replace("/tsr", "/text"), MESSAGE, roots(authority))
        with pytest.raises(IntegrityError, match="another request"):
            ask(url.replace("/tsr", "/old"), MESSAGE, roots(authority))


def test_an_answer_by_nobody_whom_we_named_is_not_kept(authority: Authority, tmp_path: Path) -> None:
    with authority.served() as url, pytest.raises(IntegrityError, match="none of the root certificates"):
        ask(url, MESSAGE, roots(Authority.new(tmp_path)))


def test_roots_are_certificates() -> None:
    with pytest.raises(UsageError, match="holds no certificates"):
        read_roots(b"no", "roots.pem")


def test_without_the_extra_it_says_so(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    token = authority.token(MESSAGE)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(UsageError, match="the extra `timestamp` is not installed") as told:
        stamped(token, [MESSAGE], roots(authority))
    assert isinstance(told.value, FairtrialError) and "fairtrial[timestamp]" in told.value.remedy


def test_openssl_reads_what_is_kept(authority: Authority) -> None:
    (authority.folder / "kept.tsr").write_bytes(_bare(authority.token(MESSAGE)))
    authority.openssl("ts", "-verify", "-data", "message", "-in", "kept.tsr", "-CAfile", "root.pem")
    (authority.folder / "message").write_bytes(b"else")
    with pytest.raises(subprocess.CalledProcessError):
        authority.openssl("ts", "-verify", "-data", "message", "-in", "kept.tsr", "-CAfile", "root.pem")
