"""A registered run: nothing is asked before START is witnessed; one START and one END, whatever comes between."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairtrial.adapters.http_get import post
from fairtrial.adapters.stores.folder import RECORDS
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import IntegrityError, ProviderError, StoreError, UsageError
from fairtrial.lab import Lab
from fairtrial.lab.ending import close
from fairtrial.lab.entering import entered, writing
from fairtrial.lab.registering import Terms, register, until
from fairtrial.lab.registration import END, PLAN, START, RegistrationFolder
from fairtrial.lab.run_life import RunLife
from fairtrial.trust.checkpoint import cosignatures
from fairtrial.trust.log_policy import parse_log_policy
from fairtrial.trust.records import records_root
from fairtrial.trust.tlog_proof import parse_tlog_proof
from tests.lab import registered_models
from tests.lab.log_world import LAB, OTHER_LAB, new_log
from tests.lab.registered_world import N, World, let_go, policy, world

RIGHT, WATCHING = (f"python:tests.lab.registered_models:{name}" for name in ("right", "watching"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("registered")) as made:
        yield made


@pytest.fixture
def place(whole: World, tmp_path: Path) -> World:
    """The module's log and witnesses, a folder of its own."""
    for each in (registered_models.seen, registered_models.asked, registered_models.failing):
        each.clear()
    return World(tmp_path, whole.log)


def test_from_register_to_end(place: World) -> None:
    folder, planned = place.register("first", RIGHT, claim="adds", construct="sums", quota=2)
    assert planned.filed.document.fields["quota"] == {"primary": 1, "variants": 1}
    run = place.run(place.life(folder), RIGHT)
    assert run.summary.counts.right == N
    assert place.types("first") == ["plan", "run-start", "run-end"]
    (attempt,) = place.attempts("first")
    assert attempt.state == "completed" and not attempt.over_quota
    kept = RegistrationFolder.of_run(run.path)
    ended = kept.need(END).fields
    assert ended["counts"] == run.summary.counts.to_json() and ended["records"]["n"] == N
    lines = (run.path / RECORDS).read_bytes().splitlines(keepends=True)
    assert ended["records"]["root"] == records_root(lines)
    times = sorted(attempt["at"] for line in lines for attempt in json.loads(line)["attempts"])
    assert ended["requests"] == {"first": f"{times[0][:19]}Z", "last": f"{times[-1][:19]}Z"}


def test_the_proofs_are_those_of_their_time(place: World) -> None:
    folder, planned = place.register("proofs", RIGHT)
    kept = RegistrationFolder.of_run(place.run(place.life(folder), RIGHT).path)
    found = {name: parse_tlog_proof(kept.proof(name) or b"", name) for name in (PLAN, START, END)}
    assert found[PLAN].index < found[START].index < found[END].index
    assert found[PLAN].signed.checkpoint.size <= found[START].index
    assert found[START].signed.checkpoint.size <= found[END].index, "START was public before END existed"
    done = [entered(place.log, kept.envelope(name) or b"", kept.proof(name) or b"", name) for name in found]
    assert done[0].at <= done[1].at <= kept.need(END).fields["requests"]["first"]
    assert kept.need(END).fields["requests"]["last"] <= done[2].at
    assert done[0].at == planned.at


def test_no_question_before_a_quorum_has_seen_start(place: World) -> None:
    folder, _ = place.register("watched", WATCHING)
    registered_models.watched = place.log
    run = place.run(place.life(folder), WATCHING)
    index = parse_tlog_proof(RegistrationFolder.of_run(run.path).proof(START) or b"", "it").index
    asked = parse_log_policy((place.log / "log.policy").read_bytes(), "it")
    assert len(registered_models.seen) == N
    for signed in registered_models.seen:
        assert signed.checkpoint.size > index, "START was not in the tree when the model was asked"
        assert asked.met_by(cosignatures(signed, asked.witness_keys)), "no quorum had seen it"


