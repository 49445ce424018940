"""The six tests of an audit, T-A to T-F, each made on what is there and told with n, interval and evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairtrial.adapters.stores.folder import RECORDS
from fairtrial.audit.duplicates import LEAST, Caching
from fairtrial.audit.token_counts import RULES, Counted, token_counts
from fairtrial.core.errors import ProviderError, StoreError, UsageError
from fairtrial.core.evidence import Finding
from fairtrial.core.plan import ModelSpec
from fairtrial.core.record import Failure, Record
from fairtrial.families import FAMILIES
from fairtrial.lab.attest_case import Case, Outcome, Tested, decoding_of, evidence, only, section, task_of
from fairtrial.lab.attest_repeats import heard_twice, repeats_task
from fairtrial.lab.run import Run
from fairtrial.lab.same_model import Asking, compare_endpoints
from fairtrial.lab.tokenizers import tokens_of
from fairtrial.lab.twin import Rules, ask_and_judge, open_twin
from fairtrial.stats.reproduction import Reproduction, reproduced_paired
from fairtrial.trust.checks_scores import scores
from fairtrial.trust.parts import PLAN

ALPHA: Final = 0.01
_MOST_RECORDS: Final = 8 * 2**20
_ANSWERED: Final[Mapping[str, Outcome]] = {"yes": "passed", "no": "failed", "undetermined": "undetermined"}


def rescore(case: Case) -> Tested:
    """T-A: every score computed again from its answer, by the code that verifies bundles; exact equality."""
    journal = case.parts.journal
    if journal is None:
        return Tested("T-A", "not run", "the records are not in the bundle, or can't be read")
    check, told, _ = scores(case.parts)
    figures = {
        "test": "T-A",
        "n": len(journal.rows),
        "rescored": journal.rescored,
        "recounted": journal.recounted,
        "check": check.detail,
        "scores": [
            {key: each[key] for key in ("metric", "value", "low", "high", "n", "found")} for each in told
        ],
    }
    kept = evidence("t-a", figures)
    if check.outcome == "failed":
        return Tested("T-A", "failed", check.detail, kept)
    if journal.recounted or any(each["found"] != "re-scored" for each in told):
        detail = f"{journal.recounted} of {len(journal.rows)} scores come of no rule that is in the bundle"
        return Tested("T-A", "not run", f"{detail}: recounted, not re-scored", kept)
    detail = f"all {journal.rescored} scores, computed again from their answers, are exactly those recorded"
    return Tested("T-A", "passed", detail, kept)


def rerun(case: Case) -> Tested:
    """T-B: the drawn items asked again, and the two scores held against each other within the margin."""
    if case.picked is None:
        return Tested("T-B", "not run", case.unpicked)
    margin = case.access.margin if case.access.margin is not None else _planned_margin(case)
    if margin is None:
        return Tested("T-B", "not run", "neither plan nor auditor states a margin: --margin")
    items = case.items()
    names = [items[each] for each in case.picked.indices]
    task, spec = only(task_of(case), names), _model(case)
    run = case.lab.run(task, spec, epochs=case.plan.epochs, seed=case.plan.seed, pace=case.access.pace)
    before, after = _means(case.records()), _means(list(run.records()))
    both = [name for name in names if name in before and name in after]
    if len(both) < 2:
        return Tested("T-B", "undetermined", f"{len(both)} of {len(names)} items have a score on both sides")
    found = reproduced_paired(
        [after[name] for name in both], [before[name] for name in both], margin=margin, alpha=ALPHA
    )
    figures = {
        "test": "T-B",
        "items": [{"id": name, "recorded": before.get(name), "again": after.get(name)} for name in names],
        "picked": case.picked.to_json(),
        "n": len(both),
        "model": str(spec),
        **_figures(found),
    }
    return Tested(
        "T-B", _ANSWERED[found.answer], _told(found, len(both), len(names)), _with_run("t-b", figures, run)
    )


def fresh_form(case: Case) -> Tested:
    """T-C: published items against fresh siblings of their family."""
    name = case.access.family or str(section(case.plan.task, "task").get("name"))
    if not case.access.family and name not in FAMILIES:
        return Tested(
            "T-C", "not run", "the task is of no item family: nothing makes fresh items of its kind"
        )
    twin = open_twin(name, case.access.draw, fresh=case.access.fresh, items=case.access.siblings)
    result = ask_and_judge(case.lab, twin, _model(case), Rules(), rank=False, pace=case.access.pace)
    finding = next(each for each in result.verdict.findings if each.question == "inflated")
    kept = evidence("t-c", {"test": "T-C", **result.verdict.to_json()})
    outcome: Outcome = {"yes": "failed", "no": "passed"}.get(finding.answer, "undetermined")  # type: ignore[assignment]
    note = ""
    if twin.demonstration and outcome == "failed":
        # Its siblings are public: it accuses nobody.
        outcome, note = "undetermined", "; a demonstration draw, whose siblings are public, accuses nobody"
    return Tested("T-C", outcome, _inflation(finding) + note, kept)


def duplicates(case: Case) -> Tested:
    """T-D: repeated and near-duplicate items at random places."""
    if case.access.repeats < LEAST:
        return Tested("T-D", "not run", f"{case.access.repeats} items can't show it: {LEAST} are the fewest")
    task = repeats_task(case)
    # One at a time: a queue of our own making would hide how long each answer took.
    pace = type(case.access.pace)(connections=1, timeout_s=case.access.pace.timeout_s)
    run = case.lab.run(task, _model(case), pace=pace)
    found, left_out = heard_twice(run, case)
    figures = {
        "test": "T-D",
        "n": found.n,
        "alike": found.alike,
        "altered": found.altered,
        "timed": found.timed,
        "faster": found.faster,
        "p_text": found.p_text,
        "p_time": found.p_time,
        "missed": found.missed,
        "left_out": left_out,
        "lots": case.lots.hex(),
    }
    outcome, detail = _caching(found)
    return Tested("T-D", outcome, detail, _with_run("t-d", figures, run))


def same_model(case: Case) -> Tested:
    """T-E: the model that is offered against the one that was released."""
    if case.access.reference is None:
        return Tested("T-E", "not run", "no released model to compare with was named")
    asking = Asking(each=case.access.completions)
    result = compare_endpoints(case.lab, case.access.reference, _model(case), asking, pace=case.access.pace)
    finding = result.verdict.findings[0]
    kept = evidence("t-e", {"test": "T-E", **result.to_json()})
    if finding.answer == "no":
        return Tested("T-E", "failed", finding.sentence, kept)
    whole = result.complete and finding.evidence is not None
    return Tested("T-E", "passed" if whole else "undetermined", finding.sentence, kept)


def token_use(case: Case) -> Tested:
    """T-F: reported token counts against the recorded texts."""
    decoding = decoding_of(case.plan)
    asked = [
        Counted(f"sample {each.sample_id[:40]!r}", each.output, decoding.max_tokens, decoding.stop)
        for each in case.records()
        if each.output is not None and each.output.text is not None
    ]
    tokens = tokens_of(case.access.tokenizer, case.plan.model)
    found = token_counts(asked, tokens)
    figures = {
        "test": "T-F",
        "n": found.n,
        "recounted": found.recounted,
        "cut": found.cut,
        "rules": list(found.rules),
        "faults": list(found.faults),
    }
    kept = evidence("t-f", figures)
    if not found.n:
        return Tested("T-F", "not run", "no answer reports how many tokens it has", kept)
    if found.faults:
        return Tested("T-F", "failed", "; ".join(found.faults), kept)
    how = (
        f"{found.recounted} counted again with the tokenizer"
        if found.recounted
        else "the tokenizer is not known"
    )
    detail = f"{found.n} answers, {how}, {found.cut} cut; all keep these rules: {', '.join(RULES)}"
    return Tested("T-F", "passed", detail, kept)


ALL: Final[Mapping[str, Callable[[Case], Tested]]] = {
    "T-A": rescore,
    "T-B": rerun,
    "T-C": fresh_form,
    "T-D": duplicates,
    "T-E": same_model,
    "T-F": token_use,
}


def tested(case: Case, test: str) -> Tested:
    """One test. What it lacks is its outcome, not an error: only the disk's faults, and ours, are raised."""
    if reason := case.access.refused.get(test):
        return Tested(test, "refused", f"access was refused: {reason}")
    if test not in case.access.only:
        return Tested(test, "not run", case.access.others)
    try:
        return ALL[test](case)
    except StoreError:
        raise
    except (UsageError, ProviderError) as error:
        return Tested(test, "not run", error.message)


