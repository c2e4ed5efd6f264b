"""Stop, and what happens when nobody wants the run any more."""

import asyncio

from studyapp.sandbox.client import RunnerClient
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Events, Job, Limits, Outcome, Queued
from tests.sandbox.helpers import follow, run, until_printed
from tests.sandbox.processes import processes_with, until, until_gone

STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGINT, lambda *_: print('no INT', flush=True))\n"
    "signal.signal(signal.SIGTERM, lambda *_: print('no TERM', flush=True))\n"
    "print('up', flush=True)\n"
    "while True: time.sleep(1)"
)


async def test_stop_interrupts_a_program_as_ctrl_c_does(client: RunnerClient) -> None:
    code = "import time\ntry:\n  print('up'); time.sleep(60)\nexcept KeyboardInterrupt: print('bye')"
    handle = await client.start(Job(code))
    await until_printed(handle, "up")

    await handle.stop()
    rest = await follow(handle)

    assert (rest.reason, rest.outcome.exit) == ("stopped", 0)
    assert (rest.printed(), rest.signals) == ("bye\n", ["INT"])


async def test_stop_ends_an_event_loop(client: RunnerClient) -> None:
    code = (
        "import asyncio\nasync def main():\n"
        "  print('up')\n  try: await asyncio.sleep(60)\n  finally: print('cleaned')\nasyncio.run(main())"
    )
    handle = await client.start(Job(code))
    await until_printed(handle, "up")

    await handle.stop()
    rest = await follow(handle)

    assert (rest.reason, rest.printed()) == ("stopped", "cleaned\n")


async def test_a_program_that_ignores_every_signal_is_killed_all_the_same(client: RunnerClient) -> None:
    handle = await client.start(Job(STUBBORN))
    await until_printed(handle, "up")

    await handle.stop()
    rest = await follow(handle)

    assert rest.signals == ["INT", "TERM", "KILL"]
    assert (rest.reason, rest.outcome.exit) == ("stopped", None)
    assert rest.printed() == "no INT\nno TERM\n"


async def test_a_frozen_program_is_killed_all_the_same(client: RunnerClient) -> None:
    code = "import os, signal\nprint('up')\nos.kill(os.getpid(), signal.SIGSTOP)"
    handle = await client.start(Job(code))
    await until_printed(handle, "up")

    await handle.stop()

    assert (await follow(handle)).reason == "stopped"


async def test_stopping_twice_is_stopping_once(client: RunnerClient) -> None:
    handle = await client.start(Job(STUBBORN))
    await until_printed(handle, "up")

    await handle.stop()
    await handle.stop()

    assert (await follow(handle)).signals == ["INT", "TERM", "KILL"]


async def test_stopping_what_has_ended_does_nothing(client: RunnerClient) -> None:
    handle = await client.start(Job("pass"))
    assert (await follow(handle)).reason == "finished"

    await handle.stop()
    await handle.aclose()

    assert [piece async for piece in handle] == []


async def test_a_program_that_reaches_a_limit_while_it_is_stopped_was_stopped(client: RunnerClient) -> None:
    code = "import signal\nsignal.signal(2, lambda *_: None)\nprint('up')\nwhile True: pass"
    handle = await client.start(Job(code, limits=Limits(cpu_s=0.5)))
    await until_printed(handle, "up")

    await handle.stop()

    assert (await follow(handle)).reason == "stopped"


async def test_an_abandoned_run_is_killed_with_all_its_processes(client: RunnerClient) -> None:
    marker = "abandoned-marker"
    code = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '{marker}'], "
        "start_new_session=True)\nprint('up')\nwhile True: pass"
    )
    handle = await client.start(Job(code))
    await until_printed(handle, "up")
    await until(lambda: bool(processes_with(marker)))

    await handle.aclose()
    await until_gone(marker)

    rest = await follow(handle)
    assert (rest.reason, rest.named("end")[0]["reason"]) == ("abandoned", "abandoned")