@pytest.mark.parametrize("missing", ["witness", "policy"])
def test_without_a_quorum_nothing_is_asked(tmp_path: Path, missing: str) -> None:
    registered_models.asked.clear()
    log = new_log(tmp_path / "log")
    if missing == "witness":
        (log / "log.policy").write_bytes(_two_witnesses(log))
    place = World(tmp_path, log)
    life = place.life(terms=Terms("nobody saw it", "2030-01-01T00:00:00Z"))
    with pytest.raises((ProviderError, UsageError)) as refused:
        place.run(life, RIGHT)
    if missing == "witness":
        assert "plan.dsse.json is entry 0 of the log, and not witnessed yet" in refused.value.message
        assert "--resume" in refused.value.remedy
    assert ("isn't met" if missing == "witness" else "no witnesses") in refused.value.message
    assert registered_models.asked == []
    assert "run-start" not in place.types("nobody saw it"), "START waits for its plan's quorum, too"


def _two_witnesses(log: Path) -> bytes:
    """Whose addresses nobody answers at."""
    keys = [
        "witness.example/a+1ea72923+BBhIAt4Lf0o0zs4xk9lk1IAN2uJhW1xia9YZjqyOPFbk",
        "witness.example/b+11b580be+BJ1cEDaPw06N5EWH8pOFOAR2ebV+UMjCii1zljOdO25G",
    ]
    return policy(log, [(key, "http://127.0.0.1:9") for key in keys])


def test_registered_and_run_in_one_go(place: World) -> None:
    terms = Terms("one go", "2030-01-01T00:00:00Z")
    run = place.run(place.life(terms=terms), RIGHT)
    assert place.types("one go") == ["plan", "run-start", "run-end"]
    again = place.run(place.life(terms=terms), RIGHT, resume=True)
    assert again.path == run.path and place.types("one go") == ["plan", "run-start", "run-end"]


def test_another_plan_than_the_registered_one_is_not_run(place: World) -> None:
    folder, _ = place.register("this plan", RIGHT)
    with pytest.raises(UsageError, match="another plan than the one"):
        place.lab().run(place.task(3), RIGHT, life=place.life(folder))
    with pytest.raises(UsageError, match="the registration of another plan"):
        place.register("this plan", WATCHING)
    assert registered_models.asked == [] and place.types("this plan") == ["plan"]


def test_registering_twice_is_registering_once(place: World) -> None:
    folder, first = place.register("once", RIGHT)
    _, again = place.register("once", RIGHT, claim="something else")
    assert again.filed.index == first.filed.index and again.at == first.at
    assert again.filed.document.fields["claim"] != "something else", "what was signed stands"
    (folder.path / "plan.tlog-proof").unlink()  # as after a crash between log and proof
    _, third = place.register("once", RIGHT)
    assert third.filed.index == first.filed.index and folder.proof(PLAN) == third.proof


def test_runs_off_the_record_are_no_attempts_and_a_log_does_not_see_them(place: World) -> None:
    folder, _ = place.register("one of three", RIGHT)
    for _ in range(2):
        place.run(None, RIGHT)
    place.run(place.life(folder), RIGHT)
    assert len(place.attempts("one of three")) == 1
    place.run(place.life(folder, variant="again"), RIGHT)
    assert [each.over_quota for each in place.attempts("one of three")] == [False, True]


def test_over_quota_is_admitted_and_told(place: World) -> None:
    folder, _ = place.register("two of one", RIGHT)
    place.run(place.life(folder), RIGHT)
    assert place.notices == []
    place.run(place.life(folder, variant="again"), RIGHT)
    assert "attempt 2 of the campaign, beyond its quota" in place.notices[0]
    states = [(each.state, each.over_quota) for each in place.attempts("two of one")]
    assert states == [("completed", False), ("completed", True)]


def test_a_campaign_of_two_plans_has_one_quota(place: World) -> None:
    place.register("joint", RIGHT, quota=2)
    folder = RegistrationFolder(place.path / "second")
    with pytest.raises(UsageError, match="has a quota of 2 already"):
        register(place.plan(WATCHING), Terms("joint", "2030-01-01T00:00:00Z"), folder, log=place.log, key=LAB)
    second = Terms("joint", "2030-01-01T00:00:00Z", quota=2)
    done = register(place.plan(WATCHING), second, folder, log=place.log, key=LAB)
    assert done.filed.entry.campaign == place.campaign("joint")[0].entry.campaign
    assert place.types("joint") == ["plan", "plan"]
    other = Terms("joint", "2030-01-01T00:00:00Z")
    theirs = register(
        place.plan(RIGHT), other, RegistrationFolder(place.path / "theirs"), log=place.log, key=OTHER_LAB
    )
    assert theirs.filed.entry.campaign != done.filed.entry.campaign, "a name is nobody's property"


