"""Runs every benchmark, prints one table and keeps it as bench/results/latest.json.

Each row is measured beside its reference, interleaved in the same minute, since machines are shared and
noisy: only the ratio means something on another day. Run it with `make bench`.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from bench import sandbox, tracer
from bench.rows import Row, as_table

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
BENCHMARKS: dict[str, Callable[[], list[Row]]] = {"sandbox": sandbox.measure, "tracer": tracer.measure}


def main() -> int:
    chosen = parse_arguments().only or list(BENCHMARKS)
    rows: list[Row] = []
    for name in chosen:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += BENCHMARKS[name]()
    print(as_table(rows))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": describe_machine(), "rows": rows}, indent=2) + "\n")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=list(BENCHMARKS), action="append", help="measure only this part")
    return parser.parse_args()


def describe_machine() -> dict[str, object]:
    return {"python": platform.python_version(), "kernel": platform.release(), "cpus": os.cpu_count()}


if __name__ == "__main__":
    sys.exit(main())
