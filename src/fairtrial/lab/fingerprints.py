"""Fingerprints: recorded from a model, held against a model, or against each other. All of it is strong
evidence at most: time has passed between the two sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairtrial.adapters.registry import located
from fairtrial.adapters.stores.folder import write_file
from fairtrial.audit.fingerprint import (
    MAX_BYTES,
    Fingerprint,
    check_same_prompts,
    fingerprint_bytes,
    parse_fingerprint,
    prompt_digest,
)
from fairtrial.audit.prompts import PROMPTS
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.run import Run
from fairtrial.lab.same_model import Heard, SameModel, ask, heard_in, judged
from fairtrial.lab.same_model_tasks import LOTTERY_ID, PROMPT_ID, Asking

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab


def record(
    lab: Lab, model: ModelSpec, asking: Asking, **settings: Any
) -> tuple[Fingerprint, tuple[Run, ...]]:
    """Ask a model and keep what it says. Raises ProviderError where a question has no answer: a fingerprint
    with holes is none."""
    model = located(model, lab.environ)
    decoding = asking.decoding((model,))
    runs, _ = ask(lab, model, asking, decoding, asking.each, **settings)
    if any(each.summary.status != "complete" for each in runs):
        raise ProviderError(
            f"{model} did not answer everything, and nothing was recorded",
            "--resume asks the missing questions again",
            cause="incomplete",
        )
    heard = heard_in(runs, lambda name, epoch: True)
    outputs = [each.output for each in runs[0].records() if each.output is not None]
    reported = {told for each in outputs for told in (each.model, each.fingerprint) if told}
    made = Fingerprint(
        str(model),
        lab.clock.now(),
        asking.prompts,
        tuple(map(prompt_digest, asking.prompts)),
        _rows(heard, PROMPT_ID),
        _rows(heard, LOTTERY_ID),
        tuple(heard.calls),
        {
            "temperature": asking.temperature,
            "max_tokens": asking.max_tokens,
            "system": asking.system,
            "seed": decoding.seed,
        },
        asking.length,
        tuple(sorted(each.encode("utf-8", "replace").decode() for each in reported)),
    )
    return made, runs


def against(
    lab: Lab, model: ModelSpec, fingerprint: Fingerprint, prompts: tuple[str, ...] | None, **settings: Any
) -> SameModel:
    """Ask a model what the fingerprint's was asked, as it was asked, and judge. prompts: needed where the
    fingerprint is sealed and they are not those of the package. Raises UsageError for other prompts."""
    model = located(model, lab.environ)
    asked = prompts or fingerprint.prompts or PROMPTS
    check_same_prompts(fingerprint.digests, tuple(map(prompt_digest, asked)))
    how = fingerprint.decoding
    asking = Asking(
        asked,
        fingerprint.each,
        fingerprint.length,
        float(str(how["temperature"])),
        int(str(how["max_tokens"])),
        None if how["system"] is None else str(how["system"]),
        None if how["seed"] is None else int(str(how["seed"])),
    )
    # Seeds that the recording hasn't used: the same ones would give the same answers, and prove nothing.
    decoding = asking.decoding((model,), after=fingerprint.each)
    runs, why_not = ask(lab, model, asking, decoding, asking.each, **settings)
    if not fingerprint.calls and not why_not:
        why_not = "one-token is not possible: the fingerprint holds no log-probabilities"
    now = heard_in(runs, lambda name, epoch: True)
    names = (fingerprint.model, str(model))
    return judged(names, (_heard(fingerprint), now), fingerprint.length, why_not, runs, date=fingerprint.date)


def between(first: Fingerprint, second: Fingerprint) -> SameModel:
    """Two recordings, the older one first. Raises UsageError where they are of different prompts, or were not
    asked alike."""
    check_same_prompts(first.digests, second.digests)
    alike = ("temperature", "max_tokens", "system")
    if [first.decoding[key] for key in alike] != [second.decoding[key] for key in alike]:
        raise UsageError(
            "the two fingerprints were not asked with one temperature, length and system text",
            "record them alike",
        )
    if None not in (first.decoding["seed"], second.decoding["seed"]):
        starts = sorted((int(str(each.decoding["seed"])), each.each) for each in (first, second))
        if starts[0][0] + starts[0][1] > starts[1][0]:
            raise UsageError(
                "the two fingerprints sent some of the same seeds, so equal answers show nothing",
                "record one of them with another --seed",
            )
    old, new = sorted((first, second), key=lambda each: each.date)
    why_not = "" if old.calls and new.calls else "one-token is not possible: not both hold log-probabilities"
    length = min(old.length, new.length)
    return judged((old.model, new.model), (_heard(old), _heard(new)), length, why_not, (), date=old.date)


def read(path: Path) -> Fingerprint:
    """Raises UsageError where there is no file, IntegrityError where it is no fingerprint."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is larger than {MAX_BYTES // 2**20} MB", "that is no fingerprint file")
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"can't read {path}: {error.strerror}", "record a fingerprint first, with --record"
        ) from error
    return parse_fingerprint(data, path.name)


def refuse_existing(path: Path) -> None:
    """Before anything is asked: a fingerprint is not written over."""
    if path.exists():
        raise UsageError(
            f"{path} is there already", "name another file, or leave --record out to judge by it"
        )


def write(path: Path, fingerprint: Fingerprint) -> None:
    refuse_existing(path)
    write_file(path, fingerprint_bytes(fingerprint))


def _rows(heard: Heard, kind: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(texts) for name, texts in sorted(heard.texts.items()) if name.startswith(kind))


def _heard(fingerprint: Fingerprint) -> Heard:
    texts = {f"{PROMPT_ID}{at:03}": each for at, each in enumerate(fingerprint.completions)}
    texts |= {f"{LOTTERY_ID}{at:03}": each for at, each in enumerate(fingerprint.lottery)}
    return Heard(texts, fingerprint.calls)
