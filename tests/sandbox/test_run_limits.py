"""Each limit, broken in a real jail."""

import asyncio

import pytest

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.jobs import Limits
from studyapp.sandbox.limits import MIB
from tests.sandbox.helpers import run

EVENT_PIPE = (
    "import os\n"
    "fds = [int(name) for name in os.listdir('/proc/self/fd')]\n"
    "fd = max(fd for fd in fds if os.path.exists(f'/proc/self/fd/{fd}'))\n"
)


def slow(**limits: int) -> Limits:
    """These limits, and time enough to reach them."""
    return Limits(wall_s=60, cpu_s=60, **limits)


async def test_a_program_that_sleeps_too_long_reaches_the_wall_limit(client: RunnerClient) -> None:
    code = "import time\nprint('before', end='')\ntime.sleep(60)"

    done = await run(client, code, limits=Limits(wall_s=1.5))

    assert (done.reason, done.outcome.exit) == ("wall_limit", None)
    assert done.printed() == "before"


async def test_a_program_that_blocks_its_loop_reaches_the_wall_limit(client: RunnerClient) -> None:
    code = "import asyncio, time\nasync def main(): print('in'); time.sleep(60)\nasyncio.run(main())"

    done = await run(client, code, limits=Limits(wall_s=1.5))

    assert (done.reason, done.printed()) == ("wall_limit", "in\n")


async def test_a_busy_loop_reaches_the_cpu_limit(client: RunnerClient) -> None:
    done = await run(client, "while True: pass", limits=Limits(cpu_s=0.3, wall_s=60))

    assert done.reason == "cpu_limit"
    assert done.outcome.cpu_s > 0.3


async def test_the_cpu_limit_is_one_for_all_processes(client: RunnerClient) -> None:
    code = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"

    done = await run(client, code, limits=Limits(cpu_s=0.5, wall_s=60))

    assert done.reason == "cpu_limit"


async def test_memory_that_is_used_counts(client: RunnerClient) -> None:
    code = "hold = [b'x' * 1_000_000 for _ in range(1000)]\nprint('never')"

    done = await run(client, code, limits=slow(memory_bytes=64 * MIB))

    assert (done.reason, done.printed()) == ("memory_limit", "")


async def test_memory_of_all_processes_counts(client: RunnerClient) -> None:
    code = (
        "import os, time\nfor _ in range(3): os.fork()\n"
        "hold = os.urandom(16 << 20)\nprint('held')\ntime.sleep(60)"
    )

    done = await run(client, code, limits=slow(memory_bytes=100 * MIB))

    assert done.reason == "memory_limit"


async def test_memory_shared_by_processes_counts_once(client: RunnerClient) -> None:
    code = (
        "import os, time\nhold = os.urandom(40 << 20)\n"
        "for _ in range(3): os.fork()\n"
        "sum(hold[::4096])\ntime.sleep(0.3)"
    )

    done = await run(client, code, limits=slow(memory_bytes=150 * MIB))

    assert done.reason == "finished"


async def test_one_huge_allocation_is_refused_by_the_kernel(client: RunnerClient) -> None:
    done = await run(client, "bytearray(1 << 40)")

    assert done.reason == "memory_limit"
    assert done.outcome.error is not None
    assert done.outcome.error["type"] == "MemoryError"


async def test_a_program_that_catches_it_goes_on(client: RunnerClient) -> None:
    done = await run(client, "try: bytearray(1 << 40)\nexcept MemoryError: print('no')")

    assert (done.reason, done.printed()) == ("finished", "no\n")


async def test_a_fork_bomb_reaches_the_process_limit(client: RunnerClient) -> None:
    code = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"

    done = await run(client, code, limits=slow(processes=20))

    assert done.reason == "process_limit"


async def test_a_thread_bomb_reaches_the_process_limit(client: RunnerClient) -> None:
    code = "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()"

    done = await run(client, code, limits=slow(processes=20))

    assert done.reason == "process_limit"


@pytest.mark.parametrize("traced", [True, False])
async def test_a_refused_fork_that_nobody_catches_is_the_process_limit(
    client: RunnerClient, *, traced: bool
) -> None:
    code = "import os, time\nwhile os.fork(): pass\ntime.sleep(60)"

    runs = [run(client, code, limits=slow(processes=20), traced=traced) for _ in range(4)]

    assert [done.reason for done in await asyncio.gather(*runs)] == ["process_limit"] * 4


async def test_refused_forks_of_processes_that_all_end_then_are_too(client: RunnerClient) -> None:
    runs = [run(client, "import os\nwhile True: os.fork()", limits=slow(processes=20)) for _ in range(4)]

    assert [done.reason for done in await asyncio.gather(*runs)] == ["process_limit"] * 4


@pytest.mark.parametrize("threads", [0, 70])
async def test_a_socket_that_would_block_is_not(client: RunnerClient, threads: int) -> None:
    if threads and "Summed up" in (await client.describe()).accounting:
        pytest.skip("nothing counts processes here that knows of refusals")
    code = (
        "import socket, threading, time\n"
        f"for _ in range({threads}): threading.Thread(target=time.sleep, args=(1,), daemon=True).start()\n"
        "time.sleep(0.5)\n"
        "left, right = socket.socketpair()\nleft.setblocking(False)\nleft.recv(1)"
    )

    done = await run(client, code)

    assert (done.reason, done.outcome.error and done.outcome.error["type"]) == ("failed", "BlockingIOError")


