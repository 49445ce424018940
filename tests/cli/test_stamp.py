"""`fairtrial log stamp` and `fairtrial verify --tsa-roots`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairtrial.adapters.timestamps import _bare
from tests.adapters.authority import NO_OPENSSL, OPENSSL, Authority
from tests.cli.test_main import fairtrial
from tests.lab.log_world import new_log, plan
from tests.trust.chain import POLICY, Chain, rewritten

pytestmark = pytest.mark.skipif(OPENSSL is None, reason=NO_OPENSSL)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.new(tmp_path / "tsa")


def test_a_log_is_stamped(tmp_path: Path, authority: Authority) -> None:
    new_log(tmp_path / "log")
    (tmp_path / "plan.json").write_bytes(plan("one"))
    assert fairtrial("log", "append", "log", "plan.json", cwd=tmp_path).returncode == 0
    with authority.served() as url:
        words = ("log", "stamp", "log", "--tsa", url, "--tsa-roots", "tsa/root.pem")
        told = fairtrial(*words, cwd=tmp_path)
        assert told.returncode == 0 and told.stdout.startswith("1 entry at 20")
        assert told.stderr == "kept log/stamps/1-127.0.0.1.tsr\n"
        found = json.loads(fairtrial(*words, "--json", cwd=tmp_path).stdout)
        assert (found["size"], found["token"]) == (1, "log/stamps/1-127.0.0.1.tsr")
    down = fairtrial(*words, cwd=tmp_path)
    assert down.returncode == 3 and "gave no answer" in down.stderr


def test_a_bundle_is_checked_by_roots_of_ones_own(tmp_path: Path, authority: Authority) -> None:
    chain = Chain()
    chain.build()
    text = chain.members["proofs/result.tlog-proof"].split(b"\n\n")[1] + b"\n"
    for name, message in (("good", text), ("wrong", b"else")):
        token = {"anchors/4-tsa.tsr": _bare(authority.token(message))}
        (tmp_path / f"{name}.bundle").write_bytes(rewritten(chain.members, token))
    (tmp_path / "trust.json").write_bytes(chain.trust)
    (tmp_path / "log.policy").write_bytes(POLICY)
    own = ("--trust", "trust.json", "--log-policy", "log.policy", "--tsa-roots")
    good = fairtrial("verify", "good.bundle", *own, "tsa/root.pem", cwd=tmp_path)
    assert good.returncode == 0 and "says CN=Example tsa,O=Example Time" in good.stdout
    wrong = fairtrial("verify", "wrong.bundle", *own, "tsa/root.pem", cwd=tmp_path)
    assert wrong.returncode == 4 and "the time stamp is over other bytes" in wrong.stderr
    none = fairtrial("verify", "good.bundle", *own, "trust.json", cwd=tmp_path)
    assert none.returncode == 2 and "trust.json holds no certificates" in none.stderr
