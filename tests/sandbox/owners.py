"""Code that runs in a process of its own, in the runner's place among control groups and as its user."""

import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from studyapp.sandbox.cgroups.delegate import Delegation, delegate
from studyapp.sandbox.cgroups.group import Group
from studyapp.sandbox.cgroups.groups import Groups

Told = TypeVar("Told")
SPARE_ID = 64_555
OWNER = SPARE_ID if os.geteuid() == 0 else None


@contextmanager
def delegated() -> Iterator[Delegation]:
    """A delegation of this host to an ordinary user. Skips the test, with the host's reason, without one."""
    with ExitStack() as stack:
        delegation = delegate(OWNER, stack)
        if not delegation.version:
            pytest.skip(f"no control groups here: {delegation.problem}")
        yield delegation


def as_runner(delegation: Delegation, work: Callable[[], Told]) -> Told:
    """What `work` returns when the owner of the delegation does it."""

    def join_and_work() -> Told:
        delegation.join()
        if OWNER is not None:
            os.setgroups([])
            os.setresgid(OWNER, OWNER, OWNER)
            os.setresuid(OWNER, OWNER, OWNER)
        return work()

    return apart(join_and_work)


def apart(work: Callable[[], Told]) -> Told:
    """What `work` returns in a process of its own. Its failure is told with its traceback."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with open(writing, "wb") as pipe:
            try:
                pickle.dump((work(), ""), pipe)
            except BaseException:
                pickle.dump((None, traceback.format_exc()), pipe)
            pipe.flush()
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told, failure = pickle.load(pipe)  # noqa: S301  # our own
    os.waitpid(pid, 0)
    assert not failure, failure
    result: Told = told
    return result


def child(entries: tuple[int, ...], work: Callable[[], object]) -> int:
    """The pid of a new process that moves itself in and works there; it exits with 0 unless that fails."""
    pid = os.fork()
    if pid == 0:
        try:
            enter(entries)
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return pid


def enter(entries: tuple[int, ...]) -> None:
    for entry in entries:
        os.write(entry, b"0")


@contextmanager
def staying(entries: tuple[int, ...], work: Callable[[], object]) -> Iterator[int]:
    """A process that has moved in and done its work, and stays until the context ends."""
    ready, say_ready = os.pipe()
    told, tell = os.pipe()

    def work_and_stay() -> None:
        os.close(tell)
        kept = work()
        os.write(say_ready, b"x")
        os.read(told, 1)
        del kept

    pid = child(entries, work_and_stay)
    os.close(say_ready)
    try:
        assert os.read(ready, 1) == b"x", "the process ended early"
        yield pid
    finally:
        os.close(tell)
        os.waitpid(pid, 0)
        os.close(told)
        os.close(ready)


def own_group(controller: str) -> str:
    """The calling process's group, as it sees it."""
    lines = (line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines())
    return {name: path for _, names, path in lines for name in names.split(",")}[controller]


def until(holds: Callable[[], bool]) -> None:
    """Returns when it holds; a test that waits in vain is ended by its timeout."""
    while not holds():
        os.sched_yield()


def needs(delegation: Delegation, *controllers: str) -> None:
    """Skips the test unless the host has each of these, of which "a|b" means either."""
    had = set(",".join(delegation.folders).split(","))
    missing = {name for name in controllers if not had & set(name.split("|"))}
    if missing:
        pytest.skip(f"no controller {', '.join(sorted(missing))} here: {delegation.problem}")


def new_group(delegation: Delegation, number: int) -> Group:
    return Groups(delegation.folders, delegation.version).make(number)


def discard(group: Group) -> None:
    """Ends whoever is in it and removes it."""
    group.kill()
    until(group.remove)


def exit_status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