async def test_allowed_processes_can_all_be_had_and_one_too_many_is_an_error(client: RunnerClient) -> None:
    code = (
        "import os, time\nchildren = []\n"
        "try:\n"
        "  while True:\n"
        "    child = os.fork()\n"
        "    if not child: time.sleep(60)\n"
        "    children.append(child)\n"
        "except BlockingIOError:\n"
        "  for child in children: os.kill(child, 9); os.waitpid(child, 0)\n"
        "print(len(children))"
    )

    done = await run(client, code, limits=Limits(processes=20))

    assert done.reason == "finished"
    assert int(done.printed()) in (20, 21)


async def test_the_process_limit_of_one_run_is_not_anothers(client: RunnerClient) -> None:
    code = (
        "import threading\nlatch = threading.Barrier(41)\n"
        "threads = [threading.Thread(target=latch.wait) for _ in range(40)]\n"
        "for thread in threads: thread.start()\n"
        "latch.wait()"
    )

    runs = await asyncio.gather(*(run(client, code, limits=Limits(processes=48)) for _ in range(4)))

    assert [done.reason for done in runs] == ["finished"] * 4


@pytest.mark.parametrize("folder", [".", "/tmp", "/dev/shm"])  # noqa: S108  # places inside a jail
async def test_a_full_disk_is_the_programs_own_error(client: RunnerClient, folder: str) -> None:
    code = f"with open('{folder}/big', 'wb') as file:\n  while True: file.write(bytes(65536))"

    done = await run(client, code, limits=Limits(disk_bytes=MIB))

    assert done.reason == "disk_limit"
    assert done.outcome.error is not None
    assert "No space left" in done.outcome.error["msg"]


async def test_many_small_files_fill_the_disk_as_well(client: RunnerClient) -> None:
    code = "n = 0\ntry:\n  while True: open(f'f{n}', 'w').close(); n += 1\nfinally: print(n)"

    done = await run(client, code, limits=Limits(disk_inodes=100))

    assert done.reason == "disk_limit"
    assert 50 < int(done.printed()) < 100


async def test_a_file_of_a_petabyte_cannot_be_made(client: RunnerClient) -> None:
    done = await run(client, "import os; os.truncate(os.open('f', os.O_CREAT | os.O_RDWR), 1 << 50)")

    assert done.outcome.error is not None
    assert "File too large" in done.outcome.error["msg"]


@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_output_is_cut_at_its_limit_and_the_cut_is_told(
    client: RunnerClient, stream: str, *, traced: bool
) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('0123456789' * 100)"

    done = await run(client, code, limits=Limits(output_bytes=5005), traced=traced)

    assert done.reason == "output_limit"
    assert done.printed(stream) == ("0123456789" * 501)[:5005]
    assert f"bytes of {stream}" in [cut["reason"] for cut in done.named("dropped")]


async def test_a_flood_without_line_breaks_ends_as_any_other(client: RunnerClient) -> None:
    code = "import os\nwhile True: os.write(1, b'x' * 65536)"

    done = await run(client, code)

    assert done.reason == "output_limit"
    assert len(done.printed()) == MIB


async def test_tiny_writes_are_put_together(client: RunnerClient) -> None:
    done = await run(client, "import os\nfor _ in range(20_000): os.write(1, b'ab')")

    assert done.printed() == "ab" * 20_000
    assert len(done.events) < 1000


async def test_events_are_cut_at_their_limit_and_the_cut_is_told(client: RunnerClient) -> None:
    code = (
        "import asyncio\nasync def tick(): pass\n"
        "async def main():\n"
        "  while True: await asyncio.create_task(tick())\n"
        "asyncio.run(main())"
    )

    done = await run(client, code, limits=Limits(events=500))

    assert done.reason == "event_limit"
    assert "events" in [cut["reason"] for cut in done.named("dropped")]


@pytest.mark.parametrize(
    "junk",
    [
        "b'?\\n' * 10_000",
        "b'x' * 100_000",
        "b'[{}]\\n' * 10_000",
        "bytes(70_000)",
        "b'{\"ready\":true}\\n' * 9999",
    ],
)
async def test_who_writes_junk_to_the_event_pipe_spoils_its_own_run_only(
    client: RunnerClient, junk: str
) -> None:
    code = f"{EVENT_PIPE}while True:\n  try: os.write(fd, {junk})\n  except BlockingIOError: pass"

    spoilt, other = await asyncio.gather(
        run(client, code, limits=slow(event_bytes=MIB)), run(client, "print('fine')")
    )

    assert spoilt.reason == "event_limit"
    assert spoilt.named("dropped")
    assert (other.reason, other.printed()) == ("finished", "fine\n")


async def test_a_forged_end_is_not_the_end(client: RunnerClient) -> None:
    code = (
        f"{EVENT_PIPE}import json\n"
        "end = {'ph': 'M', 'cat': 'meta', 'name': 'end', 'pid': 0, 'tid': 0, 'ts': 0,"
        " 'args': {'reason': 'finished', 'exit': 0}}\n"
        "os.write(fd, json.dumps([end]).encode() + b'\\n')\n"
        "raise ValueError('real')"
    )

    done = await run(client, code)

    assert done.reason == "failed"
    assert [end["reason"] for end in done.named("end")] == ["failed"]
    assert {"n": 1, "reason": "invalid events"} in done.named("dropped")


async def test_a_limit_of_one_run_leaves_the_next_alone(client: RunnerClient) -> None:
    for code in ("while True: print('x' * 1000)", "bytearray(1 << 40)"):
        await run(client, code, limits=Limits(output_bytes=1000))

        assert (await run(client, "print('next')")).printed() == "next\n"
