"""What the host makes for a runner, and that nothing of it stays."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from studyapp.sandbox.cgroups.claims import PREFIX, claim, remove, sweep
from studyapp.sandbox.cgroups.delegate import RUNNER_WEIGHT, WHOLE_WEIGHT, Delegation, delegate
from tests.sandbox.owners import OWNER, apart, as_runner, child, delegated, staying


def folders_of(delegation: Delegation) -> list[Path]:
    return list(delegation.folders.values())


def test_the_groups_are_gone_with_the_delegation() -> None:
    with delegated() as delegation:
        folders = folders_of(delegation)
        assert all(folder.is_dir() for folder in folders)
        assert all(folder.name.startswith(PREFIX) for folder in folders)
    assert not any(folder.exists() for folder in folders)


def test_whoever_is_still_inside_at_the_end_is_killed() -> None:
    with delegated() as delegation:

        def join_and_wait() -> None:
            delegation.join()
            signal.pause()

        pid = child((), join_and_wait)
        while str(pid) not in delegation.enter[0].read_text().split():
            os.sched_yield()
        folders = folders_of(delegation)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert not any(folder.exists() for folder in folders)


def test_the_runner_enters_every_hierarchy() -> None:
    with delegated() as delegation:

        def members() -> bool:
            return all(str(os.getpid()) in path.read_text().split() for path in delegation.enter)

        assert as_runner(delegation, members)
        assert len(delegation.enter) == len(delegation.folders)


def test_all_runs_together_weigh_less_than_a_process_beside_them_and_the_runner_more_than_a_run() -> None:
    with delegated() as delegation:
        found = [folder for names, folder in delegation.folders.items() if "cpu" in names.split(",")]
        if not found:
            pytest.skip(f"no controller cpu here: {delegation.problem}")
        name, scale = ("cpu.weight", 1.0) if delegation.version == 2 else ("cpu.shares", 10.24)
        weights = [int((found[0] / place / name).read_text()) for place in (".", "runner")]
        assert weights == [round(WHOLE_WEIGHT * scale), round(RUNNER_WEIGHT * scale)]


def delegate_and_die() -> list[Path]:
    """The folders of a maker that had no chance to clean up."""
    stack = ExitStack()
    folders = folders_of(delegate(OWNER, stack))
    os.makedirs(folders[0] / "run-1")
    stack.pop_all()
    return folders


def test_what_a_killed_maker_left_is_removed_by_the_next() -> None:
    with delegated():
        pass
    left = apart(delegate_and_die)
    assert all(folder.exists() for folder in left)
    with delegated():
        assert not any(folder.exists() for folder in left)


def test_the_groups_of_a_living_maker_are_left_alone() -> None:
    with delegated() as first, delegated() as second:
        assert all(folder.exists() for folder in folders_of(first))
        assert not set(folders_of(first)) & set(folders_of(second))


def test_a_group_of_a_dead_maker_with_a_process_in_it_is_left_alone() -> None:
    with delegated() as delegation, ExitStack() as stack:
        parent = folders_of(delegation)[0]
        left = apart(lambda: _claim_and_die(parent))
        stack.callback(remove, left)
        entry = os.open(left / "cgroup.procs", os.O_WRONLY)
        stack.callback(os.close, entry)
        with staying((entry,), lambda: None):
            sweep([parent])
            assert left.exists()
        sweep([parent])
        assert not left.exists()


def _claim_and_die(parent: Path) -> Path:
    stack = ExitStack()
    folder = claim(parent, stack)
    stack.pop_all()
    return folder


def test_groups_of_others_are_left_alone() -> None:
    with delegated() as delegation:
        parent = folders_of(delegation)[0]
        other = parent / "somebody-else"
        other.mkdir()
        sweep([parent])
        assert other.exists()


def test_a_group_that_may_not_be_divided_is_told_as_a_sentence(tmp_path: Path) -> None:
    with delegated():
        pass
    if OWNER is None:
        pytest.skip("root alone can become a user who was given nothing: the suite is not run by root")

    def try_it() -> tuple[int, str]:
        os.setresuid(OWNER, OWNER, OWNER)
        with ExitStack() as stack:
            made = delegate(None, stack)
            return made.version, made.problem

    version, problem = apart(try_it)
    assert version == 0
    assert "may not divide" in problem or "not this user's to divide" in problem