def _model(case: Case) -> ModelSpec:
    if case.access.model is None:
        raise UsageError("no model was named that could be asked", "name it: --model PROVIDER/NAME")
    return case.access.model


def _planned_margin(case: Case) -> float | None:
    plan = case.parts.statements.get(PLAN)
    said = plan.fields["analysis"]["margin"] if plan else None
    return None if said is None else float(said)


def _means(records: list[Record]) -> dict[str, float]:
    """Mean score by item; failed answers have none."""
    values: dict[str, list[float]] = {}
    for each in records:
        if not isinstance(each.result, Failure):
            values.setdefault(each.sample_id, []).append(each.result.value)
    return {name: sum(each) / len(each) for name, each in values.items()}


def _figures(found: Reproduction) -> dict[str, object]:
    names = ("difference", "low", "high", "level", "margin", "answer", "p", "mde", "method")
    return {name: getattr(found, name) for name in names}


def _told(found: Reproduction, n: int, drawn: int) -> str:
    text = (
        f"{n} of {drawn} drawn items: the re-run scores {100 * found.difference:+.1f} points against the record "
        f"[{100 * found.low:.1f}, {100 * found.high:.1f}], {100 * found.level:g} %; margin {100 * found.margin:g}"
    )
    if found.answer == "undetermined":
        more = f"{found.needed} items would settle it" if found.needed else "more items are needed"
        return f"{text}: neither equal within it nor different; {more}"
    return text


