"""What `trust` loads: the standard library, cryptography, rfc8785, `core`, and the closed-form intervals."""

from __future__ import annotations

import json
import subprocess
import sys
from pkgutil import iter_modules

from fairtrial import trust

MODULES = tuple(each.name for each in iter_modules(trust.__path__))
NEVER = {
    "aiohttp",
    "asyncio",
    "click",
    "numpy",
    "pydantic",
    "scipy",
    "securesystemslib",
    "socket",
    "sqlite3",
    "ssl",
    "yaml",
}


def test_a_verifier_loads_no_network_database_event_loop_or_signing_package() -> None:
    assert {"dsse", "people", "predicates", "statement"} <= set(MODULES)
    names = [f"fairtrial.trust.{each}" for each in MODULES]
    script = f"import sys, json, {', '.join(names)}\nprint(json.dumps(sorted(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(json.loads(told.stdout))
    assert set(names) <= loaded
    assert {each.partition(".")[0] for each in loaded} & NEVER == set()
    ours = {each for each in loaded if each.startswith("fairtrial.")}
    others = {each for each in ours if each.split(".")[1] not in ("core", "trust")}
    assert others == {"fairtrial.stats", "fairtrial.stats.intervals"}
