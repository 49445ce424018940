"""pass@k over problems, against the published formula in numpy and against drawing k answers; what is stated with
it; what derived inputs change; programs judged."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats

from fairtrial.core.record import DERIVED, Execution, Record
from fairtrial.core.summary import Summary
from fairtrial.metrics.summary import summarise
from fairtrial.report.page import page
from fairtrial.report.terminal import summary_text
from fairtrial.stats.means import mean_interval
from tests.metrics.laboratory import plan, record, tally_of

UNBIASED = "pass@k and pass^k are unbiased estimates from these"
COPIES = "which at temperature 0 are near copies of one another"
SCORER = {
    "metric": "pass@1",
    "name": "runs",
    "extractor": {"name": "code", "takes": "the last block"},
    "exams": "x",
}


def published(n: int, c: int, k: int) -> float:
    """Chen et al. 2021, equation 1: 1 - C(n-c, k) / C(n, k), as the running product of their figure 3."""
    return 1.0 if n - c < k else 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))


def summed(
    records: list[Record], n: int, epochs: int, provenance: Mapping[str, object] = {}, **task: object
) -> Summary:
    return summarise(
        tally_of(records),
        run="runs/a",
        plan=plan(n, epochs=epochs, scorer=SCORER, **task),
        status="complete",
        provenance=provenance,  # type: ignore[arg-type]
    )


def drawn_runs(successes: list[int], epochs: int, seed: int = 0) -> list[Record]:
    rng = random.Random(seed)
    found = []
    for at, count in enumerate(successes):
        values = [1.0] * count + [0.0] * (epochs - count)
        rng.shuffle(values)
        found += [record(f"s{at:03}", value, epoch=epoch) for epoch, value in enumerate(values, 1)]
    return found


@pytest.mark.parametrize(
    ("epochs", "ks"), [(2, (2,)), (5, (2, 5)), (10, (2, 10)), (20, (2, 10, 20)), (120, (2, 10, 100, 120))]
)
def test_pass_at_k_is_the_published_one_averaged_over_problems_with_the_error_over_problems(
    epochs: int, ks: tuple[int, ...]
) -> None:
    rng = random.Random(epochs)
    successes = [rng.randint(0, epochs) for _ in range(40)]
    found = summed(drawn_runs(successes, epochs), 40, epochs)
    by_name = {each.metric: each for each in found.metrics}
    assert list(by_name) == ["pass@1", *(f"pass{mark}{k}" for k in ks for mark in "@^")]
    assert by_name["pass@1"].value == pytest.approx(np.mean([published(epochs, c, 1) for c in successes]))
    for k in ks:
        values = np.array([published(epochs, c, k) for c in successes])
        each = by_name[f"pass@{k}"]
        assert each.value == pytest.approx(values.mean(), abs=1e-9) and each.n == 40
        over_problems = mean_interval(values.tolist())
        assert (each.low, each.high) == (pytest.approx(over_problems.low), pytest.approx(over_problems.high))
        half = stats.t.ppf(0.975, 39) * values.std(ddof=1) / np.sqrt(40)
        assert 0.9 * half <= (each.high - each.low) / 2, "not narrower than the textbook's over 40 problems"


def test_pass_at_k_is_what_drawing_k_of_the_answers_gives() -> None:
    """Enumerated: every choice of k of the n answers of every problem."""
    records = drawn_runs([0, 1, 3, 6], 6, seed=4)
    found = {each.metric: each.value for each in summed(records, 4, 6).metrics}
    by_problem: dict[str, list[bool]] = {}
    for each in records:
        by_problem.setdefault(each.sample_id, []).append(each.state == "right")
    for k in (2, 6):
        choices = [list(itertools.combinations(values, k)) for values in by_problem.values()]
        some = [sum(map(any, each)) / len(each) for each in choices]
        every = [sum(map(all, each)) / len(each) for each in choices]
        assert found[f"pass@{k}"] == pytest.approx(sum(some) / 4)
        assert found[f"pass^{k}"] == pytest.approx(sum(every) / 4)


def test_a_problem_with_failed_answers_counts_where_enough_are_left() -> None:
    records = drawn_runs([5, 2], 10)
    records = [
        record(each.sample_id, None, epoch=each.epoch)
        if each.sample_id == "s001" and each.epoch > 8
        else each
        for each in records
    ]
    found = {each.metric: each for each in summed(records, 2, 10).metrics}
    assert found["pass@10"].n == 1 and found["pass@2"].n == 2
    right = sum(each.state == "right" for each in records if each.sample_id == "s001")
    assert found["pass@2"].value == pytest.approx((published(10, 5, 2) + published(8, right, 2)) / 2)


@pytest.mark.parametrize(
    ("epochs", "decoding", "told"),
    [
        (1, {"temperature": 0.0}, "1 answer a question, temperature 0; read as: the last block"),
        (
            20,
            {"temperature": 0.8, "top_p": 0.95},
            f"20 answers a question, temperature 0.8, top-p 0.95, {UNBIASED}; read as: the last block",
        ),
        (
            3,
            {"temperature": 0.0},
            f"3 answers a question, temperature 0, {UNBIASED}, {COPIES}; read as: the last block",
        ),
        (
            1,
            {"temperature": None},
            "1 answer a question, temperature left to the provider; read as: the last block",
        ),
    ],
)
def test_n_temperature_and_reading_stand_with_the_figure(
    epochs: int, decoding: dict[str, float | None], told: str
) -> None:
    found = summed(drawn_runs([1, 0], epochs), 2, epochs, decoding=decoding)
    assert found.drawn == told == found.to_json()["drawn"]
    shown = " ".join(summary_text(found, width=300).split())
    assert f"drawn {told}" in shown
    assert told in page([found]).replace("\u00a0", " ")


def test_one_answer_under_another_metric_says_nothing_of_pass_at_k() -> None:
    found = summarise(tally_of([record("a", 1.0)]), run="r", plan=plan(1), status="complete", provenance={})
    assert found.drawn == "" and found.judged is None and found.derived is None
    json = found.to_json()
    assert (json["drawn"], json["judged"], json["derived"]) == ("", None, None)


def test_pass_at_k_never_stands_in_a_column_with_the_score() -> None:
    text = page([summed(drawn_runs([1, 3], 4), 2, 4)])
    score, several = text.index("Scores with their intervals"), text.index("Chances with their intervals")
    first = text[score:several]
    assert "pass@1" in first and "pass@2" not in first and "pass@2" in text[several:]


def derived_runs(outcomes: list[list[tuple[float, float]]]) -> list[Record]:
    """A list a problem, a pair an answer: its score, and its score with derived inputs."""
    return [
        record(f"s{at:03}", value, epoch=epoch, others={DERIVED: more})
        for at, answers in enumerate(outcomes)
        for epoch, (value, more) in enumerate(answers, 1)
    ]


def test_derived_inputs_are_told_as_a_share_of_the_answers_that_passed() -> None:
    outcomes = [[(1.0, 1.0)]] * 15 + [[(1.0, 0.0)]] * 5 + [[(0.0, 0.0)]] * 30
    found = summed(derived_runs(outcomes), 50, 1)
    assert found.derived is not None and found.derived.n == 20
    assert found.derived.value == pytest.approx(0.25)
    low, high = stats.binomtest(5, 20).proportion_ci(method="wilson")
    assert (found.derived.low, found.derived.high) == (pytest.approx(low), pytest.approx(high))
    told = " ".join(summary_text(found, width=200).split())
    assert "derived 25.0 % [" in told and "of 20 samples with a passing answer" in told
    assert "never count" in told and "25.0" in page([found])
    assert found.primary is not None and found.primary.value == pytest.approx(0.4), "the score is untouched"


def test_with_several_answers_the_share_is_averaged_over_problems() -> None:
    outcomes = [[(1.0, 0.0), (1.0, 1.0)], [(1.0, 1.0), (0.0, 0.0)], [(0.0, 0.0), (0.0, 0.0)]]
    found = summed(derived_runs(outcomes), 3, 2)
    assert found.derived is not None
    assert (found.derived.n, found.derived.value) == (2, pytest.approx(0.25))


def test_where_nothing_passed_there_is_no_share() -> None:
    assert summed(derived_runs([[(0.0, 0.0)]] * 3), 3, 1).derived is None


def executed(name: str, value: float, cause: str, seconds: float, version: str = "0.8.0") -> Record:
    sandbox = {"backend": "bubblewrap", "version": version, "limits": {"wall_s": "6.0"}}
    return dataclasses.replace(record(name, value), execution=Execution(sandbox, cause, "", 1, seconds))


def test_programs_are_counted_by_cause_and_timed_whatever_their_order() -> None:
    records = [
        executed("a", 1.0, "", 0.1),
        executed("b", 0.0, "timeout", 6.0),
        executed("c", 0.0, "raised", 0.2),
        executed("d", 0.0, "raised", 0.3),
        record("e", 0.0, state="unparsed"),
    ]
    found = summed(records, 5, 1, {"judging": {"wall_s": 3.5}})
    assert found.judged is not None
    assert (found.judged.programs, found.judged.seconds, found.judged.wall_s) == (4, 6.6, 3.5)
    assert list(found.judged.causes.items()) == [("raised", 2), ("timeout", 1)]
    assert (
        found.to_json()["judged"]
        == summed(records[::-1], 5, 1, {"judging": {"wall_s": 3.5}}).to_json()["judged"]
    )
    told = " ".join(summary_text(found, width=200).split())
    line = "judged 4 programs (2 × raised, 1 × timeout); 6.60 s of trials in 3.50 s on the clock; bubblewrap 0.8.0"
    assert line in told
    assert "Judged: 4 programs" in page([found])


def test_a_run_that_moved_names_both_sandboxes() -> None:
    found = summed([executed("a", 1.0, "", 0.1), executed("b", 1.0, "", 0.1, "0.9.0")], 2, 1)
    assert found.judged is not None and found.judged.wall_s is None
    assert sorted(each["version"] for each in found.judged.sandboxes) == ["0.8.0", "0.9.0"]
    assert "bubblewrap 0.8.0; bubblewrap 0.9.0" in summary_text(found, width=200) or (
        "bubblewrap 0.9.0; bubblewrap 0.8.0" in summary_text(found, width=200)
    )


def test_that_tests_are_few_is_not_covered() -> None:
    found = summed([executed("a", 1.0, "", 0.1)], 1, 1)
    assert any(words.startswith("tests and extraction:") for words in found.not_covered)
