"""H8: a runner that dies in any of its parts leaves nothing, and the next one starts with nothing."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job
from tests.sandbox.abuse.footprint import describe, find_launcher, find_server
from tests.sandbox.abuse.marks import case
from tests.sandbox.abuse.programs import BRIEF
from tests.sandbox.abuse.trial import new_trial
from tests.sandbox.helpers import follow, until_printed
from tests.sandbox.processes import descendants, until_dead

GONE_WITHIN_S = 3.0
"""What is promised is 1 s; a machine busy with other tests gets more."""
HIDING = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)
os.wait()
print('up', flush=True)
while True: pass
"""


def launcher(path: Path) -> list[int]:
    return [find_launcher(path)]


def server(path: Path) -> list[int]:
    return [find_server(path)]


def all_of_it(path: Path) -> list[int]:
    return descendants(find_launcher(path))


@case("H8")
@pytest.mark.parametrize("victims", [launcher, server, all_of_it])
async def test_a_killed_runner_leaves_no_process_and_the_next_one_works(
    own_runner: EmbeddedRunner, victims: Callable[[Path], list[int]]
) -> None:
    trial = await new_trial(own_runner)
    running = await trial.client.start(Job(HIDING, limits=BRIEF))
    await until_printed(running, "up")
    family = all_of_it(trial.socket_path)

    for pid in victims(trial.socket_path):
        kill(pid)

    async with asyncio.timeout(GONE_WITHIN_S):
        assert (await follow(running)).reason == "runner_lost"
        await until_dead(family)
    again = await new_trial(own_runner)
    assert not trial.socket_path.exists()
    assert set(all_of_it(again.socket_path)).isdisjoint(family)
    async with again.attempt(BRIEF) as attempt:
        await attempt.follow(await attempt.start("print(1)"), "finished")


@case("H8")
async def test_killed_parts_of_a_runner_are_made_again(own_runner: EmbeddedRunner) -> None:
    """Whatever the serving process keeps below it, templates and waiting jails, is killed at once."""
    trial = await new_trial(own_runner)
    running = await trial.client.start(Job(HIDING, limits=BRIEF))
    await until_printed(running, "up")
    server_pid = find_server(trial.socket_path)
    below = [pid for pid in descendants(server_pid) if pid != server_pid]

    for pid in below:
        kill(pid)

    async with asyncio.timeout(GONE_WITHIN_S):
        assert (await follow(running)).reason in ("runner_lost", "failed")
        await until_dead(below)
    async with trial.attempt(BRIEF) as attempt:
        for _ in range(3):
            await attempt.follow(await attempt.start("print(1)"), "finished")
    assert find_server(trial.socket_path) == server_pid, describe(server_pid)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it went with another one
        os.kill(pid, signal.SIGKILL)
