"""What a run's control group counts and refuses, for an ordinary user who was given nothing but folders."""

import asyncio
import errno
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studyapp.sandbox.cgroups.delegate import Delegation
from studyapp.sandbox.cgroups.group import GroupUsage
from studyapp.sandbox.cgroups.groups import Groups
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.limits import Limits
from studyapp.sandbox.means import Means
from studyapp.sandbox.outside_ids import OutsideIds
from studyapp.sandbox.template import Birth
from tests.sandbox.owners import (
    as_runner,
    child,
    delegated,
    discard,
    exit_status,
    needs,
    new_group,
    staying,
)

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def delegation() -> Iterator[Delegation]:
    with delegated() as made:
        yield made


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


def test_a_jail_whose_group_takes_no_limits_gets_no_job(delegation: Delegation) -> None:
    needs(delegation, "memory", "pids")

    def work() -> str:
        group = new_group(delegation, 30)
        discard(group)

        async def limit() -> str:
            birth = Birth(Means(OutsideIds(0)))
            birth.group = group
            with pytest.raises(RunnerUnavailable) as caught:
                birth.limit(Limits())
            return caught.value.message

        return asyncio.run(limit())

    assert as_runner(delegation, work).startswith("A jail's control group takes no limits: ")


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


def test_a_process_beyond_the_limit_is_refused_and_that_is_known(delegation: Delegation) -> None:
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

    def work() -> tuple[bool | None, int, bool | None]:
        group = new_group(delegation, 6)
        group.limit(64 * MIB, 2)
        before = group.was_refused_tasks()
        told = before, exit_status(child(group.entries, fork_twice)), group.was_refused_tasks()
        discard(group)
        return told

    assert as_runner(delegation, work) == (False, errno.EAGAIN, True)


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
