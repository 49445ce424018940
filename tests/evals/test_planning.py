"""A plan names everything that decides a score, and nothing that doesn't."""

from __future__ import annotations

import dataclasses

import pytest

from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.question import Decoding, Loglikelihood, question_digest
from fairtrial.core.sample import Sample
from fairtrial.evals.planning import make_plan
from fairtrial.lab.seen import SeenAsking, likelihood_task
from tests.laboratory import PlainPrompt, sums

SPEC = ModelSpec("fake", "model")


def digest(task=None, spec: ModelSpec = SPEC, **more) -> str:  # type: ignore[no-untyped-def]
    return make_plan(task or sums(), spec, **more)[0].digest


def test_the_same_plan_has_the_same_digest() -> None:
    assert digest(sums()) == digest(sums())


@pytest.mark.parametrize(
    "task",
    [
        sums(19),
        sums(decoding=Decoding(temperature=0.7)),
        dataclasses.replace(sums(), system="Be brief."),
        dataclasses.replace(sums(), prompt=PlainPrompt({"template": "Q: {{ input }}"})),
        dataclasses.replace(
            sums(), samples=(dataclasses.replace(sums().samples[0], target=("7",)), *sums().samples[1:])
        ),
        dataclasses.replace(
            sums(), samples=(dataclasses.replace(sums().samples[0], input="0 + 2 ="), *sums().samples[1:])
        ),
    ],
)
def test_whatever_decides_a_score_changes_the_digest(task) -> None:  # type: ignore[no-untyped-def]
    assert digest(task) != digest(sums())


def test_likelihoods_by_token_are_in_the_plan_only_where_they_are_asked() -> None:
    task = likelihood_task("likelihoods", (Sample("a", "Text:", (), ("one two",)),), "sha256:0", SeenAsking())
    # Both as they were before a plan could ask for tokens.
    assert digest() == "sha256:42fe8e00206474f12446e161042ae7797e7f8fdf60112620ef9a97277a496bdd"
    assert digest(task) == "sha256:3ec3d565b573e5f05c43fe27ab81390981246fcfe8bafaf56fa4a8f1f3d51ba7"
    each = dataclasses.replace(task, by_token=True)
    assert digest(each) != digest(task) and make_plan(each, SPEC)[0].task["by_token"] is True
    assert "by_token" not in make_plan(task, SPEC)[0].task
    asked = each.question(each.samples[0]), task.question(task.samples[0])
    assert [isinstance(one, Loglikelihood) and one.by_token for one in asked] == [True, False]
    assert question_digest(asked[0]) == question_digest(asked[1]), "the words are the same"


def test_model_epochs_limit_and_seed_change_it_too() -> None:
    assert (
        len(
            {
                digest(),
                digest(spec=ModelSpec("fake", "other")),
                digest(epochs=2),
                digest(limit=5),
                digest(seed=1),
            }
        )
        == 5
    )


def test_limit_takes_the_first_samples_or_turns_through_the_groups() -> None:
    _, first = make_plan(sums(), SPEC, limit=3)
    assert [each.id for each in first] == ["s000", "s001", "s002"]
    samples = tuple(
        Sample(f"{subject}{i}", "x", ("A",), metadata={"subject": subject})
        for subject in "ab"
        for i in range(3)
    )
    task = dataclasses.replace(sums(), samples=samples, macro="subject")
    _, turned = make_plan(task, SPEC, limit=4)
    assert [each.id for each in turned] == ["a0", "b0", "a1", "b1"]
    _, everything = make_plan(task, SPEC, limit=99)
    assert len(everything) == 6


@pytest.mark.parametrize("more", [{"limit": 0}, {"epochs": 0}])
def test_nothing_to_ask_is_wrong_use(more: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        make_plan(sums(), SPEC, **more)


def test_a_seed_that_is_sent_differs_from_epoch_to_epoch() -> None:
    task = sums(decoding=Decoding(seed=7))
    seeds = [task.question(task.samples[0], epoch).decoding.seed for epoch in (1, 2, 3)]  # type: ignore[union-attr]
    assert seeds == [7, 8, 9]
