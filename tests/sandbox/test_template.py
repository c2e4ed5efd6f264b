"""The process that jails are forked from: what its death means, and that it is made again."""

import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.limits import MIB, Limits
from tests.sandbox.family import Family
from tests.sandbox.helpers import follow, run, until_printed
from tests.sandbox.processes import until, until_dead

ENDLESS = "print('up', flush=True)\nwhile True: pass"


@pytest.fixture(scope="module")
def templated_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=4, waiting=4, stock=1)
    yield runner
    runner.close()


@pytest.fixture
async def family(templated_runner: EmbeddedRunner) -> AsyncIterator[Family]:
    """A runner that must be the same one and at rest afterwards."""
    family = Family(await templated_runner.ensure())
    server = family.server
    await family.until_jails(1)
    yield family
    assert (await run(family.client, "print('next')")).printed() == "next\n"
    await family.until_jails(1)
    assert family.server == server


def kill_template(family: Family) -> int:
    (template,) = family.templates()
    os.kill(template, signal.SIGKILL)
    return template


async def test_a_run_whose_template_dies_is_lost_and_says_so(family: Family) -> None:
    handle = await family.client.start(Job(ENDLESS))
    await until_printed(handle, "up")

    kill_template(family)

    done = await follow(handle)
    assert (done.reason, done.outcome.exit) == ("runner_lost", None)
    assert done.outcome.error is not None
    assert done.outcome.error["type"] == "RunnerLost"
    assert done.named("end")[0]["reason"] == "runner_lost"


async def test_with_a_template_all_its_jails_die(family: Family) -> None:
    handles = [await family.client.start(Job(ENDLESS)) for _ in range(2)]
    for handle in handles:
        await until_printed(handle, "up")
    below = sorted(set(family.everybody()) - {family.launcher, family.server})
    kept = [pid for pid in family.everybody() if pid < family.server]

    kill_template(family)

    assert [(await follow(handle)).reason for handle in handles] == ["runner_lost"] * 2
    await until_dead([pid for pid in below if pid not in kept])


async def test_a_template_that_died_while_nobody_ran_is_made_again(family: Family) -> None:
    (template,) = family.templates()
    waiting = family.jails()
    kill_template(family)
    await until_dead([template, *waiting])

    done = await run(family.client, "print('mine')")

    assert (done.reason, done.printed()) == ("finished", "mine\n")
    assert family.templates() != [template]
    assert waiting.isdisjoint(family.jails())


async def test_a_run_asked_for_at_the_moment_of_its_death_is_told_what_happened(family: Family) -> None:
    """It was forked from the old one and is lost with it, or runs in a jail of the next one."""
    for _ in range(8):
        await family.until_jails(1)
        killed = kill_template(family)
        assert (await run(family.client, "print('mine')")).reason in ("finished", "runner_lost")
        await until_dead([killed])


GREEDY = """
import mmap, os, time
open("/proc/self/oom_score_adj", "w").write("0")
for _ in range(24):
    if os.fork() == 0:
        memory = mmap.mmap(-1, 3 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for page in range(0, len(memory), mmap.PAGESIZE):
            memory[page] = 1
        time.sleep(2)
        os._exit(0)
time.sleep(2)
"""
MADE_FOR_IT = {"memory_bytes": 64 * MIB, "disk_bytes": 16 * MIB, "wall_s": 4}
"""No jail that waits has such a disk."""


async def test_a_template_outlives_a_program_that_wants_all_memory_at_once(family: Family) -> None:
    templates = family.templates()
    for _ in range(4):
        neighbour = await family.client.start(Job(ENDLESS, owner="neighbour"))
        await until_printed(neighbour, "up")
        await run(family.client, GREEDY, limits=Limits(**MADE_FOR_IT), traced=False)
        assert family.templates() == templates
        await neighbour.stop()
        assert (await follow(neighbour)).reason == "stopped"


CROWD = """
import os, time
for _ in range(40):
    try:
        if os.fork() == 0:
            break
    except OSError:
        pass
time.sleep(60)
"""


async def test_a_jail_is_made_at_once_while_another_is_crowded(family: Family) -> None:
    limits = {"disk_bytes": 16 * MIB, "processes": 16}
    crowded = await family.client.start(Job(CROWD, owner="a", limits=Limits(**limits)))

    done = await run(family.client, "print('made')", owner="b", limits=Limits(disk_bytes=16 * MIB))

    assert done.printed() == "made\n"
    await crowded.stop()
    await follow(crowded)


async def test_an_interpreter_that_nobody_used_has_no_template(family: Family) -> None:
    assert len(family.templates()) == 1


async def test_killed_templates_leave_no_process_and_no_descriptor(family: Family) -> None:
    def takes() -> tuple[int, int]:
        return len(family.everybody()), len(os.listdir(f"/proc/{family.server}/fd"))

    await run(family.client, "pass")
    await family.until_jails(1)
    before = takes()
    for _ in range(5):
        handles = [await family.client.start(Job(ENDLESS)) for _ in range(2)]
        killed = kill_template(family)
        assert {(await follow(handle)).reason for handle in handles} == {"runner_lost"}
        await until_dead([killed])
        await run(family.client, "pass")

    await until(lambda: all(now <= most for now, most in zip(takes(), before, strict=True)))
