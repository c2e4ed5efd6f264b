"""Clients that ask for more than the server has room for."""

import asyncio
import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from studyapp.sandbox.inside.practice import connection
from studyapp.sandbox.inside.practice.connection import MOST_UNSENT
from studyapp.sandbox.inside.practice.loop import Loop
from studyapp.sandbox.inside.practice.messages import Answering, Request, Response, Stream
from studyapp.sandbox.inside.practice.server import Site

from .practice import connected, request, served_by, serving, until

FLOOD = request("GET /", "X-Filling: " + "a" * 1000) * 4000


async def test_no_more_than_one_request_of_a_connection_is_handled_at_a_time() -> None:
    handled: list[Request] = []
    most = 0

    def count(request: Request) -> Answering:
        nonlocal most
        handled.append(request)
        most = max(most, len(handled))
        yield 0.0
        handled.pop()
        return Response()

    async with served_by(count) as (_, client):
        client.send(request("GET /") * 20)

        assert {(await client.answer()).status for _ in range(20)} == {200}
        assert most == 1


async def test_a_client_that_sends_faster_than_it_is_answered_has_to_wait() -> None:
    released = asyncio.Event()

    def wait(_: Request) -> Answering:
        while not released.is_set():
            yield 0.001
        return Response()

    async with served_by(wait) as (served, client):
        client.send(
            request("GET /", "X-Filling: " + "a" * 1000) * 4000, request("GET /", "Connection: close")
        )

        await until(lambda: not served.is_reading())
        waiting_bytes = client.writer.transport.get_write_buffer_size()
        released.set()

        assert waiting_bytes > 3_000_000
        assert (await client.everything()).count(b"HTTP/1.1 200 OK") == 4001


async def test_what_waits_to_be_answered_stays_bounded_while_some_is_answered() -> None:
    released = 0

    def wait(_: Request) -> Answering:
        nonlocal released
        while not released:
            yield 0.001
        released -= 1
        return Response()

    async with served_by(wait) as (served, client):
        client.send(FLOOD)
        await until(lambda: not served.is_reading())

        for _ in range(20):
            released += 1
            assert (await client.answer()).status == 200
            assert not served.is_reading()


async def test_a_client_that_does_not_read_is_not_written_for() -> None:
    piece, written = b"a" * 10_000, 0

    def write(_: Request) -> Answering:
        yield from ()
        return Response(body=Stream(1000 * len(piece), write_pieces()))

    def write_pieces() -> Iterator[bytes]:
        nonlocal written
        for _ in range(1000):
            written += len(piece)
            yield piece

    async with served_by(write) as (served, client):
        client.send(request())

        await until(lambda: served.unsent_bytes() > MOST_UNSENT)
        written_unread, unsent = written, served.unsent_bytes()

        assert unsent <= MOST_UNSENT + len(piece)
        assert written_unread < 1000 * len(piece)
        assert len((await client.answer()).body) == 1000 * len(piece)


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    async with serving(site) as port:
        yield port


@pytest.fixture
def site() -> Site:
    return Site(Loop())


async def test_there_are_so_many_connections_and_no_more(
    site: Site, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 3)
    async with connected(port) as first, connected(port) as second, connected(port) as third:
        for client in (first, second, third):
            client.send(request())
            await client.answer()
        async with connected(port) as fourth:
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await fourth.answer()
        first.writer.close()
        await until(lambda: len(site.connections) < 3)
        async with connected(port) as fifth:
            fifth.send(request())
            assert (await fifth.answer()).status == 200


async def test_who_is_refused_after_sending_too_much_is_answered_all_the_same(port: int) -> None:
    async with connected(port) as client:
        client.send(request("GET /delay/0.1"), b"no request\r\n", b"a" * 4_000_000)

        assert [(await client.answer()).status for _ in range(2)] == [200, 400]
        await client.writer.drain()


async def test_a_client_that_cannot_be_watched_is_closed_and_the_next_one_served(
    site: Site, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as change:
        change.setattr(site.loop, "watch", fail)
        async with connected(port) as client:
            with suppress(ConnectionError):
                assert await client.everything() == b""
    async with connected(port) as client:
        client.send(request())
        assert (await client.answer()).status == 200
