"""Who is measured and how it is called: at its defaults, but for connections, temperature, output limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MAX_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Job:
    """One measured process. `folder` is its own, empty; `output` is where its standard output goes."""

    cases: Path
    n: int
    connections: int
    base_url: str
    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "stdout.txt"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A tool. score: reads the score from what it left behind. help: the call that `--help` stands for.
    full: whether it runs the large sizes by default."""

    name: str
    title: str
    python: Path
    version: str
    command: Callable[[Job], list[str]]
    score: Callable[[Job], float]
    help: tuple[str, ...] | None = None
    env: Callable[[Job], Mapping[str, str]] = field(default=lambda job: {})
    full: bool = True


@dataclass(frozen=True, slots=True)
class Absent:
    """A tool that can't be measured here, and why."""

    name: str
    title: str
    why: str


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What every contestant sees: no proxy, no key of the user's, one thread for arithmetic, no hub."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    fixed = {
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "OPENAI_API_KEY": "none",
        "NO_COLOR": "1",
    }
    return {**kept, **fixed, **extra}


def raw_loop() -> Contestant:
    python = Path(sys.executable)
    return Contestant(
        "aiohttp",
        "aiohttp loop",
        python,
        _version(python, "aiohttp"),
        lambda job: [
            str(python),
            str(HERE / "raw_loop.py"),
            str(job.cases),
            job.base_url,
            str(job.connections),
            str(job.folder / "log.jsonl"),
        ],
        lambda job: float(json.loads(job.output.read_text())["score"]),
    )


def fairtrial() -> Contestant:
    script = Path(sys.executable).with_name("fairtrial")

    def command(job: Job) -> list[str]:
        return [
            *(str(script), "run", str(job.cases), "--scorer", "number"),
            *("--model", "openai-api/tickets", "--base-url", job.base_url),
            *(
                "--max-connections",
                str(job.connections),
                "--temperature",
                "0",
                "--max-tokens",
                str(MAX_TOKENS),
            ),
            *("--out", str(job.folder / "runs"), "--no-report", "--json"),
        ]

    def score(job: Job) -> float:
        (run,) = json.loads(job.output.read_text())["runs"]
        if run["status"] != "complete" or sum(run["counts"].values()) != job.n:
            raise ValueError(f"status {run['status']}, counts {run['counts']}")
        return float(run["metrics"][0]["value"])

    version = _version(Path(sys.executable), "fairtrial")
    return Contestant(
        "fairtrial", "Fairtrial", Path(sys.executable), version, command, score, (str(script), "--help")
    )


def lm_eval(cache: Path) -> Contestant | Absent:
    title = "lm-eval"
    python = _install("lm-eval", ".venv-peers", "requirements-peers.txt", "lm_eval")
    if isinstance(python, str):
        return Absent("lm-eval", title, python)
    script = str(python.with_name("lm_eval"))

    def command(job: Job) -> list[str]:
        _write_lm_eval_task(job)
        model = (
            f"model=tickets,base_url={job.base_url}/chat/completions,num_concurrent={job.connections},"
            "tokenizer_backend=none,tokenized_requests=False"
        )
        return [
            *(script, "run", "--model", "local-chat-completions", "--model_args", model),
            *("--tasks", "tickets", "--include_path", str(job.folder / "task"), "--apply_chat_template"),
            *("--gen_kwargs", f"temperature=0,max_gen_toks={MAX_TOKENS}"),
            *("--output_path", str(job.folder / "results")),
        ]

    def score(job: Job) -> float:
        (file,) = (job.folder / "results").rglob("results_*.json")
        return float(json.loads(file.read_text())["results"]["tickets"]["exact_match,number"])

    return Contestant(
        "lm-eval",
        title,
        python,
        _version(python, "lm_eval"),
        command,
        score,
        (script, "--help"),
        lambda job: {"HF_HOME": str(cache / "hf"), "TOKENIZERS_PARALLELISM": "false"},
    )


def inspect_ai(cache: Path) -> Contestant | Absent:
    title = "Inspect"
    python = _install("Inspect", ".venv-inspect", "requirements-inspect.txt", "inspect_ai")
    if isinstance(python, str):
        return Absent("inspect", title, python)
    script = str(python.with_name("inspect"))

    def command(job: Job) -> list[str]:
        return [
            *(script, "eval", f"{HERE / 'inspect_task.py'}@tickets", "-T", f"cases={job.cases}"),
            *("--model", "openai-api/tickets/tickets", "--max-connections", str(job.connections)),
            *("--temperature", "0", "--max-tokens", str(MAX_TOKENS)),
            *("--display", "plain", "--log-dir", str(job.folder / "logs")),
        ]

    def score(job: Job) -> float:
        (file,) = (job.folder / "logs").glob("*.eval")
        dumped = subprocess.run(
            [script, "log", "dump", "--header-only", str(file)],
            check=True,
            capture_output=True,
            cwd=job.folder,
        )
        header = json.loads(dumped.stdout)
        if header["status"] != "success":
            raise ValueError(f"status {header['status']}")
        return float(header["results"]["scores"][0]["metrics"]["accuracy"]["value"])

    return Contestant(
        "inspect",
        title,
        python,
        _version(python, "inspect_ai"),
        command,
        score,
        (script, "--help"),
        lambda job: {
            "TICKETS_API_KEY": "none",
            "TICKETS_BASE_URL": job.base_url,
            "HOME": str(cache / "inspect-home"),
        },
        full=False,
    )


def _write_lm_eval_task(job: Job) -> None:
    folder = job.folder / "task"
    folder.mkdir(parents=True, exist_ok=True)
    task = {
        "task": "tickets",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(job.cases)}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{input}}",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": [], "do_sample": False},
        "filter_list": [
            {
                "name": "number",
                "filter": [
                    {"function": "regex", "regex_pattern": r"The answer is (\d+)"},
                    {"function": "take_first"},
                ],
            }
        ],
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": 1.0},
    }
    # JSON is YAML: no YAML library needed on this side.
    (folder / "tickets.yaml").write_text(json.dumps(task, indent=1), encoding="utf-8")


def _install(tool: str, venv: str, requirements: str, package: str) -> Path | str:
    """The interpreter of a peer's own environment, made on demand; or why there is none."""
    folder = ROOT / venv
    python = folder / "bin" / "python"
    wanted = (HERE / requirements).read_text(encoding="utf-8")
    stamp = folder / ".perf-requirements"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {tool} into {venv} (once) …", file=sys.stderr, flush=True)
    steps = (
        [sys.executable, "-m", "venv", str(folder)],
        [
            str(python),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--quiet",
            "install",
            "-r",
            str(HERE / requirements),
        ],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            print(f"{tool} can't be installed: {last}", file=sys.stderr)
            return f"could not be installed here ({package})"
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _version(python: Path, package: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
