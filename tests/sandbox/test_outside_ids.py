"""Which user of the host a program is: each its own where root started the runner."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.jobs import Job
from studyapp.sandbox.outside_ids import OutsideIds
from studyapp.sandbox.spare_ids import spare_range
from tests.sandbox.abuse.footprint import processes_in_jail_with
from tests.sandbox.family import Family, users
from tests.sandbox.helpers import until_printed

RUNS = 4
WAITING = "import os\nos.fork()\nprint('up', flush=True)\ninput()"
by_root = pytest.mark.skipif(os.geteuid() != 0, reason="only a runner started by root has ids to give away")


@pytest.fixture(scope="module")
def busy_runner(bubblewrap: str) -> Iterator[EmbeddedRunner]:
    runner = EmbeddedRunner(runs=2 * RUNS, waiting=RUNS)
    yield runner
    runner.close()


@pytest.fixture
async def family(busy_runner: EmbeddedRunner) -> AsyncIterator[Family]:
    """A runner with four programs that run, each in a file of its own name."""
    family = Family(await busy_runner.ensure())
    handles = [await family.client.start(Job(WAITING, name, interactive=True)) for name in names()]
    for handle in handles:
        await until_printed(handle, "up")
    yield family
    for handle in handles:
        await handle.aclose()


def names() -> list[str]:
    return [f"program_{number}.py" for number in range(RUNS)]


def users_of_jails() -> list[set[int]]:
    return [set().union(*map(users, processes_in_jail_with(name))) for name in names()]


@by_root
async def test_programs_that_run_at_the_same_time_are_different_users(family: Family) -> None:
    found = users_of_jails()

    assert [len(ids) for ids in found] == [1] * RUNS
    assert len(set().union(*found)) == RUNS


@by_root
async def test_all_of_them_are_in_the_range_that_nobody_has(family: Family) -> None:
    spare = spare_range()
    ids = set().union(*users_of_jails(), users(family.server))

    assert min(ids) == spare.first
    assert max(ids) < spare.first + spare.count


@by_root
async def test_none_is_the_runner_or_its_template(family: Family) -> None:
    own = users(family.server).union(*map(users, family.templates()))

    assert own.isdisjoint(set().union(*users_of_jails()))


@pytest.mark.skipif(os.geteuid() == 0, reason="root is no ordinary user")
async def test_an_ordinary_users_programs_are_that_user(family: Family) -> None:
    assert users_of_jails() == [{os.getuid()} | {os.getgid()}] * RUNS


def test_no_id_is_given_twice() -> None:
    ids = OutsideIds(5)

    assert sorted(ids.take() for _ in range(4)) == [1, 2, 3, 4]


def test_the_runners_own_id_is_not_given_away() -> None:
    ids = OutsideIds(3)

    for _ in range(10):
        taken = ids.take()
        assert taken != 0
        ids.give_back(taken)


def test_an_id_that_was_given_back_rests_for_as_long_as_possible() -> None:
    ids = OutsideIds(4)
    first = ids.take()
    ids.give_back(first)

    assert [ids.take() for _ in range(3)][-1] == first


def test_who_has_one_id_gives_that_one() -> None:
    ids = OutsideIds(1)

    assert (ids.has_range, ids.take(), ids.take()) == (False, os.getuid(), os.getuid())
