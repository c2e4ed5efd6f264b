"""Programs that try to use more than they may where it is hard to see."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from studyapp.sandbox.meter import Meter
from tests.sandbox.helpers import run

LIMITS = Limits(wall_s=60, cpu_s=60, memory_bytes=64 * MIB)


async def test_memory_counts_when_the_first_thread_has_ended(client: RunnerClient) -> None:
    code = (
        "import ctypes, os, threading, time\n"
        "def hold():\n"
        "  time.sleep(0.2)\n"
        "  held = os.urandom(200 << 20)\n"
        "  time.sleep(1)\n"
        "  os._exit(0)\n"
        "threading.Thread(target=hold).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)"
    )

    assert (await run(client, code, limits=LIMITS)).reason == "memory_limit"


async def test_files_without_a_name_count_as_memory(client: RunnerClient) -> None:
    code = (
        "import os, time\n"
        "files = [os.memfd_create('hidden') for _ in range(4)]\n"
        "for file in files: os.write(file, bytes(40 << 20))\n"
        "time.sleep(1)"
    )

    assert (await run(client, code, limits=LIMITS)).reason == "memory_limit"


async def test_a_file_without_a_name_counts_once_for_all_who_hold_it(client: RunnerClient) -> None:
    code = (
        "import os, time\n"
        "file = os.memfd_create('shared')\n"
        "os.write(file, bytes(10 << 20))\n"
        "for _ in range(3): os.fork(); os.dup(file)\n"
        "time.sleep(0.3)"
    )

    done = await run(client, code, limits=Limits(memory_bytes=150 * MIB))

    assert done.reason == "finished"


async def test_a_crowd_that_wants_all_processors_is_seen_in_time(client: RunnerClient) -> None:
    code = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"

    assert (await run(client, code, limits=Limits(wall_s=5, cpu_s=60))).reason == "process_limit"


@pytest.fixture
async def parent() -> AsyncIterator[int]:
    """A process with one child."""
    code = "import os\nif os.fork(): print(flush=True)\nos.read(0, 1)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=PIPE, stdout=PIPE)
    assert process.stdin
    assert process.stdout
    await process.stdout.readline()
    yield process.pid
    process.stdin.close()
    await process.wait()


async def test_a_thread_that_ends_meanwhile_hides_no_children_of_others(
    parent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_too_early(path: str) -> list[str]:
        return ["999999999", *found(path)] if path.endswith("/task") else found(path)

    found = os.listdir
    monkeypatch.setattr("os.listdir", list_too_early)

    assert Meter(parent, precise_above=MIB).sample().tasks == 2
