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


async def test_there_are_no_files_without_a_name(client: RunnerClient) -> None:
    code = "import os\ntry: os.memfd_create('hidden')\nexcept OSError as error: print(error.strerror)"

    assert (await run(client, code)).printed() == "Function not implemented\n"


async def test_a_crowd_that_wants_all_processors_is_seen_in_time(client: RunnerClient) -> None:
    code = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"

    assert (await run(client, code, limits=Limits(wall_s=30, cpu_s=60))).reason == "process_limit"


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
