"""Is one endpoint the model that another is, or that was recorded? Asks, and has it judged by
`audit.same_model`.

Everything goes through the runner and its journal: a pair of endpoints is one run of one model (`lab.pair`),
so that what was answered survives a crash and `resume` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from fairtrial.adapters.registry import located
from fairtrial.audit.prompts import CONTINUATIONS, LOTTERY, ONE_TOKEN, PROMPTS
from fairtrial.audit.same_model import TEXT, TOKEN, Calls, Setting, Sides, Told, examine, judge
from fairtrial.core.canon import JSON, digest
from fairtrial.core.errors import ProviderError, UsageError
from fairtrial.core.evidence import Verdict
from fairtrial.core.output import Output
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding
from fairtrial.core.record import Failure, Score
from fairtrial.core.sample import Message, Origin, Sample
from fairtrial.core.strict_json import parse_strict
from fairtrial.core.task import Task
from fairtrial.evals.prompts import TemplatePrompt
from fairtrial.lab.pair import lots, pair_spec
from fairtrial.lab.run import Run

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

VERSION: Final = "1"
NAME: Final = "same-model"
PROMPT_ID, LOTTERY_ID, ONE = "prompt-", "lottery-", "one-token"
"""Sample ids, or how they begin."""
MOST_PROMPTS: Final = 1_000
MAX_PROMPTS: Final = 2**20
"""Bytes of a file of prompts."""
BUNDLED: Final = "specimen"


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, and how. prompts: of the text test. each: completions a side. length: characters
    compared.

    sampling_seed: sent with every request, one higher each time; None: not sent. A specimen draws from its
    seed alone, and is always sent one.
    """

    prompts: tuple[str, ...] = PROMPTS
    each: int = 10
    length: int = 100
    temperature: float = 1.0
    max_tokens: int = 50
    system: str | None = None
    sampling_seed: int | None = None
    seed: int = 0

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
class Heard:
    """What one side said: completions by sample id, and one-token questions."""

    texts: Mapping[str, Sequence[str]]
    calls: Calls = ()


@dataclass(frozen=True, slots=True)
class SameModel:
    """The verdict, every test that was made, the runs it rests on. order: what the lots were drawn from."""

    verdict: Verdict
    told: Told
    runs: tuple[Run, ...]
    order: str = ""

    @property
    def complete(self) -> bool:
        return all(each.summary.status == "complete" for each in self.runs)

    def to_json(self) -> dict[str, JSON]:
        """The contract's `audit --json`, and: evidence of every test, tests that were not possible, the
        order."""
        return {
            **self.verdict.to_json(),
            "evidence": [each.to_json() for each in self.told.evidence],
            "impossible": list(self.told.impossible),
            "order": self.order or None,
        }


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


def compare_endpoints(lab: Lab, a: ModelSpec, b: ModelSpec, asking: Asking, **settings: Any) -> SameModel:
    """Ask both, interleaved by lot, and judge: proof. settings: of `Lab.run` (resume, pace)."""
    a, b = located(a, lab.environ), located(b, lab.environ)
    order = digest({"a": a.to_json(), "b": b.to_json(), **asking.to_json(asking.decoding((a, b)))})
    spec = pair_spec(a, b, each=asking.each, order=order)
    runs, why_not = ask(lab, spec, asking, asking.decoding((a, b)), 2 * asking.each, **settings)

    def of_a(name: str, epoch: int) -> bool:
        return epoch in lots(order, name, asking.each)

    heard = heard_in(runs, of_a), heard_in(runs, lambda name, epoch: not of_a(name, epoch))
    return judged(names_of(a, b), heard, asking.length, why_not, runs, order=order)


def ask(
    lab: Lab, model: ModelSpec, asking: Asking, decoding: Decoding, times: int, **settings: Any
) -> tuple[tuple[Run, ...], str]:
    """(the run of answers, and that of one-token questions where the model states log-probabilities; why it
    is not there)."""
    answers = lab.run(text_task(asking, decoding), model, epochs=times, **settings)
    if answers.interrupted:
        return (answers,), "stopped"
    try:
        calls = lab.run(token_task(asking), model, epochs=times, **settings)
    except (UsageError, ProviderError) as error:
        # Raised before the first question: the model can't be asked this, and the audit goes on without.
        if isinstance(error, ProviderError) and error.cause != "logprobs":
            raise
        return (answers,), f"{TOKEN} is not possible: {error.message}"
    return (answers, calls), ""


