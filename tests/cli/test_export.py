"""`fairtrial export`: receipts that the other package accepts, salts kept, wrong use."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from fairtrial import Lab
from fairtrial.trust.dsse import parse_envelope
from fairtrial.trust.statement import parse_foreign_statement
from tests.cli.test_main import fairtrial

HASH = "ab" * 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    rows = [{"input": f"What is {at} + 1?", "target": str(at + 1)} for at in range(4)]
    (made / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run = Lab(made / "runs").run(made / "rows.jsonl", model="specimen/honest", scorer="number")
    run.path.rename(made / "run")
    done = fairtrial("key", "new", "lab.key", "--role", "lab", "--org", "A Lab", cwd=made)
    assert done.returncode == 0, done.stderr
    return made


def test_a_receipt_is_accepted_by_the_other_package_and_keeps_its_salts(folder: Path) -> None:
    proofbundle = pytest.importorskip("proofbundle")
    done = fairtrial(
        "export", "run", "--key", "lab.key", "--to", "receipt", "--bar", ">= 0.5", "-o", "r.json", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    receipt = json.loads((folder / "r.json").read_text())
    assert proofbundle.verify_bundle(receipt).ok
    salts = folder / "r.json.salts.json"
    assert stat.S_IMODE(salts.stat().st_mode) == 0o600 and set(json.loads(salts.read_text())) == {
        "model",
        "dataset",
    }
    again = fairtrial(
        "export", "run", "--key", "lab.key", "--to", "receipt", "--bar", ">= 0.5", "-o", "r.json", cwd=folder
    )
    assert again.returncode == 5 and "is there already" in again.stderr


def test_an_evaluation_result_is_signed_under_a_type_of_ones_own(folder: Path) -> None:
    words = ("export", "run", "--key", "lab.key", "--to", "evaluation-result", "--bar", ">=0.5", "-o")
    about = ("--about", "rows.jsonl", "--evaluator", "https://example.org/lab", "--weights-digest", HASH)
    done = fairtrial(*words, "e.json", *about, "--type", "https://example.org/result/v0", cwd=folder)
    assert done.returncode == 0, done.stderr
    statement = parse_foreign_statement(parse_envelope((folder / "e.json").read_bytes(), "e"), "e")
    assert statement.predicate_type == "https://example.org/result/v0"
    assert statement.predicate["sampleSize"] == 4 and statement.subject[0].name == "rows.jsonl"
    wrong = fairtrial(*words, "f.json", *about, "--type", "https://in-toto.io/x", cwd=folder)
    assert wrong.returncode == 2 and "not merged" in wrong.stderr and not (folder / "f.json").exists()
    bare = fairtrial(*words, "f.json", cwd=folder)
    assert bare.returncode == 2 and "--about, --type, --evaluator, --weights-digest" in bare.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "receipt", "--bar", "high", "-o", "x"), "is no bar"),
        (
            ("--to", "receipt", "--bar", ">= 0.5", "-o", "x", "--evaluator", "https://a.b/c"),
            "is for evaluation-result",
        ),
        (("--to", "junk", "--bar", ">= 0.5", "-o", "x"), "junk"),
    ],
)
def test_wrong_use(words: tuple[str, ...], told: str, folder: Path) -> None:
    done = fairtrial("export", "run", "--key", "lab.key", *words, cwd=folder)
    assert done.returncode == 2 and told in done.stderr and not (folder / "x").exists()
