"""Where the CPU of `fairtrial run` goes: the command line in this process, the server in another.

    .venv/bin/python perf/profile_runner.py [--n 10000] [--connections 100] [--how sample|cprofile]

`sample` looks at the stack every millisecond of CPU (ITIMER_PROF) and disturbs little: its shares are to be
believed. `cprofile` counts calls, and makes small functions look dearer than they are.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from answering import Server, build
from contestants import ROOT, Job, fairtrial
from tickets import write_tickets

CACHE = ROOT / ".cache" / "perf"
TICK_S = 0.001
DEEPEST = 60


class Sampler:
    """Counts, at every tick of the CPU clock, which function runs (self) and which wait for it (total)."""

    def __init__(self) -> None:
        self.ticks = 0
        self.own: Counter[str] = Counter()
        self.total: Counter[str] = Counter()
        self.files: Counter[str] = Counter()

    def __enter__(self) -> Sampler:
        signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(signal.ITIMER_PROF, TICK_S, TICK_S)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _tick(self, _: int, frame: FrameType | None) -> None:
        self.ticks += 1
        first, names, files = True, set(), set()
        for _depth in range(DEEPEST):
            if frame is None:
                break
            code = frame.f_code
            file = _short(code.co_filename)
            name = f"{file}:{code.co_qualname}"
            if first:
                self.own[name] += 1
                first = False
            names.add(name)
            files.add(file)
            frame = frame.f_back
        self.total.update(names)
        self.files.update(file for file in files if file.startswith("fairtrial/"))

    def tell(self, cpu_s: float, n: int) -> None:
        for title, counts, most in (
            ("by file of ours, with all it calls", self.files, 30),
            ("by function, itself alone", self.own, 40),
            ("by function, with all it calls", self.total, 70),
        ):
            print(f"\n{title}: share, ms per sample")
            for name, count in counts.most_common(most):
                share = count / max(1, self.ticks)
                print(f"  {100 * share:5.1f} %  {1000 * cpu_s * share / n:7.4f}  {name}")


def main(words: Sequence[str]) -> int:
    options = _parser().parse_args(words)
    cases = write_tickets(CACHE / f"tickets-{options.n}.jsonl", options.n)
    folder = CACHE / "runs" / "profile"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    latency, jitter = options.latency_ms / 1000, min(options.latency_ms, 20) / 1000
    with Server(build(CACHE), latency_s=latency, jitter_s=jitter) as server:
        job = Job(cases, options.n, options.connections, server.base_url, folder)
        argv = fairtrial().command(job)[1:]
        before = _cpu_s()
        status = _profiled(options.how, lambda: _run(argv), before, options.n)
        stats = server.stats()
    print(f"\nexit status {status}; server: {dict(stats)}")
    return status


def _run(argv: Sequence[str]) -> int:
    os.environ.setdefault("OPENAI_API_KEY", "none")
    from fairtrial.cli import main as fairtrial_main

    return fairtrial_main(argv)


def _profiled(how: str, call: Callable[[], int], before: float, n: int) -> int:
    if how == "cprofile":
        profile = cProfile.Profile()
        status = profile.runcall(call)
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
        return status
    sampler = Sampler()
    with sampler:
        status = call()
    cpu_s = _cpu_s() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"\n{cpu_s:.2f} CPU s, {1000 * cpu_s / n:.3f} ms per sample with start and finish, {peak:.0f} MB")
    sampler.tell(cpu_s, n)
    return status


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _short(file: str) -> str:
    for mark in ("/src/", "/site-packages/", "/lib/"):
        if mark in file:
            return file.rpartition(mark)[2]
    return Path(file).name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="perf/profile_runner.py", description="Where the runner's CPU goes."
    )
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--latency-ms", type=float, default=100)
    parser.add_argument("--how", choices=("sample", "cprofile"), default="sample")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
