"""A rehearsal and what is prepared make a run faster, and are not to be seen in it."""

import os
import subprocess

import pytest

from studyapp.sandbox.interpreters import Interpreter
from tests.tracer.guest import FOLDER

REHEARSED = """
import os, sys, threading
sys.path.insert(0, sys.argv[1])
from tracer.program import run_program
from tracer.rehearsal import rehearse
from tracer.session import prepare

def look():
    threads = len(os.listdir("/proc/self/task")), threading.enumerate()
    return sorted(os.listdir("/proc/self/fd")), threads, sys.stdout, sys.stderr, os._exit, list(sys.argv)

before = look()
rehearse()
prepare(int(sys.argv[2]))
if look() != before:
    sys.exit(f"before: {before}\\nafter: {look()}")
run_program(fd=int(sys.argv[2]), filename="lesson.py", source=sys.argv[3])
"""
PROGRAM = "import asyncio\nasync def main(): print(asyncio.current_task().get_name())\nasyncio.run(main())\n"


@pytest.fixture
def pipe_and_words(python: Interpreter) -> tuple[bytes, bytes]:
    """What a rehearsed program told, and what reached its real streams."""
    reading, writing = os.pipe()
    done = subprocess.run(
        [python.path, "-I", "-c", REHEARSED, FOLDER, str(writing), PROGRAM],
        pass_fds=[writing],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    os.close(writing)
    with open(reading, "rb") as pipe:
        return pipe.read(), done.stdout


def test_a_rehearsal_leaves_no_trace(pipe_and_words: tuple[bytes, bytes]) -> None:
    assert pipe_and_words[1] == b""


def test_a_rehearsed_program_runs_as_if_it_were_the_first(pipe_and_words: tuple[bytes, bytes]) -> None:
    told = pipe_and_words[0]
    assert b'"Task-1"' in told
    assert told.count(b'"file_sha"') == 1
    assert b"rehearsal" not in told
    assert b'"task":1,' in told
