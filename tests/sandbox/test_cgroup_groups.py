"""A run's control group, made and used by an ordinary user who was given nothing but folders."""

import ctypes
import errno
import os
import signal
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studyapp.sandbox.cgroups.delegate import Delegation
from studyapp.sandbox.cgroups.group import Group, GroupUsage
from studyapp.sandbox.cgroups.groups import Groups, find_groups
from tests.sandbox.owners import as_runner, child, delegated, enter, own_group, staying, until

MIB = 1024 * 1024
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_INTO_CGROUP = 0x2_0000_0000
SYSTEM_CALL_CLONE3 = 435


@pytest.fixture(scope="module")
def delegation() -> Iterator[Delegation]:
    with delegated() as made:
        yield made


def needs(delegation: Delegation, *controllers: str) -> None:
    had = set(",".join(delegation.folders).split(","))
    missing = {name for name in controllers if not had & set(name.split("|"))}
    if missing:
        pytest.skip(f"no controller {', '.join(sorted(missing))} here: {delegation.problem}")


def new_group(delegation: Delegation, number: int) -> Group:
    return Groups(delegation.folders, delegation.version).make(number)


def discard(group: Group) -> None:
    group.kill()
    until(group.remove)


def exit_status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


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


def test_processor_time_of_dead_children_is_counted(delegation: Delegation) -> None:
    needs(delegation, "cpuacct|cpu")

    def burn() -> None:
        while time.process_time() < 0.2:
            pass

    def work() -> float | None:
        group = new_group(delegation, 2)
        exit_status(child(group.entries, lambda: exit_status(child((), burn))))
        usage = group.usage()
        discard(group)
        return usage.cpu_s

    assert (as_runner(delegation, work) or 0) >= 0.15


def test_files_without_a_name_count_as_memory(delegation: Delegation) -> None:
    needs(delegation, "memory")

    def fill() -> int:
        descriptor = os.memfd_create("eight")
        os.write(descriptor, bytes(8 * MIB))
        return descriptor

    def work() -> int | None:
        group = new_group(delegation, 3)
        with staying(group.entries, fill):
            usage = group.usage()
        discard(group)
        return usage.memory_bytes

    assert 8 * MIB <= (as_runner(delegation, work) or 0) < 64 * MIB


def test_the_kernel_kills_what_takes_more_memory_than_the_limit(delegation: Delegation) -> None:
    needs(delegation, "memory")

    def work() -> tuple[bool, int, bool, bool]:
        group = new_group(delegation, 4)
        group.limit(32 * MIB, 16)
        before = group.broke_memory()
        status = exit_status(child(group.entries, lambda: bytearray(os.urandom(MIB)) * 64))
        memory = group.usage().memory_bytes
        told = before, status, group.broke_memory(), memory is not None and memory <= 32 * MIB
        discard(group)
        return told

    assert as_runner(delegation, work) == (False, -signal.SIGKILL, True, True)


def test_reading_more_than_the_limit_breaks_nothing(delegation: Delegation, tmp_path: Path) -> None:
    needs(delegation, "memory")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.write(bytes(64 * MIB))
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    descriptor = os.open(large, os.O_RDONLY)

    def read_all() -> None:
        while os.read(descriptor, MIB):
            pass

    def work() -> tuple[int, bool]:
        group = new_group(delegation, 5)
        group.limit(16 * MIB, 16)
        told = exit_status(child(group.entries, read_all)), group.broke_memory()
        discard(group)
        return told

    assert as_runner(delegation, work) == (0, False)
    os.close(descriptor)


def test_a_process_beyond_the_limit_is_refused_and_that_is_counted(delegation: Delegation) -> None:
    needs(delegation, "pids")

    def fork_twice() -> None:
        first = os.fork()
        if first == 0:
            signal.pause()
        try:
            os.fork()
        except BlockingIOError as refusal:
            os.kill(first, signal.SIGKILL)
            os._exit(refusal.errno or 0)

    def work() -> tuple[int, int, int]:
        group = new_group(delegation, 6)
        group.limit(64 * MIB, 2)
        before = group.refused_tasks()
        told = before, exit_status(child(group.entries, fork_twice)), group.refused_tasks()
        discard(group)
        return told

    assert as_runner(delegation, work) == (0, errno.EAGAIN, 1)


def test_one_run_at_its_limit_does_not_hinder_another(delegation: Delegation) -> None:
    needs(delegation, "pids")

    def work() -> int:
        full, other = new_group(delegation, 7), new_group(delegation, 8)
        full.limit(64 * MIB, 1)
        other.limit(64 * MIB, 2)
        with staying(full.entries, lambda: None):
            status = exit_status(child(other.entries, lambda: exit_status(child((), lambda: None))))
        discard(full)
        discard(other)
        return status

    assert as_runner(delegation, work) == 0


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


def test_what_no_controller_counts_is_told_as_unknown(delegation: Delegation) -> None:
    names, folder = next((names, folder) for names, folder in delegation.folders.items() if "pids" in names)
    if delegation.version == 2:
        names = "pids"

    def work() -> GroupUsage:
        group = Groups({names: folder}, delegation.version).make(15)
        group.limit(64 * MIB, 16)
        usage = group.usage()
        discard(group)
        return usage

    usage = as_runner(delegation, work)
    assert (usage.memory_bytes, usage.tasks) == (None, 0)


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
