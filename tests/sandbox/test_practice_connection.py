"""One connection, on a socket of its own: what goes over it, and for how long."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyapp.sandbox.inside.practice import connection
from studyapp.sandbox.inside.practice.loop import Loop
from studyapp.sandbox.inside.practice.messages import Answering, Request, Response, Stream, format_date
from studyapp.sandbox.inside.practice.server import Site

from .practice import DEADLINE_S, Client, all_gone, connected, request, served_by, serving


@pytest.fixture
def site() -> Site:
    return Site(Loop())


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    async with serving(site) as port:
        yield port


@pytest.fixture
async def client(port: int) -> AsyncIterator[Client]:
    async with connected(port) as client:
        yield client


async def test_a_connection_serves_one_request_after_the_other(client: Client) -> None:
    for status in (200, 503):
        client.send(request(f"GET /status/{status}"))
        assert (await client.answer()).status == status


async def test_pipelined_requests_are_answered_in_their_order(client: Client) -> None:
    client.send(request("GET /delay/0.1"), request("GET /status/201"), request("GET /status/202"))

    assert [(await client.answer()).status for _ in range(3)] == [200, 201, 202]


async def test_a_request_may_come_byte_by_byte(client: Client) -> None:
    for byte in request("GET /status/201"):
        client.send(bytes([byte]))
        await client.writer.drain()

    assert (await client.answer()).status == 201


async def test_who_asks_to_close_is_answered_and_closed(client: Client) -> None:
    client.send(request("GET /get", "Connection: close"))

    assert (await client.answer()).headers["Connection"] == "close"
    assert await client.everything() == b""


async def test_http_1_0_ends_with_the_answer(client: Client) -> None:
    client.send(b"GET /status/201 HTTP/1.0\r\n\r\n")

    assert (await client.everything()).startswith(b"HTTP/1.1 201 Created\r\n")


async def test_http_1_0_is_told_that_the_connection_stays(client: Client) -> None:
    for _ in range(2):
        client.send(request("GET /get", "Connection: keep-alive", version="1.0"))
        assert (await client.answer()).headers["Connection"] == "keep-alive"


@pytest.mark.parametrize("path", ["/", "/bytes/1000", "/drip", "/nowhere"])
async def test_a_head_comes_without_its_body(client: Client, path: str) -> None:
    client.send(request(f"HEAD {path}"), request("GET /status/201"))

    assert int((await client.answer(has_body=False)).headers["Content-Length"]) > 0
    assert (await client.answer()).status == 201


@pytest.mark.parametrize("status", [204, 304])
async def test_some_statuses_have_no_body_and_no_length(client: Client, status: int) -> None:
    client.send(request(f"GET /status/{status}"), request("GET /status/201"))

    assert "Content-Length" not in (await client.answer()).headers
    assert (await client.answer()).status == 201


async def test_an_answer_says_what_it_is(client: Client) -> None:
    client.send(request("GET /get"))

    answer = await client.answer()

    assert answer.headers.keys() == {"Content-Type", "Content-Length", "Date", "Server"}
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_dates_are_written_as_http_writes_them() -> None:
    assert format_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"


async def test_who_waits_to_send_the_body_is_told_to(client: Client) -> None:
    client.send(request("POST /status/201", "Expect: 100-continue", "Content-Length: 5"))
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

    client.send(b"hello")

    assert (await client.answer()).status == 201


async def test_what_is_no_request_is_answered_and_closed(client: Client) -> None:
    client.send(b"hello there\r\n")

    answer = await client.answer()

    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert await client.everything() == b""


async def test_requests_before_one_that_is_none_are_answered(client: Client) -> None:
    client.send(request("GET /status/201"), b"hello there\r\n")

    assert [(await client.answer()).status for _ in range(2)] == [201, 400]


async def test_an_error_reaches_who_goes_on_sending(client: Client) -> None:
    client.send(b"GET /", b"a" * 1_000_000)

    assert (await client.answer()).status == 414


async def test_who_goes_on_sending_after_an_error_is_hung_up_on(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_S", 0.05)

    client.send(b"hello there\r\n")

    await client.everything()
    await all_gone(site)


async def test_who_hangs_up_does_not_wait_any_more(site: Site, port: int) -> None:
    async with connected(port) as client:
        client.send(request("GET /hang"), request("GET /hang"))
        client.send(request("GET /hang"))

    await all_gone(site)


async def test_the_answer_to_who_hangs_up_is_given_up() -> None:
    asked, given_up = asyncio.Event(), asyncio.Event()

    def wait(_: Request) -> Answering:
        asked.set()
        try:
            yield 3600.0
        finally:
            given_up.set()
        return Response()

    async with served_by(wait) as (_, client):
        client.send(request())
        await asyncio.wait_for(asked.wait(), DEADLINE_S)

        client.writer.close()

        await asyncio.wait_for(given_up.wait(), DEADLINE_S)


async def test_a_page_that_breaks_is_an_error_of_the_server() -> None:
    def break_down(_: Request) -> Answering:
        yield 0.0
        raise ValueError

    async with served_by(break_down) as (_, client):
        client.send(request())

        assert (await client.answer()).status == 500


async def test_a_body_that_breaks_ends_its_connection_and_no_other() -> None:
    def break_down(request: Request) -> Answering:
        yield from ()
        return Response(body=Stream(10, pieces()) if request.target == "/broken" else b"page")

    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise ValueError

    async with served_by(break_down) as (_, client):
        client.send(request("GET /"), request("GET /broken"))

        assert (await client.answer()).body == b"page"
        assert (await client.everything()).endswith(b"\r\n\r\nbegun")


async def talk(pieces: list[bytes]) -> bytes:
    """What comes back for these bytes until the server has no more to say and closes."""

    def answer(_: Request) -> Answering:
        yield from ()
        return Response(body=b"page")

    async with served_by(answer) as (_, client):
        for piece in pieces:
            client.send(piece)
            await asyncio.sleep(0)
        client.send(b"\0\r\n\r\n\0")
        came = await client.everything()
        return re.sub(rb"Date: [^\r]*", b"", came)


PIECES = st.sampled_from([request("GET /"), request("HEAD /"), b"\r\n", b"GET / HTTP/1.1\r\n", b"\xff"])


@settings(deadline=None)  # in time, but on a busy machine
@given(st.lists(PIECES | st.binary(max_size=10), max_size=8))
def test_whatever_comes_is_answered_or_closed_the_same_however_cut(pieces: list[bytes]) -> None:
    async def both() -> tuple[bytes, bytes]:
        return await talk(pieces), await talk([b"".join(pieces)])

    cut, whole = asyncio.run(both())

    assert cut == whole
    assert cut.startswith(b"HTTP/1.1 ")
