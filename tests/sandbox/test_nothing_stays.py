"""Whatever ends a run from outside, nothing of it stays, and the next run works.

That its processes die and how the run's end is called where the runner or its launcher is killed is tried in
`abuse/test_c_survivors.py` and `abuse/test_h_restart.py`, the same for the web process in
`tests/runs/test_web_process.py`. Here it is looked at what else there is of them on the host.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from studyapp.sandbox.cgroups.claims import PREFIX
from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Limits
from tests.sandbox.abuse.footprint import find_launcher, find_server, processes_in_jail_with
from tests.sandbox.abuse.trial import Attempt, Trial, new_trial
from tests.sandbox.family import Family
from tests.sandbox.helpers import until_printed
from tests.sandbox.processes import until, until_dead

LONG = Limits(wall_s=60, cpu_s=60)
SHORT = Limits(wall_s=1, cpu_s=60)
LATE = "late.txt"
SPREAD = f"""
import os, socket, time
began = time.monotonic()
for place in '.', '/tmp', '/dev/shm': open(f'{{place}}/left', 'w').write('x' * 4096)
servers = socket.create_server(('127.0.0.1', 0)), socket.socket(socket.AF_UNIX)
servers[1].bind('\\0abstract')
servers[1].listen()
print('up', flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while time.monotonic() < began + {2 * SHORT.wall_s}: pass
        open('{LATE}', 'w')
        while True: time.sleep(1)
    os._exit(0)
while True: time.sleep(1)
"""
"""Leaves whatever a program can leave behind, and a file once the short limit is long over."""


@pytest.fixture(scope="module")
def harmed_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=2, waiting=2, stock=1)
    yield runner
    runner.close()


@pytest.fixture
async def harmed(harmed_runner: EmbeddedRunner) -> Trial:
    return await new_trial(harmed_runner)


async def start(attempt: Attempt) -> RunHandle:
    handle = await attempt.start(SPREAD)
    await until_printed(handle, "up")
    return handle


async def test_stop_leaves_nothing(harmed: Trial) -> None:
    async with harmed.attempt(LONG) as attempt:
        handle = await start(attempt)
        await handle.stop()
        await attempt.follow(handle, "stopped")


async def test_a_client_that_closes_leaves_nothing(harmed: Trial) -> None:
    async with harmed.attempt(LONG) as attempt:
        await (await start(attempt)).aclose()


async def test_a_killed_template_leaves_nothing(harmed: Trial) -> None:
    async with harmed.attempt(LONG) as attempt:
        handle = await start(attempt)
        send(signal.SIGKILL, Family(harmed.socket_path).templates())
        await attempt.follow(handle, "runner_lost")


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, number)


def the_server(family: Family) -> list[int]:
    return [family.server]


def all_but_programs(family: Family) -> list[int]:
    return [pid for pid in family.everybody() if pid not in family.programs()]


@contextmanager
def asleep(pids: list[int]) -> Iterator[None]:
    """None of them does anything meanwhile. Who wakes first may end others before they wake."""
    send(signal.SIGSTOP, pids)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                send(signal.SIGCONT, [pid])


Sleepers = Callable[[Family], list[int]]
SLEEPERS = pytest.mark.parametrize("sleepers", [the_server, all_but_programs])


async def until_late(attempt: Attempt) -> None:
    """The program has gone on for twice its wall limit."""
    (filename,) = attempt.filenames
    pid = min(processes_in_jail_with(filename))
    await until(lambda: os.path.exists(f"/proc/{pid}/root/home/learner/{LATE}"))


@SLEEPERS
async def test_a_program_beyond_its_limit_is_ended_as_soon_as_its_runner_can_act(
    harmed: Trial, sleepers: Sleepers
) -> None:
    async with harmed.attempt(SHORT) as attempt:
        handle = await start(attempt)
        with asleep(sleepers(Family(harmed.socket_path))):
            await until_late(attempt)
        await attempt.follow(handle, "wall_limit")


@SLEEPERS
async def test_a_client_that_went_meanwhile_is_noticed(harmed: Trial, sleepers: Sleepers) -> None:
    async with harmed.attempt(LONG) as attempt:
        handle = await start(attempt)
        with asleep(sleepers(Family(harmed.socket_path))):
            await handle.aclose()
            await until_late(attempt)


async def test_a_template_that_sleeps_keeps_no_program_alive(harmed: Trial) -> None:
    async with harmed.attempt(SHORT) as attempt:
        handle = await start(attempt)
        with asleep(Family(harmed.socket_path).templates()):
            await until_dead(processes_in_jail_with(attempt.filenames[0]))
        await attempt.follow(handle, "wall_limit")


def groups_of(pid: int) -> set[Path]:
    """The control groups that were made for this process or its runner, in all hierarchies."""
    lines = (line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    root = Path("/sys/fs/cgroup")
    found = {
        root / part / group.lstrip("/")
        for _, kinds, group in lines
        if PREFIX in group
        for part in (kinds.removeprefix("name="), "unified", "")
    }
    return {folder for folder in found if folder.is_dir()}


def mounts() -> set[str]:
    return set(Path("/proc/self/mountinfo").read_text().splitlines())


@pytest.fixture
async def doomed(own_runner: EmbeddedRunner) -> Trial:
    return await new_trial(own_runner)


@pytest.mark.parametrize("find_victim", [find_server, find_launcher])
async def test_after_a_killed_runner_the_next_one_clears_the_host(
    doomed: Trial, find_victim: Callable[[Path], int]
) -> None:
    mounts_before = mounts()
    attempt = Attempt(doomed.client, LONG)
    handle = await start(attempt)
    family = Family(doomed.socket_path).everybody()
    groups = set().union(*map(groups_of, family))

    os.kill(find_victim(doomed.socket_path), signal.SIGKILL)
    await until_dead(family)
    await attempt.follow(handle, "runner_lost")
    again = await new_trial(doomed.runner)

    assert not doomed.socket_path.exists()
    assert [folder for folder in groups if folder.exists()] == []
    assert mounts() <= mounts_before
    assert processes_in_jail_with(attempt.filenames[0]) == []
    await again.check_next_run()
