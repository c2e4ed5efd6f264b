import os
import socket
import tempfile
from pathlib import Path

import pytest

from studyapp.sandbox.embedded import FORGOTTEN_AFTER_S, private_folder
from studyapp.sandbox.errors import RunnerUnavailable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return private_folder()


def make_old(path: Path) -> None:
    then = path.lstat().st_mtime - FORGOTTEN_AFTER_S - 1
    os.utime(path, (then, then))


def test_it_is_for_one_user_alone(folder: Path) -> None:
    assert folder.stat().st_mode & 0o777 == 0o700
    assert private_folder() == folder


def test_a_folder_that_others_can_enter_is_not_used(folder: Path) -> None:
    folder.chmod(0o755)

    with pytest.raises(RunnerUnavailable, match="open to others"):
        private_folder()


def test_a_link_to_elsewhere_is_not_used(folder: Path, tmp_path: Path) -> None:
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)

    with pytest.raises(RunnerUnavailable):
        private_folder()


def test_sockets_of_killed_runners_are_cleared_and_living_ones_kept(folder: Path) -> None:
    dead, young, living = (folder / f"runner-{name}.sock" for name in ("dead", "young", "living"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(living))
        listener.listen()
        for path in dead, young:
            with socket.socket(socket.AF_UNIX) as gone:
                gone.bind(str(path))
        make_old(dead)
        make_old(living)

        private_folder()

        assert sorted(folder.iterdir()) == sorted([living, young])
