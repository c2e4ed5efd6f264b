"""Version 2, where a group can be divided only while no process is in it: tried in one made for each test."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from studyapp.sandbox.cgroups.claims import SIDE_ROOM
from studyapp.sandbox.cgroups.delegate import Delegation, delegate
from studyapp.sandbox.cgroups.groups import Groups
from tests.sandbox.owners import OWNER, apart, delegated, own_group, staying, until

Told = TypeVar("Told")


@pytest.fixture
def outer() -> Iterator[Path]:
    """A group that counts memory and has nobody in it, as a service manager gives one to each service."""
    with delegated() as delegation:
        if delegation.version != 2:
            pytest.skip(f"needs control groups version 2; here is version {delegation.version}")
        folder = next(iter(delegation.folders.values())) / "outer"
        folder.mkdir()
        yield folder


def within(outer: Path, work: Callable[[Delegation], Told]) -> Told:
    """What `work` returns in a process in that group, with a delegation made there."""

    def move_and_work() -> Told:
        move_into(outer)
        with ExitStack() as stack:
            return work(delegate(None, stack))

    return apart(move_and_work)


def move_into(folder: Path) -> None:
    (folder / "cgroup.procs").write_text("0")


def inside(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]


def only_folder(delegation: Delegation) -> Path:
    return next(iter(delegation.folders.values()))


def test_a_process_alone_in_its_group_makes_room_by_stepping_aside(outer: Path) -> None:
    def work(delegation: Delegation) -> tuple[int, Path, str]:
        return delegation.version, only_folder(delegation).parent, own_group("").rpartition("/")[2]

    assert within(outer, work) == (2, outer, SIDE_ROOM)


def test_it_steps_back_at_the_end(outer: Path) -> None:
    def work() -> tuple[bool, list[Path]]:
        move_into(outer)
        with ExitStack() as stack:
            delegate(None, stack)
        return inside(outer) == [os.getpid()], list(outer.glob("*/"))

    assert apart(work) == (True, [])


def test_the_process_that_started_it_steps_aside_too(outer: Path) -> None:
    def start_one() -> tuple[int, str]:
        move_into(outer)
        version = apart(lambda: within(outer, lambda delegation: delegation.version))
        return version, own_group("")

    version, after = apart(start_one)
    assert version == 2
    assert after.endswith("/outer")


def test_a_group_with_others_in_it_is_not_divided(outer: Path) -> None:
    with staying((), lambda: move_into(outer)) as other:

        def work(delegation: Delegation) -> tuple[int, str]:
            return delegation.version, delegation.problem

        version, problem = within(outer, work)
        assert version == 0
        assert "Delegate=yes" in problem
        assert inside(outer) == [other]
        assert list(outer.glob("*/")) == []


def test_a_group_that_was_given_away_is_divided_although_others_are_in_it(outer: Path) -> None:
    os.setxattr(outer, "user.delegate", b"1")
    with staying((), lambda: move_into(outer)) as other:

        def work(delegation: Delegation) -> tuple[int, bool]:
            return delegation.version, other in inside(outer / SIDE_ROOM)

        assert within(outer, work) == (2, True)
        assert inside(outer) == [other]


def test_a_second_runner_of_the_same_process_outlives_the_first(outer: Path) -> None:
    def work() -> Path:
        move_into(outer)
        first, second = ExitStack(), ExitStack()
        delegate(None, first)
        later = delegate(None, second)
        first.close()
        group = Groups(later.folders, later.version).make(1)
        group.limit(64 * 1024 * 1024, 16)
        until(group.remove)
        second.close()
        return only_folder(later).parent

    assert apart(work) == outer


def test_processes_that_a_killed_maker_left_aside_can_be_delegated_again(outer: Path) -> None:
    def make_and_die() -> None:
        delegate(None, ExitStack().pop_all())
        os.kill(os.getpid(), signal.SIGKILL)

    def work() -> Path:
        move_into(outer)
        pid = os.fork()
        if pid == 0:
            make_and_die()
        os.waitpid(pid, 0)
        with ExitStack() as stack:
            return only_folder(delegate(None, stack)).parent

    assert apart(work) == outer


def test_an_ordinary_user_may_take_the_group_above_that_the_user_owns(outer: Path) -> None:
    if OWNER is None:
        pytest.skip("root alone can become another user: the suite is not run by root")
    for path in (outer, outer / "cgroup.procs", outer / "cgroup.subtree_control"):
        os.chown(path, OWNER, -1)
    with staying((), lambda: move_into(outer)):

        def work() -> Path:
            move_into(outer)
            os.setresuid(OWNER, OWNER, OWNER)
            with ExitStack() as stack:
                return only_folder(delegate(None, stack)).parent

        assert apart(work) == outer.parent
