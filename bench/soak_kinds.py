"""The kinds of runs that a soak mixes, good and hostile, and how each may end."""

from dataclasses import dataclass
from typing import Literal

from bench.programs import HELLO, TEN_FETCHES
from studyapp.sandbox.jobs import Job, Limits
from studyapp.sandbox.limits import MIB

Act = Literal["follow", "stop", "leave", "leave at once", "talk nonsense"]
"""What the client does: reads to the end; presses Stop or goes away once the program has printed; goes away
before it has read anything; sends what is no protocol."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`share` of all runs are of this kind; `ends` are the reasons that it may end for."""

    name: str
    share: int
    job: Job
    ends: frozenset[str] = frozenset({"finished"})
    act: Act = "follow"


def _kind(
    name: str, share: int, code: str, end: str = "finished", act: Act = "follow", **limits: float
) -> Kind:
    return Kind(name, share, Job(code, limits=Limits.from_wire(limits)), frozenset(end.split(" or ")), act)


THREADS = """\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(16) as pool:
    print(sum(pool.map(lambda n: n * n, range(1000))))
"""
PROCESSES = """\
import multiprocessing
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(abs, range(-10, 10)))
"""
SUBPROCESS = "import subprocess; print(subprocess.run(['/bin/echo', 'hi'], capture_output=True).stdout)"
MANY_PRINTS = "for n in range(2000): print('line', n)"
DAEMON = """\
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
print("left one behind")
"""
FORK_BOMB = """\
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
THREAD_BOMB = """\
import threading
enough = threading.Event()
threads = [threading.Thread(target=enough.wait, daemon=True) for _ in range(1000)]
for thread in threads:
    thread.start()
"""
MEMORY_HOG = "hoard = []\nwhile True: hoard.append(bytearray(1_000_000))"
FLOOD = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
RAW_FLOOD = "import os\nwhile True: os.write(2, bytes(65536))"
EVENT_FLOOD = """\
import asyncio
async def main():
    while True:
        await asyncio.sleep(0)
asyncio.run(main())
"""
DISK_HOG = "with open('hog', 'wb', buffering=0) as file:\n    while True: file.write(bytes(1_000_000))"
BUSY = "print('busy', flush=True)\nwhile True: pass"
SLEEPER = "import time\nprint('waiting', flush=True)\ntime.sleep(600)"
STUBBORN = """\
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("waiting", flush=True)
while True:
    time.sleep(1)
"""
SEGFAULT = "import ctypes; ctypes.string_at(0)"
KILLED = "import os, signal; print('x'); os.kill(os.getpid(), signal.SIGKILL)"
READS = "import sys; print(sys.stdin.read().upper())"

KINDS = (
    _kind("hello", 20, HELLO),
    _kind("threads", 6, THREADS),
    _kind("process pool", 3, PROCESSES),
    _kind("subprocess", 3, SUBPROCESS),
    _kind("many prints", 5, MANY_PRINTS),
    Kind("stdin", 7, Job(READS, stdin="hello\n" * 1000)),
    _kind("fetches", 7, TEN_FETCHES),
    _kind("daemon left behind", 4, DAEMON),
    _kind("exception", 5, "1 / 0", "failed"),
    _kind("exit status 3", 2, "raise SystemExit(3)", "failed"),
    _kind("segmentation fault", 3, SEGFAULT, "failed"),
    _kind("killed by itself", 2, KILLED, "failed"),
    _kind("fork bomb", 2, FORK_BOMB, "process_limit", processes=24),
    _kind("thread bomb", 2, THREAD_BOMB, "process_limit", processes=24),
    _kind("memory hog", 3, MEMORY_HOG, "memory_limit", memory_bytes=64 * MIB),
    _kind("flood", 2, FLOOD, "output_limit"),
    _kind("flood past the tracer", 2, RAW_FLOOD, "output_limit"),
    _kind("event flood", 1, EVENT_FLOOD, "event_limit", events=2000),
    _kind("disk hog", 2, DISK_HOG, "disk_limit", disk_bytes=4 * MIB),
    _kind("busy loop", 2, BUSY, "cpu_limit", cpu_s=0.2),
    _kind("sleeper", 3, SLEEPER, "wall_limit", wall_s=0.5),
    _kind("stopped", 3, SLEEPER, "stopped", "stop"),
    _kind("stopped while busy", 2, BUSY, "stopped", "stop"),
    _kind("stopped and stubborn", 1, STUBBORN, "stopped", "stop"),
    _kind("tab closed", 3, SLEEPER, "abandoned", "leave"),
    _kind("tab closed at once", 3, HELLO, "abandoned or finished", "leave at once"),
    _kind("no protocol", 2, "", "refused", "talk nonsense"),
)