def test_an_unfinished_run_has_no_end_until_it_is_resumed(place: World) -> None:
    folder, _ = place.register("resumed", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(folder), RIGHT)
    assert run.summary.status == "incomplete" and place.types("resumed") == ["plan", "run-start"]
    before = RegistrationFolder.of_run(run.path).proof(START)
    registered_models.failing.clear()
    place.register("meanwhile", RIGHT)  # the log grows
    done = place.run(place.life(folder), RIGHT, resume=True)
    assert done.path == run.path and done.summary.status == "complete"
    assert place.types("resumed") == ["plan", "run-start", "run-end"]
    assert RegistrationFolder.of_run(run.path).proof(START) == before, "the proof of its time stands"
    assert RegistrationFolder.of_run(run.path).need(END).fields["records"]["n"] == N


def test_a_closed_run_counts_and_is_not_continued(place: World) -> None:
    folder, _ = place.register("closed", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(folder), RIGHT)
    loaded = place.lab().load(run.path)
    close(loaded, "failed", "the provider is gone", log=place.log, key=LAB)
    ended = RegistrationFolder.of_run(run.path).need(END).fields
    assert ended["status"] == "failed" and ended["counts"]["failed"] == 1 and ended["records"]["n"] == N
    with pytest.raises(UsageError, match="has ended already: failed"):
        close(loaded, "aborted", "", log=place.log, key=LAB)
    registered_models.failing.clear()
    done = place.run(place.life(folder, variant="second"), RIGHT, resume=True)
    assert done.path != run.path, "a closed run isn't taken up: that is a new attempt"
    assert [each.state for each in place.attempts("closed")] == ["failed", "completed"]


def test_a_result_is_not_closed_as_a_failure_nor_a_part_as_the_whole(place: World) -> None:
    folder, _ = place.register("liked", RIGHT)
    run = place.run(place.life(folder), RIGHT)
    for name in ("run-end.tlog-proof", "run-end.dsse.json"):  # as after a crash before END
        (run.path / "registration" / name).unlink()
    with pytest.raises(UsageError, match="a result is not closed as failed"):
        close(place.lab().load(run.path), "failed", "not good enough", log=place.log, key=LAB)
    journal = run.path / RECORDS
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:4]))
    with pytest.raises(UsageError, match="2 questions were not asked"):
        close(place.lab().load(run.path), "completed", "", log=place.log, key=LAB)


def test_questions_that_fail_for_good_dont_keep_a_run_open_for_ever(place: World) -> None:
    folder, _ = place.register("for good", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(folder), RIGHT)
    close(place.lab().load(run.path), "completed", "one question is refused", log=place.log, key=LAB)
    ended = RegistrationFolder.of_run(run.path).need(END).fields
    assert ended["counts"]["failed"] == 1 and ended["counts"]["right"] == N - 1
    with pytest.raises(UsageError, match=r"has ended \(completed\)"):
        place.run(place.life(folder), RIGHT, resume=True)


def test_no_attempt_is_begun_by_mistake(place: World) -> None:
    """Somebody forgets --resume: the log would count a second attempt for ever."""
    folder, _ = place.register("forgotten", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(folder), RIGHT)
    registered_models.failing.clear()
    for _ in range(2):
        with pytest.raises(UsageError, match="has an attempt 'primary' already: entry"):
            place.run(place.life(folder), RIGHT)
    assert len(place.attempts("forgotten")) == 1
    done = place.run(place.life(folder), RIGHT, resume=True)
    assert done.path == run.path, "what was only prepared doesn't come before what was begun"
    assert [each.state for each in place.attempts("forgotten")] == ["completed"]


def test_a_start_after_the_plans_deadline_is_told(place: World) -> None:
    terms = Terms("late", "2026-01-01T00:00:00Z")
    place.run(place.life(terms=terms), RIGHT)
    assert "the plan was to start by 2026-01-01T00:00:00Z" in place.notices[0]


def test_a_copied_folder_is_no_attempt_of_its_own(place: World) -> None:
    """Many runs under one START, the best of them ended: not with this program."""
    folder, _ = place.register("copied", RIGHT)
    registered_models.failing |= {f"{at} + {at} =" for at in range(N)}
    run = place.run(place.life(folder), RIGHT)
    registered_models.failing.clear()
    shutil.copytree(run.path, run.path.with_name(f"{run.path.name}-2"))
    shutil.rmtree(run.path)
    with pytest.raises(UsageError, match="one START is one run"):
        place.run(place.life(folder), RIGHT, resume=True)


