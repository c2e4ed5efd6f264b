"""Clients that learners use, over http and https."""

import asyncio
import contextlib
import http.client
import io
import ssl
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from studyapp.sandbox.certificates import make_certificates
from studyapp.sandbox.inside.practice.loop import Loop
from studyapp.sandbox.inside.practice.server import Site
from studyapp.sandbox.inside.practice.tls import make_context

from .practice import DEADLINE_S, Client, all_gone, request, serving


@pytest.fixture
def site() -> Site:
    return Site(Loop())


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    async with serving(site) as port:
        yield port


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's."""
    certificates = make_certificates()
    identity: Path = tmp_path_factory.mktemp("identity") / "identity.pem"
    identity.write_bytes(certificates.identity)
    context = make_context()
    context.load_cert_chain(identity)
    return context, ssl.create_default_context(cadata=certificates.authority.decode())


@pytest.fixture
async def secure_port(site: Site, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[int]:
    async with serving(site, contexts[0]) as port:
        yield port


@pytest.fixture
def trusting(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> ssl.SSLContext:
    return contexts[1]


@contextlib.asynccontextmanager
async def connected_securely(port: int, context: ssl.SSLContext) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", port, ssl=context))
    try:
        yield client
    finally:
        client.writer.close()


def fetch_twice(client: http.client.HTTPConnection) -> list[bytes]:
    """Over one connection."""
    with contextlib.closing(client):
        bodies: list[bytes] = []
        for _ in range(2):
            client.request("POST", "/bytes/3" if not bodies else "/get", body=iter([b"a", b"bc"]))
            bodies.append(client.getresponse().read())
        return bodies


async def test_http_client_fetches_over_one_connection(site: Site, port: int) -> None:
    bodies = await asyncio.to_thread(fetch_twice, http.client.HTTPConnection("127.0.0.1", port, DEADLINE_S))

    assert bodies[0].startswith(b'{"error"')
    assert b'"Transfer-Encoding": "chunked"' in bodies[1]


async def test_http_client_fetches_securely(secure_port: int, trusting: ssl.SSLContext) -> None:
    client = http.client.HTTPSConnection("127.0.0.1", secure_port, timeout=DEADLINE_S, context=trusting)

    bodies = await asyncio.to_thread(fetch_twice, client)

    assert f'"url": "https://127.0.0.1:{secure_port}/get"'.encode() in bodies[1]


async def test_urllib_fetches(port: int) -> None:
    def fetch() -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=DEADLINE_S) as response:
            return bytes(response.read())

    assert b"Practice internet" in await asyncio.to_thread(fetch)


async def test_urllib_fails_with_the_status(port: int) -> None:
    def fetch() -> int:
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/status/503", timeout=DEADLINE_S)
        error.value.close()
        return error.value.code

    assert await asyncio.to_thread(fetch) == 503


async def test_aiohttp_fetches_many_pages_at_once(secure_port: int, trusting: ssl.SSLContext) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting, limit=0)) as session:

        async def fetch(page: int) -> dict[str, str]:
            async with session.get(f"https://127.0.0.1:{secure_port}/get?page={page}") as response:
                return dict((await response.json())["args"])

        pages = await asyncio.gather(*(fetch(page) for page in range(60)))

    assert pages == [{"page": str(page)} for page in range(60)]


async def test_large_bodies_go_both_ways_securely(secure_port: int, trusting: ssl.SSLContext) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as session:
        address = f"https://127.0.0.1:{secure_port}"
        async with session.post(f"{address}/status/201", data=io.BytesIO(bytes(3_000_000))) as response:
            assert response.status == 201
        async with session.get(f"{address}/bytes/1048576") as response:
            assert len(await response.read()) == 1048576


async def test_a_secure_connection_that_ends_says_so(secure_port: int, trusting: ssl.SSLContext) -> None:
    async with connected_securely(secure_port, trusting) as client:
        client.send(request("GET /status/201", "Connection: close"))

        assert (await client.everything()).startswith(b"HTTP/1.1 201 ")


async def test_what_is_no_request_is_answered_securely(secure_port: int, trusting: ssl.SSLContext) -> None:
    async with connected_securely(secure_port, trusting) as client:
        client.send(b"hello there\r\n")

        assert (await client.everything()).startswith(b"HTTP/1.1 400 ")


async def test_who_hangs_up_securely_does_not_wait_any_more(
    site: Site, secure_port: int, trusting: ssl.SSLContext
) -> None:
    async with connected_securely(secure_port, trusting) as client:
        client.send(request("GET /hang"))

    await all_gone(site)


async def test_who_speaks_no_tls_to_a_secure_port_is_hung_up_on(secure_port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", secure_port)
    writer.write(request())

    with contextlib.suppress(ConnectionError):
        assert not (await asyncio.wait_for(reader.read(), DEADLINE_S)).startswith(b"HTTP")
    writer.close()


async def test_who_does_not_trust_the_server_gets_no_page(site: Site, secure_port: int) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.open_connection("127.0.0.1", secure_port, ssl=ssl.create_default_context())

    await all_gone(site)


async def test_tls_to_a_port_without_it_is_refused(port: int, trusting: ssl.SSLContext) -> None:
    with pytest.raises(ssl.SSLError):
        await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
