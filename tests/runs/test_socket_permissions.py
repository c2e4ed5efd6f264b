"""Who may do what on the socket: owner, other learner, guest, anonymous."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from channels.db import database_sync_to_async
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.accounts.services import create_guest
from studyapp.runs.models import Run, State
from tests.runs.dialogue import WAITING, connect
from tests.runs.rows import NewRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("live")]


@asynccontextmanager
async def live_run_of(owner: User) -> AsyncIterator[str]:
    """The id of a run that is going on, and is stopped by its owner afterwards."""
    async with connect(owner) as socket:
        run: str = (await socket.start(WAITING))["run"]
        await socket.receive_until_said("ready")
        yield run
        await socket.send(type="stop", run=run)
        assert (await socket.receive_until("end"))[-1]["reason"] == "stopped"


async def test_another_learner_can_neither_watch_nor_stop_a_live_run(
    owner: User, other_learner: User
) -> None:
    async with live_run_of(owner) as run, connect(other_learner) as outsider:
        assert (await outsider.ask(type="watch", run=run, after=0))["code"] == "not_found"
        assert (await outsider.ask(type="stop", run=run))["code"] == "not_found"
        assert not (await Run.objects.aget()).stop_asked


async def test_an_anonymous_visitor_can_neither_watch_nor_stop_a_live_run(owner: User) -> None:
    async with live_run_of(owner) as run, connect(None) as outsider:
        assert (await outsider.ask(type="watch", run=run, after=0))["code"] == "sign_in_needed"
        assert (await outsider.ask(type="stop", run=run))["code"] == "sign_in_needed"


async def test_another_learner_can_send_no_input_to_a_live_run(owner: User, other_learner: User) -> None:
    async with live_run_of(owner) as run, connect(other_learner) as outsider:
        assert (await outsider.ask(type="input", run=run, text="x\n"))["code"] == "not_found"
        assert (await outsider.ask(type="input_end", run=run))["code"] == "not_found"


async def test_an_anonymous_visitor_can_send_no_input_to_a_live_run(owner: User) -> None:
    async with live_run_of(owner) as run, connect(None) as outsider:
        assert (await outsider.ask(type="input", run=run, text="x\n"))["code"] == "sign_in_needed"
        assert (await outsider.ask(type="input_end", run=run))["code"] == "sign_in_needed"


async def test_another_learner_cannot_watch_a_run_that_has_ended(
    other_learner: User, new_run: NewRun
) -> None:
    run = await database_sync_to_async(new_run)(state=State.ENDED)
    async with connect(other_learner) as outsider:
        assert (await outsider.ask(type="watch", run=str(run.pk), after=0))["code"] == "not_found"


async def test_an_anonymous_visitor_cannot_start_a_run() -> None:
    async with connect(None) as socket:
        refused = await socket.start("print(1)", ref="r1")
    assert (refused["code"], refused["ref"]) == ("sign_in_needed", "r1")
    assert not await Run.objects.aexists()


async def test_a_guest_can_start_a_run() -> None:
    guest = await database_sync_to_async(create_guest)()
    async with connect(guest) as socket:
        assert (await socket.run("print(1)"))[-1]["reason"] == "finished"


async def test_a_guest_cannot_start_a_run_where_the_setting_forbids_it(settings: Settings) -> None:
    settings.GUESTS_MAY_RUN = False
    guest = await database_sync_to_async(create_guest)()
    async with connect(guest) as socket:
        assert (await socket.start("print(1)"))["code"] == "sign_in_needed"
    assert not await Run.objects.aexists()


async def test_a_learner_whose_account_is_closed_while_the_socket_is_open_starts_nothing(owner: User) -> None:
    async with connect(owner) as socket:
        await User.objects.filter(pk=owner.pk).aupdate(is_active=False)
        assert (await socket.start("print(1)"))["code"] == "sign_in_needed"


async def test_a_learner_whose_account_is_deleted_while_the_socket_is_open_starts_nothing(
    owner: User,
) -> None:
    async with connect(owner) as socket:
        await User.objects.filter(pk=owner.pk).adelete()
        assert (await socket.start("print(1)"))["code"] == "sign_in_needed"