def heard_in(runs: Sequence[Run], ours: Callable[[str, int], bool]) -> Heard:
    """One side's answers. ours: whether (sample id, epoch) was put to it."""
    texts: dict[str, list[str]] = {}
    calls = []
    for run in runs:
        for each in sorted(run.records(), key=lambda told: told.epoch):
            if (
                each.output is None
                or isinstance(each.result, Failure)
                or not ours(each.sample_id, each.epoch)
            ):
                continue
            if each.sample_id == ONE:
                calls.append(
                    dict(zip(CONTINUATIONS, (told.logprob for told in each.output.logliks), strict=True))
                )
            else:
                texts.setdefault(each.sample_id, []).append(said(each.output))
    return Heard(texts, tuple(calls))


def judged(
    names: tuple[str, str],
    heard: tuple[Heard, Heard],
    length: int,
    why_not: str,
    runs: tuple[Run, ...],
    *,
    order: str = "",
    date: str = "",
) -> SameModel:
    """The verdict. order: what lots were drawn from, "" where one side is a recording. why_not: why there are
    no one-token questions."""
    a, b = heard
    asked = [name for name in (*a.texts, *b.texts) if not name.startswith(LOTTERY_ID)]
    kept = _whole(heard, list(dict.fromkeys(asked)))
    lottery = _whole(heard, [name for name in a.texts if name.startswith(LOTTERY_ID)])
    sides = Sides(
        [a.texts[name] for name in kept],
        [b.texts[name] for name in kept],
        [a.texts[name] for name in lottery],
        [b.texts[name] for name in lottery],
        a.calls,
        b.calls,
        {"a completion is missing": len(set(asked)) - len(kept)} if len(kept) < len(set(asked)) else {},
    )
    if not kept or min(len(side.texts[kept[0]]) for side in heard) < 2:
        raise ProviderError(
            f"not one prompt was answered as often as asked by {names[0]} and {names[1]}",
            "see the run's failures; --resume asks those questions again",
            cause="incomplete",
        )
    planned = (TEXT,) if why_not else (TEXT, TOKEN)
    seed = int(digest([order, date, list(names), list(kept)])[7:23], 16)
    setting = Setting(length, planned, "proof" if order else "strong", seed)
    told = examine(sides, setting, names)
    if why_not:
        told = replace(told, impossible=(*told.impossible, why_not))
    verdict = judge(names, told, setting, date=date, runs=[str(each.path) for each in runs])
    return SameModel(verdict, told, runs, order)


def names_of(a: ModelSpec, b: ModelSpec) -> tuple[str, str]:
    """As typed; with the host where one name is asked at two."""
    hosts = [urlsplit(str(each.options.get("base_url") or "")).netloc.rpartition("@")[2] for each in (a, b)]
    if str(a) != str(b) or hosts[0] == hosts[1]:
        return str(a), str(b)
    return f"{a} at {hosts[0] or 'its own address'}", f"{b} at {hosts[1] or 'its own address'}"


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


def said(output: Output) -> str:
    """What is compared of an answer: its text, a refusal's words where it has none. What is no Unicode
    becomes "?", so that a recording can hold it."""
    text = output.text if output.text is not None else output.refusal or ""
    return text.encode("utf-8", "replace").decode()


def _whole(heard: tuple[Heard, Heard], names: Sequence[str]) -> list[str]:
    """Prompts that each side answered as often as any: what is missing on one side goes on both."""
    most = [max((len(side.texts.get(name, ())) for name in names), default=0) for side in heard]
    return [
        name
        for name in names
        if all(len(side.texts.get(name, ())) == width for side, width in zip(heard, most, strict=True))
    ]


def _origin(texts: Sequence[str]) -> Origin:
    return Origin(NAME, "prompts of the same-model test", digest(list(texts)), licence="Apache-2.0")
