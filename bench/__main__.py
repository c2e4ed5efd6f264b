"""Runs every benchmark, prints one table and keeps it as bench/results/latest.json.

Each row is measured beside its reference, interleaved in the same minute, since machines are shared and
noisy: only the ratio means something on another day. The exit code is 1 when something could not be
measured; a missed target is marked MISSED in the table and changes no exit code. Run it with `make bench`.
"""

import argparse
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from bench import memory, sandbox, soak, speed, stopping, throughput, tracer
from bench.rows import Row, as_table
from bench.scale import FULL, QUICK, Scale

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
Benchmark = Callable[[Scale], list[Row]]
BENCHMARKS: dict[str, Benchmark] = {
    "speed-warm": speed.measure_warm,
    "speed-empty": speed.measure_empty,
    "speed-websocket": speed.measure_websocket,
    "throughput": throughput.measure,
    "waiting-jail": memory.measure_waiting_jail,
    "flood": memory.measure_flood,
    "stopping": stopping.measure,
    "whole-runs": sandbox.measure,
    "tracer": tracer.measure,
    "soak": soak.measure,
}


def main() -> int:
    options = parse_arguments()
    scale = QUICK if options.quick else FULL
    rows: list[Row] = []
    for name in options.only or BENCHMARKS:
        rows += measure(name, scale)
    print(as_table(rows))
    RESULTS.parent.mkdir(exist_ok=True)
    results = {"machine": describe_machine(), "quick": options.quick, "rows": [row.to_json() for row in rows]}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    return int(any(row.value is None for row in rows))


def measure(name: str, scale: Scale) -> list[Row]:
    """The rows of one benchmark; one that says why, if it failed, so that the others are still measured."""
    began = time.monotonic()
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    try:
        return BENCHMARKS[name](scale)
    except Exception as error:
        traceback.print_exc()
        return [Row(name, None, reason=f"{type(error).__name__}: {error}")]
    finally:
        print(f"measured {name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=list(BENCHMARKS), action="append", help="measure only this part")
    parser.add_argument(
        "--quick", action="store_true", help="few rounds: to see that it works, not for figures"
    )
    return parser.parse_args()


def describe_machine() -> dict[str, object]:
    return {"python": platform.python_version(), "kernel": platform.release(), "cpus": os.cpu_count()}


if __name__ == "__main__":
    sys.exit(main())
