import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, ClientTimeout
from aiohttp.test_utils import TestServer

from studyapp.sandbox.inside.practice.app import LARGEST_BODY, latency_s, make_app


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    server = TestServer(make_app())
    await server.start_server()
    async with ClientSession(server.make_url("/")) as session:
        yield session
    await server.close()


async def status_of(session: ClientSession, path: str) -> int:
    async with session.get(path) as response:
        await response.read()
        return response.status


async def test_get_tells_the_request_back(session: ClientSession) -> None:
    async with session.get("/get?page=3", headers={"X-Learner": "yes"}) as response:
        answer = await response.json()

    assert answer["args"] == {"page": "3"}
    assert answer["headers"]["X-Learner"] == "yes"


async def test_the_front_page_is_a_page(session: ClientSession) -> None:
    async with session.get("/") as response:
        assert response.content_type == "text/html"
        assert "Practice internet" in await response.text()


async def test_status_answers_with_the_status(session: ClientSession) -> None:
    assert [await status_of(session, f"/status/{code}") for code in (204, 404, 503)] == [204, 404, 503]


async def test_the_same_bytes_come_every_time(session: ClientSession) -> None:
    bodies = []
    for _ in range(2):
        async with session.get("/bytes/1000") as response:
            bodies.append(await response.read())

    assert len(bodies[0]) == 1000
    assert bodies[0] == bodies[1]


async def test_drip_sends_byte_by_byte(session: ClientSession) -> None:
    async with session.get("/drip?numbytes=5&duration=0.05") as response:
        chunks = [chunk async for chunk in response.content.iter_any()]

    assert b"".join(chunks) == b"*****"
    assert len(chunks) > 1


async def test_flaky_fails_as_often_as_asked_for_each_address(session: ClientSession) -> None:
    assert [await status_of(session, "/flaky/2?who=a") for _ in range(4)] == [503, 503, 200, 200]
    assert await status_of(session, "/flaky/2?who=b") == 503


async def test_hang_never_answers(session: ClientSession) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await session.get("/hang", timeout=ClientTimeout(total=0.2))


@pytest.mark.parametrize(
    "path",
    [
        "/delay/11",
        "/delay/-1",
        "/delay/nan",
        "/delay/soon",
        "/status/99",
        "/status/600",
        "/status/2e2",
        f"/bytes/{LARGEST_BODY + 1}",
        f"/bytes/{'9' * 50}",
        "/drip?numbytes=0",
        "/drip?duration=99",
        "/flaky/101",
    ],
)
async def test_a_parameter_out_of_range_is_a_bad_request(session: ClientSession, path: str) -> None:
    async with session.get(path) as response:
        assert response.status == 400
        assert " must be a " in (await response.json())["error"]


async def test_unknown_pages_say_which_there_are(session: ClientSession) -> None:
    async with session.get("/anything") as response:
        assert response.status == 404
        assert "/delay/{s}" in (await response.json())["pages"]


def test_latency_depends_on_the_address_alone() -> None:
    latencies = {latency_s(f"/get?page={page}") for page in range(50)}

    assert latency_s("/get") == latency_s("/get")
    assert len(latencies) > 20
    assert 0.02 <= min(latencies) <= max(latencies) <= 0.06
