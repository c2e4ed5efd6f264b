"""The packages that programs may import: installed for each Python, again only when something changed."""

import asyncio
import fcntl
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from studyapp.sandbox.errors import RunnerUnavailable
from studyapp.sandbox.guest_folders import GuestFolders
from studyapp.sandbox.guest_packages import make_folders
from studyapp.sandbox.interpreters import Interpreter, own_interpreter
from studyapp.sandbox.layout import find_packages
from studyapp.sandbox.project import PROJECT
from tests.sandbox.processes import until

OWN = own_interpreter()
ABI = f"cp{OWN.name.replace('.', '')}"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GuestFolders:
    """pip finds wheels in a folder of this test only; in it lies an aiohttp that can be imported, no more."""
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    write_wheel(tmp_path / "wheels", "aiohttp", "1.0", "py3-none-any")
    (tmp_path / "requirements.txt").write_text("aiohttp==1.0\n")
    return GuestFolders(root=tmp_path / "guest", requirements=tmp_path / "requirements.txt")


def write_wheel(folder: Path, name: str, version: str, tag: str) -> None:
    information = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", f"version = {version!r}\ntag = {tag!r}\n")
        wheel.writestr(f"{name}/web.py", "")
        wheel.writestr(
            f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(f"{information}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{information}/RECORD", "")


@pytest.fixture
def broken(tmp_path: Path) -> Interpreter:
    """Answers when asked, let us say, and cannot import anything."""
    path = tmp_path / "python3.99"
    path.write_text("#!/bin/sh\necho no zlib >&2; exit 1\n")
    path.chmod(0o755)
    return Interpreter("3.99", "3.99.0", path, tmp_path, gil=True)


def imported(folder: Path) -> str:
    code = f"import sys; sys.path[:] = [{str(folder)!r}]; import aiohttp; print(aiohttp.version, aiohttp.tag)"
    return subprocess.check_output([OWN.path, "-I", "-S", "-c", code], text=True).strip()


def pretend_whole(folders: GuestFolders) -> Path:
    """A folder that looks as if it had been made, without the time that takes."""
    folder = folders.find(OWN.name)
    folder.mkdir(parents=True)
    folders.stamp_file(folder).write_text(folders.stamp(OWN.version))
    return folder


def identity(folder: Path) -> int:
    return folder.stat().st_ino


def test_what_the_requirements_list_can_be_imported(folders: GuestFolders) -> None:
    assert make_folders([OWN], folders) == []
    assert imported(find_packages(OWN, folders)) == "1.0 py3-none-any"


def test_a_wheel_for_that_very_python_is_preferred(folders: GuestFolders, tmp_path: Path) -> None:
    write_wheel(tmp_path / "wheels", "aiohttp", "1.0", f"{ABI}-{ABI}-linux_{os.uname().machine}")
    assert make_folders([OWN], folders) == []
    assert ABI in imported(find_packages(OWN, folders))


def test_what_is_whole_is_left_alone(folders: GuestFolders, capsys: pytest.CaptureFixture[str]) -> None:
    before = identity(pretend_whole(folders))
    assert make_folders([OWN], folders) == []
    assert capsys.readouterr().out == ""
    assert identity(folders.find(OWN.name)) == before


def test_changed_requirements_make_it_anew(folders: GuestFolders, tmp_path: Path) -> None:
    pretend_whole(folders)
    write_wheel(tmp_path / "wheels", "aiohttp", "2.0", "py3-none-any")
    folders.requirements.write_text("aiohttp==2.0\n")
    with pytest.raises(RunnerUnavailable, match="make install"):
        find_packages(OWN, folders)
    assert make_folders([OWN], folders) == []
    assert imported(find_packages(OWN, folders)) == "2.0 py3-none-any"


def test_another_version_of_the_python_makes_it_anew(folders: GuestFolders) -> None:
    newer = replace(OWN, version=f"{OWN.name}.99")
    pretend_whole(folders)
    assert folders.find_problem(newer.name, newer.version) != ""
    assert make_folders([newer], folders) == []
    assert folders.find_problem(newer.name, newer.version) == ""


def test_one_that_fails_stops_no_other_and_the_reason_is_kept(
    folders: GuestFolders, broken: Interpreter
) -> None:
    (problem,) = make_folders([broken, OWN], folders)
    assert "for Python 3.99.0 (no zlib): run `make install`" in problem
    assert folders.find_problem("3.99", "3.99.0") == problem
    assert folders.find_problem(OWN.name, OWN.version) == ""


def test_a_package_without_a_wheel_is_named(folders: GuestFolders) -> None:
    folders.requirements.write_text("no-such-package==1.0\n")
    (problem,) = make_folders([OWN], folders)
    assert "no-such-package==1.0" in problem
    assert len(problem.splitlines()) == 1


def test_a_failure_is_forgotten_when_it_is_mended(folders: GuestFolders, broken: Interpreter) -> None:
    make_folders([broken], folders)
    broken.path.write_text("#!/bin/sh\n")
    assert make_folders([broken], folders) == []
    assert not folders.failure_file(broken.name).exists()


def test_a_failure_leaves_the_older_folder_in_its_place(folders: GuestFolders) -> None:
    before = identity(pretend_whole(folders))
    folders.requirements.write_text("no-such-package==1.0\n")
    make_folders([OWN], folders)
    assert identity(folders.find(OWN.name)) == before


def test_a_python_with_a_problem_of_its_own_gets_none(folders: GuestFolders) -> None:
    assert make_folders([replace(OWN, problem="It is broken.")], folders) == ["It is broken."]
    assert not folders.find(OWN.name).exists()


def test_what_a_killed_installation_left_is_cleared(folders: GuestFolders) -> None:
    left = folders.root / "unfinished-x" / "made"
    left.mkdir(parents=True)
    make_folders([OWN], folders)
    assert not left.parent.exists()


async def test_two_at_once_make_it_once(folders: GuestFolders, capsys: pytest.CaptureFixture[str]) -> None:
    """The second waits for the first, played here by the test, and then finds all done."""
    folders.root.mkdir()
    with open(folders.root / ".lock", "w") as lock:  # noqa: ASYNC230  # nothing else goes on here
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = asyncio.create_task(asyncio.to_thread(make_folders, [OWN], folders))
        await until(lambda: "Installing" in capsys.readouterr().out)
        folder = pretend_whole(folders)
    assert await second == []
    assert [path.name for path in folder.iterdir()] == [folders.stamp_file(folder).name]


def test_the_command_has_nothing_to_do_after_make_install() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studyapp.sandbox.guest_packages"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_command_refuses_arguments() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studyapp.sandbox.guest_packages", "3.12"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "3.12" in done.stderr
