"""The runner: takes jobs from a unix socket, one connection for each, and runs every one in a fresh jail.

Started by `launch.py` as an unprivileged process that sees nothing but what it needs.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys

from studyapp.sandbox import wire
from studyapp.sandbox.connection import Connection
from studyapp.sandbox.description import Description, OfferedInterpreter
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.jobs import EndReason, Job, Outcome, Queued, Started
from studyapp.sandbox.layout import Layout
from studyapp.sandbox.own_events import end_event
from studyapp.sandbox.plumbing import adopt_orphans
from studyapp.sandbox.process import open_jail
from studyapp.sandbox.slots import Slots
from studyapp.sandbox.supervisor import Supervisor

DELIVERED_WITHIN_S = 30.0
MOST_CONNECTING = 4096
"""A client beyond these is turned away by the kernel, so there are more than places in any line."""
UNAVAILABLE = 4


class Runner:
    """Serves connections, each in a task of its own."""

    def __init__(self, layout: Layout, slots: Slots, offer: Description) -> None:
        self._layout = layout
        self._slots = slots
        self._offer = offer
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes a new connection. Whatever goes wrong in it concerns nobody else."""
        task = asyncio.create_task(self._converse(Connection(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, connection: Connection) -> None:
        try:
            await self._serve(connection)
        except Refused as refusal:
            connection.post(wire.dump_refusal(refusal))
        except RunnerUnavailable as problem:
            connection.post(wire.dump_refusal(Refused("sandbox_unavailable", problem.message)))
        except (EOFError, ConnectionError, TimeoutError):
            pass  # the client went away, or would not read
        except OSError as error:
            lacking = Refused("sandbox_unavailable", f"The runner lacks what a jail needs: {error}.")
            connection.post(wire.dump_refusal(lacking))
        finally:
            await connection.close()

    async def _serve(self, connection: Connection) -> None:
        request = await connection.read_request()
        if isinstance(request, wire.Describe):
            await connection.send(wire.dump_description(self._offer))
        else:
            await self._run(request, connection)

    async def _run(self, job: Job, connection: Connection) -> None:
        self._check_interpreter(job)
        listening = asyncio.create_task(connection.listen())
        try:
            with self._slots.take(
                job.owner,
                job.limits.wall_s,
                moved=lambda position: connection.post(wire.dump_piece(Queued(position))),
                is_leaving=connection.gone.is_set,
            ) as place:
                await _wait_for_any(place.granted, connection.stop_asked, connection.gone)
                if not place.granted.is_set():
                    return await _end_in_line(connection)
                async with open_jail(self._layout, job) as jail:
                    supervisor = Supervisor(jail, job, connection)
                    connection.post(wire.dump_piece(Started(self._layout.interpreter.name)))
                    passing = asyncio.create_task(_pass_input(connection, jail.stdin))
                    try:
                        outcome = await supervisor.watch(connection.stop_asked, connection.gone)
                    finally:
                        passing.cancel()
            async with asyncio.timeout(DELIVERED_WITHIN_S):
                await supervisor.deliver_end(outcome)
        finally:
            listening.cancel()

    def _check_interpreter(self, job: Job) -> None:
        own = self._layout.interpreter.name
        if job.interpreter not in ("", own):
            raise Refused(
                "unknown_interpreter", f"Python {job.interpreter} is not here; {own} is", "interpreter"
            )


async def _pass_input(connection: Connection, stdin: asyncio.WriteTransport) -> None:
    while data := await connection.next_input():
        stdin.write(data)
    stdin.write_eof()


async def _wait_for_any(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _end_in_line(connection: Connection) -> None:
    outcome = Outcome(EndReason.STOPPED, None, None, 0.0, 0.0)
    event = {**end_event(outcome, 0.0), "q": 1}
    await connection.send(wire.dump_events([wire.dump_json(event)]))
    await connection.send(wire.dump_piece(outcome))


async def serve(options: argparse.Namespace) -> int:
    """Proves that a jail can be made here, then serves until told to end. Returns the exit code."""
    adopt_orphans()
    layout = Layout.in_room()
    try:
        async with open_jail(layout, Job("")):
            pass
    except RunnerUnavailable as problem:
        sys.stderr.write(f"{problem.message}\n")
        return UNAVAILABLE
    slots = Slots(options.runs, options.waiting, asyncio.get_running_loop())
    runner = Runner(layout, slots, _describe(layout, options))
    server = await asyncio.start_unix_server(
        runner.accept,
        sock=socket.socket(fileno=options.socket_fd),
        limit=wire.LONGEST_REQUEST,
        backlog=MOST_CONNECTING,
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    lifelines = [options.lifeline_fd, *([0] if options.until_stdin_closes else [])]
    await _until_told_to_end(lifelines)
    server.close()
    return 0


def _describe(layout: Layout, options: argparse.Namespace) -> Description:
    own = layout.interpreter
    offered = OfferedInterpreter(own.name, own.version, own.gil, problem="")
    return Description([offered], "processes of each jail, looked at in turn", options.runs, options.waiting)


async def _until_told_to_end(lifelines: list[int]) -> None:
    """Returns on a signal, or when one of these descriptors closes at its other end."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    for descriptor in lifelines:
        with contextlib.suppress(PermissionError):  # a file or /dev/null, which never closes
            loop.add_reader(descriptor, _note_eof, descriptor, told)
    await told.wait()


def _note_eof(descriptor: int, told: asyncio.Event) -> None:
    if not os.read(descriptor, 4096):
        told.set()


def parse_options() -> argparse.Namespace:
    """The arguments that `launch.py` gives."""
    parser = argparse.ArgumentParser(prog="python -m studyapp.sandbox.runner")
    parser.add_argument("--socket-fd", type=int, required=True)
    parser.add_argument("--lifeline-fd", type=int, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--waiting", type=int, required=True)
    parser.add_argument("--until-stdin-closes", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(parse_options())))
