"""C9 and C10: what dies while a program runs, and what has to die with it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import indent

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job, Limits
from tests.sandbox.abuse.footprint import find_launcher, find_server, processes_in_jail_with
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.trial import REACTION_S, Trial, new_trial
from tests.sandbox.helpers import follow, until_printed
from tests.sandbox.processes import descendants, until_dead

LONG = Limits(wall_s=60, cpu_s=60)
BUSY = "import os\nfor _ in range(2): os.fork()\nprint('up', flush=True)\nwhile True: pass"
IDLE = "import time\nprint('up', flush=True)\ntime.sleep(60)"
ASK = """
import urllib.request
print(urllib.request.urlopen('http://practice.test/status/200', timeout=30).status)
"""


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@case("C9")
@pytest.mark.parametrize("find_victim", [find_server, find_launcher])
async def test_a_program_dies_with_its_runner(
    own_runner: EmbeddedRunner, find_victim: Callable[[Path], int]
) -> None:
    """The server answers on the socket; the launcher is what the web process started."""
    trial = await new_trial(own_runner)
    handle = await trial.client.start(Job(BUSY, limits=LONG))
    await until_printed(handle, "up")
    family = descendants(find_launcher(trial.socket_path))

    kill([find_victim(trial.socket_path)])
    async with asyncio.timeout(REACTION_S):
        await until_dead(family)

    assert (await follow(handle)).reason == "runner_lost"
    again = await new_trial(own_runner)
    assert again.socket_path != trial.socket_path
    await again.check_next_run()


@case("C10")
async def test_the_runner_gets_over_the_death_of_its_helpers(own_runner: EmbeddedRunner) -> None:
    """All that it keeps ready for the next runs is killed while a program runs."""
    trial = await new_trial(own_runner)
    async with trial.attempt(LONG) as attempt:
        handle = await attempt.start(IDLE)
        await until_printed(handle, "up")
        server = find_server(trial.socket_path)
        kept = {server, *processes_in_jail_with(attempt.filenames[0])}
        kill(set(descendants(server)) - kept)
        await handle.stop()
        await attempt.follow(handle, "stopped", "runner_lost")
    await trial.works(ASK, "200\n")


@case("C10")
@pytest.mark.parametrize("which", [min, max])
async def test_the_runner_gets_over_a_death_in_a_jail(
    own_runner: EmbeddedRunner, which: Callable[[list[int]], int]
) -> None:
    """The first or the last process of a jail is killed from outside, as by a host short of memory."""
    trial = await new_trial(own_runner)
    async with trial.attempt(LONG) as attempt:
        handle = await attempt.start(IDLE)
        await until_printed(handle, "up")
        kill([which(processes_in_jail_with(attempt.filenames[0]))])
        await handle.stop()
        await attempt.follow(handle, "failed", "stopped", "memory_limit", "runner_lost")
    await trial.works(ASK, "200\n")


@case("C10")
async def test_a_program_that_kills_its_practice_internet_has_it_for_itself(trial: Trial) -> None:
    """The next program asks again and is answered."""
    code = (
        "import os\n"
        "try: os.kill(-1, 9)\n"
        "except ProcessLookupError: pass\n"
        f"try:{indent(ASK, '    ')}\n"
        "except OSError: print('off')"
    )

    done = await trial.ends("finished", code, limits=Limits(wall_s=30))

    assert done.printed() in ("off\n", "200\n")
    await trial.works(ASK, "200\n")
