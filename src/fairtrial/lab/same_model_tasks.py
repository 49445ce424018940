"""What a same-model test asks: prompts, one-token questions, and the tasks made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fairtrial.audit.fingerprint import MOST
from fairtrial.audit.prompts import BORDER_WORDS, CONTINUATIONS, LOTTERY, ONE_TOKEN, PROMPTS
from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import UsageError
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Score
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.strict_json import parse_strict
from fairtrial.core.task import Task
from fairtrial.evals.prompts import TemplatePrompt

VERSION: Final = "1"
NAME: Final = "same-model"
PROMPT_ID, LOTTERY_ID, ONE = "prompt-", "lottery-", "one-token"
"""Sample ids, or how they begin."""
MAX_PROMPTS: Final = 2**20
"""Bytes of a file of prompts."""
BORDERS: Final = len(BORDER_WORDS) * (len(BORDER_WORDS) - 1)
CANARIES: Final = 100
"""Items of a canary set, where nothing else is said."""
BUNDLED: Final = "specimen"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, and how. prompts: of the text test. each: completions a side. length: characters
    compared.

    sampling_seed: sent with every request of the text test, one higher each time; None: not sent. A specimen
    draws from its seed alone, and is always sent one. canary: fresh items with a right answer, made from `seed`
    and asked once a side; 0: none. rows: own items in their place. borders: candidates for border prompts, asked
    for one token each; 0, as long as nobody asks for them: none, since they cost two requests each. ranks: whether
    the first model, which must state likelihoods, ranks the other's answers among its own.
    """

    prompts: tuple[str, ...] = PROMPTS
    each: int = 10
    length: int = 100
    temperature: float = 1.0
    max_tokens: int = 50
    system: str | None = None
    sampling_seed: int | None = None
    seed: int = 0
    canary: int = CANARIES
    rows: Task | None = None
    borders: int = 0
    ranks: bool = False

    def __post_init__(self) -> None:
        if len(self.prompts) < 2 or self.each < 2:
            raise UsageError(
                f"{len(self.prompts)} prompts, {self.each} completions each: too few to compare",
                "give two prompts and two completions at least",
            )
        if len(set(self.prompts)) != len(self.prompts):
            raise UsageError(
                "a prompt stands twice", "ask each once: --completions says how often it is repeated"
            )
        if not 0 <= self.canary <= MOST:
            raise UsageError(f"{self.canary} canary items", f"give 0 to {MOST:,}")
        if not 0 <= self.borders <= BORDERS:
            raise UsageError(f"{self.borders} candidates for border prompts", f"give 0 to {BORDERS}")
        if not self.temperature > 0:
            raise UsageError(
                "at temperature 0 repeats are no draws",
                "give a temperature above 0, such as the default of 1",
            )

    def to_json(self, decoding: Decoding) -> dict[str, JSON]:
        """All that decides an answer."""
        return {
            "prompts": list(self.prompts),
            "each": self.each,
            "decoding": decoding.to_json(),
            "system": self.system,
            "seed": self.seed,
            "version": VERSION,
        }

    def decoding(self, models: Sequence[ModelSpec], after: int = 0) -> Decoding:
        """after: requests that have used seeds before these."""
        start = self.sampling_seed
        if start is None and any(each.provider == BUNDLED for each in models):
            start = 1
        seed = None if start is None else start + after
        return Decoding(temperature=self.temperature, max_tokens=self.max_tokens, seed=seed)


@dataclass(frozen=True, slots=True)
class Kept:
    """Marks nothing: what is compared is the answers themselves."""

    form: Mapping[str, JSON] = field(default_factory=lambda: {"name": "kept", "metric": "answered"})

    def __call__(self, output: Output, sample: Sample) -> Score:
        return Score("right", 1.0, None)


@dataclass(frozen=True, slots=True)
class OneToken:
    """How likely is each choice, behind the words asked?"""

    form: Mapping[str, JSON] = field(default_factory=lambda: {"continuations": list(CONTINUATIONS)})

    def messages(self, sample: Sample) -> tuple[Message, ...]:
        return (Message("user", sample.text),)

    def continuations(self, sample: Sample) -> tuple[str, ...]:
        return sample.choices


def read_prompts(path: Path) -> tuple[str, ...]:
    """One prompt a line; of a `.jsonl` file, the `input` of each line. Blank lines are left out. Raises
    UsageError."""
    try:
        if path.stat().st_size > MAX_PROMPTS:
            raise UsageError(f"{path} is larger than {MAX_PROMPTS // 2**20} MB", "that is no list of prompts")
        lines = path.read_bytes().decode("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror}", "name a file of prompts") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 ({error.reason})", "save it as UTF-8") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if path.suffix != ".jsonl":
            found.append(line)
            continue
        try:
            row: Any = parse_strict(line)
        except ValueError as error:
            raise UsageError(
                f"{path}, line {number} is not JSON: {error}", "write one object a line"
            ) from error
        if not isinstance(row, dict) or not isinstance(row.get("input"), str) or not row["input"].strip():
            raise UsageError(
                f"{path}, line {number} has no text under `input`", 'write {"input": "the prompt"}'
            )
        found.append(row["input"])
    return tuple(found)


def said(output: Output) -> str:
    """What is compared of an answer: its text, a refusal's words where it has none. What is no Unicode
    becomes "?", so that a recording can hold it."""
    text = output.text if output.text is not None else output.refusal or ""
    return text.encode("utf-8", "replace").decode()


def text_task(asking: Asking, decoding: Decoding) -> Task:
    """The prompts, and those that ask for chance."""
    prompts = {f"{PROMPT_ID}{at:03}": text for at, text in enumerate(asking.prompts)}
    prompts |= {f"{LOTTERY_ID}{at:03}": text for at, text in enumerate(LOTTERY)}
    samples = tuple(Sample(name, text, ()) for name, text in prompts.items())
    return Task(
        f"{NAME}-text",
        VERSION,
        "generate",
        samples,
        _origin(list(prompts.values())),
        TemplatePrompt(),
        Kept(),
        decoding,
        asking.system,
    )


def token_task(asking: Asking) -> Task:
    samples = (Sample(ONE, ONE_TOKEN, (), CONTINUATIONS),)
    origin = _origin([ONE_TOKEN, *CONTINUATIONS])
    return Task(
        f"{NAME}-one-token",
        VERSION,
        "loglikelihood",
        samples,
        origin,
        OneToken(),
        Kept(),
        system=asking.system,
    )


def _origin(texts: Sequence[str]) -> Origin:
    return Origin(NAME, "prompts of the same-model test", digest(list(texts)), licence="Apache-2.0")
