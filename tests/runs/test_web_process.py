"""The site as `make run` serves it: a run over a real socket, and nothing left behind at the end."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from django.conf import settings

from studyapp.runs.messages import LONGEST_FRAME
from tests.runs.dialogue import WAITING, Message, output_of
from tests.runs.processes import WITHIN_S, descendants, wait_until_gone

pytestmark = pytest.mark.usefixtures("runner")

PAGES_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Site:
    process: subprocess.Popen[str]
    address: str


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A web process with a data folder of its own, on any free port."""
    folder = settings.BASE_DIR
    environment = {"PATH": os.environ["PATH"], "STUDYAPP_DATA_DIR": str(tmp_path)}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, check=True, cwd=folder, env=environment)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serve = [sys.executable, "-m", "daphne", "--fd", str(listener.fileno()), "studyapp.asgi:application"]
        with subprocess.Popen(
            serve,
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        ) as process:
            yield Site(process, f"http://127.0.0.1:{listener.getsockname()[1]}")
            process.kill()


async def open_socket(session: aiohttp.ClientSession, address: str) -> aiohttp.ClientWebSocketResponse:
    """What a browser does first: open the lesson's page, as a guest, then its socket."""
    await session.get(f"{address}/lessons/gil/")
    return await session.ws_connect(f"{address}/ws/runs/", origin=address)


async def start_waiting_run(session: aiohttp.ClientSession, address: str) -> None:
    connection = await open_socket(session, address)
    await connection.send_json({"type": "start", "lesson": "gil", "parameters": {}, "code": WAITING})
    messages: list[Message] = []
    while "ready" not in output_of(messages):
        messages.append(await connection.receive_json(timeout=WITHIN_S))


def browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
async def test_the_end_of_the_web_process_is_the_end_of_its_runner_and_of_every_jail(
    site: Site, name: str
) -> None:
    async with browser() as session:
        await start_waiting_run(session, site.address)
        below = descendants(site.process.pid)
        site.process.send_signal(signal.Signals[name])
        assert all(await asyncio.gather(*(asyncio.to_thread(wait_until_gone, pid) for pid in below)))
    assert len(below) > 2
    assert await asyncio.to_thread(site.process.wait, WITHIN_S) is not None


async def test_ctrl_c_during_a_run_ends_the_web_process_without_a_traceback(site: Site) -> None:
    async with browser() as session:
        await start_waiting_run(session, site.address)
        site.process.send_signal(signal.SIGINT)
        assert site.process.stderr is not None
        said = await asyncio.to_thread(site.process.stderr.read)
    assert "Traceback" not in said
    assert "Task was destroyed" not in said


def test_a_stop_while_pages_are_under_way_ends_the_web_process_without_a_traceback(site: Site) -> None:
    host, port = site.address.removeprefix("http://").split(":")
    asked = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as visitors:
        for _ in range(PAGES_AT_ONCE):
            visitor = visitors.enter_context(socket.create_connection((host, int(port)), WITHIN_S))
            visitor.sendall(asked)
        assert visitor.recv(len("HTTP/1.1 200 OK")) == b"HTTP/1.1 200 OK"
        visitors.close()
        site.process.terminate()
    assert "Traceback" not in site.process.communicate(timeout=WITHIN_S)[1]


async def test_a_frame_that_is_too_large_gets_an_error_and_a_far_too_large_one_closes_the_socket(
    site: Site,
) -> None:
    async with browser() as session:
        connection = await open_socket(session, site.address)
        await connection.send_str("x" * (LONGEST_FRAME + 1))
        assert (await connection.receive_json(timeout=WITHIN_S))["code"] == "too_large"
        with suppress(ConnectionError):  # the site may hang up before it has read all of this
            await connection.send_str("x" * (2 * 1024 * 1024))
        await connection.receive(timeout=WITHIN_S)
        assert connection.close_code == 1006


TALKATIVE = "import os\nfor _ in range(16): os.write(1, bytes(64_000)); os.write(2, bytes(64_000))"
TOLERATED_KIB = 40 * 1024


def peak_memory_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


async def receive_until_end(connection: aiohttp.ClientWebSocketResponse) -> Message:
    message: Message = {"type": ""}
    while message["type"] != "end":
        message = await connection.receive_json(timeout=WITHIN_S)
    return message


async def test_who_asks_and_does_not_read_takes_no_memory(site: Site) -> None:
    async with browser() as session:
        reading = await open_socket(session, site.address)
        await reading.send_json({"type": "start", "lesson": "gil", "parameters": {}, "code": TALKATIVE})
        watch = {"type": "watch", "run": (await receive_until_end(reading))["run"], "after": 0}
        idle = await session.ws_connect(f"{site.address}/ws/runs/", origin=site.address)
        before = peak_memory_kib(site.process.pid)
        for _ in range(25):
            await idle.send_json(watch)
            await reading.send_json(watch)
            await receive_until_end(reading)
        assert peak_memory_kib(site.process.pid) - before < TOLERATED_KIB


async def test_who_asks_faster_than_can_be_answered_takes_no_memory(site: Site) -> None:
    async with browser() as session:
        connection = await open_socket(session, site.address)
        watch = json.dumps({"type": "watch", "run": str(UUID(int=0)), "after": 0})
        before = peak_memory_kib(site.process.pid)
        for _ in range(1000):
            await connection.send_str(watch.ljust(LONGEST_FRAME))
        assert (await connection.receive_json(timeout=WITHIN_S))["code"] == "not_found"
        assert peak_memory_kib(site.process.pid) - before < TOLERATED_KIB


async def test_text_that_is_no_unicode_closes_the_socket(site: Site) -> None:
    async with browser() as session:
        connection = await open_socket(session, site.address)
        await connection.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT)
        await connection.receive(timeout=WITHIN_S)
        assert connection.close_code == 1006


async def test_a_page_of_another_site_is_refused_the_handshake(site: Site) -> None:
    async with browser() as session:
        await session.get(f"{site.address}/lessons/gil/")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{site.address}/ws/runs/", origin="https://evil.test")
    assert refused.value.status == 403
