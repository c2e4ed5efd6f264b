"""A server that stops cancels what it runs; requests under way are finished first, within a bound."""

import asyncio
from typing import Any

import pytest

from studyapp.runs.draining import Draining


class Site:
    """An application whose requests end when they are let go, and whose sockets never end by themselves."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.answered = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await asyncio.Event().wait()
        await self.let_go.wait()
        self.answered += 1


async def start(application: Draining, *kinds: str) -> list["asyncio.Task[None]"]:
    running: Any = [asyncio.create_task(application({"type": kind}, None, None)) for kind in kinds]  # type: ignore[arg-type]  # reason: the least of a scope
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return list(running)


async def test_a_cancelled_request_is_answered_before_it_ends() -> None:
    site = Site()
    [request] = await start(Draining(site), "http")
    request.cancel()
    asyncio.get_running_loop().call_soon(site.let_go.set)
    with pytest.raises(asyncio.CancelledError):
        await request
    assert site.answered == 1


async def test_a_cancelled_socket_ends_after_the_requests_under_way() -> None:
    site = Site()
    request, connection = await start(Draining(site), "http", "websocket")
    connection.cancel()
    asyncio.get_running_loop().call_soon(site.let_go.set)
    with pytest.raises(asyncio.CancelledError):
        await connection
    assert site.answered == 1
    await request


async def test_a_request_that_does_not_end_is_given_up_at_the_bound() -> None:
    site = Site()
    [request] = await start(Draining(site, longest_drain_s=0.01), "http")
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    site.let_go.set()
    await asyncio.sleep(0)
    assert site.answered == 0


async def test_an_error_of_a_request_reaches_the_server() -> None:
    async def fail(*_: Any) -> None:
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        await Draining(fail)({"type": "http"}, None, None)  # type: ignore[arg-type]  # reason: the least of a scope
