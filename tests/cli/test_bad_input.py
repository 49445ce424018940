"""Bad files, bad words and bad disks at the real command: what is wrong with what, what to do, which status.

What the model's side can do wrong is in test_faults, killing and two processes on one folder in test_kill.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairtrial.cli import main
from tests.cli.test_main import fairtrial

Here = Callable[..., "subprocess.CompletedProcess[str]"]

ROW = '{"input": "x", "target": "y"}\n'
MODEL = "python:echo:answer"

# name of the file, its bytes, what is said of it
FILES: list[tuple[str, bytes, str]] = [
    ("empty.jsonl", b"", "empty.jsonl is empty: it holds no row"),
    ("blank.jsonl", b"\n  \n\n", "blank.jsonl is empty: it holds no row"),
    ("empty.csv", b"", "empty.csv is empty: it holds no row"),
    ("header.csv", b"input,target\n", "header.csv is empty: it holds no row"),
    ("empty.yaml", b"", "empty.yaml is empty: it holds no row"),
    ("empty.json", b"[]", "empty.json is empty: it holds no row"),
    ("empty.jsonl.gz", gzip.compress(b""), "empty.jsonl.gz is empty: it holds no row"),
    (
        "twice.jsonl",
        b'{"id": "a", "input": "x", "target": "y"}\n' * 2,
        "line 2: the id 'a' stands already on line 1",
    ),
    ("twice.csv", b"id,input,target\n7,a,b\n8,a,b\n7,c,d\n", "line 4: the id '7' stands already on line 2"),
    ("lacks.jsonl", ROW.encode() + b'{"input": "x"}\n', "line 2: target is missing"),
    ("lacks.csv", b"input,answer\na,b\n", "line 2: target is missing (the row has input, answer)"),
    ("blank.csv", b"input,target\na,\n", "line 2: target is missing"),
    ("null.yaml", b"- input: x\n  target:\n", "line 1: target is missing"),
    (
        "long.jsonl",
        b'{"input": "' + b"x" * (10 * 2**20) + b'", "target": "y"}\n',
        "line 1: longer than 10 MB",
    ),
    ("utf16.jsonl", ROW.encode("utf-16"), "line 1: the file is UTF-16, not UTF-8"),
    ("utf16le.jsonl", ROW.encode("utf-16-le"), "line 1: it holds NUL bytes: UTF-16"),
    ("latin.csv", "input,target\ncafé,y\n".encode("latin-1"), "line 2: byte 0xe9 at position 4 is not UTF-8"),
    ("nan.jsonl", ROW.encode() * 2 + b'{"input": "x", "target": NaN}\n', "line 3: no strict JSON: NaN"),
    ("nan.yaml", b"- input: x\n  target: .nan\n", "line 2: .nan is no number"),
    ("broken.jsonl", ROW.encode() + b'{"input": "x",, }\n', "line 2: no strict JSON"),
    ("cut.jsonl", ROW.encode() + b'{"input": "x"', "line 2: no strict JSON"),
    ("lines.json", b'[{"input": "x"},\n {"input": ]', "no strict JSON: Expecting value at line 2, column 12"),
    ("ragged.csv", b"input,target\na,b\nc,d,e\n", "line 3: 3 fields, and the header has 2"),
    ("semicolon.csv", b"input;target\na;b\n", "line 1: one single column"),
    ("bomb.yaml", b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "line 1: anchors and aliases"),
    ("tag.yaml", b"- !!python/object/apply:os.system ['touch pwned']\n", "line 1: the tag"),
    ("list.json", b'{"input": "x"}', "an object in place of a list"),
    ("cut.jsonl.gz", gzip.compress(ROW.encode() * 50)[:-12], "cut.jsonl.gz is no whole gzip file"),
    ("words.txt", b"hello", "words.txt is no file of rows"),
    ("picture.jsonl", b"\x89PNG\r\n\x1a\n\0\0", "picture.jsonl"),
    ("config.yaml", b"cases: a.jsonl\nmodls: [a/b]\n", "line 2: no setting is called 'modls'"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "echo.py").write_text("def answer(prompt):\n    return 'y'\n")
    (tmp_path / "cases.jsonl").write_text(ROW)
    return tmp_path


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Here]:
    """The command in this process: its door is `main`, and a process for each of a hundred words takes minutes."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        status = main(words)
        printed = capfd.readouterr()
        return subprocess.CompletedProcess(words, status, printed.out, printed.err)

    yield call
    sys.modules.pop("echo", None)


def told(done: subprocess.CompletedProcess[str], status: int, said: str) -> None:
    """Two to four plain lines on standard error: what, which thing, what now."""
    assert done.returncode == status, done.stderr
    assert said in done.stderr, done.stderr
    assert done.stderr.startswith("fairtrial: ") and "\nwhat now: " in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


