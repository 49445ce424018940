"""`make attacks`: every attack before our judge and before other scorers; writes docs/reference/sandbox.md.

    python -m tests.sandbox.peers [NAME …]      with names: only those, printed and not written

Other scorers run in a bubblewrap of their own (cage.py), from the environment .venv-attacks. A scorer is asked
about a target only where it accepts the target's reference. Ends with status 1 where ours accepts an attack.
"""

from __future__ import annotations

import datetime
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path

from fairtrial.core.errors import FairtrialError
from fairtrial.core.execution import Trial
from fairtrial.sandbox.bubblewrap import Bubblewrap
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.probe import attempt_at
from tests.sandbox.catalogue import attacks
from tests.sandbox.peers import cage
from tests.sandbox.peers.page import (
    ABSENT,
    LIMITS,
    OURS,
    PAGE,
    SCORERS,
    TABLE,
    Row,
    Table,
    inserted,
    limits_table,
    markdown,
)
from tests.sandbox.targets import Target, targets

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = ROOT / ".venv-attacks"
THREADS = 2


class Bench:
    """Our judge and the caged scorers, over one bubblewrap."""

    def __init__(self, box: Bubblewrap, packages: Path) -> None:
        self.box, self.packages = box, packages
        self.judge = Judge(box, Limits())
        self._fit: dict[tuple[str, str], bool] = {}
        self._turn = threading.Lock()

    def row(self, name: str) -> Row:
        attack = attacks()[name]
        target = targets()[attack.target]
        cells = {OURS: self._ours(attack.program, target)}
        for scorer in SCORERS:
            fit = self.fits(scorer, target)
            cells[scorer] = self._theirs(scorer, attack.program, target) if fit else ABSENT
        print(f"{name}: {', '.join(f'{scorer} {cell}' for scorer, cell in cells.items())}", file=sys.stderr)
        return Row(attack, cells)

    def fits(self, scorer: str, target: Target) -> bool:
        """Whether the scorer accepts the reference: only then does a refusal of an attack mean anything."""
        with self._turn:
            key = (scorer, target.name)
            if key not in self._fit:
                able = bool(target.exam.test) or scorer == "EvalPlus"
                said = self._theirs(scorer, target.exam.reference, target) if able else ABSENT
                self._fit[key] = said == "accepted"
            return self._fit[key]

    def _ours(self, program: str, target: Target) -> str:
        try:
            return "accepted" if self.judge.judge(Trial(program, target.exam)).passed else "refused"
        except FairtrialError:
            return cage.BROKE

    def _theirs(self, scorer: str, program: str, target: Target) -> str:
        job = {
            "program": program,
            "test": target.exam.test,
            "entry_point": target.exam.entry_point,
            "reference": target.exam.reference,
            "calls": target.calls,
            "atol": target.atol,
        }
        return cage.verdict(self.box, self.packages, scorer, job)


def main(names: Sequence[str]) -> int:
    packages = next(ENVIRONMENT.glob("lib/python*/site-packages"), None)
    if packages is None:
        print(f"{ENVIRONMENT.name} is not there: run `make attacks`, which prepares it", file=sys.stderr)
        return 2
    attempt = attempt_at("bubblewrap", os.environ)
    if not isinstance(attempt.backend, Bubblewrap):
        print(f"bubblewrap: {attempt.why}; {attempt.remedy}", file=sys.stderr)
        return 2
    if unknown := set(names) - attacks().keys():
        print(f"no attack is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    bench = Bench(attempt.backend, packages)
    with ThreadPoolExecutor(THREADS) as pool:
        rows = tuple(pool.map(bench.row, names or tuple(attacks())))
    versions = {each.name: each.version for each in distributions(path=[str(packages)])}
    table = Table(rows, versions, attempt.backend.version, datetime.date.today().isoformat())
    text = markdown(table)
    print(text)
    if not names:
        page = ROOT / PAGE
        written = inserted(page.read_text("utf-8"), LIMITS, limits_table(bench.judge.limits))
        page.write_text(inserted(written, TABLE, text), encoding="utf-8")
        print(f"written: {PAGE}", file=sys.stderr)
    return 1 if any(row.cells[OURS] != "refused" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
