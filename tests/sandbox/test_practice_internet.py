import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, ClientTimeout
from yarl import URL

from studyapp.sandbox.inside.practice.loop import Loop
from studyapp.sandbox.inside.practice.pages import LARGEST_BODY, latency_s
from studyapp.sandbox.inside.practice.server import Site

from .practice import serving


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with serving(Site(Loop())) as port, ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session


async def status_of(session: ClientSession, path: str | URL) -> int:
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


@pytest.mark.parametrize("count", [0, 1, 3, 16 * 1024, 50_001, LARGEST_BODY])
async def test_as_many_bytes_come_as_asked(session: ClientSession, count: int) -> None:
    async with session.get(f"/bytes/{count}") as response:
        assert await response.read() == random.Random(count).randbytes(count)  # noqa: S311  # meant to repeat


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


async def test_parameters_are_decoded(session: ClientSession) -> None:
    assert await status_of(session, URL("/status/%32%30%34", encoded=True)) == 204


@pytest.mark.parametrize("path", ["/", "/bytes/3", "/drip"])
async def test_a_page_to_read_cannot_be_written(session: ClientSession, path: str) -> None:
    async with session.post(path, data=b"hello") as response:
        assert response.status == 405
        assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/get/", "/get/more", "/delay/", "/delay/0/0", "/status%2F204"])
async def test_a_page_has_one_path_only(session: ClientSession, path: str) -> None:
    assert await status_of(session, URL(path, encoded=True)) == 404


async def test_unknown_pages_say_which_there_are(session: ClientSession) -> None:
    async with session.get("/anything") as response:
        assert response.status == 404
        assert "/delay/{s}" in (await response.json())["pages"]


def test_latency_depends_on_the_address_alone() -> None:
    latencies = {latency_s(f"/get?page={page}") for page in range(50)}

    assert latency_s("/get") == latency_s("/get")
    assert len(latencies) > 20
    assert 0.02 <= min(latencies) <= max(latencies) <= 0.06
