"""Programs run under the tracer, each in a process of its own, on every Python that this machine has."""

import functools
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studyapp.sandbox.interpreters import Interpreter, find_interpreters
from studyapp.sandbox.layout import find_packages
from studyapp.tracer.events import Event, check_event, expand_output
from tests.tracer.told import Told

FOLDER = Path(__file__).resolve().parents[2] / "studyapp"

# The tracer is imported as it is in a jail: as a top-level package, in an isolated interpreter.
BOOT = """
import json, sys
folder, packages, fd, filename, traced = sys.argv[1:]
sys.path[:0] = [folder, packages]
from tracer.program import run_program
with open(filename, encoding="utf-8", errors="surrogatepass") as file:
    source = file.read()
sys.exit(run_program(fd=int(fd), filename=filename, source=source, traced=traced == "traced"))
"""


def find_pythons() -> dict[str, Interpreter]:
    """Every interpreter that learners' programs may run on, by its name."""
    return {each.name: each for each in find_interpreters() if not each.problem}


@dataclass(frozen=True)
class Guest(Told):
    """What a program did: its events, its exit status, and what reached the real streams."""

    status: int
    stdout: str
    stderr: str


@functools.cache
def run_guest(python: Interpreter, source: str, *, traced: bool = True, stdin: str = "") -> Guest:
    """Runs `source` as lesson.py. The same program is run once only, however many tests ask about it."""
    reading, writing = os.pipe()
    with tempfile.TemporaryDirectory() as folder, open(reading, "rb") as pipe:
        Path(folder, "lesson.py").write_text(source, encoding="utf-8", errors="surrogatepass")
        how = "traced" if traced else "untraced"
        with (
            open(Path(folder, "stdout"), "w+b") as stdout,
            open(Path(folder, "stderr"), "w+b") as stderr,
            subprocess.Popen(
                [
                    *(python.path, "-I", "-c", BOOT),
                    *(FOLDER, find_packages(python), str(writing), "lesson.py", how),
                ],
                pass_fds=[writing],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
            ) as process,
        ):
            os.close(writing)
            assert process.stdin is not None
            process.stdin.write(stdin.encode())
            process.stdin.close()
            lines = pipe.read().splitlines()
            status = process.wait()
            said, warned = _read(stdout), _read(stderr)
    events = [read_event(raw) for line in lines for raw in json.loads(line)]
    return Guest(join_output(events), status, said, warned)


def read_event(raw: Any) -> Event:
    return check_event(expand_output(raw) if isinstance(raw, list) else raw)


def join_output(events: list[Event]) -> list[Event]:
    """As the supervisor does: writes that follow each other in a lane become one event."""
    joined: list[Event] = []
    for event in events:
        last = joined[-1]["args"] if joined and joined[-1]["tid"] == event["tid"] else {}
        args = event["args"]
        if event["name"] == "out" and last.get("stream") == args["stream"] and len(last["text"]) < 10_000:
            last["text"] += args["text"]
        else:
            joined.append(event)
    return joined


def _read(file: Any) -> str:
    file.seek(0)
    text: str = file.read().decode()
    return text
