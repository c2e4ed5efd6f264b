"""What was printed, and all that happened before, is told however the program dies: print() has sent it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from studyapp.sandbox.interpreters import Interpreter
from studyapp.sandbox.layout import find_packages
from tests.tracer.guest import BOOT, FOLDER, Guest, read_event

Run = Callable[..., Guest]

DEATHS = {
    "os.abort()": -signal.SIGABRT,
    "os.kill(os.getpid(), signal.SIGKILL)": -signal.SIGKILL,
    "ctypes.string_at(0)": -signal.SIGSEGV,
    "os._exit(7)": 7,
}
IMPORTS = "import ctypes, os, resource, signal, sys\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"


@pytest.fixture(params=DEATHS)
def death(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_line_printed_before_a_death_is_told(run: Run, death: str) -> None:
    guest = run(f"{IMPORTS}for n in range(500): print(n)\n{death}\n")
    assert guest.status == DEATHS[death]
    assert guest.printed() == "".join(f"{n}\n" for n in range(500))


def test_text_without_a_line_end_is_told(run: Run, death: str) -> None:
    guest = run(f"{IMPORTS}print('x', end='')\nsys.stderr.write('y')\n{death}\n")
    assert (guest.printed(), guest.printed("stderr")) == ("x", "y")


def test_what_happened_before_the_last_print_is_told_in_its_order(run: Run) -> None:
    source = "import asyncio, os\nasync def child():\n    print('child')\nasync def main():\n"
    source += "    await asyncio.create_task(child())\n    print('main')\n    os.abort()\n"
    guest = run(source + "asyncio.run(main())\n")
    told = [(event["ph"], event["name"]) for event in guest.events if event["ph"] in "BEi"]
    assert told == [("B", "main"), ("B", "child"), ("i", "out"), ("E", "child"), ("i", "out")]


def test_a_long_text_printed_before_a_death_is_told_whole(run: Run) -> None:
    guest = run(f"{IMPORTS}print('x' * 300_000, end='')\nos.abort()\n")
    assert guest.printed() == "x" * 300_000


def test_threads_that_print_at_once_lose_nothing(run: Run) -> None:
    source = "import os, threading\ndef speak(name):\n"
    source += "    for n in range(300): print(f'{name}{n}\\n', end='')\n"
    source += "threads = [threading.Thread(target=speak, args=(name,)) for name in 'abc']\n"
    source += "[t.start() for t in threads]\n[t.join() for t in threads]\nos.abort()\n"
    lines = run(source).printed().split()
    for name in "abc":
        assert [line for line in lines if line[0] == name] == [f"{name}{n}" for n in range(300)]
    assert len(lines) == 900


LAST_WORDS = """\
import os, signal, sys

def leave(*_):
    print("last words", end="")
    HOW

signal.signal(signal.SIGALRM, leave)
signal.setitimer(signal.ITIMER_REAL, 0.05)
n = 0
while True:
    sys.stdout.write(f"{n}\\n")
    n += 1
"""


@pytest.mark.parametrize("how", ["os._exit(7)", "os.abort()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_the_last_words_of_a_handler_that_comes_in_the_midst_of_a_write_are_told(run: Run, how: str) -> None:
    for attempt in range(3):
        *lines, last = run(LAST_WORDS.replace("HOW", how) + f"# {attempt}").printed().split("\n")
        assert last == "last words"
        assert lines == [str(n) for n in range(len(lines))]


ALARMED = """\
import asyncio, signal, sys

def alarm(*_):
    global alarms
    alarms += 1
    sys.stderr.write(f"{alarms}\\n")

async def count(name):
    for n in range(500):
        sys.stdout.write(f"{name}{n}\\n")
        await asyncio.sleep(0)

async def main():
    await asyncio.gather(count("a"), count("b"))

alarms = 0
signal.signal(signal.SIGALRM, alarm)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
asyncio.run(main())
signal.setitimer(signal.ITIMER_REAL, 0)
print(alarms)
"""


def test_a_handler_that_prints_while_others_print_disturbs_nothing(run: Run) -> None:
    guest = run(ALARMED)
    lines = guest.printed().split()
    for name in "ab":
        assert [line for line in lines if line[0] == name] == [f"{name}{n}" for n in range(500)]
    alarms = guest.printed("stderr").split()
    assert len(alarms) == len(set(alarms)) == int(lines[-1]) > 0
    assert len(guest.steps("count")) == 501


LATE = """\
import signal, sys, time