def test_another_runs_start_is_not_taken_for_ones_own(place: World) -> None:
    folder, _ = place.register("mine", RIGHT)
    other, _ = place.register("theirs", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    mine, theirs = place.run(place.life(folder), RIGHT), place.run(place.life(other), RIGHT)
    for name in ("run-start.dsse.json", "run-start.tlog-proof"):
        shutil.copy(theirs.path / "registration" / name, mine.path / "registration" / name)
    with pytest.raises((UsageError, IntegrityError), match="one START is one run"):
        place.run(place.life(folder), RIGHT, resume=True)


@pytest.mark.parametrize("name", ["run-start.dsse.json", "run-start.tlog-proof", "plan.tlog-proof"])
def test_a_damaged_document_stops_it(place: World, name: str) -> None:
    folder, _ = place.register(f"damaged {name}", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(folder), RIGHT)
    asked = len(registered_models.asked)
    path = run.path / "registration" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        place.run(place.life(folder), RIGHT, resume=True)
    assert len(registered_models.asked) == asked


def test_answers_without_a_witnessed_start_stay_off_the_record(place: World) -> None:
    terms = Terms("smuggled", "2030-01-01T00:00:00Z")
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(terms=terms), RIGHT)
    for name in ("run-start.dsse.json", "run-start.tlog-proof"):
        (run.path / "registration" / name).unlink()
    with pytest.raises(UsageError, match="answers and no witnessed START"):
        place.run(place.life(terms=terms), RIGHT, resume=True)


def test_only_the_key_of_start_can_end(place: World) -> None:
    folder, _ = place.register("other key", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    run = place.run(place.life(folder), RIGHT)
    with pytest.raises(UsageError, match="only that key can end it"):
        close(place.lab().load(run.path), "aborted", "", log=place.log, key=OTHER_LAB)
    assert place.types("other key") == ["plan", "run-start"]
    assert RegistrationFolder.of_run(run.path).envelope(END) is None


def test_a_changed_journal_is_not_ended(place: World) -> None:
    """END is signed and kept, its entry is not made yet; meanwhile somebody edits the journal."""
    folder, _ = place.register("edited", RIGHT)
    run = place.run(place.life(folder), RIGHT)
    (run.path / "registration/run-end.tlog-proof").unlink()
    journal = run.path / RECORDS
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    with pytest.raises(IntegrityError, match="not the journal that END"):
        place.run(place.life(folder), RIGHT, resume=True)


def test_a_registered_run_is_not_continued_off_the_record(place: World) -> None:
    folder, _ = place.register("off", RIGHT)
    registered_models.failing |= {"3 + 3 ="}
    place.run(place.life(folder), RIGHT)
    with pytest.raises(UsageError, match="is a registered run"):
        place.run(None, RIGHT, resume=True)


def test_a_key_that_the_log_does_not_know_leaves_nothing_behind(place: World) -> None:
    life = place.life(terms=Terms("stranger", "2030-01-01T00:00:00Z"), key=SecretKey.new())
    with pytest.raises(IntegrityError):
        place.run(life, RIGHT)
    assert place.types("stranger") == [] and registered_models.asked == []
    right = place.run(place.life(terms=Terms("stranger", "2030-01-01T00:00:00Z")), RIGHT, resume=True)
    assert right.summary.status == "complete"


class Late:
    """A clock that is off."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> str:
        at = time.time() + self.seconds
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".000Z"

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.mark.parametrize(("seconds", "told"), [(-600, "behind"), (600, "ahead of")])
def test_a_clock_that_is_off_stops_it_before_the_first_question(
    place: World, seconds: float, told: str
) -> None:
    name = f"clock {seconds}"
    folder, _ = place.register(name, RIGHT)
    life = RunLife(place.log, LAB, Late(seconds), place.notices.append, registered=folder)
    with pytest.raises(StoreError, match=f"{told} the witnesses"):
        place.run(life, RIGHT)
    if seconds < 0:  # it goes on being behind
        with pytest.raises(StoreError, match="behind the witnesses"):
            place.run(life, RIGHT, resume=True)
    assert registered_models.asked == []
    place.run(place.life(folder), RIGHT, resume=True)
    assert place.types(name) == ["plan", "run-start", "run-end"]


def test_a_clock_that_was_set_ahead_meanwhile_is_told(place: World) -> None:
    folder, _ = place.register("ahead at last", RIGHT)
    lab = Lab(place.path / "runs", clock=Late(600))
    lab.run(place.task(), RIGHT, life=place.life(folder))
    assert "the clock is ahead" in place.notices[0]


def test_a_start_witnessed_long_before_the_resume_is_no_clock_that_is_off(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between the log's answer and its proof; somebody comes back an hour later."""
    folder, _ = place.register("an hour later", RIGHT)
    keep = RegistrationFolder.keep

    def dying(kept: RegistrationFolder, name: str, data: bytes) -> None:
        if name == "run-start.tlog-proof":
            raise Crash
        keep(kept, name, data)

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(RegistrationFolder, "keep", dying)
        place.run(place.life(folder), RIGHT)
    assert place.types("an hour later") == ["plan", "run-start"]
    monkeypatch.setattr("fairtrial.lab.run_life.CLOCKS_S", 0.1)
    time.sleep(2.2)
    place.run(place.life(folder), RIGHT, resume=True)
    assert place.types("an hour later") == ["plan", "run-start", "run-end"]


def test_a_log_that_is_busy_is_waited_for(place: World) -> None:
    command = (
        "import sys, time\nfrom fairtrial.lab.log import Log\n"
        "with Log.open(sys.argv[1]):\n    print('held', flush=True)\n    time.sleep(1)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", command, str(place.log)], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    place.register("busy", RIGHT)
    assert other.wait(10) == 0
    held = pytest.raises(StoreError, match="is writing to the log")
    with writing(place.log), held, writing(place.log, patience_s=0.2):
        pass


def test_an_address_is_no_place_to_write(place: World) -> None:
    with pytest.raises(UsageError, match="can only be read"), writing("http://127.0.0.1:9/log"):
        pass


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("7d", "2026-01-08T12:00:00Z"),
        ("12h", "2026-01-02T00:00:00Z"),
        ("2026-12-31", "2026-12-31T23:59:59Z"),
        ("2026-06-01T02:00:00+02:00", "2026-06-01T00:00:00Z"),
    ],
)
def test_deadlines(text: str, due: str) -> None:
    assert until(text, "2026-01-01T12:00:00.000Z") == due


