"""Side b's answer among side a's, as likely as a finds them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from scipy.stats import chi2

from fairtrial import Lab
from fairtrial.audit.prompts import PROMPTS
from fairtrial.audit.same_model_tests import RANKS
from fairtrial.core.output import Loglik, Output
from fairtrial.core.plan import ModelSpec
from fairtrial.lab.pair import lots
from fairtrial.lab.same_model import Asking, SameModel, compare_endpoints
from fairtrial.lab.same_model_ranks import Picked, picked, rank_task, ranked

ASKING = Asking(PROMPTS[:16], 4, 60, max_tokens=24, canary=0, ranks=True)


def judged(folder: Path, a: str, b: str, asking: Asking = ASKING) -> SameModel:
    return compare_endpoints(Lab(folder), ModelSpec.parse(a), ModelSpec.parse(b), asking)


def test_another_model_is_found_by_one_answer_a_prompt_and_the_same_is_not(tmp_path: Path) -> None:
    other = judged(tmp_path, "specimen/honest", "specimen/cheat")
    told = next(each for each in other.told.evidence if each.probe == RANKS)
    assert told.rejects and told.tier == "proof" and told.n == 16
    assert told.effect.value < 0 and told.mde is not None, "less likely by the one that didn't write them"
    same = judged(tmp_path, "specimen/honest", "specimen/honest")
    assert not next(each for each in same.told.evidence if each.probe == RANKS).rejects
    run = next(each for each in same.runs if each.summary.task == "same-model-ranks")
    assert run.plan["model"] == ModelSpec.parse("specimen/honest").to_json(), "side a alone reads"


def test_a_model_without_likelihoods_leaves_it_out(tmp_path: Path) -> None:
    asking = replace(ASKING, prompts=PROMPTS[:3])
    found = judged(tmp_path, "python:tests.lab.talkers:textual", "specimen/honest", asking)
    assert RANKS not in [each.probe for each in found.told.evidence]
    assert any(f"{RANKS} is not possible" in each for each in found.told.impossible)
    assert "Holm over 1" in found.told.evidence[0].controls[1]


def test_ranks_are_uniform_under_lots_even_where_a_model_drifts() -> None:
    """One model on both sides whose answers grow with each request: which is b's must not show in its rank."""
    each, prompts = 4, 600
    asking = replace(ASKING, prompts=tuple(f"prompt {at}" for at in range(prompts)), each=each)
    a, b = {}, {}
    for at in range(prompts):
        name = f"prompt-{at:03}"
        ours = lots("sha256:x", name, each)
        a[name] = [f"{epoch}" for epoch in range(1, 2 * each + 1) if epoch in ours]
        b[name] = [f"{epoch}" for epoch in range(1, 2 * each + 1) if epoch not in ours]
    found = picked(asking, "sha256:x", a, b)
    ranks = Counter(sum(int(own) < int(one.theirs) for own in one.ours) for one in found.values())
    statistic = sum((ranks[rank] - prompts / 5) ** 2 / (prompts / 5) for rank in range(each + 1))
    assert chi2.sf(statistic, each) > 0.001
    firsts = Counter(sum(int(own) < int(b[name][0]) for own in one.ours) for name, one in found.items())
    assert firsts[0] > 0.4 * prompts, "the first of b's would be early: this shows that it matters"


def test_equal_texts_get_one_likelihood_whosesoever_they_are() -> None:
    a = {"prompt-000": ["x", "y", "x"], "prompt-001": ["x", "", "y"]}
    b = {"prompt-000": ["x", "x", "x"], "prompt-001": ["x", "x", "x"]}
    asking = replace(ASKING, prompts=("One", "Two"), each=3)
    chosen = picked(asking, "o", a, b)
    assert chosen == {"prompt-000": Picked("One", "x", ("x", "y", "x"))}, (
        "an empty answer leaves a prompt out"
    )
    (sample,) = rank_task(asking, chosen).samples
    assert sample.choices == ("x", "y")
    output = Output(None, logliks=(Loglik(-4.0, tokens=2), Loglik(-9.0, tokens=3)))
    assert ranked(output, sample.choices, chosen["prompt-000"]) == [-2.0, -2.0, -3.0, -2.0]
