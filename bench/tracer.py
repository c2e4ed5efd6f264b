"""What it costs to watch: the same programs traced and untraced, in turns, each in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench.rows import Row, as_table
from bench.scale import FULL, Scale

TRACER_FOLDER = Path(__file__).resolve().parent.parent / "studyapp"

STEPS = """
import asyncio, sys, time

async def yield_often():
    for _ in range(10):
        await asyncio.sleep(0)

async def main():
    await asyncio.gather(*(yield_often() for _ in range(1000)))

sys.began = time.perf_counter()
asyncio.run(main())
"""

THREADS = """
import asyncio, sys, time

def count():
    return sum(n % 7 for n in range(1_000_000))

async def tick():
    while True:
        await asyncio.sleep(0.005)

async def main():
    ticker = asyncio.create_task(tick())
    await asyncio.gather(*(asyncio.to_thread(count) for _ in range(4)))
    ticker.cancel()

sys.began = time.perf_counter()
asyncio.run(main())
"""

# Stops the clock after the last event is in the pipe.
CHILD = """
import asyncio, json, sys, time
sys.path.insert(0, sys.argv[1])
from tracer.program import run_program
status = run_program(fd=int(sys.argv[2]), filename="w.py", source=sys.argv[3], traced=sys.argv[4] == "traced")
print(json.dumps([status, time.perf_counter() - sys.began]))
"""

WORKLOADS = {"1,000 tasks x 10 sleep(0)": STEPS, "4 CPU loops in to_thread": THREADS}


def measure(scale: Scale, python: str = sys.executable) -> list[Row]:
    return [_compare(name, source, scale.tracer_rounds, python) for name, source in WORKLOADS.items()]


def _compare(name: str, source: str, rounds: int, python: str) -> Row:
    times: dict[str, list[float]] = {"traced": [], "untraced": []}
    for _ in range(rounds):
        for how, measured in times.items():
            measured.append(_run(python, source, how) * 1000)
    traced, untraced = statistics.median(times["traced"]), statistics.median(times["untraced"])
    return Row(f"{name}, traced", traced, "ms", f"{untraced:.4g} ms untraced", traced / untraced)


def _run(python: str, source: str, how: str) -> float:
    reading, writing = os.pipe()
    arguments = [python, "-I", "-c", CHILD, str(TRACER_FOLDER), str(writing), source, how]
    with subprocess.Popen(arguments, pass_fds=[writing], stdout=subprocess.PIPE, text=True) as child:  # noqa: S603
        os.close(writing)
        with open(reading, "rb") as events:
            while events.read(65536):
                pass
        output, _ = child.communicate()
    status, seconds = json.loads(output)
    if status != 0:
        raise RuntimeError(f"the {how} program ended with {status}")
    return float(seconds)


if __name__ == "__main__":
    print(as_table(measure(FULL, *sys.argv[1:])))
