"""The layers that end a program: limits that the supervisor holds, each exceeded on purpose, and Stop."""

from contextlib import aclosing
from dataclasses import dataclass

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.jobs import EndReason, Events, Job, Limits, Outcome, Piece, Stopping
from studyapp.sandbox.layers.layer import OUR_FAULT, Kind, LayerCheck
from studyapp.sandbox.limits import MIB

STOP = "stop"
STOP_TRIED = "stopping a program that ignores INT and TERM"
DEAF = """
import signal, time
for number in signal.SIGINT, signal.SIGTERM: signal.signal(number, signal.SIG_IGN)
print("deaf", flush=True)
while True: time.sleep(60)
"""
LADDER = ["INT", "TERM", "KILL"]

ENDLESS_STEPS = """
import asyncio
async def main():
    while True: await asyncio.sleep(0)
asyncio.run(main())
"""
MANY_THREADS = """
import threading
never = threading.Event()
for _ in range(200): threading.Thread(target=never.wait, daemon=True).start()
"""


@dataclass(frozen=True, slots=True)
class Excess:
    """A program that goes beyond a limit, and the reason that its run must end for."""

    name: str
    tried: str
    code: str
    limits: Limits
    expected: EndReason
    traced: bool = False


EXCESSES = (
    Excess(
        "time limit",
        "sleeping for longer",
        "import time; time.sleep(60)",
        Limits(wall_s=0.3),
        EndReason.WALL_LIMIT,
    ),
    Excess("processor limit", "a busy loop", "while True: pass", Limits(cpu_s=0.3), EndReason.CPU_LIMIT),
    Excess(
        "memory limit",
        "keeping 400 MiB where 128 are allowed",
        "import time; x = b'x' * (400 << 20); time.sleep(60)",
        Limits(memory_bytes=128 * MIB),
        EndReason.MEMORY_LIMIT,
    ),
    Excess(
        "too many processes",
        "starting threads until none can be had",
        MANY_THREADS,
        Limits(processes=16),
        EndReason.PROCESS_LIMIT,
    ),
    Excess(
        "too much on disk",
        "writing one file that is too large",
        "open('large', 'wb').write(bytes(4 << 20))",
        Limits(disk_bytes=MIB),
        EndReason.DISK_LIMIT,
    ),
    Excess(
        "output limit",
        "printing for ever",
        "while True: print('x' * 1000)",
        Limits(output_bytes=10_000),
        EndReason.OUTPUT_LIMIT,
    ),
    Excess(
        "event limit",
        "a task that takes one step after the other",
        ENDLESS_STEPS,
        Limits(events=500),
        EndReason.EVENT_LIMIT,
        traced=True,
    ),
)


async def check_excess(client: RunnerClient, excess: Excess) -> LayerCheck:
    """Raises Refused or RunnerUnavailable, as `check_stop` does."""
    job = Job(excess.code, traced=excess.traced, limits=excess.limits)
    async with aclosing(await client.start(job)) as handle:
        pieces = [piece async for piece in handle]
    reason = _reason(pieces)
    ok = reason is excess.expected
    return LayerCheck(
        excess.name, ok, f"ended with {reason}", "" if ok else OUR_FAULT, Kind.ENDS, excess.tried
    )


async def check_stop(client: RunnerClient) -> LayerCheck:
    pieces: list[Piece] = []
    async with aclosing(await client.start(Job(DEAF, traced=False))) as handle:
        async for piece in handle:
            pieces.append(piece)
            if isinstance(piece, Events) and any(event["cat"] == "out" for event in piece.events):
                await handle.stop()
    signals = [piece.signal for piece in pieces if isinstance(piece, Stopping)]
    reason = _reason(pieces)
    ok = (signals, reason) == (LADDER, EndReason.STOPPED)
    told = f"sent {', '.join(signals) or 'nothing'}; ended with {reason}"
    return LayerCheck(STOP, ok, told, "" if ok else OUR_FAULT, Kind.ENDS, STOP_TRIED)


def _reason(pieces: list[Piece]) -> EndReason:
    return next(piece.reason for piece in pieces if isinstance(piece, Outcome))
