"""Jails made ahead: there are some before anybody asks, and each is for one run and no other."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Iterator

import pytest

from studyapp.sandbox.client import RunHandle
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job
from tests.sandbox.family import Family, jail_of
from tests.sandbox.helpers import follow, run, until_printed
from tests.sandbox.processes import children, until, until_dead

STOCK = 2
WAITING = "print('up', flush=True)\ninput()"


@pytest.fixture(scope="module")
def stocked_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=4, waiting=16, stock=STOCK)
    yield runner
    runner.close()


@pytest.fixture
async def family(stocked_runner: EmbeddedRunner) -> Family:
    """A runner at rest, whose jails have been made."""
    family = Family(await stocked_runner.ensure())
    await family.until_jails(STOCK)
    return family


async def start_waiting(family: Family, filename: str) -> RunHandle:
    handle = await family.client.start(Job(WAITING, filename, interactive=True))
    await until_printed(handle, "up")
    return handle


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


async def test_jails_wait_before_anybody_asks(family: Family) -> None:
    assert len(family.jails()) == STOCK


async def test_a_run_gets_a_jail_that_waited(family: Family) -> None:
    made_ahead = family.jails()

    handle = await start_waiting(family, "mine.py")

    assert jail_of("mine.py") in made_ahead
    await handle.aclose()


async def test_what_was_taken_is_made_again_when_nobody_asks(family: Family) -> None:
    before = family.jails()
    handle = await start_waiting(family, "mine.py")
    taken = jail_of("mine.py")

    after = await family.until_jails(STOCK + 1)

    assert before <= after
    await handle.aclose()
    assert await family.until_jails(STOCK) == after - {taken}


async def test_a_jail_ends_with_its_run_and_is_not_used_again(family: Family) -> None:
    used = []
    for number in range(2 * STOCK):
        handle = await start_waiting(family, f"mine_{number}.py")
        used.append(jail_of(f"mine_{number}.py"))
        await handle.end_input()
        await follow(handle)
        await until_dead([used[-1]])

    assert len(set(used)) == 2 * STOCK


async def test_a_run_sees_no_file_and_no_process_of_the_one_before(family: Family) -> None:
    code = (
        "import os, subprocess\n"
        "places = '.', '/tmp', '/dev/shm'\n"
        "print([name for place in places for name in os.listdir(place)])\n"
        "print([name for name in os.listdir('/proc') if name.isdecimal()])\n"
        "for place in places: open(f'{place}/left', 'w').write('behind')\n"
        "subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
    )

    said = [(await run(family.client, code)).printed() for _ in range(2 * STOCK)]

    assert said == ["['lesson.py']\n['1', '2']\n"] * (2 * STOCK)


async def test_more_runs_at_once_than_jails_wait_all_run_and_the_stock_is_as_before(family: Family) -> None:
    done = await asyncio.gather(*(run(family.client, f"print({number})") for number in range(8)))

    assert [each.printed() for each in done] == [f"{number}\n" for number in range(8)]
    await family.until_jails(STOCK)


def first_of(jail: int) -> list[int]:
    return [jail]


def program_of(jail: int) -> list[int]:
    return children(jail)


@pytest.mark.parametrize("victims", [first_of, program_of])
async def test_a_jail_that_was_killed_while_it_waited_is_not_handed_out(
    family: Family, victims: Callable[[int], list[int]]
) -> None:
    made_ahead = family.jails()
    kill(pid for jail in made_ahead for pid in victims(jail))
    await until_dead(list(made_ahead))

    done = [await run(family.client, "print('mine')") for _ in range(STOCK + 1)]

    assert [(each.reason, each.printed()) for each in done] == [("finished", "mine\n")] * (STOCK + 1)
    assert made_ahead.isdisjoint(await family.until_jails(STOCK))


async def test_without_a_stock_no_jail_waits(bubblewrap: str) -> None:
    runner = EmbeddedRunner(runs=1, waiting=1, stock=0)
    try:
        family = Family(await runner.ensure())
        assert (await run(family.client, "print(1)")).printed() == "1\n"
        await until(lambda: not family.jails())
        assert len(family.templates()) == 1
    finally:
        runner.close()