@pytest.mark.parametrize(("name", "data", "said"), FILES, ids=[name for name, _, _ in FILES])
def test_a_bad_file(name: str, data: bytes, said: str, folder: Path, here: Here) -> None:
    (folder / name).write_bytes(data)
    done = here("run", name, "--model", MODEL, "--model", "python:echo:again")
    told(done, 2, said)
    assert done.stderr.count("what now: ") == 1, "told once, however many models there are"
    assert not (folder / "runs").exists() and not (folder / "pwned").exists()


def test_a_bad_second_file_stops_before_the_first_question(folder: Path) -> None:
    (folder / "bad.jsonl").write_text("{}\n")
    told(fairtrial("run", "cases.jsonl", "bad.jsonl", "--model", MODEL, cwd=folder), 2, "input is missing")
    assert not (folder / "runs").exists()


def test_a_byte_order_mark_is_fine(folder: Path, here: Here) -> None:
    (folder / "cases.jsonl").write_text("\ufeff" + ROW, "utf-8")
    assert here("check", "cases.jsonl").returncode == 0


def test_what_is_no_file(folder: Path, here: Here) -> None:
    (folder / "folder.jsonl").mkdir()
    os.mkfifo(folder / "pipe.jsonl")
    os.mkfifo(folder / "fairtrial.yaml")
    (folder / "endless.yaml").symlink_to("/dev/zero")
    for name, said in {
        "folder.jsonl": "folder.jsonl is a folder",
        ".": ". is a folder",
        "pipe.jsonl": "pipe.jsonl is a pipe or a device",
        "endless.yaml": "endless.yaml is a pipe or a device",
        "fairtrial.yaml": "fairtrial.yaml is a pipe or a device",
        "/dev/null": "/dev/null is a pipe or a device",
        "none.jsonl": "there is no file none.jsonl",
        "../../etc/passwd.jsonl": "there is no file ../../etc/passwd.jsonl",
        "x" * 400 + ".yaml": "can't be read",
    }.items():
        told(here("check", name), 2, said)


WORDS: list[tuple[list[str], str]] = [
    (["run", "gsm9k", "--model", MODEL], "what now: the nearest: gsm8k"),
    (["run", "mmlu/virolgy", "--model", MODEL], "the nearest: virology"),
    (["run", "cases.jsonl", "--model", "opnai/x"], "the nearest: openai"),
    (["run", "cases.jsonl", "--model", "python:ecko:answer"], "no module is called 'ecko'"),
    (["run", "cases.jsonl", "--model", "python:echo:anser"], "answer"),
    (["run", "cases.jsonl", "--model", MODEL, "--scorer", "exakt"], "the nearest: exact"),
    (["run", "cases.jsonl", "--model", MODEL, "--scorer", "python:echo:answer"], "--trust-code"),
    (["run", "cases.jsonl", "--model", MODEL, "--slice", "lang"], "no column is called 'lang'"),
    (["run", "cases.jsonl", "--model", MODEL, "--template", "{{ question }}"], "'question' is undefined"),
    (["run", "cases.jsonl", "--model", MODEL, "--modle", "x"], "--model"),
    (["run", "cases.jsonl", "--model", MODEL, "--limit", "0"], "0 is not in the range x>=1"),
    (["run", "cases.jsonl", "--model", MODEL, "--limit", "-3"], "-3 is not in the range"),
    (["run", "cases.jsonl", "--model", MODEL, "--epochs", "0"], "--epochs"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-tokens", "-1"], "--max-tokens"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-connections", "0"], "--max-connections"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-retries", "-1"], "--max-retries"),
    (["run", "cases.jsonl", "--model", MODEL, "--timeout", "0"], "--timeout"),
    (["run", "cases.jsonl", "--model", MODEL, "--timeout", "inf"], "inf is no finite number"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-wait", "nan"], "nan is no finite number"),
    (["run", "cases.jsonl", "--model", MODEL, "--temperature", "nan"], "nan is no finite number"),
    (["run", "cases.jsonl", "--model", MODEL, "--top-p", "1.5"], "--top-p"),
    (["run", "cases.jsonl", "--model", MODEL, "--scorer", "number", "--tolerance", "-1"], "--tolerance"),
    (
        ["run", "cases.jsonl", "--model", MODEL, "--scorer", "number", "--tolerance", "nan"],
        "nan is no finite",
    ),
    (["run", "cases.jsonl", "--model", MODEL, "--fail-under", "2"], "--fail-under"),
    (["run", "cases.jsonl", "--model", MODEL, "--fail-under", "nan"], "nan is no finite number"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-cost", "nan"], "nan is not an amount above 0"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-cost", "-1"], "-1 is not an amount above 0"),
    (["run", "cases.jsonl", "--model", MODEL, "--max-cost", "free"], "'free' is no amount"),
    (
        ["run", "cases.jsonl", "--model", MODEL, "--max-cost", "1"],
        "the price of python:echo:answer is unknown",
    ),
    (["run", "cases.jsonl", "--model", MODEL, "--price-table", "none.yaml"], "none.yaml"),
    (["run", "cases.jsonl", "--model", MODEL, "--volume", "0"], "--volume"),
    (["run", "cases.jsonl", "--model", "replay/none"], "no recording is called 'none'"),
]


