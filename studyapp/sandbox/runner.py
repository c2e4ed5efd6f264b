"""The runner: takes jobs from a unix socket, one connection for each, and runs every one in a fresh jail.

Started by `launch.py` as an unprivileged process that sees nothing but what it needs.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from studyapp.sandbox import wire
from studyapp.sandbox.cgroups.groups import find_groups
from studyapp.sandbox.choosing import choose
from studyapp.sandbox.connection import Connection
from studyapp.sandbox.description import Description, OfferedInterpreter
from studyapp.sandbox.errors import Refused, RunnerUnavailable
from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.jobs import EndReason, Job, Outcome, Queued, Started
from studyapp.sandbox.layout import Layout
from studyapp.sandbox.means import Means
from studyapp.sandbox.outside_ids import OutsideIds
from studyapp.sandbox.own_events import end_event
from studyapp.sandbox.plumbing import adopt_orphans, raise_descriptor_limit, reap_children, wait_for_any
from studyapp.sandbox.slots import Slots
from studyapp.sandbox.stock import Stock
from studyapp.sandbox.supervisor import Supervisor

DELIVERED_WITHIN_S = 30.0
MOST_CONNECTING = 4096
"""A client beyond these is turned away by the kernel, so there are more than places in any line."""
UNAVAILABLE = 4


class Runner:
    """Serves connections, each in a task of its own. `stocks` are by the name of the interpreter."""

    def __init__(self, stocks: Mapping[str, Stock], slots: Slots, offer: Description) -> None:
        self._stocks = stocks
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
        name = choose(job.interpreter, self._offer.interpreters).name
        listening = asyncio.create_task(connection.listen())
        try:
            with self._slots.take(
                job.owner,
                job.limits.wall_s,
                moved=lambda position: connection.post(wire.dump_piece(Queued(position))),
                is_leaving=connection.gone.is_set,
            ) as place:
                if not place.granted.is_set():
                    await wait_for_any(place.granted, connection.stop_asked, connection.gone)
                if not place.granted.is_set():
                    return await _end_in_line(connection)
                async with self._stocks[name].open(job) as jail:
                    supervisor = Supervisor(jail, job, connection)
                    connection.post(wire.dump_piece(Started(name)))
                    outcome = await supervisor.watch()
            async with asyncio.timeout(DELIVERED_WITHIN_S):
                await supervisor.deliver_end(outcome)
        finally:
            listening.cancel()
            await asyncio.wait([listening])


async def _end_in_line(connection: Connection) -> None:
    outcome = Outcome(EndReason.STOPPED, None, None, 0.0, 0.0)
    event = {**end_event(outcome, 0.0), "q": 1}
    await connection.send(wire.dump_events([wire.dump_json(event)]))
    await connection.send(wire.dump_piece(outcome))


async def serve(options: argparse.Namespace) -> int:
    """Proves that a jail can be made here, then serves until told to end. Returns the exit code."""
    adopt_orphans()
    raise_descriptor_limit()
    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, reap_children)
    interpreters = [Interpreter.from_wire(raw) for raw in json.loads(options.interpreters)]
    layout = Layout.in_room()
    means = Means(OutsideIds(options.outside_ids), find_groups(layout.groups))
    stocks = {
        each.name: Stock(layout, each, means, options.stock) for each in interpreters if not each.problem
    }
    async with AsyncExitStack() as stack:
        for stock in stocks.values():
            stack.push_async_callback(stock.close)
        try:
            interpreters = await _start_default(stocks, interpreters)
        except RunnerUnavailable as problem:
            sys.stderr.write(f"{problem.message}\n")
            return UNAVAILABLE
        slots = Slots(options.runs, options.waiting, asyncio.get_running_loop())
        await _serve_until_told(Runner(stocks, slots, _describe(interpreters, means, options)), options)
    return 0


async def _serve_until_told(runner: Runner, options: argparse.Namespace) -> None:
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


async def _start_default(
    stocks: Mapping[str, Stock], interpreters: Sequence[Interpreter]
) -> list[Interpreter]:
    """Starts the stock of the first that can make a jail, and tells what is wrong with those before it.

    Raises RunnerUnavailable if none can.
    """
    tried = list(interpreters)
    problem = RunnerUnavailable("No Python was found that programs could run on.")
    for place, each in enumerate(tried):
        if each.problem:
            continue
        try:
            await stocks[each.name].start()
        except RunnerUnavailable as error:
            problem = error
            tried[place] = replace(each, problem=error.message)
        else:
            return tried
    raise problem


def _describe(interpreters: Sequence[Interpreter], means: Means, options: argparse.Namespace) -> Description:
    offered = [OfferedInterpreter(each.name, each.version, each.gil, each.problem) for each in interpreters]
    accounting = f"{means.accounting} {options.lacking}".strip()
    return Description(offered, accounting, options.runs, options.waiting)


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
    parser.add_argument("--stock", type=int, required=True)
    parser.add_argument("--outside-ids", type=int, required=True)
    parser.add_argument("--interpreters", required=True)
    parser.add_argument("--lacking", required=True, help="what the host does not have, in words")
    parser.add_argument("--until-stdin-closes", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(serve(parse_options())))
