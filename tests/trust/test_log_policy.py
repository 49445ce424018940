"""Quorums: every subset of witnesses, counted by hand."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain, combinations

import pytest

from fairtrial.core.errors import IntegrityError
from fairtrial.trust.checkpoint import parse_checkpoint
from fairtrial.trust.log_policy import parse_log_policy
from fairtrial.trust.note_keys import COSIGNATURE
from tests.trust.logs import LOG_KEY, NOON, checkpoint, note_key

WITNESSES = {name: note_key(f"w.example/{name}", COSIGNATURE, 30 + at) for at, name in enumerate("abcxyz")}
HEAD = f"log {LOG_KEY.public.vkey}\n" + "".join(
    f"witness {name} {key.public.vkey}\n" for name, key in WITNESSES.items()
)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("quorum a\n", lambda there: "a" in there),
        ("quorum none\n", lambda there: True),
        ("group g 2 a b c\nquorum g\n", lambda there: len(there & set("abc")) >= 2),
        ("group g any a b\nquorum g\n", lambda there: bool(there & set("ab"))),
        ("group g all a b\nquorum g\n", lambda there: set("ab") <= there),
        (
            "group one 2 a b c\ngroup two any x y z\ngroup both all one two\nquorum both\n",
            lambda there: len(there & set("abc")) >= 2 and bool(there & set("xyz")),
        ),
        (
            "group one all a b\ngroup two 2 one c x\nquorum two\n",
            lambda there: (set("ab") <= there) + ("c" in there) + ("x" in there) >= 2,
        ),
    ],
)
def test_every_subset(rule: str, wanted) -> None:  # type: ignore[no-untyped-def]
    policy = parse_log_policy((HEAD + rule).encode(), "it")
    subsets = chain.from_iterable(combinations("abcxyz", size) for size in range(7))
    for there in map(set, subsets):
        keys = [WITNESSES[name].public for name in there]
        assert policy.met_by(keys) == wanted(there), there


def test_a_quorum_on_a_checkpoint() -> None:
    policy = parse_log_policy(f"{HEAD}group g 2 a b c\nquorum g\n".encode(), "it")
    a, b, x = (WITNESSES[name] for name in "abx")
    signed = parse_checkpoint(checkpoint(5, a, b, x).data, "it")
    assert policy.check_quorum(signed, "it") == {key.public: NOON for key in (a, b, x)}
    with pytest.raises(IntegrityError, match=r"cosigned by w.example/a, w.example/x"):
        policy.check_quorum(checkpoint(5, a, x), "it")
    with pytest.raises(IntegrityError, match="cosigned by none"):
        policy.check_quorum(checkpoint(5), "it")


def test_the_second_at_which_the_quorum_was_there() -> None:
    policy = parse_log_policy(f"{HEAD}group g 2 a b c\nquorum g\n".encode(), "it")
    times = {WITNESSES[name].public: second for name, second in [("x", 1), ("a", 30), ("b", 20), ("c", 25)]}
    assert policy.met_at(times) == 25
    assert policy.met_at({WITNESSES["a"].public: 5}) is None
    assert parse_log_policy(f"{HEAD}quorum none\n".encode(), "it").met_at(times) is None


def test_blanks_comments_and_names_in_any_bytes() -> None:
    words = HEAD.replace("witness a ", " \twitness  \xe4\xff ").replace("\n", " \n\n # a remark\n")
    policy = parse_log_policy(f"{words}quorum \xe4\xff\n".encode("latin-1"), "it")
    assert policy.met_by([WITNESSES["a"].public]) and not policy.met_by([WITNESSES["b"].public])


def test_a_hundred_of_each() -> None:
    keys = [note_key(f"w.example/{number}", COSIGNATURE, number).public.vkey for number in range(100)]
    lines = [f"witness w{number} {key}" for number, key in enumerate(keys)]
    lines += [f"group g{number} any w{number}" for number in range(100)] + ["quorum g99"]
    assert parse_log_policy("\n".join(lines).encode(), "it").quorum == "g99"


def test_a_stranger_checks_proofs_without_network_event_loop_or_signing_package() -> None:
    code = (
        "import sys, fairtrial.trust.tlog_proof, fairtrial.trust.log_policy, fairtrial.trust.campaign\n"
        "import fairtrial.trust.tiles, fairtrial.trust.witness\n"
        "unwanted = ('aiohttp', 'asyncio', 'numpy', 'pydantic', 'pyrage', 'scipy', 'securesystemslib', 'socket',"
        " 'sqlite3', 'ssl', 'urllib.request')\n"
        "print([name for name in unwanted if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
