"""What a watcher of a run is told, from the event after the last one it has seen to the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from channels.db import database_sync_to_async
from django.utils import timezone
from msgspec import Raw

from studyapp.runs import messages
from studyapp.runs.buffer import cut_frame
from studyapp.runs.live import LiveRun
from studyapp.runs.models import EventChunk, Run, State
from studyapp.runs.records import settle_lost_runs
from studyapp.runs.registry import get_registry

LOOK_EVERY_S = 1.0


def tell(run_id: UUID, *, after: int, wake: asyncio.Event) -> AsyncGenerator[messages.FromServer, None]:
    """Everything after event number `after`, until the end is told. Setting `wake` makes it look again.

    Raises Run.DoesNotExist.
    """
    live = get_registry().find(run_id)
    return tell_live(live, after, wake) if live else _tell_stored(run_id, after, wake)


async def tell_live(
    run: LiveRun, after: int, wake: asyncio.Event
) -> AsyncGenerator[messages.FromServer, None]:
    """A run that this process follows: events come out of its buffer as soon as they are there."""
    noticed = 0
    with run.watched_by(wake):
        while True:
            wake.clear()
            end = run.end  # Looked at before the events: once it is there, no more of them come.
            lines = await _read_live(run, after)
            notices = run.notices[noticed:]  # Looked at after the events: none may overtake its notice.
            noticed += len(notices)
            after += len(lines)
            for message in (*_still_true(notices), *_frames(run.run_id, lines)):
                yield message
            if lines:
                continue
            if end:
                yield end
                return
            await wake.wait()


async def _tell_stored(
    run_id: UUID, after: int, wake: asyncio.Event
) -> AsyncGenerator[messages.FromServer, None]:
    """A run that has ended, or that another process follows: events come out of the database."""
    told_start = False
    while True:
        wake.clear()
        run = await database_sync_to_async(_look_at)(run_id=run_id, now=timezone.now())
        if run.state == State.RUNNING and not told_start:
            told_start = True
            yield messages.Started(run=run_id, interpreter=run.interpreter)
        while lines := await _read_stored(run_id, after):
            for frame in _frames(run_id, lines):
                yield frame
            after += len(lines)
        if run.state == State.ENDED:
            yield _end_of(run)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), LOOK_EVERY_S)


def _still_true(notices: list[messages.FromServer]) -> list[messages.FromServer]:
    """Without the places in the waiting line that the run has left since."""
    return [notice for notice in notices if notice is notices[-1] or not isinstance(notice, messages.Queued)]


def _look_at(*, run_id: UUID, now: datetime) -> Run:
    """The run as it is, after telling whoever follows it that somebody watches."""
    settle_lost_runs(now=now)
    Run.objects.live().filter(pk=run_id).update(watched_at=now)
    return Run.objects.defer("code").get(pk=run_id)


async def _read_live(run: LiveRun, after: int) -> list[bytes]:
    lines = run.buffer.frame_after(after)
    return await _read_stored(run.run_id, after) if lines is None else lines


async def _read_stored(run_id: UUID, after: int) -> list[bytes]:
    return await database_sync_to_async(EventChunk.objects.lines_after)(run_id, after)


def _frames(run_id: UUID, lines: list[bytes]) -> list[messages.Events]:
    frames = []
    while lines:
        frame = cut_frame(lines)
        frames.append(messages.Events(run=run_id, events=[Raw(line) for line in frame]))
        lines = lines[len(frame) :]
    return frames


def _end_of(run: Run) -> messages.End:
    return messages.End(run=run.pk, reason=run.reason, exit=run.exit, error=run.error, last=run.event_count)
