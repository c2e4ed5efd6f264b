"""How root is given up: who a command is after it, and what it cannot have back."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.enter import POWERS
from studyapp.sandbox.layout import PROJECT
from studyapp.sandbox.spare_ids import spare_range
from tests.sandbox.family import Family, users

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives root up")

ALL_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def enter(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "studyapp.sandbox.enter", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def status() -> dict[str, list[str]]:
    """What a command is after root was given up for it, as the kernel lists it."""
    done = enter(*spare_range().words, "/usr/bin/cat", "/proc/self/status")
    assert (done.returncode, done.stderr) == (0, "")
    return {
        name: value.split() for name, _, value in (line.partition(":") for line in done.stdout.splitlines())
    }


def test_it_is_the_first_of_a_range_and_there_are_no_other_users() -> None:
    done = enter(*spare_range().words, "/usr/bin/cat", "/proc/self/uid_map", "/proc/self/gid_map")

    assert done.stdout.split() == ["0", *spare_range().words] * 2


def test_it_is_in_no_group_of_roots(status: dict[str, list[str]]) -> None:
    assert status["Groups"] == []


def test_what_only_root_may_read_is_closed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)

    done = enter(*spare_range().words, "/usr/bin/cat", str(secret))

    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied" in done.stderr


def test_its_powers_over_its_own_namespace_are_those_it_needs(status: dict[str, list[str]]) -> None:
    needed = sum(1 << number for number in POWERS.values())
    masks = {name: int(status[name][0], 16) for name in ALL_SETS}

    assert masks == {"CapInh": 0, "CapPrm": needed, "CapEff": needed, "CapBnd": needed, "CapAmb": 0}


@pytest.fixture
async def server(own_runner: EmbeddedRunner) -> int:
    return Family(await own_runner.ensure()).server


def test_the_serving_process_is_that_user(server: int) -> None:
    spare = spare_range()

    assert users(server) == {spare.first}
    assert Path(f"/proc/{server}/uid_map").read_text().split() == ["0", *spare.words]
    assert os.readlink(f"/proc/{server}/ns/user") != os.readlink("/proc/self/ns/user")


def test_ids_that_do_not_exist_here_are_refused_and_the_command_does_not_run() -> None:
    done = enter(str(2**32 - 10), "100", "/usr/bin/echo", "ran as root")

    assert done.returncode != 0
    assert "could not be mapped" in done.stderr
    assert done.stdout == ""
