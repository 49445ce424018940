"""Calls a program without deceiving or judging it: what does it answer to a few plain questions?

The program runs in a sandbox, since it may be an attack; nothing of an exam is near it. Its answers count as they
are written down by exact plain types, so an object that pretends is no answer.
"""

from __future__ import annotations

import json
import subprocess

from fairtrial.sandbox.backend import Backend
from fairtrial.sandbox.limits import Limits
from tests.sandbox.targets import Target

LIMITS = Limits(cpu_s=1, frame_bytes=1 << 22)

CALLER = """
import json, os, sys
kinds, write, dup, text, join = {int, float, str, bool, type(None)}, os.write, os.dup(1), repr, str.join
list_, tuple_, dict_, set_, kind_of, order = list, tuple, dict, set, type, sorted
load, dump = json.loads, json.dumps
silent = os.open(os.devnull, os.O_RDWR)
job = json.loads(sys.stdin.read())
os.dup2(silent, 1)
sys.path.append(job["packages"])

def written(value, depth=0):
    kind = kind_of(value)
    if kind in kinds:
        return text(value)[:1000]
    if depth > 9 or kind not in (list_, tuple_, dict_, set_):
        raise TypeError
    if kind is dict_:
        parts = [written(k, depth + 1) + ":" + written(v, depth + 1) for k, v in value.items()]
    else:
        parts = [written(item, depth + 1) for item in value]
    return kind.__name__ + "(" + join(",", order(parts) if kind is set_ else parts) + ")"

space = {"__name__": "program"}
exec(compile(job["program"], "<program>", "exec"), space)
function = space[job["entry_point"]]
for arguments in job["calls"]:
    try:
        answer = written(function(*load(dump(arguments))))
    except Exception as error:
        answer = "raises " + kind_of(error).__name__
    write(dup, ("answer " + answer + "\\n").encode())
"""


def called(box: Backend, program: str, target: Target, patience_s: float) -> str:
    """One line an answer, up to the first that is none: silence, or the end."""
    job = {
        "program": program,
        "entry_point": target.exam.entry_point,
        "calls": target.calls,
        "packages": box.packages,
    }
    process = box.start([box.python, "-I", "-S", "-c", CALLER], LIMITS)
    try:
        said, _ = process.communicate(json.dumps(job).encode(), timeout=patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
    finally:
        process.kill()
        process.wait()
    return said[: 1 << 20].decode("utf-8", "replace")