async def test_whoever_waits_for_an_abandoned_run_is_told(client: RunnerClient) -> None:
    handle = await client.start(Job("import time; time.sleep(60)"))
    following = asyncio.create_task(follow(handle))

    await handle.aclose()

    assert (await following).reason == "abandoned"


async def test_a_run_can_be_stopped_while_it_waits_in_line(own_runner: EmbeddedRunner) -> None:
    client = RunnerClient(await own_runner.ensure())
    running = await client.start(Job("import time; time.sleep(60)"))
    waiting = await client.start(Job("print('never')"))
    assert await anext(waiting) == Queued(1)

    await waiting.stop()
    rest = await follow(waiting)

    assert (rest.reason, rest.outcome.exit, rest.printed()) == ("stopped", None, "")
    assert [event["q"] for event in rest.events] == [1]
    await running.aclose()


async def test_an_abandoned_run_gives_its_place_back(own_runner: EmbeddedRunner) -> None:
    client = RunnerClient(await own_runner.ensure())
    running = await client.start(Job("import time; time.sleep(60)"))
    waiting = await client.start(Job("print('mine')"))

    await running.aclose()

    assert (await follow(waiting)).printed() == "mine\n"


async def test_a_client_that_does_not_read_slows_its_program_down_and_loses_nothing(
    client: RunnerClient,
) -> None:
    code = "import os\nfor i in range(200): os.write(1, b'%05d' % i * 10_000)\nos.write(2, b'all')"
    handle = await client.start(Job(code, limits=Limits(output_bytes=11_000_000)))
    other = await run(client, "print('quick')")
    assert other.printed() == "quick\n"

    done = await follow(handle)

    assert done.reason == "finished"
    assert done.printed() == "".join(f"{i:05}" * 10_000 for i in range(200))
    assert done.printed("stderr") == "all"


async def test_pieces_come_while_the_program_runs(client: RunnerClient) -> None:
    handle = await client.start(Job("print(input())\nimport time\ntime.sleep(60)", stdin="live\n"))

    assert "live" in await until_printed(handle, "live")

    pieces = []
    await handle.stop()
    async for piece in handle:
        pieces.append(type(piece))
    assert pieces[-2:] == [Events, Outcome]


BUSY_BESIDE = """\
import mmap, os, signal, time
steps = mmap.mmap(-1, 8)
def count(): return int.from_bytes(steps[:], 'little')
if os.fork() == 0:
  signal.signal(signal.SIGINT, signal.SIG_IGN)
  while True: steps[:] = (count() + 1).to_bytes(8, 'little')
while not count(): time.sleep(0.001)
"""


async def test_other_processes_of_a_program_do_nothing_while_it_acts_on_stop(client: RunnerClient) -> None:
    code = BUSY_BESIDE + (
        "def act(*_):\n"
        "  before, until = count(), time.process_time() + 0.02\n"
        "  while time.process_time() < until: pass\n"
        "  print(count() - before)\n"
        "  os._exit(0)\n"
        "signal.signal(signal.SIGINT, act)\nprint('up')\nwhile True: pass"
    )
    handle = await client.start(Job(code, traced=False))
    await until_printed(handle, "up")

    await handle.stop()

    assert (await follow(handle)).printed() == "0\n"


async def test_a_program_that_waits_for_its_other_processes_when_stopped_gets_them(
    client: RunnerClient,
) -> None:
    code = BUSY_BESIDE + (
        "def act(*_):\n"
        "  before = count()\n"
        "  while count() == before: time.sleep(0.01)\n"
        "  print('waited for')\n"
        "  os._exit(0)\n"
        "signal.signal(signal.SIGINT, act)\nprint('up')\nwhile True: time.sleep(1)"
    )
    handle = await client.start(Job(code, traced=False))
    await until_printed(handle, "up")

    await handle.stop()
    rest = await follow(handle)

    assert (rest.printed(), rest.signals) == ("waited for\n", ["INT"])
