"""Threads take turns, processes do not

Question: What is the Python Global Interpreter Lock (GIL), and how can you work around its limitations?

Look for: With the GIL, several threads count primes no faster than one, because only one of them runs Python
code at a time. Processes each bring their own GIL and really share the work between cores. Threads that only
wait give the GIL away while they wait, so waiting does overlap.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

WORKERS = 2  #: 1 to 4. How many threads, and then how many processes, share the work.
LIMIT = 150_000  #: 1_000 to 250_000. The work of each: count the primes below this number.
WAIT = 0.4  #: 0.0 to 2.0 s. How long each waits in the last line, in place of a network.


def count_primes(limit):
    return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, limit))


def one_after_another(function, argument):
    for _ in range(WORKERS):
        function(argument)


def in_pool(executor, function, argument):
    with executor(WORKERS) as pool:
        list(pool.map(function, [argument] * WORKERS))


def measure(run, *arguments):
    started = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - started


def show(label, seconds, alone):
    print(f"{label:32} {seconds:5.2f} s   {alone / seconds:.1f} times as fast", flush=True)


if __name__ == "__main__":
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}, GIL {'on' if gil else 'off'}, {os.cpu_count()} cores")

    alone = measure(one_after_another, count_primes, LIMIT)
    show("count, one after another", alone, alone)
    show(f"count, {WORKERS} threads", measure(in_pool, ThreadPoolExecutor, count_primes, LIMIT), alone)
    show(f"count, {WORKERS} processes", measure(in_pool, ProcessPoolExecutor, count_primes, LIMIT), alone)

    alone = measure(one_after_another, time.sleep, WAIT)
    show("wait, one after another", alone, alone)
    show(f"wait, {WORKERS} threads", measure(in_pool, ThreadPoolExecutor, time.sleep, WAIT), alone)
