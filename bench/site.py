"""The site as it is served: a Daphne process with a database of its own, and a guest's browser."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from bench.programs import HELLO
from bench.runs import is_of_program

PROJECT = Path(__file__).resolve().parents[1]
ANSWER_WITHIN_S = 30.0
GONE_WITHIN_S = 20.0
LESSON = "gil"
MANY = "10000"
"""The one visitor here starts more programs a minute than a learner may."""


@dataclass(frozen=True, slots=True)
class Site:
    process: subprocess.Popen[bytes]
    address: str


@contextmanager
def serving() -> Iterator[Site]:
    """A web process on any free port; it and its runner are gone when the context ends."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        environment = {
            "PATH": os.environ["PATH"],
            "STUDYAPP_DATA_DIR": folder,
            "STUDYAPP_RUNS_PER_MINUTE": MANY,
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, check=True, cwd=PROJECT, env=environment)  # noqa: S603  # words of our own
        descriptor = listener.fileno()
        serve = [sys.executable, "-m", "daphne", "--verbosity", "0", "--fd", str(descriptor)]
        with subprocess.Popen(  # noqa: S603  # words of our own
            [*serve, "studyapp.asgi:application"], cwd=PROJECT, env=environment, pass_fds=[descriptor]
        ) as process:
            try:
                yield Site(process, f"http://127.0.0.1:{listener.getsockname()[1]}")
            finally:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GONE_WITHIN_S)
    process.kill()


class WebSocketRuns:
    """Asks for runs over one open socket, one after the other."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, address: str) -> AsyncIterator[Self]:
        """A guest who has opened a lesson's page, which starts their session."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await session.get(f"{address}/lessons/{LESSON}/")
            async with session.ws_connect(f"{address}/ws/runs/", origin=address) as connection:
                yield cls(connection)

    async def time_first_event(self) -> float:
        """Milliseconds from sending the message to the frame with the program's first event.

        Follows the run, which must finish: RuntimeError is raised otherwise.
        """
        began = time.perf_counter()
        await self._connection.send_json({"type": "start", "lesson": LESSON, "parameters": {}, "code": HELLO})
        first: float | None = None
        while (message := await self._receive())["type"] != "end":
            if first is None and any(map(is_of_program, message.get("events", []))):
                first = time.perf_counter()
        if first is None or message["reason"] != "finished":
            raise RuntimeError(f"the run ended with {message}")
        return (first - began) * 1e3

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._connection.receive_json(timeout=ANSWER_WITHIN_S)
        if message["type"] == "error":
            raise RuntimeError(f"the site answered {message}")
        return message
