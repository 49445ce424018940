"""Bundled cases: claims about the specimens, of which it is known what a sound audit may say.

open_case("specimen/swapped") -> Case -> lab.audit(case.claim, case.served, …)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from fairtrial.audit.claim_file import claim_of, parse_claim
from fairtrial.audit.register_file import parse_register
from fairtrial.audit.tuned import Ledger
from fairtrial.core.canon import JSON
from fairtrial.core.claim import Claim
from fairtrial.core.errors import IntegrityError, UnknownName, UsageError
from fairtrial.lab.claim_task import known_in, open_draw
from fairtrial.metrics.samples import text
from fairtrial.specimens.files import card
from fairtrial.trust.draw import Draw

Read = TypeVar("Read")

BUNDLED: Final = "specimen/"
"""How the name of a bundled case begins."""

DATA: Final = "attempts"
"""Folder of claims that were picked from several attempts, and of the registers of these. Written by a recipe."""

SERVED: Final[Mapping[str, tuple[str, str]]] = {
    "int4-as-original": ("honest", "honest-int4"),
    "swapped": ("cheat", "honest"),
}
"""Case -> (whose card is claimed, which model is served in its place)."""

PICKED: Final = ("tuned-prompt", "best-of-ten")
"""Cases whose claim is the best of several registered attempts."""

NAMES: Final = tuple(
    f"{BUNDLED}{each}" for each in ("honest", "cheat", "cheat-4", "cheat-16", "cheat-64", *PICKED, *SERVED)
)


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, and who stands trial. served: the model that is asked; tested: the one that the claim is about, as
    it can still be asked; register: of the attempts that the claim was chosen from, None where there is none."""

    name: str
    claim: Claim
    served: str
    tested: str
    register: Ledger | None = None

    def to_json(self) -> dict[str, JSON]:
        return {
            "name": self.name,
            **self.claim.to_json(),
            "served": self.served,
            "tested": self.tested,
            "attempts": None if self.register is None else self.register.attempts,
        }


def bundled_cases() -> dict[str, Case]:
    """Every bundled case by its name. Raises IntegrityError where a card was changed."""
    return {name: open_case(name) for name in NAMES}


def open_case(name: str) -> Case:
    """The bundled case of that name. Raises UnknownName."""
    if name not in NAMES:
        raise UnknownName("bundled claim", name, NAMES)
    short = name.removeprefix(BUNDLED)
    if short in PICKED:
        claim = _file(f"{short}.claim.yaml", lambda data, file: parse_claim(data, file, known_in(Path())))
        register = _file(f"{short}.attempts.yaml", parse_register)
        return Case(name, claim, served=claim.model, tested=claim.model, register=register)
    claimed, served = SERVED.get(short, (short, short))
    model, other = f"{BUNDLED}{claimed}", f"{BUNDLED}{served}"
    return Case(name, _of_card(claimed), served=other, tested=model)


def _file(name: str, parse: Callable[[bytes, str], Read]) -> Read:
    try:
        return parse(files("fairtrial.lab").joinpath(DATA, name).read_bytes(), name)
    except OSError as error:
        raise IntegrityError(
            f"the package's file {name} can't be read: {error}", "install the package again"
        ) from error


def _of_card(name: str) -> Claim:
    """What the card of a specimen says it scored on the published form, and how it was asked."""
    told = card(name)
    figures = told["measured"]["published"]
    family, drawn = open_draw(told["family"]["name"], "")
    if drawn.commitment != _planted(told, drawn):
        raise UsageError(f"the card of {name} is about another draw", "install the package again")
    decoding, scorer = family.manner.decoding, family.manner.scorer({})
    conditions = {
        "shots": 0,
        "prompt": text(family.manner.prompt.form["template"]),
        "system": "",
        "temperature": decoding.temperature,
        "max_tokens": decoding.max_tokens,
        "extraction": str(scorer.form["name"]),
        "samples": 1,
    }
    given: dict[str, JSON] = {
        "model": f"specimen/{name}",
        "family": family.name,
        "metric": str(scorer.form["metric"]),
        "value": figures["value"],
        "n": figures["n"],
        "source": f"the card of specimen/{name}",
        "date": drawn.committed_at[:10],
        "tolerance": told["tolerance"]["accuracy"],
    }
    return claim_of(given, conditions, decimals=4)


def _planted(told: Mapping[str, Any], drawn: Draw) -> str:
    """The draw that a card names; an honest specimen was shown none, and is measured on the shipped one."""
    planted = told.get("contaminated_with")
    return str(planted["draw"]) if isinstance(planted, Mapping) else drawn.commitment
