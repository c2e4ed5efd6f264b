"""No isolation, no run: what a host without it is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studyapp.sandbox.checks import check_layers
from studyapp.sandbox.embedded import EmbeddedRunner
from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.guest_folders import GuestFolders
from studyapp.sandbox.interpreters import own_interpreter
from studyapp.sandbox.layout import PROJECT, find_packages
from studyapp.sandbox.room import check_readable


async def test_without_bubblewrap_nothing_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    runner = EmbeddedRunner()

    with pytest.raises(RunnerUnavailable, match="apt install bubblewrap"):
        await runner.ensure()


async def test_the_check_says_so_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    (check,) = await check_layers()

    assert (check.name, check.ok) == ("jail", False)
    assert "apt install bubblewrap" in check.remedy


async def test_a_bubblewrap_that_only_pretends_is_no_bubblewrap(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stand-in that would run the program unjailed must not be taken for a jail."""
    pretender = tmp_path / "bwrap"
    pretender.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n')
    pretender.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(RunnerUnavailable):
        await EmbeddedRunner().ensure()


def test_without_the_guests_packages_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunnerUnavailable, match="make install"):
        find_packages(own_interpreter(), GuestFolders(root=tmp_path))


@pytest.mark.parametrize("switch", ["user/max_user_namespaces", "user/max_net_namespaces"])
def test_without_namespaces_nothing_runs_and_the_remedy_is_named(
    bubblewrap: str, tmp_path: Path, switch: str
) -> None:
    """A user namespace in which the kernel refuses further ones, as a hardened host would."""
    program = tmp_path / "program.py"
    program.write_text("print('unjailed')")
    refuse = f'echo 0 > /proc/sys/{switch} && exec "$0" -m studyapp.sandbox run {program}'
    done = subprocess.run(
        [
            *(
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
            ),
            *("--chdir", str(PROJECT), "sh", "-c", refuse, sys.executable),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (4, "")
    assert "No jail can be made here" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives root up")
def test_a_project_that_only_root_can_read_names_the_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    with pytest.raises(RunnerUnavailable, match=r"chmod -R go\+rX"):
        check_readable(PROJECT / "studyapp", tmp_path)
