"""Does this Python have a GIL?

Question: What is the status of free-threaded CPython (PEP 703) and how does it change guidance?

Look for: Each thread does the same work. With the GIL the threads take turns, so two of them need twice the
time of one. On a free-threaded build they run side by side and need hardly longer. The program asks its own
interpreter which of the two it is; run it on each that the page offers.
"""

import sys
import sysconfig
import time
from threading import Thread

THREADS = 2  #: 1 to 4. How many threads do the same work.
LIMIT = 120_000  #: 1_000 to 200_000. The work of each: count the primes below this number.


def count_primes(limit):
    count = 0
    for n in range(2, limit):
        if all(n % d for d in range(2, int(n**0.5) + 1)):
            count += 1
    return count


def measure(number_of_threads):
    threads = [Thread(target=count_primes, args=(LIMIT,)) for _ in range(number_of_threads)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


free_threaded_build = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
# Python 3.13 brought this function. Every Python before it has a GIL, always on.
gil_on = sys._is_gil_enabled() if hasattr(sys, "_is_gil_enabled") else True

print(f"Python {sys.version.split()[0]}")
print(f"free-threaded build: {'yes' if free_threaded_build else 'no'}")
print(f"GIL: {'on' if gil_on else 'off'}")

one = min(measure(1) for _ in range(2))  # twice, to leave out what only the first run costs
print(f"1 thread: {one:.2f} s", flush=True)
many = min(measure(THREADS) for _ in range(2))
print(f"{THREADS} threads: {many:.2f} s, {many / one:.1f} times as long for {THREADS} times the work")

if gil_on:
    print("The threads took turns. For CPU work on this Python, use processes.")
else:
    print("The threads ran side by side. Check that your libraries are ready for it, too.")
