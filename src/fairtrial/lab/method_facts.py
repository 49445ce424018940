"""What a run, its plan and this machine tell by themselves for the method record. What they don't is left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from fairtrial.adapters.stores.folder import RECORDS
from fairtrial.core.canon import JSON, digest, digest_bytes
from fairtrial.core.claim import Claim
from fairtrial.core.errors import StoreError
from fairtrial.core.estimate import Estimate
from fairtrial.core.summary import Summary
from fairtrial.core.version import VERSION
from fairtrial.lab.run import Run
from fairtrial.metrics.samples import section, text, texts
from fairtrial.specimens.digests import DIGESTS
from fairtrial.trust import method
from fairtrial.trust.documents import decimal_text
from fairtrial.trust.method_table import NOT_APPLICABLE, says_something

Record = dict[str, Any]
"""A method record, or part of one: group -> field -> value."""

TREATMENT: Final = (
    "failed questions leave the denominator and are counted, with the score if all of them were wrong and if all "
    "were right; refused, truncated and unparsed answers earn nothing and are counted apart"
)
NO_TOOLS: Final = f"{NOT_APPLICABLE} the run offered none"
NO_SCAFFOLD: Final = f"{NOT_APPLICABLE} every question is one request to the model"
NO_JUDGE: Final = f"{NOT_APPLICABLE} a rule marks the answers"
VENDORS: Final = ("openai", "anthropic", "google")


def known(run: Run, claim: Claim | None = None) -> Record:
    """What a run tells by itself, by group and field, and the claim that it is to support, where there is one.
    Whatever they don't tell is left out, never guessed."""
    plan, summary = run.plan, run.summary
    task = section(plan, "task")
    told: Record = {
        "claim": {"claim": None if claim is None else claim.statement},
        "registration": {"plan": run.digest},
        "model": _model(plan, task, summary),
        "data": _data(plan, section(task, "origin"), text(task.get("version"))),
        "prompting": _prompting(plan, task, summary),
        "scoring": _scoring(section(task, "scorer")),
        "environment": _environment(section(task, "scorer"), summary),
        "failures": _failures(summary),
        "result": _result(task, summary),
        "records": _records(run),
    }
    return {method.FORMAT: method.VERSION} | {
        group: {name: value for name, value in part.items() if value is not None}
        for group, part in told.items()
    }


def usual(run: Run) -> Record:
    """What is mostly so and can't be told from the run: written into a new file for a person to correct."""
    epoch = (
        "fixed" if says_something(text(section(section(run.plan, "task"), "origin").get("digest"))) else ""
    )
    return {
        "data": {"epoch": epoch} if epoch else {},
        "comparison": {"audit": "not audited", "auditor_signature": "not audited"},
    }


def harness_digest() -> str:
    """Digest of this program: of the lines `sha256sum` prints for its Python files, sorted by name."""
    root = files("fairtrial")
    lines = sorted(
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {name}\n" for name, each in _sources(root, "")
    )
    return digest_bytes("".join(sorted(lines, key=lambda line: line[66:])).encode())


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for each in folder.iterdir():
        if each.is_dir() and each.name != "__pycache__":
            found += _sources(each, f"{prefix}{each.name}/")
        elif each.name.endswith(".py"):
            found.append((prefix + each.name, each))
    return found


def _model(plan: Mapping[str, JSON], task: Mapping[str, JSON], summary: Summary) -> Record:
    spec = section(plan, "model")
    provider, name = text(spec.get("provider")), text(spec.get("name"))
    base = section(spec, "options").get("base_url")
    local = provider in ("hf", "specimen")
    given: Record = {
        "id": name,
        "provider": "the evaluator" if local else text(base) or (provider if provider in VENDORS else None),
        "access": "local weights"
        if local
        else f"API of {base or provider}"
        if base or provider in VENDORS
        else None,
        "system_prompt": text(task.get("system")) or "none",
        "revision": _returned(summary),
    }
    if provider not in ("python", "replay"):  # somebody's own function, or recording: it may be anything
        given |= {"tools": NO_TOOLS, "scaffold": NO_SCAFFOLD}
    if provider == "specimen" and (weights := DIGESTS.get(f"{name}/model.safetensors")):
        given |= {"weights": weights, "revision": f"bundled with fairtrial {VERSION}"}
    if provider == "hf" and len(digests := list(section(summary.provenance, "fingerprints"))) == 1:
        # Computed here, from the files that answered; nobody's word.
        given |= {"weights": digests[0], "revision": "a folder; the digest of its weights names the files"}
    return given


