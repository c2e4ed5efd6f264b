"""deploy/system-packages.sh installs what is missing or says in one line what to install."""

import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SCRIPT = Path(settings.BASE_DIR) / "deploy" / "system-packages.sh"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of commands that is all the script finds; `id` says an ordinary user."""
    write_command(tmp_path / "id", "echo 1000")
    return tmp_path


def write_command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(machine: Path, *pairs: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(SCRIPT), *pairs],
        env={"PATH": str(machine), "LIBRARIES": str(machine / "lib")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_happens_when_nothing_is_missing(machine: Path) -> None:
    write_command(machine / "bwrap", "true")
    result = run(machine, "bwrap=bubblewrap")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_an_ordinary_user_is_told_in_one_line_what_to_install(machine: Path) -> None:
    result = run(machine, "bwrap=bubblewrap", "chromium=chromium")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "Missing system packages. Install them, then run make again: bubblewrap chromium"
    ]


def test_a_library_is_looked_for_beside_the_other_libraries(machine: Path) -> None:
    assert "libatomic1" in run(machine, "libatomic.so.1=libatomic1").stderr
    folder = machine / "lib" / "x86_64-linux-gnu"
    folder.mkdir(parents=True)
    (folder / "libatomic.so.1").touch()
    assert run(machine, "libatomic.so.1=libatomic1").returncode == 0


def test_root_installs_them_with_apt(machine: Path) -> None:
    write_command(machine / "id", "echo 0")
    write_command(machine / "apt-get", f'echo "$@" >> {machine}/asked')
    assert run(machine, "bwrap=bubblewrap").returncode == 0
    asked = (machine / "asked").read_text().splitlines()
    assert asked == ["-qq update", "-qq install -y --no-install-recommends bubblewrap"]


def test_a_failed_installation_fails_the_command(machine: Path) -> None:
    write_command(machine / "id", "echo 0")
    write_command(machine / "apt-get", "exit 100")
    assert run(machine, "bwrap=bubblewrap").returncode != 0


def test_a_python_without_venv_needs_the_package(machine: Path) -> None:
    write_command(machine / "python3", "exit 1")
    assert "python3-venv" in run(machine, "venv=python3-venv").stderr
