"""`fairtrial audit --same-model A B` and `--fingerprint FILE`: is the served model the one that was tested?"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from textwrap import fill
from types import ModuleType
from typing import Any

from fairtrial.cli.order import Order
from fairtrial.cli.speech import colour, emit, show, tell, width
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab import Lab
from fairtrial.report.verdict_terminal import verdict_text

ASKING = ("each", "length", "temperature", "max_tokens", "system", "borders", "ranks")


def same_model(
    lab: Lab,
    pair: tuple[str, str] | None,
    files: tuple[str, ...],
    model: str | None,
    settings: Mapping[str, Any],
    *,
    record: bool,
    sealed: bool,
    as_json: bool,
) -> int:
    """Two models, one and a recording, or two recordings; or makes the recording."""
    room = import_module("fairtrial.lab.same_model")
    named = pair or ((model,) if model else ())
    specs = specs_of(named, settings.get("base_urls", ()))
    run: dict[str, Any] = {key: settings[key] for key in ("resume", "max_cost") if key in settings}
    run["pace"] = Order(("",), tuple(specs), settings).pace
    _check_words(pair, files, record, sealed, model)
    if pair and "max_cost" in settings:
        raise UsageError(
            "--max-cost can't be kept over two models at once",
            "leave it out; --completions bounds the requests",
        )
    if pair:
        result = room.compare_endpoints(lab, *specs, _asking(room, lab, settings), **run)
    elif record:
        return _record(lab, specs[0], _asking(room, lab, settings), Path(files[0]), sealed, as_json, run)
    else:
        result = _by_recordings(lab, specs, files, settings, room, run)
    if as_json:
        emit(result.to_json())
    else:
        show(verdict_text(result.verdict, colour=colour(), width=width()))
        for probe, row in result.calibration.items():
            show(fill(f"{probe}: {row}", width(), subsequent_indent="  "))
        if result.order:
            tell(f"order: drawn from {result.order}, seed {settings.get('seed', 0)}")
    if not result.complete:
        tell("incomplete: some questions have no answer; --resume asks them again")
        return 3
    return int(result.verdict.exit_status)


def _check_words(
    pair: tuple[str, str] | None, files: tuple[str, ...], record: bool, sealed: bool, model: str | None
) -> None:
    """One question at a time."""
    if pair and (files or model or record):
        raise UsageError("--same-model compares two models", "leave --fingerprint, --model and --record out")
    if not pair and not files:
        raise UsageError(
            "nothing to audit",
            "name a claim (fairtrial claim list), or give --same-model A B, or --fingerprint FILE with --model",
        )
    if record and (len(files) != 1 or model is None):
        raise UsageError("--record needs one --fingerprint FILE and one --model", "name both")
    if sealed and not record:
        raise UsageError("--sealed belongs to --record", "a fingerprint is sealed when it is recorded")
    if not pair and not record and len(files) != (1 if model else 2):
        raise UsageError(
            f"{len(files)} fingerprints and {'a' if model else 'no'} model",
            "give one fingerprint and --model, or two fingerprints",
        )


def specs_of(names: tuple[str, ...], urls: tuple[str, ...]) -> list[ModelSpec]:
    """One URL for all models, or one for each."""
    if len(urls) > max(1, len(names)):
        raise UsageError(f"{len(urls)} base URLs for {len(names)} models", "give one, or one for each")
    each = urls if len(urls) == len(names) else (urls[0] if urls else None,) * len(names)
    return [ModelSpec.parse(name, base_url=url) for name, url in zip(names, each, strict=True)]


def _asking(room: ModuleType, lab: Lab, settings: Mapping[str, Any]) -> Any:
    chosen = {key: settings[key] for key in ASKING if key in settings}
    if (canary := settings.get("canary")) is not None:
        chosen |= {"canary": int(canary)} if canary.isdecimal() else {"rows": lab.task(canary)}
    if "prompts" in settings:
        chosen["prompts"] = room.read_prompts(Path(settings["prompts"]))
    if "seed" in settings:
        chosen |= {"seed": settings["seed"], "sampling_seed": settings["seed"]}
    return room.Asking(**chosen)


def _record(
    lab: Lab, model: ModelSpec, asking: Any, path: Path, sealed: bool, as_json: bool, run: dict[str, Any]
) -> int:
    prints = import_module("fairtrial.lab.fingerprints")
    prints.refuse_existing(path)
    made, runs = prints.record(lab, model, asking, **run)
    prints.write(path, made.sealed() if sealed else made)
    told = {
        "fingerprint": str(path),
        "model": made.model,
        "date": made.date,
        "prompts": len(made.digests),
        "completions": made.each,
        "log_probabilities": bool(made.calls),
        "sealed": sealed,
        "runs": [str(each.path) for each in runs],
    }
    if as_json:
        emit(told)
    else:
        show(
            f"recorded {path}: {made.model}, {len(made.digests)} prompts, {made.each} completions each"
            f"{', log-probabilities' if made.calls else ''}{', sealed' if sealed else ''}"
        )
    return 0


def _by_recordings(
    lab: Lab,
    specs: list[ModelSpec],
    files: tuple[str, ...],
    settings: Mapping[str, Any],
    room: ModuleType,
    run: dict[str, Any],
) -> Any:
    prints = import_module("fairtrial.lab.fingerprints")
    if fixed := [key for key in ASKING if key in settings]:
        raise UsageError(
            f"{', '.join(fixed)}: a fingerprint says how it was asked",
            "leave it out; a new recording may differ",
        )
    recorded = [prints.read(Path(each)) for each in files]
    if not specs:
        return prints.between(*recorded)
    prompts = room.read_prompts(Path(settings["prompts"])) if "prompts" in settings else None
    canary = settings.get("canary")
    if canary is not None and canary.isdecimal():
        raise UsageError(
            "--canary N: a fingerprint says which items were marked",
            "name the file of own rows, or leave it out",
        )
    rows = None if canary is None else lab.task(canary)
    seed = settings.get("seed", 0)
    return prints.against(lab, specs[0], recorded[0], prompts, rows=rows, canary_seed=seed, **run)
