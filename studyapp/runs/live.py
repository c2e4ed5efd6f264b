"""A live run in the process that started it: what the runner says is kept, saved, and watchers are woken."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from studyapp.runs import messages
from studyapp.runs.buffer import EventBuffer
from studyapp.runs.records import Orders, RunGone, end_line, lost_outcome, save_end, save_progress
from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.jobs import EndReason, Events, Outcome, Piece, Queued, Started, Stopping

SAVE_EVERY_S = 0.5
MANY_UNSAVED = 2_000
MOST_UNSAVED = 4_000

logger = logging.getLogger(__name__)


def group_name(run_id: UUID) -> str:
    """The channel layer group of the sockets that watch this run, in whatever process they are."""
    return f"run.{run_id}"


class LiveRun:
    """One run while it goes on. Nothing happens unless `follow` is running."""

    def __init__(self, run_id: UUID, handle: RunHandle, *, abandon_after_s: float) -> None:
        self.run_id = run_id
        self.buffer = EventBuffer()
        self.notices: list[messages.FromServer] = []
        self.end: messages.End | None = None
        self._handle = handle
        self._abandon_after_s = abandon_after_s
        self._watchers: set[asyncio.Event] = set()
        self._unwatched_since: float | None = _clock()
        self._started_at: datetime | None = None
        self._last_ts = 0.0
        self._told_end = False
        self._stop_passed_on = False
        self._has_many = asyncio.Event()
        self._has_room = asyncio.Event()

    @contextmanager
    def watched_by(self, wake: asyncio.Event) -> Iterator[None]:
        """While inside, `wake` is set whenever there is something new, and the run is not abandoned."""
        self._watchers.add(wake)
        self._unwatched_since = None
        try:
            yield
        finally:
            self._watchers.discard(wake)
            if not self._watchers:
                self._unwatched_since = _clock()

    async def stop(self) -> None:
        if not self._stop_passed_on:
            self._stop_passed_on = True
            await self._handle.stop()

    async def send_input(self, text: str) -> None:
        """Raises Refused, as the handle does."""
        await self._handle.send_input(text)

    async def end_input(self) -> None:
        await self._handle.end_input()

    async def follow(self) -> None:
        """Brings the run to its end; stores and tells that end whatever goes wrong."""
        reading = asyncio.create_task(self._read())
        try:
            outcome = await self._save_until_done(reading)
        except RunGone:
            outcome = self._cut_short(EndReason.ABANDONED, "The run was removed while it went on.")
        except Exception:
            logger.exception("run %s cannot be followed any more", self.run_id)
            outcome = self._cut_short(EndReason.RUNNER_LOST, "The site failed while the program ran.")
        finally:
            reading.cancel()
            await self._handle.aclose()
        await self._finish(outcome)

    def take(self, piece: Piece) -> None:
        """Keeps what the runner said, for the watchers and the database."""
        match piece:
            case Events(events=[*_, last] as events):
                self.buffer.add([msgspec.json.encode(event) for event in events])
                self._last_ts, self._told_end = last["ts"], last["name"] == "end" and last["ph"] == "M"
            case Queued(position=position):
                self.notices.append(messages.Queued(run=self.run_id, position=position))
            case Started(interpreter=interpreter):
                self._started_at = timezone.now()
                self.notices.append(messages.Started(run=self.run_id, interpreter=interpreter))
            case Stopping(signal=signal):
                self.notices.append(messages.Stopping(run=self.run_id, signal=signal))

    async def _read(self) -> Outcome:
        async for piece in self._handle:
            if isinstance(piece, Outcome):
                return piece
            self.take(piece)
            self._wake()
            if self.buffer.unsaved_count >= MANY_UNSAVED:
                self._has_many.set()
            while self.buffer.unsaved_count >= MOST_UNSAVED:
                self._has_room.clear()
                await self._has_room.wait()
        raise EOFError("the runner told no outcome")

    async def _save_until_done(self, reading: asyncio.Task[Outcome]) -> Outcome:
        while True:
            await self._wait_until_due(reading)
            if reading.done():
                return reading.result()
            orders = await self._save()
            if orders.stop_asked:
                await self.stop()
            if self._is_abandoned(orders):
                return self._cut_short(EndReason.ABANDONED, "Nobody watched the run any more.")

    async def _wait_until_due(self, reading: asyncio.Task[Outcome]) -> None:
        """Until there is much to save, or for a while, or until the run has been read to its end."""
        many = asyncio.create_task(self._has_many.wait())
        try:
            await asyncio.wait({reading, many}, timeout=SAVE_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            many.cancel()

    async def _save(self) -> Orders:
        self._has_many.clear()
        lines = self.buffer.unsaved(MOST_UNSAVED)
        last_q = self.buffer.saved_q + len(lines)
        orders = await database_sync_to_async(save_progress)(
            run_id=self.run_id, lines=lines, started_at=self._started_at, now=timezone.now()
        )
        self.buffer.mark_saved(last_q)
        self._has_room.set()
        await self._wake_other_processes()
        return orders

    def _is_abandoned(self, orders: Orders) -> bool:
        if self._unwatched_since is None or _clock() - self._unwatched_since < self._abandon_after_s:
            return False
        grace = timedelta(seconds=self._abandon_after_s)
        return orders.watched_at is None or timezone.now() - orders.watched_at >= grace

    def _cut_short(self, reason: EndReason, message: str) -> Outcome:
        outcome = lost_outcome(reason, message)
        if not self._told_end:
            self.buffer.add([end_line(outcome, q=self.buffer.last_q + 1, ts=self._last_ts)])
        return outcome

    async def _finish(self, outcome: Outcome) -> None:
        lines = self.buffer.unsaved(self.buffer.unsaved_count)
        try:
            await database_sync_to_async(save_end)(
                run_id=self.run_id,
                lines=lines,
                outcome=outcome,
                started_at=self._started_at,
                now=timezone.now(),
            )
        except RunGone:
            logger.info("run %s was removed while it went on", self.run_id)
        except Exception:
            logger.exception("the end of run %s could not be stored", self.run_id)
        self.end = messages.End(
            run=self.run_id,
            reason=outcome.reason.value,
            exit=outcome.exit,
            error=None if outcome.error is None else {**outcome.error},
            last=self.buffer.last_q,
        )
        self._wake()
        await self._wake_other_processes()

    def _wake(self) -> None:
        for wake in self._watchers:
            wake.set()

    async def _wake_other_processes(self) -> None:
        layer = get_channel_layer()
        if layer is not None:
            await layer.group_send(group_name(self.run_id), {"type": "run.changed", "run": str(self.run_id)})


def _clock() -> float:
    """Seconds, only good for differences."""
    return asyncio.get_running_loop().time()