@pytest.mark.parametrize(("words", "said"), WORDS, ids=[" ".join(words[1:])[:60] for words, _ in WORDS])
def test_wrong_use(words: list[str], said: str, folder: Path, here: Here) -> None:
    told(here(*words), 2, said)
    assert not (folder / "runs").exists(), "wrong use must not leave a run folder behind"


def test_names_never_lead_out_of_the_folder_of_runs(folder: Path) -> None:
    (folder / "...jsonl").write_text(ROW)
    code = "import sys\nsys.modules[__name__].__dict__['../../x'] = lambda prompt: 'y'\n"
    (folder / "echo.py").write_text(code)
    done = fairtrial(
        "run", "...jsonl", "--model", "python:echo:../../x", "--out", "deep/runs", "--json", cwd=folder
    )
    if done.returncode == 0:
        assert json.loads(done.stdout)["runs"][0]["run"].count("/") == 2
    assert {each.name for each in folder.iterdir()} <= {
        "echo.py",
        "cases.jsonl",
        "...jsonl",
        "deep",
        "__pycache__",
    }


def test_what_a_file_says_can_t_steer_the_terminal(folder: Path, here: Here) -> None:
    (folder / "cases.jsonl").write_text(
        '{"\\u001b[2Jinput": "x"}\n{"in\\u202eput": "\\u001b]0;owned\\u0007"}\n'
    )
    done = here("check", "cases.jsonl")
    assert done.returncode == 2 and "\\x1b[2Jinput" in done.stderr
    (folder / "cases.jsonl").write_text('{"input": "\\u001b[2Jclear", "target": "y\\u0007"}\n')
    shown = here("check", "cases.jsonl")
    for text in (done.stderr, shown.stdout, shown.stderr):
        assert not set(text) & set("\x1b\x07\u202e")


def test_a_folder_that_may_not_be_written(folder: Path) -> None:
    (folder / "taken").write_text("a file where the folder should be")
    told(fairtrial("run", "cases.jsonl", "--model", MODEL, "--out", "taken", cwd=folder), 5, "under taken")
    out = "/proc/fairtrial-runs"  # nobody may make a folder there, not even root
    told(
        fairtrial("run", "cases.jsonl", "--model", MODEL, "--out", out, cwd=folder),
        5,
        "can't write a run folder",
    )


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk can be mounted by root only")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this container may not mount a disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def rows(folder: Path) -> None:
    text = "".join(
        json.dumps({"id": f"r{n}", "input": f"{n} " + "x" * 300, "target": "y"}) + "\n" for n in range(200)
    )
    (folder / "cases.jsonl").write_text(text)


def asked_again_after(folder: Path, out: Path) -> None:
    """With room again: nothing kept is asked again, and the run ends whole."""
    kept = [json.loads(line)["id"] for line in next(out.glob("*/records.jsonl")).read_text().splitlines()]
    assert 0 < len(kept) < 200
    code = "def answer(prompt):\n    with open('asked', 'a') as f: f.write(prompt.split()[0] + '\\n')\n"
    (folder / "echo.py").write_text(code + "    return 'y'\n")
    words = ["--out", str(out), "--resume", "--json", "--no-report"]
    done = fairtrial("run", "cases.jsonl", "--model", MODEL, *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    entry = json.loads(done.stdout)["runs"][0]
    assert entry["status"] == "complete" and entry["counts"]["right"] == 200
    asked = [f"r{number}" for number in (folder / "asked").read_text().split()]
    assert not set(asked) & set(kept) and len(asked) + len(kept) == 200
    assert len(list(out.iterdir())) == 1


def test_a_full_disk(folder: Path, mounted: Path) -> None:
    rows(folder)
    out = mounted / "runs"
    done = fairtrial("run", "cases.jsonl", "--model", MODEL, "--out", str(out), "--no-report", cwd=folder)
    told(done, 5, "No space left on device")
    assert "free some space, then run again with --resume" in done.stderr
    subprocess.run(["mount", "-o", "remount,size=4m", mounted], check=True)
    asked_again_after(folder, out)


def test_a_read_only_disk(folder: Path, mounted: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", mounted], check=True)
    out = str(mounted / "runs")
    done = fairtrial("run", "cases.jsonl", "--model", MODEL, "--out", out, cwd=folder)
    told(done, 5, "Read-only file system")
    assert "choose another folder with --out" in done.stderr
    told(fairtrial("init", cwd=mounted), 5, "Read-only file system")


def test_a_file_that_may_not_grow(folder: Path) -> None:
    """A quota on the size of a file: no root needed, and the same promise."""
    rows(folder)
    limited = subprocess.run(
        [sys.executable, "-m", "fairtrial", "run", "cases.jsonl", "--model", MODEL, "--no-report"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    told(limited, 5, "records.jsonl")
    asked_again_after(folder, folder / "runs")
