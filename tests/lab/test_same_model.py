"""Two endpoints asked as one, and models whose truth is known held against each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from scipy.stats import chi2

from fairtrial import Lab
from fairtrial.audit.prompts import LOTTERY, PROMPTS
from fairtrial.audit.same_model_tests import TEXT, TOKEN
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.lab import Pace
from fairtrial.lab.fingerprints import against, between, read, record, write
from fairtrial.lab.pair import lots, pair_spec
from fairtrial.lab.same_model import Asking, SameModel, compare_endpoints, names_of, read_prompts
from fairtrial.lab.same_model_calibration import false_alarms, listen, power
from tests.cli.test_serve import served
from tests.lab import talkers

FEW = Asking(PROMPTS[:6], 6, 60, max_tokens=12, canary=0)
"""Of 12 calls, 6 a side: the smallest p-value is 2 in 924."""


def python(name: str) -> ModelSpec:
    return ModelSpec.parse(f"python:tests.lab.talkers:{name}")


def judged(tmp_path: Path, a: str, b: str, asking: Asking = FEW) -> SameModel:
    return compare_endpoints(Lab(tmp_path), ModelSpec.parse(a), ModelSpec.parse(b), asking)


def test_every_lot_is_as_likely_and_each_side_is_asked_as_often() -> None:
    each, trials = 3, 3000
    drawn = [lots("sha256:x", f"prompt-{at}", each) for at in range(trials)]
    assert all(len(epochs) == each and epochs <= set(range(1, 7)) for epochs in drawn)
    counts = Counter(drawn)
    assert len(counts) == 20  # 6 choose 3
    statistic = sum((count - trials / 20) ** 2 / (trials / 20) for count in counts.values())
    assert chi2.sf(statistic, 19) > 0.001
    assert lots("sha256:x", "prompt-0", 10) != lots("sha256:y", "prompt-0", 10)


def test_requests_to_both_interleave(tmp_path: Path) -> None:
    talkers.CALLS.clear()
    asked = compare_endpoints(Lab(tmp_path), python("one"), python("other"), FEW, pace=Pace(connections=1))
    calls = talkers.CALLS[: (6 + len(LOTTERY)) * 12]
    assert Counter(calls) == {"one": 54, "other": 54}
    changes = sum(a != b for a, b in pairwise(calls))
    assert 35 <= changes <= 75, "one side after the other"
    first = calls[:54].count("one")
    assert 18 <= first <= 36
    assert asked.order.startswith("sha256:") and asked.complete
    assert [each.probe for each in asked.told.evidence] == [TEXT, TOKEN]


def test_a_stranger_is_refuted_by_text_and_by_numbers(tmp_path: Path) -> None:
    found = compare_endpoints(Lab(tmp_path), python("one"), python("stranger"), FEW)
    assert found.verdict.outcome == "refuted" and found.verdict.exit_status == 1
    assert all(each.rejects and each.tier == "proof" for each in found.told.evidence)
    twice = compare_endpoints(Lab(tmp_path), python("one"), python("stranger"), FEW, resume=True)
    assert twice.runs[0].path == found.runs[0].path
    assert twice.verdict.to_json() == found.verdict.to_json()


def test_without_log_probabilities_text_goes_on_alone(tmp_path: Path) -> None:
    found = compare_endpoints(Lab(tmp_path), python("one"), python("textual"), FEW)
    assert [each.probe for each in found.told.evidence] == [TEXT]
    assert "one-token is not possible" in found.told.impossible[0]
    assert "Holm over 1" in found.told.evidence[0].controls[1]


def test_a_cache_is_said_and_nothing_is_concluded(tmp_path: Path) -> None:
    found = compare_endpoints(Lab(tmp_path), python("parrot"), python("textual"), FEW)
    assert found.told.evidence == () and found.verdict.outcome == "inconclusive"
    assert "talkers:parrot repeats answers to the letter" in found.verdict.sentence


def test_one_seed_over_http_is_said_and_a_sent_one_helps(tmp_path: Path) -> None:
    with served("specimen/honest") as url:
        spec = ModelSpec.parse("openai-api/honest", base_url=url)
        short = replace(FEW, prompts=PROMPTS[:2], each=3, max_tokens=12)
        found = compare_endpoints(Lab(tmp_path / "a"), spec, spec, short)
        assert found.told.evidence == () and "one fixed seed" in found.verdict.sentence
        sent = compare_endpoints(Lab(tmp_path / "b"), spec, spec, replace(short, sampling_seed=5))
        assert len(sent.told.evidence) == 2 and sent.verdict.outcome == "inconclusive"


def test_the_specimen_is_itself_and_a_rounded_or_stepped_one_is_not(tmp_path: Path) -> None:
    same = judged(tmp_path, "specimen/honest", "specimen/honest")
    assert same.verdict.outcome == "inconclusive" and len(same.told.evidence) == 2
    assert same.told.evidence[1].statistic < 1e-4  # numerics of batches
    for name in ("honest-int8", "honest-int4", "honest-one-step"):
        found = judged(tmp_path, "specimen/honest", f"specimen/{name}", replace(FEW, prompts=PROMPTS[:2]))
        token = found.told.evidence[1]
        assert found.verdict.outcome == "refuted" and token.rejects, name
        assert token.statistic > 0.01


def test_false_alarms_and_power_of_recorded_answers(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    honest, coarse = (
        listen(lab, ModelSpec.parse(f"specimen/{name}"), FEW, 12) for name in ("honest", "honest-int4")
    )
    rule = {"each": 6, "pairs": 100, "length": 60, "seed": 1}
    alarms = list(false_alarms("honest", honest, **rule))
    assert len(alarms) == 6 and all(each.held for each in alarms)
    assert alarms[0].hits < 20
    found = {
        (each.test, each.level): each.hits for each in power(("honest", "int4"), (honest, coarse), **rule)
    }
    assert found[TOKEN, 0.01] == 100
    assert found[TEXT, 0.05] > alarms[0].hits


def test_an_endpoint_that_fails_leaves_the_run_open_until_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAGILE", str(tmp_path / "calls"))
    pace = Pace(max_retries=0)
    cut = compare_endpoints(Lab(tmp_path), python("textual"), python("breaks"), FEW, pace=pace)
    assert not cut.complete
    assert cut.told.evidence[0].exclusions == {"a completion is missing": 1}
    whole = compare_endpoints(Lab(tmp_path), python("textual"), python("breaks"), FEW, pace=pace, resume=True)
    assert whole.complete and whole.told.evidence[0].exclusions == {}
    assert whole.runs[0].path == cut.runs[0].path


def test_a_fingerprint_is_recorded_and_judged_by(tmp_path: Path) -> None:
    lab, honest = Lab(tmp_path), ModelSpec.parse("specimen/honest")
    made, _ = record(lab, honest, FEW)
    write(tmp_path / "f.json", made.sealed())
    kept = read(tmp_path / "f.json")
    assert kept.prompts is None and kept.reported == ("specimen/honest",) and len(kept.calls) == 6
    same = against(lab, honest, kept, FEW.prompts)
    assert same.verdict.outcome == "inconclusive" and not same.told.evidence[0].rejects
    other = against(lab, ModelSpec.parse("specimen/honest-int4"), kept, FEW.prompts)
    assert other.verdict.outcome == "inconclusive" and other.verdict.exit_status == 10
    assert other.told.evidence[1].rejects and other.told.evidence[1].tier == "strong"
    assert "cause unknown" in other.verdict.sentence
    # New draws, not the recorded ones again: seeds 1 to 6 were spent.
    asked_with = [run.plan["task"]["decoding"]["seed"] for run in (same.runs[0], other.runs[0])]  # type: ignore[index, call-overload]
    assert (kept.decoding["seed"], asked_with) == (1, [7, 7])
    with pytest.raises(UsageError, match="different prompts"):
        against(lab, honest, kept, PROMPTS[6:12])
    with pytest.raises(UsageError, match="different prompts"):
        against(lab, honest, kept, None)
    with pytest.raises(UsageError, match="there already"):
        write(tmp_path / "f.json", made)


def test_two_fingerprints(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    first, second = (record(lab, python(name), FEW)[0] for name in ("one", "stranger"))
    found = between(second, replace(first, date="2020-01-01T00:00:00Z"))
    assert found.verdict.claim.source.endswith("one"), "the older one comes first"
    assert found.verdict.outcome == "inconclusive" and all(each.rejects for each in found.told.evidence)
    elsewhere, _ = record(lab, python("one"), replace(FEW, prompts=PROMPTS[6:12]))
    with pytest.raises(UsageError, match="different prompts"):
        between(first, elsewhere)
    warmer, _ = record(lab, python("one"), replace(FEW, temperature=0.5))
    with pytest.raises(UsageError, match="one temperature"):
        between(first, warmer)
    seeded = replace(first, decoding={**first.decoding, "seed": 3})
    with pytest.raises(UsageError, match="same seeds"):
        between(seeded, seeded)


def test_prompts_from_a_file(tmp_path: Path) -> None:
    lines, rows = tmp_path / "p.txt", tmp_path / "p.jsonl"
    lines.write_text("Say one.\n\nSay two.\n", "utf-8")
    rows.write_text('{"input": "Say\\none."}\n{"input": "Two", "id": 2}\n', "utf-8")
    assert read_prompts(lines) == ("Say one.", "Say two.")
    assert read_prompts(rows) == ("Say\none.", "Two")
    for wrong in ("{", "[]", '{"input": 3}', '{"input": " "}', '{"input": "a", "input": "b"}'):
        rows.write_text(wrong, "utf-8")
        with pytest.raises(UsageError, match="line 1"):
            read_prompts(rows)
    lines.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="UTF-8"):
        read_prompts(lines)
    with pytest.raises(UsageError, match="can't read"):
        read_prompts(tmp_path / "none")


def test_what_can_t_be_asked() -> None:
    for changes in ({"prompts": PROMPTS[:1]}, {"each": 1}, {"temperature": 0.0}, {"prompts": ("a", "a")}):
        with pytest.raises(UsageError):
            replace(FEW, **changes)
    with pytest.raises(UsageError, match="names no two models"):
        Lab().open(ModelSpec("pair", "a + b"))


def test_one_name_at_two_addresses_is_told_apart() -> None:
    a, b = (ModelSpec.parse("openai-api/m", base_url=f"http://me:secret@{host}/v1") for host in ("x", "y:81"))
    assert names_of(a, b) == ("openai-api/m at x", "openai-api/m at y:81")
    assert names_of(a, a) == ("openai-api/m", "openai-api/m")
    assert pair_spec(a, b, each=2, order="o").options["each"] == 2
