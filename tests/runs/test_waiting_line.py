"""A runner that is named in the settings and has one place only: who comes second waits, or is sent away."""

from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.models import Run, State
from studyapp.sandbox.embedded import EmbeddedRunner
from tests.runs.dialogue import WAITING, connect, wait_for_all_runs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]


@pytest.fixture
async def one_place(settings: Settings) -> AsyncIterator[None]:
    runner = EmbeddedRunner(runs=1, waiting=1)
    settings.RUNNER_SOCKET = str(await runner.ensure())
    yield
    runner.close()
    await wait_for_all_runs()


@pytest.fixture
def third_learner(db: None) -> User:
    return User.objects.create_user("third-learner")


@pytest.mark.usefixtures("one_place")
async def test_a_run_waits_for_a_free_place_and_is_told_so(owner: User, other_learner: User) -> None:
    async with connect(owner) as first, connect(other_learner) as second:
        run = (await first.start(WAITING))["run"]
        await first.receive_until_said("ready")
        waiting = (await second.start("print(1)"))["run"]
        assert await second.receive() == {"type": "queued", "run": waiting, "position": 1}
        await first.send(type="stop", run=run)
        told = await second.receive_until("end")
        await first.receive_until("end")
    assert told[0]["type"] == "started"
    assert told[-1]["reason"] == "finished"


@pytest.mark.usefixtures("one_place")
async def test_a_run_that_waits_is_stored_as_queued_and_can_be_stopped(
    owner: User, other_learner: User
) -> None:
    async with connect(owner) as first, connect(other_learner) as second:
        await first.start(WAITING)
        await first.receive_until_said("ready")
        waiting = (await second.start("print(1)"))["run"]
        await second.receive_until("queued")
        assert (await Run.objects.aget(pk=waiting)).state == State.QUEUED
        await second.send(type="stop", run=waiting)
        assert (await second.receive_until("end"))[-1]["reason"] == "stopped"


@pytest.mark.usefixtures("one_place")
async def test_beyond_the_waiting_line_a_start_is_refused_and_leaves_nothing_behind(
    owner: User, other_learner: User, third_learner: User
) -> None:
    async with connect(owner) as first, connect(other_learner) as second, connect(third_learner) as third:
        await first.start(WAITING)
        await first.receive_until_said("ready")
        await second.start(WAITING)
        await second.receive_until("queued")
        refused = await third.start("print(1)", ref="r3")
    assert (refused["code"], refused["ref"]) == ("busy", "r3")
    assert not await Run.objects.filter(owner=third_learner).aexists()
