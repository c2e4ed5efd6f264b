"""What a run leaves in the database while it goes on and when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from studyapp.runs.models import EventChunk, Run, State
from studyapp.sandbox.jobs import EndReason, ErrorInfo, Outcome
from studyapp.sandbox.own_events import end_event

LOST_AFTER = timedelta(seconds=6)


class RunGone(Exception):
    """The row is not there or has ended already: nobody waits for this run any more."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What other web processes want of the one that follows the run."""

    stop_asked: bool
    watched_at: datetime | None


def end_line(outcome: Outcome, *, q: int, ts: float) -> bytes:
    """The last event of a run whose runner did not live to tell it; `ts` in microseconds."""
    return msgspec.json.encode({**end_event(outcome, ts), "q": q})


def lost_outcome(reason: EndReason, message: str, *, wall_s: float = 0.0) -> Outcome:
    """The outcome of a run that ended from outside its jail."""
    error: ErrorInfo = {"type": "RunLost", "msg": message, "line": None, "sub": []}
    return Outcome(reason, None, error, wall_s, 0.0)


@transaction.atomic
def save_progress(
    *, run_id: UUID, lines: Sequence[bytes], started_at: datetime | None, now: datetime
) -> Orders:
    """Adds events to a live run and says that it is still followed. Raises RunGone."""
    state = State.QUEUED if started_at is None else State.RUNNING
    live = Run.objects.live().filter(pk=run_id)
    if not live.update(state=state, started_at=started_at, beat_at=now):
        raise RunGone
    _add_events(run_id, lines)
    stop_asked, watched_at = live.values_list("stop_asked", "watched_at").get()
    return Orders(stop_asked, watched_at)


@transaction.atomic
def save_end(
    *, run_id: UUID, lines: Sequence[bytes], outcome: Outcome, started_at: datetime | None, now: datetime
) -> None:
    """Ends a live run, `lines` being its last events. Raises RunGone."""
    ended = (
        Run.objects.live()
        .filter(pk=run_id)
        .update(
            state=State.ENDED,
            started_at=started_at,
            ended_at=now,
            reason=outcome.reason.value,
            exit=outcome.exit,
            error=outcome.error,
            wall_s=outcome.wall_s,
            cpu_s=outcome.cpu_s,
        )
    )
    if not ended:
        raise RunGone
    _add_events(run_id, lines)


def settle_lost_runs(*, now: datetime) -> None:
    """Ends the live runs that no web process follows any more, so that their owners can start new ones."""
    lost = Run.objects.live().filter(beat_at__lt=now - LOST_AFTER)
    if not lost.exists():  # As almost always: then there is no need for the lock that writing takes.
        return
    with transaction.atomic():
        for run in lost.select_for_update():
            _settle(run, now)


def _settle(run: Run, now: datetime) -> None:
    wall_s = (run.beat_at - run.started_at).total_seconds() if run.started_at else 0.0
    outcome = lost_outcome(EndReason.RUNNER_LOST, "The site stopped while the program ran.", wall_s=wall_s)
    line = end_line(outcome, q=run.event_count + 1, ts=wall_s * 1e6)
    save_end(run_id=run.pk, lines=[line], outcome=outcome, started_at=run.started_at, now=now)


def _add_events(run_id: UUID, lines: Sequence[bytes]) -> None:
    if not lines:
        return
    run = Run.objects.filter(pk=run_id)
    count = run.values_list("event_count", flat=True).get()
    last_q = count + len(lines)
    packed = EventChunk.pack(lines)
    EventChunk.objects.create(run_id=run_id, first_q=count + 1, last_q=last_q, packed=packed)
    run.update(event_count=last_q)