def _inflation(finding: Finding) -> str:
    if finding.evidence is None:
        return finding.sentence
    effect = finding.evidence.effect
    return (
        f"published items against fresh ones: {effect.value:+.1f} {effect.unit} [{effect.low:.1f}, "
        f"{effect.high:.1f}], n = {finding.evidence.n}; {finding.sentence}"
    )


def _caching(found: Caching) -> tuple[Outcome, str]:
    text = (
        f"{found.n} items: {found.alike} answers came again word for word, {found.altered} after a changed line "
        f"break; the repeat was the faster one on {found.faster} of {found.timed}"
    )
    missed = "even a cache of everything could have been missed"
    if found.missed is not None:
        missed = f"caching of less than {100 * found.missed:g} % of answers could have been missed"
    if found.seen:
        return "failed", f"{text}: answers are kept and given again"
    if found.repeats:
        return (
            "undetermined",
            f"{text}: answers repeat, but no sooner: a cache that waits, or a model that doesn't draw",
        )
    if found.missed is None:
        return "undetermined", f"{text}; {missed}"
    return "passed", f"{text}: no caching was seen; {missed}"


def _with_run(name: str, figures: Mapping[str, object], run: Run) -> dict[str, bytes]:
    """With the answers themselves, where they are not too many: whoever doubts a figure makes it again."""
    journal = (run.path / RECORDS).read_bytes()
    kept = evidence(name, figures)
    return kept | ({f"{name}.records.jsonl": journal} if len(journal) <= _MOST_RECORDS else {})
