"""The room of the runner: what of the host it sees, and when there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.layout import PROJECT, ROOM
from studyapp.sandbox.room import prepare_room
from tests.sandbox.family import Family

by_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives root up")


@pytest.fixture
async def server(own_runner: EmbeddedRunner) -> int:
    return Family(await own_runner.ensure()).server


def test_the_runner_finds_the_packages_of_every_interpreter_that_can_be_used(server: int) -> None:
    usable = {each.name for each in prepare_room().interpreters if not each.problem}
    folder = Path(f"/proc/{server}/root{ROOM}/packages")

    assert {each.name for each in folder.iterdir()} == usable
    assert all((each / "aiohttp").is_dir() for each in folder.iterdir())


def test_it_can_write_nowhere_but_where_templates_are_built(server: int) -> None:
    """What else is mounted read-write is the kernel's own: /proc, devices and the runner's control groups."""
    lines = Path(f"/proc/{server}/mountinfo").read_text().splitlines()
    writable = {line.split()[4] for line in lines if "ro" not in line.split()[5].split(",")}

    assert {place for place in writable if not place.startswith(("/proc", "/dev", f"{ROOM}/cgroup/"))} <= {
        "/tmp"  # noqa: S108  # in the room
    }


def test_it_holds_no_descriptor_of_the_process_that_started_it(server: int) -> None:
    held = {os.readlink(f"/proc/{server}/fd/{name}") for name in os.listdir(f"/proc/{server}/fd")}

    assert {each for each in held if each.startswith("/")} <= {"/dev/null"}


@pytest.fixture
def clone(bubblewrap: str, tmp_path: Path) -> Path:
    """A clone of the project that only its owner can read, in such a folder."""
    folder = tmp_path / "clone"
    ignored = shutil.ignore_patterns("__pycache__", "content", "runs", "accounts")
    shutil.copytree(PROJECT / "studyapp", folder / "studyapp", ignore=ignored)
    (folder / ".guest").symlink_to((PROJECT / ".guest").resolve())
    tmp_path.chmod(0o700)
    return folder


def run_in(clone: Path) -> "subprocess.CompletedProcess[str]":
    program = clone / "program.py"
    program.write_text("print('jailed')")
    command = [sys.executable, "-m", "studyapp.sandbox", "run", str(program)]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


def test_a_clone_in_a_folder_that_is_closed_to_others_works(clone: Path) -> None:
    done = run_in(clone)

    assert (done.returncode, done.stdout, done.stderr) == (0, "jailed\n", "")


@by_root
def test_a_clone_that_only_root_can_read_names_the_remedy(clone: Path) -> None:
    (clone / "studyapp" / "sandbox").chmod(0o700)

    done = run_in(clone)

    assert (done.returncode, done.stdout) == (4, "")
    assert f"run `chmod -R go+rX {clone}`" in done.stderr


@by_root
def test_files_that_only_root_can_read_name_the_remedy(clone: Path) -> None:
    """As a clone made with a umask of 077 has them."""
    for path in (clone / "studyapp").rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)

    done = run_in(clone)

    assert (done.returncode, done.stdout) == (4, "")
    assert f"run `chmod -R go+rX {clone}`" in done.stderr


@by_root
def test_a_file_deep_inside_that_only_root_can_read_is_refused_not_half_run(clone: Path) -> None:
    (clone / "studyapp" / "sandbox" / "inside" / "guest.py").chmod(0o600)

    done = run_in(clone)

    assert (done.returncode, done.stdout) == (4, "")
    assert "Permission denied" in done.stderr


@by_root
def test_root_of_a_container_that_has_one_user_is_told_that_no_jail_can_be_made(
    bubblewrap: str, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('unjailed')")
    alone = [
        bubblewrap,
        "--unshare-user",
        "--uid",
        "0",
        "--gid",
        "0",
        "--cap-add",
        "ALL",
        "--dev-bind",
        "/",
        "/",
    ]

    done = subprocess.run(
        [*alone, "--", sys.executable, "-m", "studyapp.sandbox", "run", str(program)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (4, "")
    assert "No jail can be made here (the ids of a new user namespace could not be mapped)" in done.stderr
