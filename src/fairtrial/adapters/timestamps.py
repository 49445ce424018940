"""Time stamps (RFC 3161): the extra `[timestamp]`, in the one place that needs it.

A token says that bytes with this digest existed at a time, signed by an authority whose certificate leads to a
root that the reader named. rfc3161-client reads and verifies it. What no signature covers is looked at here, so
that no byte of a token is free: the status around it, version numbers, the name of the signature's algorithm,
further certificates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    Certificate,
    DuplicateExtension,
    InvalidVersion,
    load_der_x509_certificate,
    load_pem_x509_certificates,
)

from fairtrial.adapters.http_get import post
from fairtrial.core.errors import IntegrityError, ProviderError, UsageError
from fairtrial.trust.verification import Stamp

MOST_BYTES: Final = 65_536
"""Of a token: one with three certificates has about 6,000."""
MOST_CERTIFICATES: Final = 8
_ASK_AGAIN: Final = "ask for another token; don't rely on this one"

_BARE: Final = bytes.fromhex("3003020100")
"""PKIStatusInfo "granted", without a text that anybody could change."""
_SHA2: Final = {bytes.fromhex(f"060960864801650304020{at}"): at for at in (1, 2, 3)}
"""Object identifiers of SHA-256, SHA-384 and SHA-512, and their numbers in that family."""
_DIGESTS: Final = (hashlib.sha256, hashlib.sha384, hashlib.sha512)


def read_roots(pem: bytes, name: str) -> tuple[Certificate, ...]:
    """The authorities' root certificates that a reader names. Raises UsageError."""
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise UsageError(
            f"{name} holds no certificates in PEM form", "get them from the authority's own site"
        ) from error


def ask(url: str, message: bytes, roots: Sequence[Certificate]) -> tuple[bytes, Stamp]:
    """A token over the message from the authority at this address, in the form in which it is kept, verified.

    Raises UsageError without the extra; ProviderError where the authority gives none; IntegrityError where what it
    gives isn't a sound answer to this question.
    """
    client = _client()
    request = client.TimestampRequestBuilder(data=message, hash_algorithm=client.HashAlgorithm.SHA256).build()
    answer = post(url, request.as_bytes(), most=MOST_BYTES, content_type="application/timestamp-query")
    check = "check the address of the time-stamping authority, or try another"
    if answer.status != 200:
        raise ProviderError(f"{url} answered {answer.status}", check, cause=f"http-{answer.status}")
    try:
        reply = client.decode_timestamp_response(answer.body)
        if reply.status != 0:
            raise ProviderError(
                f"{url} gave no time stamp: status {reply.status}", check, cause="tsa-refused"
            )
        nonce, token = reply.tst_info.nonce, _bare(answer.body)
    except ValueError as error:
        raise ProviderError(f"{url} answered with no time stamp", check, cause="bad-reply") from error
    if nonce != request.nonce:
        raise IntegrityError(f"{url} answered another request than ours", _ASK_AGAIN)
    found = stamped(token, [message], roots)
    if found is None:
        raise IntegrityError(
            f"the token from {url} leads to none of the root certificates that you named", _ASK_AGAIN
        )
    return token, found


def stamped(token: bytes, messages: Sequence[bytes], roots: Sequence[Certificate]) -> Stamp | None:
    """See `trust.verification.StampCheck`. token: a TimeStampResp in DER."""
    client = _client()
    if len(token) > MOST_BYTES:
        raise IntegrityError(f"a time stamp of {len(token):,} bytes; {MOST_BYTES:,} are allowed", _ASK_AGAIN)
    try:
        reply = client.decode_timestamp_response(token)
        signer, certificates = _read(token)
        at = _message(reply.tst_info.message_imprint.message, messages)
        if not all(_leads(each, certificates, roots) for each in certificates):
            return None
        own = _own(signer[1], certificates)
        _check_algorithm(signer, own)
        client.VerifierBuilder(roots=list(roots)).build().verify_message(reply, messages[at])
        time = reply.tst_info.gen_time
    except client.VerificationError as error:
        raise IntegrityError(f"the time stamp is not sound: {error}", _ASK_AGAIN) from error
    except (ValueError, UnsupportedAlgorithm, DuplicateExtension, InvalidVersion) as error:
        raise IntegrityError(
            f"this is no time stamp: {error}".partition("\n")[0][:200], _ASK_AGAIN
        ) from error
    return Stamp(at, f"{time:%Y-%m-%dT%H:%M:%S}Z", own.subject.rfc4514_string())


