"""From an lm-eval task file to a task."""

from __future__ import annotations

import json
from pathlib import Path

from fairtrial.core.canon import JSON, digest_bytes
from fairtrial.core.errors import UsageError
from fairtrial.core.readings import need_target
from fairtrial.core.scorers import LIKELIHOOD_METRICS, LikelihoodChoice, TextScorer
from fairtrial.core.task import Scorer, Task
from fairtrial.evals.lmeval.config import Config, parse_config
from fairtrial.evals.lmeval.documents import Documents
from fairtrial.evals.lmeval.formats import FORMATS, Formats
from fairtrial.evals.lmeval.functions import Function, Imports
from fairtrial.evals.lmeval.likelihoods import Greedy, JudgedLikelihood
from fairtrial.evals.lmeval.prompt import TaskPrompt
from fairtrial.evals.lmeval.readings import Filtered, Judged, choices_of
from fairtrial.evals.lmeval.rows import Row, read_rows
from fairtrial.evals.lmeval.shots import SEED, draw, leaves_out, pool_of
from fairtrial.evals.lmeval.source import NamedFunction, read_source
from fairtrial.evals.lmeval.splits import Splits
from fairtrial.evals.lmeval.turns import worked_example
from fairtrial.evals.lmeval.words import Words, words_of
from fairtrial.evals.row_files import Faults


def load_task(
    path: Path,
    *,
    include_path: tuple[Path, ...] = (),
    data: Path | None = None,
    trust_code: bool = False,
    num_fewshot: int | None = None,
) -> Task:
    """The task that a file describes, every row of it rendered.

    include_path: further folders that it may include from. data: a file with the rows that are asked, or a
    folder with a file for each split. Raises UsageError: for what can't be run, all of it at once; for bad
    rows, all of them at once.
    """
    source = read_source(path, include_path)
    config = parse_config(source, trusted=trust_code, has_data=data is not None, num_fewshot=num_fewshot)
    loader = _Loader(config, data)
    return loader.task()


class _Loader:
    """One loading of one file."""

    def __init__(self, config: Config, data: Path | None) -> None:
        self.config = config
        self.imports = Imports()
        self.process = self._imported(config.process_docs)
        self.results = self._imported(config.process_results)
        self.splits = Splits(config, data, self._imported(config.custom_dataset))
        self.docs = self.splits.docs(config.split, self.process)

    def task(self) -> Task:
        config = self.config
        columns, has_choices = frozenset(self.docs.column_names), config.formats.doc_to_choice is not None
        words = words_of(config.formats, columns, self.imports, has_choices=has_choices, example=False)
        origin, scorer = self.splits.origin(), self._scorer()
        check = scorer.check_target if isinstance(scorer, TextScorer | LikelihoodChoice) else need_target
        rows = read_rows(config, words, self.docs, origin.source, check)
        samples = tuple(row.sample for row in rows)
        chosen = config.output_type == "multiple_choice" and self.results is None
        return Task(
            name=config.name,
            version=config.version,
            asks="generate" if config.output_type == "generate_until" else "loglikelihood",
            samples=samples,
            origin=origin,
            prompt=self._prompt(words, rows, columns),
            scorer=scorer,
            decoding=config.decoding,
            chance=sum(len(set(each.target)) / len(each.choices) for each in samples) / len(samples)
            if chosen
            else None,
            notes=(*config.notes, *self._code_note()),
        )

    def _imported(self, named: NamedFunction | None) -> Function | None:
        return None if named is None else self.imports.function(named)

    def _prompt(self, words: Words, rows: list[Row], columns: frozenset[str]) -> TaskPrompt:
        config, fewshot = self.config, self.config.fewshot
        example = words_of(
            fewshot.formats, columns, self.imports, has_choices=words.has_choices, example=True
        )
        pool = pool_of(config, self.splits, self.imports, self.process) if fewshot.count else Documents()
        shots = draw(pool, self.docs, config)
        between = {"multiple_choice": config.formats.target_delimiter, "loglikelihood": ""}
        return TaskPrompt(
            form=self._form(words, example, pool),
            heads=tuple(row.head for row in rows),
            tails=tuple(row.tail for row in rows),
            examples=_examples(example, pool, sorted({at for each in shots for at in each})),
            shots=shots,
            between=between.get(config.output_type),
        )

    def _form(self, words: Words, example: Words, pool: Documents) -> dict[str, JSON]:
        """Everything that decides what is asked; every function of the file with the digest of its code."""
        config, fewshot, custom = self.config, self.config.fewshot, self.splits.custom
        drawn: dict[str, JSON] = {"n": fewshot.count}
        if fewshot.count:
            drawn |= {
                "sampler": fewshot.sampler,
                "seed": SEED,
                "rows": digest_bytes(json.dumps(pool).encode()),
                "leaves_out_the_row": leaves_out(config),
                **_told(example),
            }
        return {
            "language": "lm-eval task YAML",
            "description": config.description,
            **_told(words),
            "process_docs": None if self.process is None else dict(self.process.form),
            "custom_dataset": None if custom is None else dict(custom.form),
            "fewshot": drawn,
            "functions": [dict(each.form) for each in self.imports.functions.values()],
        }

    def _scorer(self) -> Scorer:
        config, names = self.config, tuple(metric.name for metric in self.config.metrics)
        if config.output_type == "generate_until":
            return self._text_scorer()
        if self.results is not None:
            return JudgedLikelihood(self.results, names, self.docs)
        if config.output_type == "loglikelihood":
            return Greedy()
        forms = {name: form for form, name in LIKELIHOOD_METRICS.items()}
        return LikelihoodChoice(forms[names[0]], tuple(forms[name] for name in names[1:]))

    def _text_scorer(self) -> TextScorer:
        config, results = self.config, self.results
        choices = choices_of(self.docs, config.pipelines)
        alone = len(config.pipelines) == 1
        if results is None:
            readings = [
                Filtered(pipeline, metric, choices)
                for metric in config.metrics
                for pipeline in config.pipelines
            ]
            return TextScorer(readings[0], tuple(readings[1:]), metric=config.metrics[0].name)
        judged = [
            Judged(pipeline, metric.name, results, self.docs, choices, alone)
            for pipeline in config.pipelines
            for metric in config.metrics
        ]
        return TextScorer(judged[0], tuple(judged[1:]), metric=config.metrics[0].name)

    def _code_note(self) -> list[str]:
        names = [function.name for function in self.imports.functions.values()]
        return [f"The task file's own Python ran: {', '.join(names)}."] if names else []


def _examples(words: Words, pool: Documents, rows: list[int]) -> dict[int, str]:
    faults = Faults("the worked examples")
    found: dict[int, str] = {}
    for at in rows:
        try:
            found[at] = worked_example(words, pool[at])
        except UsageError as error:
            faults.add(f"row {at}", error.message, error.remedy)
    faults.raise_if_any()
    return found


def _told(words: Words) -> dict[str, JSON]:
    formats: Formats = words.formats
    told: dict[str, JSON] = {
        key: dict(words.functions[key].form) if key in words.functions else getattr(formats, key)
        for key in FORMATS
    }
    return {
        **told,
        "target_delimiter": formats.target_delimiter,
        "fewshot_delimiter": formats.fewshot_delimiter,
    }
