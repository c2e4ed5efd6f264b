"""The runner's socket, spoken to by hand."""

import asyncio
import contextlib
import json
import select
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from studyapp.sandbox import wire
from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.jobs import Job, Limits, Queued
from tests.sandbox.helpers import follow, run

LONGEST_RUN_MS = 30_000

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextlib.asynccontextmanager
async def connected(client: RunnerClient) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_unix_connection(client.socket_path, limit=wire.LONGEST_ANSWER)
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def read_message(reader: asyncio.StreamReader) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await reader.readuntil(b"\n"))
    return message


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        (b"GET / HTTP/1.1\r\n", "bad_json", None),
        (b"\x16\x03\x01\x00\n", "bad_json", None),
        (b"[]\n", "unknown_type", "type"),
        (b'{"type": "stop"}\n', "unknown_type", "type"),
        (b'{"type": "input", "text": "x"}\n', "unknown_type", "type"),
        (b'{"type": "input_end"}\n', "unknown_type", "type"),
        (b'{"type": "run", "job": {"code": "", "network": true}}\n', "bad_field", "network"),
        (b'{"type": "run", "job": {"code": "", "limits": {"wall_s": 0}}}\n', "bad_field", "limits.wall_s"),
        (
            b'{"type": "run", "job": {"code": "", "interpreter": "2.7"}}\n',
            "unknown_interpreter",
            "interpreter",
        ),
        (b"x" * (wire.LONGEST_REQUEST + 1) + b"\n", "too_large", None),
    ],
)
async def test_what_is_no_request_is_refused_and_only_there(
    client: RunnerClient, line: bytes, code: str, field: str | None
) -> None:
    async with connected(client) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(line)
            await writer.drain()
        message = await read_message(reader)
        assert (message["type"], message["code"], message["field"]) == ("refused", code, field)
        with contextlib.suppress(ConnectionResetError):  # it had not read all of what came
            assert await reader.read() == b""

    assert (await run(client, "print('fine')")).printed() == "fine\n"


@pytest.mark.parametrize(
    "junk",
    [
        b"junk\n",
        b'{"type": "run", "job": {"code": ""}}\n',
        b'{"type": "describe"}\n',
        b'{"type": "stop", "x": 1}\n',
        b'{"type": "input", "text": "this job takes none"}\n',
    ],
)
async def test_junk_after_a_request_ends_that_run(client: RunnerClient, junk: bytes) -> None:
    async with connected(client) as (reader, writer):
        writer.write(wire.dump_request(Job("while True: pass")))
        assert (await read_message(reader))["type"] == "started"
        writer.write(junk)
        lines = [json.loads(line) async for line in reader]

    assert lines == [] or lines[-1]["reason"] == "abandoned"


@pytest.mark.parametrize(
    "lines",
    [
        [wire.dump_request(wire.Input("x" * 11))],
        [wire.dump_request(wire.Input("x" * 6)), wire.dump_request(wire.Input("x" * 5))],
        [wire.dump_request(wire.InputEnd()), wire.dump_request(wire.Input("x"))],
        [b'{"type":"input","text":"\\ud800"}\n'],
    ],
    ids=["too much", "too much in all", "after its end", "no UTF-8"],
)
async def test_input_past_its_bounds_ends_that_run_and_no_other(
    client: RunnerClient, lines: list[bytes]
) -> None:
    other = await client.start(Job("print(input())", interactive=True))
    job = Job("while True: pass", interactive=True, limits=Limits(stdin_bytes=10))
    async with connected(client) as (reader, writer):
        writer.write(wire.dump_request(job))
        assert (await read_message(reader))["type"] == "started"
        writer.writelines(lines)
        answers = [json.loads(line) async for line in reader]

    assert answers == [] or answers[-1]["reason"] == "abandoned"
    await other.send_input("unharmed\n")
    assert (await follow(other)).printed() == "unharmed\n"


async def test_a_runner_says_what_it_offers(client: RunnerClient) -> None:
    description = await client.describe()

    assert (description.runs, description.waiting) == (4, 8)
    assert description.accounting
    usable = [offered.name for offered in description.interpreters if not offered.problem]
    assert (await run(client, "print(1)", interpreter=usable[0])).printed() == "1\n"


async def test_a_connection_that_asks_for_a_description_gets_it_and_is_closed(client: RunnerClient) -> None:
    async with connected(client) as (reader, writer):
        writer.write(wire.dump_request(wire.Describe()))
        lines = [json.loads(line) async for line in reader]

    assert [line["type"] for line in lines] == ["description"]


async def test_a_runner_that_is_not_there_cannot_be_described(tmp_path: Path) -> None:
    with pytest.raises(RunnerUnavailable, match="does not answer"):
        await RunnerClient(tmp_path / "nothing.sock").describe()


async def test_a_request_may_come_in_parts(client: RunnerClient) -> None:
    request = wire.dump_request(Job("print('whole')"))
    async with connected(client) as (reader, writer):
        for start in range(0, len(request), 7):
            writer.write(request[start : start + 7])
            await writer.drain()
        lines = [json.loads(line) async for line in reader]

    assert [line["type"] for line in lines][0 :: len(lines) - 1] == ["started", "end"]


async def test_whoever_says_nothing_and_leaves_costs_nothing(client: RunnerClient) -> None:
    for _ in range(20):
        async with connected(client):
            pass

    assert (await run(client, "print('fine')")).printed() == "fine\n"


async def test_a_full_house_queues_then_refuses_then_serves(own_runner: EmbeddedRunner) -> None:
    client = RunnerClient(await own_runner.ensure())
    running = await client.start(Job("import time; time.sleep(60)"))
    waiting = await client.start(Job("print('at last')"))

    with pytest.raises(Refused) as caught:
        await client.start(Job("print('never')"))

    assert (caught.value.code, caught.value.field) == ("busy", None)
    await running.stop()
    assert (await follow(running)).reason == "stopped"
    served = await follow(waiting)
    assert served.pieces[0] == Queued(1)
    assert served.printed() == "at last\n"


async def test_what_is_said_after_the_end_of_a_run_costs_nothing_of_what_was_told(
    client: RunnerClient,
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(client.socket_path))
        connection.sendall(wire.dump_request(Job("print('told')", interactive=True)))
        ended = select.poll()
        ended.register(connection, select.POLLRDHUP)
        assert await asyncio.to_thread(ended.poll, LONGEST_RUN_MS)

        connection.sendall(wire.dump_request(wire.InputEnd()))

        told = connection.recv(wire.LONGEST_ANSWER)
    assert b"told" in told
    assert json.loads(told.splitlines()[-1])["reason"] == "finished"
