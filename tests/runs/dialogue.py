"""A browser's side of `/ws/runs/`, spoken with the real application, runner and jail."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from channels.testing import WebsocketCommunicator
from django.test import Client

from studyapp.accounts.models import User
from studyapp.asgi import application

Message = dict[str, Any]
ORIGIN = "http://localhost:8000"
ANSWER_WITHIN_S = 30

WAITING = """\
import asyncio

async def main():
    print("ready")
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Socket:
    """One connection. Receiving fails the test when nothing comes."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator

    async def send(self, **message: Any) -> None:
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "bytes": data})

    async def receive(self) -> Message:
        message: Message = await self._communicator.receive_json_from(ANSWER_WITHIN_S)
        return message

    async def ask(self, **message: Any) -> Message:
        """The next message after sending one."""
        await self.send(**message)
        return await self.receive()

    async def start(self, code: str | None = None, **message: Any) -> Message:
        """The answer to a start."""
        return await self.ask(
            **({"type": "start", "lesson": "gil", "parameters": {}, "code": code} | message)
        )

    async def receive_until(self, kind: str) -> list[Message]:
        """All messages up to and including the first of this type."""
        messages = [await self.receive()]
        while messages[-1]["type"] != kind:
            assert messages[-1]["type"] not in ("end", "error"), messages[-1]
            messages.append(await self.receive())
        return messages

    async def receive_error(self) -> Message:
        """The next error, past whatever else comes first."""
        message = await self.receive()
        while message["type"] != "error":
            assert message["type"] != "end", message
            message = await self.receive()
        return message

    async def receive_until_said(self, text: str) -> list[Message]:
        """All messages up to the frame in which the program has printed `text`."""
        messages = [await self.receive()]
        while text not in output_of(messages):
            assert messages[-1]["type"] not in ("end", "error"), messages[-1]
            messages.append(await self.receive())
        return messages

    async def run(self, code: str) -> list[Message]:
        """All messages about a program, from accepted to end."""
        return [await self.start(code), *await self.receive_until("end")]


@asynccontextmanager
async def connect(user: User | None, origin: str = ORIGIN) -> AsyncIterator[Socket]:
    """An open socket of this person, None being anonymous; closed at the end of the block."""
    communicator = await dial(user, origin)
    accepted, _ = await communicator.connect(ANSWER_WITHIN_S)
    assert accepted
    yield Socket(communicator)
    await communicator.disconnect(timeout=ANSWER_WITHIN_S)


async def dial(user: User | None, origin: str = ORIGIN, address: str = "/ws/runs/") -> WebsocketCommunicator:
    """A connection that is not open yet."""
    client = Client()
    if user:
        await client.aforce_login(user)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"origin", origin.encode()), (b"cookie", cookies.encode())]
    return WebsocketCommunicator(application, address, headers)


def events_of(messages: list[Message]) -> list[Message]:
    return [event for message in messages if message["type"] == "events" for event in message["events"]]


def numbers_of(messages: list[Message]) -> list[int]:
    return [event["q"] for event in events_of(messages)]


def output_of(messages: list[Message]) -> str:
    return "".join(event["args"]["text"] for event in events_of(messages) if event["cat"] == "out")


def tasks_of_runs() -> list[asyncio.Task[Any]]:
    """The tasks that follow live runs in this process."""
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("run ")]


async def wait_for_all_runs() -> None:
    """Returns once no run of this process is live."""
    tasks = tasks_of_runs()
    if tasks:
        await asyncio.wait(tasks, timeout=ANSWER_WITHIN_S)
