"""A visitor holds a bounded number of sockets; one too many is told so, closed, and obeyed in nothing."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from pytest_django import Settings

from studyapp.accounts.models import User
from studyapp.runs.consumers import TOO_MANY_SOCKETS
from studyapp.runs.models import Run
from tests.runs.dialogue import connect, dial

pytestmark = pytest.mark.django_db(transaction=True)
RUN = "0b54bd5c-3c2e-4a39-9f0e-0d6fb6b6a0a1"


@pytest.fixture(autouse=True)
def two_sockets(settings: Settings) -> None:
    settings.SOCKETS_PER_VISITOR = 2


@pytest.mark.parametrize("has_account", [True, False])
async def test_a_socket_too_many_is_told_why_and_closed(owner: User, has_account: bool) -> None:  # noqa: FBT001  # a case
    visitor = owner if has_account else None
    async with connect(visitor), connect(visitor):
        third = await dial(visitor)
        await third.connect()
        assert (await third.receive_json_from())["code"] == "too_many"
        assert await third.receive_output() == {"type": "websocket.close", "code": TOO_MANY_SOCKETS}
        await third.disconnect()


async def test_the_sockets_within_the_number_go_on(owner: User) -> None:
    async with connect(owner) as first, connect(owner), connect(owner):
        assert (await first.ask(type="stop", run=RUN))["code"] == "not_found"


async def test_a_start_over_a_socket_too_many_is_not_obeyed(owner: User) -> None:
    async with connect(owner), connect(owner), connect(owner) as third:
        assert (await third.receive())["code"] == "too_many"
        await third.send(type="start", lesson="gil", parameters={}, code="print(1)")
    assert not await Run.objects.aexists()


async def test_sockets_of_others_do_not_count(owner: User, other_learner: User) -> None:
    async with connect(owner), connect(owner), connect(other_learner) as other, connect(None) as anonymous:
        assert (await other.ask(type="stop", run=RUN))["code"] == "not_found"
        assert (await anonymous.ask(type="stop", run=RUN))["code"] == "sign_in_needed"


async def test_closed_sockets_do_not_count(owner: User) -> None:
    for _ in range(5):
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(connect(owner)) for _ in range(2)]
            for socket in sockets:
                assert (await socket.ask(type="stop", run=RUN))["code"] == "not_found"


async def test_a_socket_whose_server_is_cut_off_does_not_count(owner: User) -> None:
    for _ in range(3):
        communicator = await dial(owner)
        await communicator.connect()
        communicator.future.cancel()
        await asyncio.wait([communicator.future])
    async with connect(owner) as socket:
        assert (await socket.ask(type="stop", run=RUN))["code"] == "not_found"