def _message(digest: bytes, messages: Sequence[bytes]) -> int:
    for at, message in enumerate(messages):
        if any(made(message).digest() == digest for made in _DIGESTS):
            return at
    raise IntegrityError("the time stamp is over other bytes", _ASK_AGAIN)


def _leads(first: Certificate, others: Sequence[Certificate], roots: Sequence[Certificate]) -> bool:
    """Whether issuers' signatures lead from here to one of the roots."""
    certificate = first
    for _ in range(MOST_CERTIFICATES):
        if certificate in roots or any(_issued(certificate, each) for each in roots):
            return True
        above = next((each for each in others if each != certificate and _issued(certificate, each)), None)
        if above is None:
            return False
        certificate = above
    return False


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _own(named: bytes, certificates: Sequence[Certificate]) -> Certificate:
    """The authority's: the one that the signature names, by its issuer and number as they stand. Two of them are
    refused: the signature could be checked by one, and the name told be the other's."""
    found = []
    for each in certificates:
        _, number, _, issuer, *_ = _parts(_parts(each.public_bytes(Encoding.DER))[0])
        if _parts(named) == [issuer, number]:
            found.append(each)
    if len(found) != 1:
        raise ValueError(f"{len(found)} certificates are the signer's; one has to be")
    return found[0]


def _check_algorithm(signer: Sequence[bytes], own: Certificate) -> None:
    """Verifiers take key and digest and never look at the name of the signature's algorithm; so here it is held
    against both. Of RSA either of two names is usual."""
    kind = _SHA2.get(_parts(signer[2])[0])
    if kind is None:
        raise ValueError("it is signed over another digest than SHA-2")
    elliptic = bytes.fromhex(f"300a06082a8648ce3d04030{kind + 1}")
    rsa = [bytes.fromhex(f"300d06092a864886f70d01010{each}0500") for each in (1, "abcd"[kind])]
    key = own.public_key()
    named = (
        [elliptic]
        if isinstance(key, EllipticCurvePublicKey)
        else rsa
        if isinstance(key, RSAPublicKey)
        else []
    )
    if signer[4] not in named:
        raise ValueError("its signature is of a kind that isn't read")


def _read(token: bytes) -> tuple[list[bytes], list[Certificate]]:
    """The SignerInfo's parts, and the certificates. Raises ValueError for any part that isn't in its one form."""
    status, content_info = _parts(token)
    if status != _BARE:
        raise ValueError("its status is another than plain 'granted'")
    (signed,) = _parts(_parts(content_info)[1])
    version, _, _, certificates, signers = _parts(signed)
    (signer,) = _parts(signers)
    parts = _parts(signer)
    if len(parts) != 6 or (version, parts[0]) != (b"\x02\x01\x03", b"\x02\x01\x01"):
        raise ValueError("it has parts or versions that no time stamp needs")
    found = [load_der_x509_certificate(each) for each in _parts(certificates)]
    if not 1 <= len(found) <= MOST_CERTIFICATES:
        raise ValueError(f"it has {len(found)} certificates; 1 to {MOST_CERTIFICATES} are allowed")
    return parts, found


def _bare(reply: bytes) -> bytes:
    """A granted reply without whatever else its status says."""
    token = _parts(reply)[1]
    body = _BARE + token
    size = len(body).to_bytes(2, "big").lstrip(b"\0")
    return b"\x30" + (bytes([0x80 | len(size)]) + size if len(body) > 127 else size) + body


def _parts(element: bytes) -> list[bytes]:
    """The elements inside a constructed one, as they stand. Of DER that was parsed already."""
    start, end = _extent(element, 0)
    found = []
    while start < end:
        _, after = _extent(element, start)
        found.append(element[start:after])
        start = after
    return found


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends. Tags of one byte, definite lengths."""
    head = data[at : at + 2]
    if len(head) < 2:
        raise ValueError("it is cut off")
    more = head[1] & 0x7F if head[1] & 0x80 else 0
    start = at + 2 + more
    size = int.from_bytes(data[at + 2 : start], "big") if more else head[1]
    if start + size > len(data):
        raise ValueError("it is cut off")
    return start, start + size


def _client() -> Any:
    try:
        return import_module("rfc3161_client")
    except ImportError as error:
        raise UsageError(
            "the extra `timestamp` is not installed", "pip install 'fairtrial[timestamp]'"
        ) from error
