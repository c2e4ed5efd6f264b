"""Runs that end from outside: nobody watches any more, or the runner is gone or was never there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.models import Run, State
from studyapp.runs.registry import get_registry
from tests.runs.dialogue import (
    ANSWER_WITHIN_S,
    WAITING,
    connect,
    dial,
    events_of,
    output_of,
    wait_for_all_runs,
)
from tests.runs.processes import kill_runner, kill_templates

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]


async def test_a_run_whose_runner_is_killed_ends_as_lost_and_the_next_one_works(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
        kill_runner()
        told = await socket.receive_until("end")
        assert told[-1]["reason"] == "runner_lost"
        assert events_of(told)[-1]["args"]["reason"] == "runner_lost"
        assert output_of(await socket.run("print('again')")) == "again\n"


async def test_a_killed_runner_leaves_the_run_stored_as_lost(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
        kill_runner()
        end = (await socket.receive_until("end"))[-1]
    run = await Run.objects.aget()
    assert (run.state, run.reason, run.event_count) == (State.ENDED, "runner_lost", end["last"])


async def test_a_run_whose_template_is_killed_is_stored_as_lost_and_the_next_one_works(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
        kill_templates()
        told = await socket.receive_until("end")
        run = await Run.objects.aget()
        assert (run.state, run.reason, run.event_count) == (State.ENDED, "runner_lost", told[-1]["last"])
        assert events_of(told)[-1]["args"]["error"]["type"] == "RunnerLost"
        assert output_of(await socket.run("print('again')")) == "again\n"


async def test_without_a_runner_a_start_is_refused_and_leaves_nothing_behind(
    owner: User, settings: Settings, tmp_path: Path
) -> None:
    settings.RUNNER_SOCKET = str(tmp_path / "nothing.sock")
    async with connect(owner) as socket:
        refused = await socket.start("print(1)", ref="r1")
    assert (refused["code"], refused["ref"]) == ("sandbox_unavailable", "r1")
    assert not await Run.objects.aexists()


async def test_a_run_that_nobody_watches_any_more_is_abandoned(owner: User) -> None:
    get_registry().abandon_after_s = 0.0
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
    await wait_for_all_runs()
    run = await Run.objects.aget()
    assert (run.state, run.reason) == (State.ENDED, "abandoned")


async def test_an_abandoned_run_can_be_told_to_its_end(owner: User) -> None:
    get_registry().abandon_after_s = 0.0
    async with connect(owner) as socket:
        run = (await socket.start(WAITING))["run"]
        await socket.receive_until_said("ready")
    await wait_for_all_runs()
    async with connect(owner) as socket:
        await socket.ask(type="watch", run=run, after=0)
        told = await socket.receive_until("end")
    assert (told[-1]["reason"], events_of(told)[-1]["args"]["reason"]) == ("abandoned", "abandoned")


async def test_a_run_is_not_abandoned_while_a_second_tab_watches(owner: User) -> None:
    get_registry().abandon_after_s = 0.0
    async with connect(owner) as second:
        async with connect(owner) as first:
            run = (await first.start(WAITING))["run"]
            await first.receive_until_said("ready")
            await second.ask(type="watch", run=run, after=0)
            await second.receive_until_said("ready")
        await second.send(type="stop", run=run)
        assert (await second.receive_until("end"))[-1]["reason"] == "stopped"


async def test_a_run_is_stopped_when_another_process_asks_for_it(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
        await Run.objects.aupdate(stop_asked=True)
        assert (await socket.receive_until("end"))[-1]["reason"] == "stopped"


async def test_a_run_is_not_abandoned_while_it_is_watched_in_another_process(owner: User) -> None:
    get_registry().abandon_after_s = 0.0
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
        await Run.objects.aupdate(watched_at=timezone.now() + timedelta(hours=1))
    await Run.objects.aupdate(stop_asked=True)
    await wait_for_all_runs()
    assert (await Run.objects.aget()).reason == "stopped"


def rename_table(before: str, after: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {before} RENAME TO {after}")


@pytest.fixture
def broken_database(transactional_db: None) -> Iterator[None]:
    rename_table("runs_run", "runs_away")
    yield
    rename_table("runs_away", "runs_run")


@pytest.mark.usefixtures("broken_database")
async def test_a_fault_of_the_server_is_logged_and_closes_the_socket(
    owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    communicator = await dial(owner)
    await communicator.connect()
    await communicator.send_json_to({"type": "stop", "run": str(uuid4())})
    assert await communicator.receive_output(timeout=ANSWER_WITHIN_S) == {
        "type": "websocket.close",
        "code": 4500,
    }
    await communicator.disconnect()
    assert "a message could not be handled" in caplog.text


async def test_a_run_that_is_deleted_while_it_goes_on_ends(owner: User) -> None:
    async with connect(owner) as socket:
        await socket.start(WAITING)
        await socket.receive_until_said("ready")
        await Run.objects.all().adelete()
        assert (await socket.receive_until("end"))[-1]["reason"] == "abandoned"
    assert not await Run.objects.aexists()