class Late(Exception): pass

def late(*_):
    raise Late

def write():  # Python 3.13 has a `try` miss what is raised as a loop right in it goes round
    until = time.monotonic() + 5
    while time.monotonic() < until:
        sys.stdout.write(".\\n")

signal.signal(signal.SIGALRM, late)
caught = 0
for _ in range(50):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        write()
    except Late:
        caught += 1
sys.stdout.write("done\\n")
print(caught)
"""


def test_an_error_that_a_handler_raises_in_the_midst_of_a_write_reaches_the_program(run: Run) -> None:
    guest = run(LATE)
    *_, done, caught = guest.printed().splitlines()
    assert (done, caught) == ("done", "50")
    assert guest.args("M", "dropped") == []


INTERRUPTED_NAME = """\
import signal, threading

class Late(Exception): pass

def late(*_):
    raise Late

class Interrupted(threading._MainThread):
    @property
    def name(self):
        signal.raise_signal(signal.SIGUSR1)
        return "MainThread"

signal.signal(signal.SIGUSR1, late)
threading.main_thread().__class__ = Interrupted
try:
    print("first")
except Late:
    caught = True
print("caught", caught)
"""


def test_an_error_that_a_handler_raises_while_the_tracer_looks_reaches_the_program(run: Run) -> None:
    guest = run(INTERRUPTED_NAME)
    assert guest.printed() == "caught True\n"
    assert guest.args("M", "dropped") == []


def test_a_finalizer_that_prints_is_told(run: Run) -> None:
    source = "import os\nclass Last:\n    def __del__(self):\n        print(f'{self.n} gone')\n"
    source += "for n in range(200):\n    last = Last()\n    last.n = n\n    print(n)\nos.abort()\n"
    lines = run(source).printed().splitlines()
    assert [line for line in lines if line.isdigit()] == [str(n) for n in range(200)]
    assert [line for line in lines if "gone" in line] == [f"{n} gone" for n in range(199)]


FULL = """\
import signal, sys

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGUSR1, interrupt)
print("full", file=sys.__stdout__, flush=True)
try:
    while True: sys.stdout.write("x" * 65536)
except KeyboardInterrupt:
    print("stopped", file=sys.__stdout__, flush=True)
"""


def test_a_program_that_waits_for_a_full_pipe_can_be_stopped(python: Interpreter) -> None:
    """Nobody reads the pipe before the program has said that it stopped."""
    reading, writing = os.pipe()
    arguments: list[str | Path] = [python.path, "-I", "-c", BOOT, FOLDER, find_packages(python), str(writing)]
    with subprocess.Popen(
        [*arguments, "/dev/stdin", "traced"],
        pass_fds=[writing],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writing)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(FULL)
        process.stdin.close()
        assert process.stdout.readline() == "full\n"
        wait_until_it_sleeps(process.pid)
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "stopped\n"
        with open(reading, "rb") as pipe:
            events = [read_event(raw) for line in pipe for raw in json.loads(line)]
    assert {event["args"]["text"] for event in events if event["name"] == "out"} == {"x" * 16384}
    assert process.returncode == 0


def wait_until_it_sleeps(pid: int) -> None:
    """The main thread waits inside poll."""
    while True:
        with open(f"/proc/{pid}/wchan") as file:
            if "poll" in file.read():
                return


def test_what_waits_at_a_full_pipe_is_bounded(run: Run) -> None:
    """A program far below its memory limit floods; 100 MB may not pile up in its process."""
    source = "import resource, sys\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
    source += "for _ in range(1500): sys.stdout.write('x' * 65536)\n"
    source += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, file=sys.stderr)\n"
    assert int(run(source).printed("stderr")) < 20_000


def test_without_the_pipe_output_goes_to_the_real_streams(run: Run) -> None:
    source = "import os, sys\nprint('before')\nos.closerange(3, 100)\nprint('after')\n"
    guest = run(source + "print('warned', file=sys.stderr)\n")
    assert (guest.printed(), guest.stdout, guest.stderr) == ("before\n", "after\n", "warned\n")
