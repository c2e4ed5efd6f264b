"""Coming back to a run: nothing twice, nothing missing, wherever the events are by then."""

import asyncio
from typing import cast
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from studyapp.accounts.models import User
from studyapp.runs.buffer import MOST_EVENTS
from studyapp.runs.consumers import MOST_WATCHES
from studyapp.runs.live import LiveRun, group_name
from studyapp.runs.models import EventChunk, Run, State
from studyapp.runs.records import LOST_AFTER, Orders, save_end, save_progress
from studyapp.runs.watching import tell_live
from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.jobs import EndReason, Events, Outcome, Queued, Started
from tests.runs.dialogue import WAITING, connect, numbers_of
from tests.runs.rows import NewRun, event_lines

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]

FINISHED = Outcome(EndReason.FINISHED, exit=0, error=None, wall_s=1.0, cpu_s=1.0)
MANY_EVENTS = f"""\
import asyncio

async def main():
    for _ in range({MOST_EVENTS + 1000}):
        await asyncio.sleep(0)
    print("ready")
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_reconnected_socket_is_told_the_rest_of_a_live_run(owner: User) -> None:
    async with connect(owner) as socket:
        run = (await socket.start(WAITING))["run"]
        before = await socket.receive_until_said("ready")
    async with connect(owner) as socket:
        last = numbers_of(before)[-1]
        watching = await socket.ask(type="watch", ref="r1", run=run, after=last)
        await socket.send(type="stop", run=run)
        after = await socket.receive_until("end")
    assert watching == {
        "type": "watching",
        "ref": "r1",
        "run": run,
        "state": watching["state"],
        "after": last,
    }
    assert numbers_of(before + after) == list(range(1, after[-1]["last"] + 1))


async def test_a_second_tab_is_told_a_live_run_from_the_beginning(owner: User) -> None:
    async with connect(owner) as first, connect(owner) as second:
        run = (await first.start(WAITING))["run"]
        told_first = await first.receive_until_said("ready")
        await second.ask(type="watch", run=run, after=0)
        await second.send(type="stop", run=run)
        told_first += await first.receive_until("end")
        told_second = await second.receive_until("end")
    assert numbers_of(told_first) == numbers_of(told_second) == list(range(1, told_first[-1]["last"] + 1))


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_run_that_has_ended_is_told_from_any_event_on(owner: User, after: int) -> None:
    async with connect(owner) as socket:
        told_live = await socket.run("print(1)")
    async with connect(owner) as socket:
        watching = await socket.ask(type="watch", run=told_live[0]["run"], after=after)
        told_again = await socket.receive_until("end")
    assert watching["state"] == "ended"
    assert numbers_of(told_again) == numbers_of(told_live)[after:]
    assert told_again[-1] == told_live[-1]


async def test_watching_after_the_last_event_tells_only_the_end(owner: User) -> None:
    async with connect(owner) as socket:
        *_, end = await socket.run("print(1)")
        await socket.ask(type="watch", run=end["run"], after=end["last"])
        assert await socket.receive() == end


async def test_a_late_watcher_gets_events_that_the_buffer_has_let_go(owner: User) -> None:
    async with connect(owner) as first, connect(owner) as second:
        run = (await first.start(MANY_EVENTS))["run"]
        await first.receive_until_said("ready")
        await second.ask(type="watch", run=run, after=0)
        await second.send(type="stop", run=run)
        told = await second.receive_until("end")
    assert numbers_of(told) == list(range(1, told[-1]["last"] + 1))
    assert told[-1]["last"] > MOST_EVENTS


async def test_watching_a_run_again_on_the_same_socket_takes_the_place_of_the_first_watch(
    owner: User,
) -> None:
    async with connect(owner) as socket:
        run = (await socket.start(WAITING))["run"]
        await socket.receive_until_said("ready")
        await socket.ask(type="watch", run=run, after=0)
        again = await socket.receive_until_said("ready")
        await socket.send(type="stop", run=run)
        again += await socket.receive_until("end")
    assert numbers_of(again) == list(range(1, again[-1]["last"] + 1))


async def test_one_socket_watches_a_bounded_number_of_runs(owner: User, new_run: NewRun) -> None:
    runs = [await database_sync_to_async(store_long_run)(new_run) for _ in range(MOST_WATCHES + 1)]
    async with connect(owner) as socket:
        for run in runs:
            await socket.send(type="watch", ref=str(run.pk), run=str(run.pk), after=0)
        refused = (await socket.receive_until("error"))[-1]
    assert (refused["code"], refused["ref"]) == ("busy", str(runs[-1].pk))


async def test_no_event_overtakes_the_news_that_the_run_has_started() -> None:
    """Also when both come while its watcher is still being told something."""
    run, wake = LiveRun(uuid4(), cast(RunHandle, None), abandon_after_s=60), asyncio.Event()
    told = tell_live(run, 0, wake)

    run.take(Queued(1))
    kinds = [type(await anext(told)).__name__]
    run.take(Started("3.13"))
    run.take(Events([{"q": 1, "name": "out", "ph": "i", "ts": 1.0}]))
    wake.set()
    kinds += [type(await anext(told)).__name__ for _ in range(2)]
    await told.aclose()

    assert kinds == ["Queued", "Started", "Events"]


def store_long_run(new_run: NewRun) -> Run:
    """A run that has ended, in so many chunks that telling it takes a while."""
    run = new_run(state=State.ENDED, event_count=100)
    for q in range(1, 101):
        packed = EventChunk.pack(event_lines(q, q))
        EventChunk.objects.create(run=run, first_q=q, last_q=q, packed=packed)
    return run


async def follow_elsewhere(new_run: NewRun) -> Run:
    """A live run that another web process follows."""
    now = timezone.now()
    return await database_sync_to_async(new_run)(state=State.RUNNING, started_at=now, beat_at=now)


async def save_elsewhere(run: Run, first: int, last: int) -> Orders:
    """What that process does when there are new events."""
    orders = await database_sync_to_async(save_progress)(
        run_id=run.pk, lines=event_lines(first, last), started_at=run.started_at, now=timezone.now()
    )
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(group_name(run.pk), {"type": "run.changed", "run": str(run.pk)})
    return orders


async def test_a_run_that_another_process_follows_is_told_as_it_is_stored(
    owner: User, new_run: NewRun
) -> None:
    run = await follow_elsewhere(new_run)
    await save_elsewhere(run, 1, 3)
    async with connect(owner) as socket:
        await socket.ask(type="watch", run=str(run.pk), after=1)
        told = await socket.receive_until("events")
        await save_elsewhere(run, 4, 5)
        told += await socket.receive_until("events")
        await database_sync_to_async(save_end)(
            run_id=run.pk,
            lines=event_lines(6, 6),
            outcome=FINISHED,
            started_at=run.started_at,
            now=timezone.now(),
        )
        told += await socket.receive_until("end")
    assert [message["type"] for message in told] == ["started", "events", "events", "events", "end"]
    assert numbers_of(told) == [2, 3, 4, 5, 6]


async def test_the_process_that_follows_a_run_learns_that_it_is_watched_elsewhere(
    owner: User, new_run: NewRun
) -> None:
    run = await follow_elsewhere(new_run)
    assert (await save_elsewhere(run, 1, 1)).watched_at is None
    async with connect(owner) as socket:
        await socket.ask(type="watch", run=str(run.pk), after=0)
        await socket.receive_until("events")
        assert (await save_elsewhere(run, 2, 2)).watched_at is not None


async def test_the_process_that_follows_a_run_learns_that_it_is_to_stop(owner: User, new_run: NewRun) -> None:
    run = await follow_elsewhere(new_run)
    async with connect(owner) as socket:
        await socket.send(type="stop", run=str(run.pk))
        await socket.ask(type="watch", run=str(run.pk), after=0)
        assert (await save_elsewhere(run, 1, 1)).stop_asked is True


async def test_the_watcher_of_a_run_whose_process_died_is_told_its_end(owner: User, new_run: NewRun) -> None:
    run = await database_sync_to_async(new_run)(beat_at=timezone.now() - 2 * LOST_AFTER)
    async with connect(owner) as socket:
        await socket.ask(type="watch", run=str(run.pk), after=0)
        told = await socket.receive_until("end")
    assert (told[-1]["reason"], numbers_of(told)) == ("runner_lost", [1])


async def test_a_run_that_is_deleted_while_it_is_watched_is_not_found_any_more(
    owner: User, new_run: NewRun
) -> None:
    run = await follow_elsewhere(new_run)
    async with connect(owner) as socket:
        await socket.ask(type="watch", run=str(run.pk), after=0)
        await socket.receive_until("started")
        await Run.objects.filter(pk=run.pk).adelete()
        error = await socket.receive()
    assert (error["code"], error["run"]) == ("not_found", str(run.pk))
