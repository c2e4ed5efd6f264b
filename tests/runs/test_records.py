"""What is stored of a run while it goes on, when it ends, and when whoever followed it is gone."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from django.db import IntegrityError

from studyapp.accounts.models import User
from studyapp.runs.models import EventChunk, Run, State
from studyapp.runs.records import (
    LOST_AFTER,
    Orders,
    RunGone,
    lost_outcome,
    save_end,
    save_progress,
    settle_lost_runs,
)
from studyapp.sandbox.jobs import EndReason, Outcome
from tests.runs.rows import NOW, NewRun, event_lines

pytestmark = pytest.mark.django_db

FINISHED = Outcome(EndReason.FINISHED, exit=0, error=None, wall_s=1.5, cpu_s=0.25)
LATER = NOW + LOST_AFTER + timedelta(seconds=1)


def save_events(run: Run, first: int, last: int) -> Orders:
    return save_progress(run_id=run.pk, lines=event_lines(first, last), started_at=NOW, now=NOW)


def stored_lines(run: Run) -> list[bytes]:
    return [line for chunk in EventChunk.objects.filter(run=run) for line in chunk.lines()]


def test_events_are_stored_as_they_come_and_counted(new_run: NewRun) -> None:
    run = new_run()
    save_events(run, 1, 3)
    save_events(run, 4, 5)
    run.refresh_from_db()
    assert run.event_count == 5
    assert stored_lines(run) == event_lines(1, 5)


def test_saving_without_new_events_says_that_the_run_is_still_followed(new_run: NewRun) -> None:
    run = new_run()
    save_progress(run_id=run.pk, lines=[], started_at=None, now=LATER)
    run.refresh_from_db()
    assert (run.state, run.beat_at) == (State.QUEUED, LATER)
    assert not run.chunks.exists()


def test_a_run_that_started_is_stored_as_running(new_run: NewRun) -> None:
    run = new_run()
    save_events(run, 1, 1)
    run.refresh_from_db()
    assert (run.state, run.started_at) == (State.RUNNING, NOW)


def test_saving_brings_back_what_other_processes_want(new_run: NewRun) -> None:
    run = new_run(stop_asked=True, watched_at=NOW)
    assert save_events(run, 1, 1) == Orders(stop_asked=True, watched_at=NOW)


def test_events_after_a_number_are_read_from_the_middle_of_a_chunk(new_run: NewRun) -> None:
    run = new_run()
    save_events(run, 1, 3)
    save_events(run, 4, 6)
    assert EventChunk.objects.lines_after(run.pk, 1) == event_lines(2, 3)
    assert EventChunk.objects.lines_after(run.pk, 3) == event_lines(4, 6)
    assert EventChunk.objects.lines_after(run.pk, 6) == []


def test_the_end_is_stored_with_the_last_events(new_run: NewRun) -> None:
    run = new_run()
    save_events(run, 1, 2)
    save_end(run_id=run.pk, lines=event_lines(3, 3), outcome=FINISHED, started_at=NOW, now=LATER)
    run.refresh_from_db()
    assert (run.state, run.reason, run.exit, run.error) == (State.ENDED, "finished", 0, None)
    assert (run.ended_at, run.wall_s, run.cpu_s) == (LATER, 1.5, 0.25)
    assert stored_lines(run) == event_lines(1, 3)


def test_a_run_that_has_ended_takes_no_more_events(new_run: NewRun) -> None:
    run = new_run()
    save_end(run_id=run.pk, lines=event_lines(1, 1), outcome=FINISHED, started_at=NOW, now=NOW)
    with pytest.raises(RunGone):
        save_events(run, 2, 2)
    with pytest.raises(RunGone):
        save_end(run_id=run.pk, lines=event_lines(2, 2), outcome=FINISHED, started_at=NOW, now=NOW)
    assert stored_lines(run) == event_lines(1, 1)


def test_a_run_that_was_deleted_takes_no_more_events() -> None:
    with pytest.raises(RunGone):
        save_progress(run_id=uuid4(), lines=event_lines(1, 1), started_at=NOW, now=NOW)


def test_nobody_can_have_two_live_runs(new_run: NewRun) -> None:
    new_run()
    with pytest.raises(IntegrityError):
        new_run()


def test_runs_that_have_ended_do_not_count_as_live(new_run: NewRun, other_learner: User) -> None:
    new_run(state=State.ENDED)
    new_run(state=State.ENDED)
    new_run()
    new_run(owner=other_learner)
    assert Run.objects.live().count() == 2


def test_a_live_run_that_nobody_follows_any_more_is_ended_as_lost(new_run: NewRun) -> None:
    run = new_run(started_at=NOW - timedelta(seconds=3))
    settle_lost_runs(now=LATER)
    run.refresh_from_db()
    assert (run.state, run.reason, run.ended_at, run.wall_s) == (State.ENDED, "runner_lost", LATER, 3.0)
    assert run.error is not None


def test_the_events_of_a_lost_run_close_with_an_end_event_that_is_numbered_on(new_run: NewRun) -> None:
    run = new_run()
    save_events(run, 1, 2)
    settle_lost_runs(now=LATER)
    last = msgspec.json.decode(stored_lines(run)[-1])
    assert (last["q"], last["name"], last["args"]["reason"]) == (3, "end", "runner_lost")


def test_a_run_that_is_followed_is_left_alone(new_run: NewRun) -> None:
    run = new_run(beat_at=LATER - timedelta(seconds=1))
    settle_lost_runs(now=LATER)
    run.refresh_from_db()
    assert run.state == State.QUEUED


def test_a_run_that_ended_long_ago_is_left_alone(new_run: NewRun) -> None:
    run = new_run(state=State.ENDED, reason="finished")
    settle_lost_runs(now=LATER)
    run.refresh_from_db()
    assert run.reason == "finished"


def test_the_error_of_an_outcome_is_stored_whole(new_run: NewRun) -> None:
    run = new_run()
    outcome = lost_outcome(EndReason.ABANDONED, "Nobody watched.")
    save_end(run_id=run.pk, lines=[], outcome=outcome, started_at=NOW, now=NOW)
    run.refresh_from_db()
    assert run.error == {"type": "RunLost", "msg": "Nobody watched.", "line": None, "sub": []}