@pytest.mark.parametrize("text", ["2025-12-31", "soon", "0d", "7", "٧d", ""])
def test_no_deadlines(text: str) -> None:
    with pytest.raises(UsageError):
        until(text, "2026-01-01T12:00:00.000Z")


# What a crash leaves behind


class Crash(BaseException):
    """The process is gone: caught by nobody."""


def test_a_crash_at_every_step_leaves_one_start_and_one_end(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The n-th call that makes something durable, here or at a witness, fails to happen; the run is resumed."""
    steps = _crashed(place, 10**6, monkeypatch)
    assert steps > 40
    every = 1 if os.environ.get("FAIRTRIAL_EVERY_STEP") else 9  # all of them take a minute
    for number in range(0, steps, every):
        registered_models.asked.clear()
        _crashed(place, number, monkeypatch)
        name = f"crash {number}"
        folder = RegistrationFolder(place.path / f"registration {name}")
        done = place.run(place.life(folder), RIGHT, out=name, resume=True)
        assert done.summary.status == "complete"
        assert place.types(name) == ["plan", "run-start", "run-end"], f"step {number}"
        assert len(registered_models.asked) <= N + 1, "an answer that was kept was asked again"


def _crashed(place: World, number: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """One registered run that dies at a step; the steps it came to."""
    folder, _ = place.register(f"crash {number}", RIGHT)
    seen = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen > number:
                raise Crash
            return real(*arguments, **keywords)

        return call

    with monkeypatch.context() as patch:
        for name in ("fsync", "replace"):
            patch.setattr(os, name, counted(getattr(os, name)))
        patch.setattr("fairtrial.lab.cosigning.post", counted(post))
        try:
            place.run(place.life(folder), RIGHT, out=f"crash {number}")
        except (Crash, BaseExceptionGroup) as error:
            assert "Crash" in repr(error)
            let_go(place.log)
    return seen
