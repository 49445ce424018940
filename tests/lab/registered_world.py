"""A lab that registers: a log in a folder, two witnesses in processes of their own, a task of small sums."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairtrial.adapters.clock import SystemClock
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.plan import Plan
from fairtrial.core.task import Task
from fairtrial.lab import Lab, Run
from fairtrial.lab.entering import Entered
from fairtrial.lab.log_reader import LogReader
from fairtrial.lab.registering import Terms, register
from fairtrial.lab.registration import RegistrationFolder
from fairtrial.lab.run_life import RunLife
from fairtrial.lab.signing import holder
from fairtrial.trust.campaign import Attempt, Filed, attempts
from tests.cli.log_processes import new_witness, served, vkey
from tests.lab.log_world import LAB, SINCE, new_log

NAMES = ("witness.example/a", "witness.example/b")
N = 6
OWNER = SecretKey.new()


@dataclass
class World:
    """path: everything lies below. log: the log's folder."""

    path: Path
    log: Path
    notices: list[str] = field(default_factory=list)

    def sums(self, n: int = N) -> Path:
        path = self.path / f"sums{n}.jsonl"
        rows = [{"id": f"s{at}", "input": f"{at} + {at} =", "target": str(2 * at)} for at in range(n)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    def lab(self, out: str = "runs") -> Lab:
        return Lab(self.path / out)

    def task(self, n: int = N) -> Task:
        return self.lab().task(self.sums(n), scorer="exact")

    def plan(self, model: str, n: int = N) -> Plan:
        return self.lab().plan(self.task(n), model)[0]

    def register(self, name: str, model: str, **terms: Any) -> tuple[RegistrationFolder, Entered]:
        folder = RegistrationFolder(self.path / f"registration {name}")
        made = Terms(name, "2030-01-01T00:00:00Z", **terms)
        return folder, register(self.plan(model), made, folder, log=self.log, key=LAB)

    def life(self, folder: RegistrationFolder | None = None, **more: Any) -> RunLife:
        given: dict[str, Any] = {"log": self.log, "key": LAB, "registered": folder} | more
        return RunLife(clock=SystemClock(), tell=self.notices.append, **given)

    def run(self, life: RunLife | None, model: str, *, out: str = "runs", **more: Any) -> Run:
        return self.lab(out).run(self.task(), model, life=life, **more)

    def campaign(self, name: str) -> list[Filed]:
        """Every entry of the campaign, whose first plan has this name."""
        reader = LogReader.open(self.log)
        archive = reader.archive(reader.checkpoint().checkpoint.size)
        assert archive is not None
        for each in archive.campaigns:
            found = list(archive.campaign(each))
            if found[0].document.fields.get("name") == name:
                return found
        return []

    def attempts(self, name: str) -> tuple[Attempt, ...]:
        return attempts(self.campaign(name), None)

    def types(self, name: str) -> list[str]:
        return [each.document.type for each in self.campaign(name)]


@contextmanager
def world(path: Path) -> Iterator[World]:
    log = new_log(path / "log")
    trust = json.loads((log / "trust.json").read_text())
    trust["keys"].append(holder(OWNER, role="owner", org="Owner", now=SINCE).to_json())
    (log / "trust.json").write_text(json.dumps(trust))
    keys = [new_witness(path / name[-1], name, vkey(log)) for name in NAMES]
    with ExitStack() as stack:
        urls = [stack.enter_context(served("witness", "serve", path / name[-1])) for name in NAMES]
        (log / "log.policy").write_bytes(policy(log, list(zip(keys, urls, strict=True))))
        yield World(path, log)


def policy(log: Path, witnesses: list[tuple[str, str]]) -> bytes:
    lines = [f"log {vkey(log)}"]
    lines += [f"witness w{at} {key} {url}" for at, (key, url) in enumerate(witnesses)]
    return "\n".join([*lines, "group q all w0 w1", "quorum q", ""]).encode()


def let_go(log: Path) -> None:
    """Give the log's lock back, as the system does for a process that died."""
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            if Path(os.readlink(each)) == (log / "lock").resolve():
                os.close(int(each.name))
