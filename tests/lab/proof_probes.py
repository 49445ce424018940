"""The probes whose evidence may be of the tier "proof", read from the code that makes evidence."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

AUDIT = Path(__file__).parents[2] / "src" / "fairtrial" / "audit"


def proof_probes() -> set[str]:
    """Fails on a call that it can't read, so that a new way of making evidence isn't passed over."""
    found: set[str] = set()
    for path in sorted(AUDIT.glob("*.py")):
        module = import_module(f"fairtrial.audit.{path.stem}")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in _calls(tree, "Evidence"):
            given = {each.arg: each.value for each in call.keywords if each.arg}
            found.update(_proofs(given["probe"], given["tier"], module, tree))
    return found


def _proofs(probe: ast.expr, tier: ast.expr, module: ModuleType, tree: ast.Module) -> Iterator[str]:
    if isinstance(tier, ast.IfExp):
        arms = [(probe, tier.body), (probe, tier.orelse)]
        if isinstance(probe, ast.IfExp):
            assert ast.dump(probe.test) == ast.dump(tier.test)
            arms = [(probe.body, tier.body), (probe.orelse, tier.orelse)]
        for name, level in arms:
            yield from _proofs(name, level, module, tree)
    elif isinstance(tier, ast.Constant) and tier.value != "proof":
        assert tier.value in ("strong", "weak", None)
    elif isinstance(probe, ast.Constant):
        yield str(probe.value)
    elif isinstance(probe, ast.Name):
        yield str(getattr(module, probe.id))
    else:
        # Where a table of tests makes the evidence, each of them names its probe first.
        assert isinstance(probe, ast.Attribute) and probe.attr == "probe", ast.dump(probe)
        calls = list(_calls(tree, "_Found"))
        assert calls
        for call in calls:
            yield from _proofs(call.args[0], ast.Constant("proof"), module, tree)


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node
