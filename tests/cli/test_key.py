"""`fairtrial key`: what is shown is the public half, and nothing else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from fairtrial.cli import main
from fairtrial.cli.key import ROLES
from fairtrial.lab.signing import PASSPHRASE
from fairtrial.trust import predicates
from fairtrial.trust.people import parse_people
from tests.cli.test_init import Terminal
from tests.cli.test_main import fairtrial

NEW = ("key", "new", "lab.key", "--role", "lab", "--org", "Example Lab")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    return tmp_path


def test_the_roles_are_those_of_the_policy() -> None:
    assert ROLES == predicates.ROLES


def test_new_and_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NEW, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["file"] == "lab.key" and made["public_file"] == "lab.key.pub"
    assert made["entry"]["role"] == "lab" and made["entry"]["revoked_at_log_index"] is None
    assert stat.S_IMODE(Path("lab.key").stat().st_mode) == 0o600
    assert main(["key", "show", "lab.key", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entry"] == made["entry"]
    assert main(["key", "show", "lab.key"]) == 0
    assert json.loads(capsys.readouterr().out) == made["entry"]
    assert main(NEW) == 5
    assert "is there already" in capsys.readouterr().err


def test_no_output_holds_the_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(NEW) == 0
    assert main(["key", "show", "lab.key"]) == 0
    said = capsys.readouterr()
    inner = Path("lab.key").read_text().split("\n")[1]
    assert inner not in said.out + said.err + Path("lab.key.pub").read_text()
    assert "keep it secret" in said.err


def test_show_refuses_what_it_should(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(NEW) == 0
    Path("lab.key.pub").unlink()
    assert main(["key", "show", "lab.key"]) == 2
    assert "--role and --org" in capsys.readouterr().err
    assert main(["key", "show", "lab.key", "--role", "lab"]) == 2
    assert main(["key", "show", "lab.key", "--role", "auditor", "--org", "Example Audits", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entry"]["org"] == "Example Audits"
    Path("lab.key").chmod(0o644)
    assert main(["key", "show", "lab.key"]) == 2
    assert "can be read or written by others" in capsys.readouterr().err


def test_a_passphrase_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([*NEW, "--passphrase"]) == 2  # no terminal, and the variable isn't set
    assert not Path("lab.key").exists()
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert main([*NEW, "--passphrase"]) == 0
    assert main(["key", "show", "lab.key"]) == 0
    monkeypatch.delenv(PASSPHRASE)
    capsys.readouterr()
    assert main(["key", "show", "lab.key"]) == 2
    said = capsys.readouterr()
    assert PASSPHRASE in said.err and "correct horse" not in said.out + said.err


def test_a_passphrase_typed_twice_is_never_shown(folder: Path) -> None:
    terminal = Terminal(folder, *NEW, "--passphrase")
    # Up to the blank: it is shown when the echo is off, and what is typed earlier is thrown away.
    for question in ("Passphrase: ", "Repeat for confirmation: "):
        terminal.expect(question)
        terminal.type("correct horse\n")
    assert terminal.end() == 0
    assert "horse" not in terminal.shown
    assert Path("lab.key").read_bytes().startswith(b"age-encryption.org/v1\n")


def test_a_trust_policy_is_made_of_pub_files(tmp_path: Path) -> None:
    for name in ("lab", "auditor"):
        fairtrial("key", "new", f"{name}.key", "--role", name, "--org", f"The {name}", cwd=tmp_path)
    words = ("key", "trust", "lab.key.pub", "auditor.key.pub", "--operator", "witness.example/one=Someone")
    done = fairtrial(*words, "-o", "trust.json", cwd=tmp_path)
    assert done.returncode == 0 and "2 keys, 1 operators" in done.stderr, done.stderr
    people = parse_people((tmp_path / "trust.json").read_bytes(), "trust.json")
    assert [each.role for each in people.keys] == ["lab", "auditor"]
    assert people.operators == {"witness.example/one": "Someone"}
    assert fairtrial(*words, "-o", "trust.json", cwd=tmp_path).returncode == 5
    assert fairtrial("key", "trust", "lab.key.pub", "lab.key.pub", "-o", "b", cwd=tmp_path).returncode == 4
    assert fairtrial("key", "trust", "no.pub", "-o", "b", cwd=tmp_path).returncode == 2
    wrong = fairtrial("key", "trust", "lab.key.pub", "--operator", "nobody", "-o", "b", cwd=tmp_path)
    assert wrong.returncode == 2 and "NAME=ORG" in wrong.stderr
