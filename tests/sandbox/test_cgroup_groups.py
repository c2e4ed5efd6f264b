"""A run's control group, made and used by an ordinary user who was given nothing but folders."""

import ctypes
import os
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from studyapp.sandbox.cgroups.delegate import Delegation
from studyapp.sandbox.cgroups.groups import find_groups
from tests.sandbox.owners import (
    as_runner,
    child,
    delegated,
    discard,
    enter,
    exit_status,
    needs,
    new_group,
    own_group,
    staying,
    until,
)

CLONE_NEWUSER = 0x1000_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_INTO_CGROUP = 0x2_0000_0000
SYSTEM_CALL_CLONE3 = 435


@pytest.fixture(scope="module")
def delegation() -> Iterator[Delegation]:
    with delegated() as made:
        yield made


def test_a_process_moves_itself_in_and_is_counted(delegation: Delegation) -> None:
    needs(delegation, "pids")

    def work() -> list[int | None]:
        group = new_group(delegation, 1)
        with staying(group.entries, lambda: None):
            inside = group.usage().tasks
        told = [inside, group.usage().tasks]
        discard(group)
        return told

    assert as_runner(delegation, work) == [1, 0]


def test_killing_a_group_ends_every_process_in_it(delegation: Delegation) -> None:
    def fork_and_wait() -> None:
        os.fork()
        signal.pause()

    def work() -> int:
        group = new_group(delegation, 9)
        pid = child(group.entries, fork_and_wait)
        until(lambda: _members(delegation, 9) == 2)
        group.kill()
        status = exit_status(pid)
        until(group.remove)
        return status

    assert as_runner(delegation, work) == -signal.SIGKILL


def _members(delegation: Delegation, number: int) -> int:
    folder = next(iter(delegation.folders.values())) / f"run-{number}"
    return len((folder / "cgroup.procs").read_text().split())


def test_a_group_is_removed_once_nobody_is_in_it(delegation: Delegation) -> None:
    def work() -> tuple[bool, bool]:
        group = new_group(delegation, 10)
        entries = tuple(os.dup(entry) for entry in group.entries)
        with staying(entries, lambda: None):
            early = group.remove()
        until(group.remove)
        left = any((folder / "run-10").exists() for folder in delegation.folders.values())
        return early, left

    assert as_runner(delegation, work) == (False, False)


def test_a_number_used_twice_is_refused_and_harms_nobody(delegation: Delegation) -> None:
    def work() -> bool:
        group = new_group(delegation, 11)
        try:
            new_group(delegation, 11)
        except FileExistsError:
            told = all((folder / "run-11").exists() for folder in delegation.folders.values())
        discard(group)
        return told

    assert as_runner(delegation, work)


def test_a_view_made_after_moving_in_hides_where_the_group_is(delegation: Delegation) -> None:
    libc = ctypes.CDLL(None, use_errno=True)

    def look() -> None:
        assert own_group(_any_controller(delegation)).endswith("/run-12")
        assert libc.unshare(CLONE_NEWUSER | CLONE_NEWCGROUP) == 0
        assert own_group(_any_controller(delegation)) == "/"

    def work() -> int:
        group = new_group(delegation, 12)
        status = exit_status(child(group.entries, look))
        discard(group)
        return status

    assert as_runner(delegation, work) == 0


def _any_controller(delegation: Delegation) -> str:
    """As /proc/self/cgroup names it: version 2 by no name at all."""
    return "" if delegation.version == 2 else next(iter(delegation.folders)).split(",")[0]


def test_under_version_2_a_process_can_be_born_in_the_group(delegation: Delegation) -> None:
    if delegation.version != 2:
        pytest.skip(f"CLONE_INTO_CGROUP needs control groups version 2; here is version {delegation.version}")
    libc = ctypes.CDLL(None, use_errno=True)

    def work() -> tuple[int, bool]:
        group = new_group(delegation, 13)
        into = struct.pack(
            "11Q", CLONE_INTO_CGROUP, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, group.birthplace or 0
        )
        arguments = ctypes.create_string_buffer(into, len(into))
        pid = libc.syscall(SYSTEM_CALL_CLONE3, arguments, len(into))
        if pid == 0:
            os._exit(0 if own_group("").endswith("/run-13") else 1)
        told = exit_status(pid), group.entries != ()
        discard(group)
        return told

    assert as_runner(delegation, work) == (0, True)


def test_a_removed_group_tells_no_usage(delegation: Delegation) -> None:
    def work() -> bool:
        group = new_group(delegation, 14)
        discard(group)
        try:
            group.usage()
        except FileNotFoundError:
            return True
        return False

    assert as_runner(delegation, work)


def test_the_folders_of_a_room_are_found_by_their_names(delegation: Delegation, tmp_path: Path) -> None:
    for names, folder in delegation.folders.items():
        (tmp_path / names).symlink_to(folder)
    found = find_groups(tmp_path)
    assert found
    assert found.version == delegation.version
    assert found.controllers == set(",".join(delegation.folders).split(","))


def test_a_room_without_groups_has_none(tmp_path: Path) -> None:
    assert find_groups(tmp_path) is None


def test_the_owner_cannot_change_what_all_runs_have_together(delegation: Delegation) -> None:
    if os.geteuid() != 0:
        pytest.skip(
            "the owner and the one who delegates are the same user here: the suite is not run by root"
        )
    limits = ("pids.max", "memory.limit_in_bytes", "memory.max", "cpu.shares", "cpu.weight")
    paths = [folder / name for folder in delegation.folders.values() for name in limits]

    def work() -> list[str]:
        return [path.name for path in paths if path.exists() and os.access(path, os.W_OK)]

    assert as_runner(delegation, work) == []
    assert any(path.exists() for path in paths)


def test_moving_in_twice_is_harmless(delegation: Delegation) -> None:
    def work() -> int:
        group = new_group(delegation, 16)
        status = exit_status(child(group.entries, lambda: enter(group.entries)))
        discard(group)
        return status

    assert as_runner(delegation, work) == 0
