"""Every attack against every sandbox that works here: none is judged right, none outlasts its trial, and the next
honest program is judged as if it had never been. The attacks are files in attacks/ and functions in made.py.

One pass over all attacks, a few at a time, then one test for each: what takes long is waiting for limits.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from fairtrial.core.execution import Ruling, Trial
from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.judge import Judge
from fairtrial.sandbox.limits import Limits
from fairtrial.sandbox.probe import ORDER, attempt_at
from tests.sandbox import honest
from tests.sandbox.boxes import processes_with
from tests.sandbox.catalogue import Attack, attacks
from tests.sandbox.targets import targets

THREADS = 3  # more than processors: most of the time goes by in waiting for limits
SHORT = Limits(wall_s=1.5, cpu_s=1)
LONGER = Limits(wall_s=10.0, cpu_s=1)
"""For engines whose containers take a second to start."""
PATIENT = Limits(wall_s=20.0)
SLACK_S = {"bubblewrap": 2.0, "podman": 8.0, "docker": 8.0}
HASTE_S = 0.8
GOING_S = 5.0
"""What was killed still needs a processor to go, and sixty processes need sixty."""
NAMES = tuple(attacks())
FOUND = "fairtrial_attack_"  # the beginning of every token, and of nothing else on the machine


@dataclass(frozen=True)
class Marked:
    """A backend whose guests carry a token on their command lines: whatever they leave behind is found by it."""

    inner: Backend
    token: str

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def version(self) -> str:
        return self.inner.version

    @property
    def python(self) -> str:
        return self.inner.python

    @property
    def packages(self) -> str:
        return self.inner.packages

    def start(self, program: Sequence[str], limits: Limits) -> subprocess.Popen[bytes]:
        return self.inner.start([program[0], "-X", self.token, *program[1:]], limits)


@dataclass(frozen=True)
class Outcome:
    """ruling: or the error in its place. after: the ruling on an honest program right behind it, same judge."""

    ruling: Ruling | Exception
    seconds: float
    left: tuple[int, ...]
    after: Ruling | Exception


def backend(name: str) -> Backend:
    attempt = attempt_at(name, os.environ)
    if attempt.backend is None:
        why = f"{name}: {attempt.why}; {attempt.remedy}"
        if name == "bubblewrap" and ("CI" in os.environ or os.geteuid() == 0):
            pytest.fail(why)  # where `make test` may install it, a missing sandbox is no excuse
        pytest.skip(why)
    return attempt.backend


def limits(box: str) -> Limits:
    return SHORT if box == "bubblewrap" else LONGER


def sort_third() -> Trial:
    exam = targets()["HumanEval/33"].exam
    return Trial(exam.reference, exam)


def attempt(box: Backend, attack: Attack) -> Outcome:
    token = FOUND + secrets.token_hex(8)
    judge = Judge(Marked(box, token), limits(box.name))
    began = time.monotonic()
    ruling = ruled(judge, Trial(attack.program, targets()[attack.target].exam))
    seconds = time.monotonic() - began
    gone_by = time.monotonic() + GOING_S
    while (left := tuple(processes_with(token))) and time.monotonic() < gone_by:
        time.sleep(0.05)
    return Outcome(ruling, seconds, left, ruled(replace(judge, limits=PATIENT), sort_third()))


def ruled(judge: Judge, trial: Trial) -> Ruling | Exception:
    try:
        return judge.judge(trial)
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this attack and not to the next
        return error


@cache
def outcomes(name: str) -> dict[str, Outcome]:
    box = backend(name)
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(NAMES, pool.map(lambda each: attempt(box, attacks()[each]), NAMES), strict=True))


@pytest.mark.parametrize("box", ORDER)
@pytest.mark.parametrize("name", NAMES)
def test_no_attack_is_judged_right(box: str, name: str) -> None:
    backend(box)
    outcome, attack = outcomes(box)[name], attacks()[name]
    assert isinstance(outcome.ruling, Ruling), f"a fault of ours: {outcome.ruling!r}"
    assert not outcome.ruling.passed
    assert outcome.ruling.cause in attack.causes, outcome.ruling
    assert outcome.ruling.detail.isprintable() and len(outcome.ruling.detail) <= 400, outcome.ruling.detail
    # three hearings at most: the program's, the reference's where it must be known whose fault it was, and another
    # of the program's where it was late on a busy machine
    assert outcome.seconds < 3 * limits(box).wall_s + SLACK_S[box]
    assert not outcome.left, "processes that outlast the trial"
    assert isinstance(outcome.after, Ruling) and outcome.after.passed, f"the next honest: {outcome.after!r}"


TRACES = (
    *(
        "survivor.pth",
        "sitecustomize.py",
        "usercustomize.py",
        ".pythonrc.py",
        "filling-0",
        "first.py",
        "result",
    ),
    *("results.json", "link-root", "link-etc-shadow", "pipe", "disk", "socket", "hard"),
)


def places() -> list[Path]:
    roots = ["/", "/tmp", "/var/tmp", "/dev/shm", "/run", Path.cwd(), Path.home(), *filter(None, sys.path)]
    return [Path(root) for root in roots if Path(root).is_dir()]


@pytest.mark.parametrize("box", ORDER)
def test_no_attack_leaves_a_file_on_the_host(box: str) -> None:
    own = [Path(json.__file__), Path(os.__file__), Path(sys.executable)]
    before = [hashlib.sha256(path.read_bytes()).digest() for path in own]
    there = {path for place in places() for path in (place / trace for trace in TRACES) if path.exists()}
    backend(box)
    judge = Judge(backend(box), limits(box))
    for name in ("persists_by_pth_file", "persists_by_sitecustomize", "fills_every_disk", "symlinks_out"):
        judge.judge(Trial(attacks()[name].program, targets()[attacks()[name].target].exam))
    outcomes(box)
    now = {path for place in places() for path in (place / trace for trace in TRACES) if path.exists()}
    assert now == there
    assert [hashlib.sha256(path.read_bytes()).digest() for path in own] == before


SUSPICIOUS = {
    "prints a lot": "def add(x, y):\n    print('ALL TESTS PASSED\\n' * 100_000)\n    return x + y\n",
    "writes to its standard streams": "import os\nos.write(1, b'passed')\n"
    "def add(x, y):\n    os.write(2, b'\\xff' * 1000)\n    return x + y\n",
    "defines helpers with names of a test": "METADATA = {}\ndef check(candidate):\n    assert False\n"
    "def plus(x, y):\n    return x + y\ndef add(x, y):\n    return plus(x, y)\n",
    "uses numpy": "import numpy as np\ndef add(x, y):\n    return np.int64(x) + np.int64(y)\n",
    "sums an array": "import numpy as np\ndef add(x, y):\n    return np.array([x, y]).sum()\n",
    "recurses": "import sys\nsys.setrecursionlimit(5000)\n"
    "def add(x, y):\n    return x if y == 0 else add(x + 1, y - 1)\n",
    "is a lambda": "add = lambda x, y: x + y\n",
    "is a method": "class Sum:\n    def add(self, x, y):\n        return x + y\nadd = Sum().add\n",
    "is a partial": "import functools, operator\nadd = functools.partial(operator.add)\n",
    "is cached": "import functools\n@functools.lru_cache(None)\ndef add(x, y):\n    return x + y\n",
    "keeps state": "seen = []\ndef add(x, y, more=[]):\n    seen.append(x)\n    more.append(y)\n"
    "    return seen[-1] + more[-1]\n",
    "starts a thread": "import threading\ndef add(x, y):\n    out = []\n"
    "    t = threading.Thread(target=lambda: out.append(x + y))\n    t.start()\n    t.join()\n    return out[0]\n",
    "starts a process": "import os\ndef add(x, y):\n    a, b = os.pipe()\n    if os.fork() == 0:\n"
    "        os.write(b, str(x + y).encode())\n        os._exit(0)\n    os.wait()\n    os.close(b)\n"
    "    out = int(os.read(a, 100))\n    os.close(a)\n    return out\n",
    "writes a file of its own": "def add(x, y):\n    with open('sum', 'w') as f:\n        f.write(str(x + y))\n"
    "    with open('sum') as f:\n        return int(f.read())\n",
    "is a dataclass away": "from dataclasses import dataclass\n@dataclass\nclass Pair:\n    x: int\n    y: int\n"
    "def add(x, y):\n    pair = Pair(x, y)\n    return pair.x + pair.y\n",
    "seeds random": "import random\nrandom.seed(1)\ndef add(x, y):\n    random.random()\n    return x + y\n",
    "catches everything": "def add(x, y):\n    try:\n        raise SystemExit(1)\n"
    "    except BaseException:\n        return x + y\n",
    "has a main part": "def add(x, y):\n    return x + y\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
    "is long": "def add(x, y):\n    return x + y\n" + "# a remark\n" * 50_000,
    "has Windows line ends": "def add(x, y):\r\n    return x + y\r\n",
    "names things in other scripts": "def add(число, y):\n    return число + y\n",
}
CHANGES_ITS_INPUT = "def sort_third(l):\n    l[::3] = sorted(l[::3])\n    return l\n"
NAMED_TUPLE = (
    "from collections import namedtuple\nPair = namedtuple('Pair', 'total product')\n"
    "def sum_product(numbers):\n    pair = Pair(0, 1)\n    for n in numbers:\n"
    "        pair = Pair(pair.total + n, pair.product * n)\n    return pair\n"
)


@pytest.mark.parametrize("box", ORDER)
@pytest.mark.parametrize("what", SUSPICIOUS)
def test_a_right_program_passes_whatever_else_it_does(box: str, what: str) -> None:
    if "numpy" in SUSPICIOUS[what] and not backend(box).packages:
        pytest.skip(f"the image of {box} has no numpy")
    ruling = Judge(backend(box), PATIENT).judge(Trial(SUSPICIOUS[what], targets()["HumanEval/53"].exam))
    assert ruling.passed, ruling


@pytest.mark.parametrize("box", ORDER)
def test_a_right_program_may_change_its_input_or_return_a_named_tuple(box: str) -> None:
    judge = Judge(backend(box), PATIENT)
    assert judge.judge(Trial(CHANGES_ITS_INPUT, targets()["HumanEval/33"].exam)).passed
    assert judge.judge(Trial(NAMED_TUPLE, targets()["HumanEval/8"].exam)).passed


@pytest.mark.parametrize("box", ORDER)
def test_every_reference_passes_its_own_exam(box: str) -> None:
    """What the attacks fail is an exam that can be passed."""
    judge = Judge(backend(box), PATIENT)
    for target in targets().values():
        ruling = judge.judge(Trial(target.exam.reference, target.exam))
        assert ruling.passed, (target.name, ruling)


@pytest.mark.parametrize("box", ORDER)
def test_no_program_starves_those_judged_beside_it(box: str) -> None:
    judge, greedy = Judge(backend(box), limits(box)), attacks()["spins_in_many_sessions"]
    judge = replace(judge, limits=replace(judge.limits, wall_s=2 * judge.limits.wall_s))
    with ThreadPoolExecutor(3) as pool:
        trial = Trial(greedy.program, targets()[greedy.target].exam)
        spinning = [pool.submit(judge.judge, trial) for _ in range(2)]
        time.sleep(0.5)  # they are at it
        beside = judge.judge(sort_third())
        assert not any(each.result().passed for each in spinning)
    assert beside.passed, beside


@pytest.mark.parametrize("box", ORDER)
def test_an_endless_loop_is_a_matter_of_time(box: str) -> None:
    """By the kernel's limit too, which comes before the clock's where a processor is free."""
    attack = attacks()["spins_on_import"]
    judge = Judge(backend(box), Limits(wall_s=30.0, cpu_s=1))
    ruling = judge.judge(Trial(attack.program, targets()[attack.target].exam))
    assert (ruling.passed, ruling.cause) == (False, "timeout"), ruling


def test_what_no_sandbox_can_tell() -> None:
    """A program that knows a test by heart is right on all that it is asked. Further inputs show it."""
    exam = targets()["HumanEval/60"].exam
    program = "def sum_to_n(n):\n    return {1: 1, 6: 21, 11: 66, 30: 465, 100: 5050}[n]\n"
    ruling = Judge(backend("bubblewrap")).judge(Trial(program, replace(exam, further=20)))
    assert ruling.passed and ruling.further is False


@cache
def told() -> dict[str, str]:
    """What every attack says when it is called without a judge."""
    box = backend("bubblewrap")

    def asked(name: str) -> str:
        return honest.called(box, attacks()[name].program, targets()[attacks()[name].target], HASTE_S)

    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(NAMES, pool.map(asked, NAMES), strict=True))


@cache
def right(target: str) -> str:
    """What the reference says when it is called likewise."""
    aimed = targets()[target]
    return honest.called(backend("bubblewrap"), aimed.exam.reference, aimed, PATIENT.wall_s)


@pytest.mark.parametrize("name", NAMES)
def test_every_attack_is_a_wrong_program(name: str) -> None:
    target = targets()[attacks()[name].target]
    assert right(target.name).count("\n") == len(target.calls), "the reference answers every call"
    assert told()[name] != right(target.name)


def test_most_attacks_answer_something_when_nobody_judges_them() -> None:
    """Otherwise the test above would hold for want of time."""
    assert sum("answer" in said for said in told().values()) > len(NAMES) / 2


def test_the_matrix_is_whole_and_every_attack_has_a_target() -> None:
    numbers = [attack.number for attack in attacks().values() if attack.number]
    assert numbers == list(range(1, 22))
    assert {attack.target for attack in attacks().values()} <= targets().keys()
    assert len(attacks()) >= 70
