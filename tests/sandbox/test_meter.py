"""What the measuring of a jail makes of processes that end while it looks."""

import os
import subprocess

from studyapp.sandbox.meter import _Process, _proportional


def found(pid: int) -> _Process:
    """The process as it was found a moment ago, with a gigabyte that it shared with many others."""
    return _Process(
        pid=pid,
        holder=pid,
        started=0,
        own_ticks=0,
        all_ticks=0,
        threads=1,
        resident=1_000_000_000,
        mapped=2_000_000_000,
    )


def test_a_process_that_ended_since_it_was_found_holds_nothing() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    assert _proportional(found(ended.pid)).all == 0


def test_a_process_that_nobody_reaped_yet_holds_nothing() -> None:
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert _proportional(found(ended.pid)).all == 0


def test_a_living_process_holds_its_share() -> None:
    assert 0 < _proportional(found(os.getpid())).all < 1_000_000_000
