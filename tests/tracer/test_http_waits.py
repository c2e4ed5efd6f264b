"""The words for what aiohttp waits for."""

from collections.abc import Callable

import pytest

from tests.tracer.guest import Guest

Run = Callable[..., Guest]

PROGRAM = """\
import asyncio
import aiohttp
from aiohttp import web

async def answer(request):
    await asyncio.sleep(0.01)
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"a")
    await asyncio.sleep(0.01)
    await response.write(b"b")
    return response

async def fetch(session):
    async with session.get(url) as response:
        return await response.text()

async def main():
    global url
    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        await asyncio.gather(fetch(session), fetch(session))
    await runner.cleanup()

asyncio.run(main())
"""


@pytest.fixture
def guest(run: Run) -> Guest:
    return run(PROGRAM)


def words(guest: Guest, lane: int) -> list[str]:
    """What the task waited for, each word once in a row."""
    steps = [event["args"]["on"] for event in guest.all("X", "step") if event["tid"] == lane]
    return [word for word, before in zip(steps, [None, *steps], strict=False) if word != before]


def test_a_request_connects_and_waits_for_headers_and_body(guest: Guest) -> None:
    first, _ = (event["tid"] for event in guest.all("B", "fetch"))
    assert words(guest, first) == ["http.connect", "http.headers", "http.body", "done"]


def test_a_request_without_a_free_connection_waits_for_the_pool(guest: Guest) -> None:
    _, second = (event["tid"] for event in guest.all("B", "fetch"))
    assert words(guest, second) == ["http.pool", "http.headers", "http.body", "done"]


def test_the_site_of_a_request_is_the_learners_line_and_no_line_of_aiohttp(guest: Guest) -> None:
    for step in guest.steps("fetch")[:-1]:
        assert [function for _, function in guest.site(step["site"])] == ["fetch"]


def test_a_task_made_of_a_request_has_the_name_of_the_function_inside(run: Run) -> None:
    source = PROGRAM.replace("await asyncio.gather(fetch(session), fetch(session))", "await outer(session)")
    source = source.replace(
        "async def main",
        "async def outer(session):\n    task = asyncio.get_running_loop()"
        ".create_task(session.get(url))\n    (await task).close()\n\nasync def main",
        1,
    )
    made = run(source).args("B", "ClientSession._request")
    assert len(made) == 1


def test_tasks_that_aiohttp_makes_for_itself_say_so(guest: Guest) -> None:
    made_by = {event["args"]["via"] for event in guest.all("B") if event["args"]["parent"] is None}
    assert "aiohttp" in made_by