def _returned(summary: Summary) -> str | None:
    """What the provider called the model that answered: an assertion of its own, and said so."""
    names = [*section(summary.provenance, "returned_models"), *section(summary.provenance, "fingerprints")]
    return f"by the provider's own word: {', '.join(names)}" if names else None


def _data(plan: Mapping[str, JSON], origin: Mapping[str, JSON], version: str) -> Record:
    limit = plan.get("limit")
    return {
        "name": text(origin.get("name")) or None,
        "version": text(origin.get("revision")) or f"task version {version}; the digest names the items",
        "digest": text(origin.get("digest")) or None,
        "licence": text(origin.get("licence")) or None,
        "split": text(origin.get("split")) or None,
        "n": plan["n"],
        "exclusions": "none"
        if limit is None
        else f"all but {limit} items, by --limit, before anything was asked",
    }


def _prompting(plan: Mapping[str, JSON], task: Mapping[str, JSON], summary: Summary) -> Record:
    prompt, shots = section(task, "prompt"), section(section(task, "prompt"), "fewshot")
    asked = section(task, "decoding") if task.get("asks") == "generate" else {}  # else nothing is sampled
    epochs = plan["epochs"]
    beside = ", pass@k by the unbiased estimator" if summary.drawn else ""
    return {
        "template": text(prompt.get("template"))
        or json.dumps(dict(prompt), ensure_ascii=False, sort_keys=True),
        "fewshot": [f"{key}: {value}" for key, value in sorted(shots.items())] if shots.get("n") else [],
        "decoding": {
            **{key: _decimal(asked.get(key)) for key in ("temperature", "top_p")},
            **{key: asked.get(key) for key in ("seed", "max_tokens", "effort")},
            "stop": list(texts(asked.get("stop"))),
        },
        "samples_per_item": epochs,
        "aggregation": "one answer an item"
        if epochs == 1
        else f"{epochs} answers an item: their mean{beside}",
    }


def _scoring(scorer: Mapping[str, JSON]) -> Record:
    extractor = section(scorer, "extractor")
    rule = text(extractor.get("extract")) or text(scorer.get("name"))
    return {
        "scorer": digest(dict(scorer)),
        "extraction": f"{rule}: {json.dumps(dict(extractor or scorer), sort_keys=True, ensure_ascii=False)}",
        "judge": NO_JUDGE,
        "agreement": NO_JUDGE,
    }


def _environment(scorer: Mapping[str, JSON], summary: Summary) -> Record:
    version = text(summary.provenance.get("fairtrial"))
    sandbox = "none: no program is run"
    if summary.judged is not None:
        sandbox = json.dumps([dict(each) for each in summary.judged.sandboxes], sort_keys=True)
    elif "exams" in scorer:
        sandbox = "none was needed: no answer held a program"
    return {
        # Only where the program that ran is the program that is here: another's digest would be a false one.
        "harness": {"name": "fairtrial", "version": version, "digest": harness_digest()}
        if version == VERSION
        else None,
        "sandbox": sandbox,
    }


def _failures(summary: Summary) -> Record:
    return {
        "errors": summary.counts.failed,
        "refusals": summary.counts.refused,
        "timeouts": sum(each.count for each in summary.causes if each.cause == "timeout"),
        "truncations": summary.counts.truncated,
        "treatment": TREATMENT,
    }


def _result(task: Mapping[str, JSON], summary: Summary) -> Record:
    chance = _decimal(summary.chance)
    return {
        "counts": summary.counts.to_json(),
        "scores": [_score(each) for each in summary.metrics] or None,
        "clustering": text(task.get("cluster")) or "none",
        "baselines": {"random": chance} if chance is not None else None,
    }


def _score(estimate: Estimate) -> Record:
    earned = (Decimal(repr(estimate.value)) * estimate.n).quantize(Decimal("1e-9")).normalize()
    return {
        "metric": estimate.metric,
        "credit": decimal_text(earned),
        "n": estimate.n,
        "value": decimal_text(estimate.value),
        "low": decimal_text(estimate.low),
        "high": decimal_text(estimate.high),
        "level": decimal_text(estimate.level),
        "method": estimate.method,
    }


def _records(run: Run) -> Record:
    try:
        with open(run.path / RECORDS, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(
            f"can't read {run.path / RECORDS}: {error.strerror}", "see the reason above"
        ) from error
    tokens = run.summary.tokens
    return {
        "digest": f"sha256:{sha256}",
        "cost_usd": run.summary.cost_usd or "unknown",
        "tokens": {"input": tokens.get("input_tokens"), "output": tokens.get("output_tokens")},
    }


def _decimal(value: JSON) -> str | None:
    return decimal_text(float(value)) if isinstance(value, (int, float)) else None
