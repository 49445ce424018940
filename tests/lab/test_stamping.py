"""From a log's checkpoint to the check `anchors`: which stamps are kept, which go into a bundle, what is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fairtrial.adapters.stores.tiles import LogFolder
from fairtrial.adapters.timestamps import _bare, read_roots, stamped
from fairtrial.core.errors import IntegrityError, StoreError, UsageError
from fairtrial.lab.entering import writing
from fairtrial.lab.log_reader import LogReader
from fairtrial.lab.stamping import anchors, stamp
from fairtrial.trust import bundle
from fairtrial.trust.bundle import read_bundle
from fairtrial.trust.checks_audit import MOST_TOKENS
from fairtrial.trust.verification import Check, Verification
from fairtrial.trust.verify import verify
from tests.adapters.authority import NO_OPENSSL, OPENSSL, Authority
from tests.lab.log_world import append, new_log, plan
from tests.lab.registered_world import world
from tests.lab.test_bundling import made, registered
from tests.trust.chain import Chain, rewritten

pytestmark = pytest.mark.skipif(OPENSSL is None, reason=NO_OPENSSL)
ONE = "anchors/3-tsa.tsr"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def control() -> Chain:
    made = Chain()
    made.build()
    return made


@pytest.fixture
def url(authority: Authority) -> Iterator[str]:
    with authority.served() as address:
        yield address


def told(control: Chain, authority: Authority, **files: bytes) -> tuple[Check, Verification]:
    data = rewritten(control.members, {f"anchors/{name}.tsr": token for name, token in files.items()})
    check = partial(stamped, roots=read_roots(authority.roots, "root.pem"))
    found = control.verified(data, stamped=check)
    return next(each for each in found.checks if each.check == "anchors"), found


def text(control: Chain) -> bytes:
    """Of the checkpoint to which START was proven: origin, size, root."""
    return control.members["proofs/run-start.tlog-proof"].split(b"\n\n")[1] + b"\n"


def test_a_stamp_over_a_checkpoint_is_told(control: Chain, authority: Authority) -> None:
    check, found = told(control, authority, a=_bare(authority.token(text(control))))
    assert (check.outcome, found.ok, found.label) == ("ok", True, "witnessed-self-run")
    assert check.detail.startswith("proofs/run-start.tlog-proof existed at 20")
    assert check.detail.endswith("Z, says CN=Example tsa,O=Example Time")


def test_one_over_other_bytes_fails_the_bundle(control: Chain, authority: Authority) -> None:
    good = _bare(authority.token(text(control)))
    for wrong in (_bare(authority.token(b"else")), good[:-1], b""):
        check, found = told(control, authority, a=good, b=wrong)
        assert (check.outcome, found.ok, found.label) == ("failed", False, None)
        assert check.detail.startswith("anchors/b.tsr: ")


def test_one_by_nobody_whom_the_reader_knows_is_never_a_pass(
    control: Chain, authority: Authority, tmp_path: Path
) -> None:
    good, other = _bare(authority.token(text(control))), Authority.new(tmp_path)
    check, found = told(control, other, a=good)
    assert (check.outcome, found.label) == ("unknown", "witnessed-self-run")
    assert "no root certificate that you named" in check.detail
    check, _ = told(control, authority, a=good, b=_bare(other.token(text(control))))
    assert check.outcome == "unknown" and "anchors/b.tsr not checked" in check.detail
    assert "says CN=Example tsa" in check.detail


def test_without_the_extra_it_neither_fails_nor_passes(
    control: Chain, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = _bare(authority.token(b"else"))
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    check, found = told(control, authority, a=token)
    assert (check.outcome, found.label) == ("unknown", "witnessed-self-run")
    assert check.detail == "1 not checked: the extra `timestamp` is not installed"


def test_without_roots_it_is_not_checked(control: Chain) -> None:
    found = control.verified(rewritten(control.members, {ONE: b"?"}))
    check = next(each for each in found.checks if each.check == "anchors")
    assert check.outcome == "unknown" and "you named no root certificate" in check.detail
    many = {f"anchors/{at}.tsr": b"?" for at in range(MOST_TOKENS + 1)}
    assert (failure := control.verified(rewritten(control.members, many)).first_failure)
    assert failure.check == "anchors"


def test_the_newest_checkpoint_is_stamped_and_kept(tmp_path: Path, authority: Authority, url: str) -> None:
    place, roots = new_log(tmp_path / "log"), read_roots(authority.roots, "root.pem")
    with pytest.raises(UsageError, match="nothing to stamp"):
        stamp(place, url, roots)
    with writing(place) as log:
        append(log, plan("one"))
        with pytest.raises(StoreError):
            stamp(place, url, roots)
    kept = stamp(place, url, roots)
    assert (kept.path, kept.size) == (place / "stamps" / "1-127.0.0.1.tsr", 1)
    signed = LogReader.open(place).checkpoint()
    assert stamped(kept.path.read_bytes(), [signed.note.text.encode()], roots) == kept.stamp
    with writing(place) as log:
        append(log, plan("two"))
    second = stamp(place, url, roots)
    assert second.size == 2
    (place / "stamps" / "notes.txt").write_bytes(b"?")
    members = {bundle.CHECKPOINT: LogReader.open(place).checkpoint().data}
    assert anchors(LogFolder(place), members) == {"anchors/2-127.0.0.1.tsr": second.path.read_bytes()}


def test_a_log_with_witnesses_is_stamped_with_its_quorum(
    tmp_path: Path, authority: Authority, url: str
) -> None:
    place = new_log(tmp_path / "log")
    (place / "log.policy").write_bytes(b"here only to be there")
    with pytest.raises(UsageError, match="has its quorum yet"):
        stamp(place, url, read_roots(authority.roots, "root.pem"))


def test_bundled_stamped_and_bundled_again_it_is_the_same_result(
    tmp_path: Path, authority: Authority, url: str
) -> None:
    roots = read_roots(authority.roots, "root.pem")
    with world(tmp_path) as place:
        run = registered(place, "stamped")
        first = made(place, run)
        kept = stamp(place.log, url, roots)
        second = made(place, run)
        policies = {name: (place.log / name).read_bytes() for name in ("trust.json", "log.policy")}
    assert second.result.filed.index == first.result.filed.index
    name = f"anchors/{kept.path.name}"
    assert read_bundle(second.data, "it").keys() - read_bundle(first.data, "it").keys() == {name}
    found = verify(
        second.data,
        "it",
        trust=policies["trust.json"],
        log_policy=policies["log.policy"],
        stamped=partial(stamped, roots=roots),
    )
    check = next(each for each in found.checks if each.check == "anchors")
    assert check.outcome == "ok" and "log/checkpoint existed at" in check.detail


def test_what_would_not_verify_is_not_kept(tmp_path: Path, authority: Authority, url: str) -> None:
    place, other = new_log(tmp_path / "log"), Authority.new(tmp_path / "other")
    with writing(place) as log:
        append(log, plan("one"))
    with pytest.raises(IntegrityError):
        stamp(place, url, read_roots(other.roots, "root.pem"))
    assert not (place / "stamps").exists()
